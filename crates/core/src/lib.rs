//! MySQL semisynchronous replication as two pure state machines.
//!
//! This crate owns every decision about when a commit waits, which binary log events ask for an
//! ACK, what an ACK releases, and when a source falls back to asynchronous replication and comes
//! back. It reads no clock, owns no thread, socket, file or global, and draws no random number:
//! whatever it needs arrives as an [`source::Input`] or [`replica::Input`] with a time, and what
//! should happen comes out of `poll_output`.
//!
//! Two hosts drive it: the server plugins (`crates/native-plugin`) and the virtual cluster
//! (`crates/sim`). Start with [`position`], then [`source`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod position;

pub mod time;

pub mod generation;

pub mod wire;

pub mod received;

pub mod variables;

pub mod log;

pub mod source;

pub mod replica;

pub use generation::{Generation, Naming};
pub use position::{BinlogFileName, BinlogPosition};
pub use time::{Instant, UtcTime};

/// The `server_id` of a server (system variable `server_id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ServerId(pub u32);
