//! The bytes that semisynchronous replication adds to a replication connection.
//!
//! Each packet is one file: [`event_header`] stands before every event of a semisynchronous dump,
//! [`ack`] is what the replica answers. [`sequence`] has the packet numbers, and [`dump_request`] what a
//! dump with auto-position begins with.

pub mod event_header;

pub mod ack;

pub mod sequence;

pub mod dump_request;

pub use ack::{AckError, AckPacket};
pub use dump_request::{DumpRequest, NoDumpRequest};
pub use event_header::{EventHeader, MissingMagicNumber};
pub use sequence::{LinkCompression, SequenceNumbers};

/// First byte of both packets.
pub const MAGIC: u8 = 0xEF;
