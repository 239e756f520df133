//! The two bytes before every event of a semisynchronous dump.
//!
//! ```text
//! 0  magic 0xEF
//! 1  flags, bit 0: please acknowledge
//! ```
//! They follow the OK byte of the dump packet and stand before the event's common header.

use core::error::Error;
use core::fmt;

use super::MAGIC;

/// What the source tells the replica about one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventHeader {
    /// Whether the source asks for an ACK once the event is in the relay log.
    pub ack_requested: bool,
}

/// The packet does not begin with the magic number (error log message 11178).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingMagicNumber {
    /// Length of the packet in bytes.
    pub packet_len: usize,
}

impl EventHeader {
    /// Bytes of the header.
    pub const LEN: usize = 2;

    /// The header's bytes.
    pub const fn encode(self) -> [u8; EventHeader::LEN] {
        [MAGIC, self.ack_requested as u8]
    }

    /// Reads the header at the start of a packet (without the dump's OK byte); the event follows it.
    pub fn decode(packet: &[u8]) -> Result<(EventHeader, &[u8]), MissingMagicNumber> {
        match packet {
            [MAGIC, flags, event @ ..] => Ok((
                EventHeader {
                    ack_requested: flags & ACK_REQUESTED != 0,
                },
                event,
            )),
            _ => Err(MissingMagicNumber {
                packet_len: packet.len(),
            }),
        }
    }
}

impl fmt::Display for MissingMagicNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "missing magic number in a packet of {} bytes",
            self.packet_len
        )
    }
}

impl Error for MissingMagicNumber {}

const ACK_REQUESTED: u8 = 0x01;
