//! The ACK packet: my relay log has everything up to this position.
//!
//! ```text
//! 0  magic 0xEF
//! 1  offset, u64 little endian
//! 9  base name of the source's binary log, to the end of the packet, at most 511 bytes
//! ```

use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::MAGIC;
use crate::position::{BinlogFileName, BinlogPosition};

/// One ACK.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AckPacket {
    /// End position of the last event in the replica's relay log, in the source's binary log.
    pub position: BinlogPosition,
}

/// Why bytes are not an ACK. The source logs it and drops the packet; the link stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AckError {
    /// The first byte is not 0xEF (error log message 11137).
    MagicNumber,
    /// Shorter than the fixed part (11138).
    TooShort,
    /// The file name does not fit into 511 bytes (11139).
    FileNameTooLong,
    /// A one-byte `COM_QUIT`: the replica says goodbye. The stock plugin logs 11137 for it.
    Goodbye,
}

impl AckPacket {
    /// Bytes before the file name.
    pub const FIXED_LEN: usize = 9;

    /// Longest file name an ACK may carry.
    pub const MAX_FILE_NAME_LEN: usize = 511;

    /// Bytes [`AckPacket::encode`] appends.
    pub fn encoded_len(&self) -> usize {
        AckPacket::FIXED_LEN + self.position.file.as_bytes().len()
    }

    /// Appends the packet to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(self.encoded_len());
        out.push(MAGIC);
        out.extend_from_slice(&self.position.offset.to_le_bytes());
        out.extend_from_slice(self.position.file.as_bytes());
    }

    /// Reads a whole packet payload. An embedded NUL ends the file name.
    pub fn decode(payload: &[u8]) -> Result<AckPacket, AckError> {
        if payload == [COM_QUIT] {
            return Err(AckError::Goodbye);
        }
        if payload.first().is_some_and(|first| *first != MAGIC) {
            return Err(AckError::MagicNumber);
        }
        let Some((fixed, name)) = payload.split_at_checked(AckPacket::FIXED_LEN) else {
            return Err(AckError::TooShort);
        };
        if AckPacket::MAX_FILE_NAME_LEN < name.len() {
            return Err(AckError::FileNameTooLong);
        }
        let mut offset = [0; 8];
        offset.copy_from_slice(&fixed[1..]);
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(AckPacket {
            position: BinlogPosition {
                file: BinlogFileName::new(name),
                offset: u64::from_le_bytes(offset),
            },
        })
    }
}

impl fmt::Display for AckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AckError::MagicNumber => "first byte is not the magic number",
            AckError::TooShort => "packet is too short",
            AckError::FileNameTooLong => "file name is longer than 511 bytes",
            AckError::Goodbye => "the replica said goodbye",
        })
    }
}

impl Error for AckError {}

const COM_QUIT: u8 = 0x01;
