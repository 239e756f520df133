//! The replica machine: the handshake, the event header, and when to send an ACK.
//!
//! One machine belongs to one replication channel. See [`Replica`] for how a host drives it.

mod input;
mod machine;

#[cfg(test)]
mod tests;

pub use input::{Input, Output, QueryError, QueryText, SendError};
pub use machine::{DisableConduct, Replica, ReplicaConfig};
