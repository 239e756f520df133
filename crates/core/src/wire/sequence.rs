//! Packet sequence numbers around a flagged event.
//!
//! After an event that asks for an ACK both sides begin to count again, because the ACK travels
//! against the stream. A host that gets this wrong loses the connection after every commit, while
//! every commit still succeeds.

/// Whether the link compresses its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkCompression {
    /// Packets travel as they are.
    Plain,
    /// Packets travel inside zlib or zstd frames with a number of their own.
    Compressed,
}

/// The counters of one side of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SequenceNumbers {
    /// Number of the next plain packet.
    pub packet: u8,
    /// Number of the next compressed frame.
    pub frame: u8,
}

/// The number an ACK packet carries, on both sides.
pub const ACK_NUMBER: u8 = 0;

impl SequenceNumbers {
    /// Both counters at zero.
    pub const CLEARED: SequenceNumbers = SequenceNumbers {
        packet: 0,
        frame: 0,
    };

    /// The source's dump thread, once a flagged event is flushed: the next event packet has number
    /// 1, the next compressed frame 0.
    pub const SOURCE_AFTER_FLAGGED_EVENT: SequenceNumbers = SequenceNumbers {
        packet: 1,
        frame: 0,
    };

    /// The replica before it writes an ACK.
    pub const REPLICA_BEFORE_ACK: SequenceNumbers = SequenceNumbers::CLEARED;

    /// The replica once its ACK is flushed. Writing it moved the counter to 1, which a plain link
    /// expects next; on a compressed link readers verify the frame's number with that counter, so it
    /// must be cleared a second time.
    pub const fn replica_after_ack(link: LinkCompression) -> SequenceNumbers {
        match link {
            LinkCompression::Plain => SequenceNumbers {
                packet: 1,
                frame: 0,
            },
            LinkCompression::Compressed => SequenceNumbers::CLEARED,
        }
    }

    /// What the other side verifies of a packet sent with these numbers.
    pub const fn verified(self, link: LinkCompression) -> u8 {
        match link {
            LinkCompression::Plain => self.packet,
            LinkCompression::Compressed => self.frame,
        }
    }

    /// What this side expects of the next packet: always its plain counter.
    pub const fn expected(self) -> u8 {
        self.packet
    }
}
