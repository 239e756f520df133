//! The bytes that semisynchronous replication adds to a replication connection.
//!
//! Each packet is one file: [`event_header`] stands before every event of a semisynchronous dump,
//! [`ack`] is what the replica answers. Nothing else here knows bytes.

pub mod event_header;

pub mod ack;

pub use ack::{AckError, AckPacket};
pub use event_header::{EventHeader, MissingMagicNumber};

/// First byte of both packets.
pub const MAGIC: u8 = 0xEF;
