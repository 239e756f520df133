//! Flight recordings: what the core of a real source was told, so that its incident can be played
//! again from the same core.
//!
//! A server's plugin writes ([`write`]): first the machine's whole state, then every input with
//! its time and a digest of what the machine ordered. Anybody reads ([`Recording`]) and replays
//! ([`Replay`]): the same core, told the same, must order the same and count the same. [`words`]
//! says each step in a line. This crate opens no file and reads no clock.
#![forbid(unsafe_code)]

pub mod write;

mod digest;

mod entry;

mod recording;

mod replay;

pub mod words;

pub use digest::Digest;
pub use entry::{Entry, Origin};
pub use recording::{ReadError, Recording, Segment};
pub use replay::{Ending, Replay, Step};
