//! The source machine: when a commit waits, and what releases it.
//!
//! It owns the flushed positions, the commit waits, ACK counting, the switch between
//! semisynchronous and asynchronous replication, the counters and the log messages. It knows no
//! thread, socket or clock: see [`Source`] for how a host drives it. Next: [`crate::replica`].

mod ack_counter;
mod commit_waits;
mod counters;
mod flushed_positions;
mod input;
mod machine;
mod observation;
#[cfg(feature = "serde")]
mod restored;

#[cfg(test)]
mod tests;

pub use ack_counter::AckCounting;
pub use counters::Counters;
pub use input::{
    Deadline, DeadlineReason, FlushedMark, Input, Output, SessionId, WaitOutcome, WaitTicket,
    WakeCause,
};
pub use machine::{Source, SourceConfig};
pub use observation::{LEFT_REPLICAS_KEPT, LastAck, Observation, ObservedReplica, WaitHistogram};

use core::fmt;

/// When a commit waits for its ACK (`rpl_semi_sync_source_wait_point`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum WaitPoint {
    /// After the binary log is synced, before the engine commits: nobody sees the rows yet.
    #[default]
    AfterSync,
    /// After the engine has committed: others see the rows while the client waits.
    AfterCommit,
}

/// What replication is doing, as `Rpl_semi_sync_source_status` shows it. Not the same word as
/// *enabled*, which is what the operator set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SemisyncStatus {
    /// Semisynchronous: commits wait for ACKs.
    On,
    /// Asynchronous: never enabled, or fallen back.
    #[default]
    Off,
}

impl WaitPoint {
    /// The word as MySQL prints it.
    pub const fn as_str(self) -> &'static str {
        match self {
            WaitPoint::AfterSync => "AFTER_SYNC",
            WaitPoint::AfterCommit => "AFTER_COMMIT",
        }
    }
}

impl fmt::Display for WaitPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl SemisyncStatus {
    /// `ON` or `OFF`, as MySQL prints it.
    pub const fn as_str(self) -> &'static str {
        match self {
            SemisyncStatus::On => "ON",
            SemisyncStatus::Off => "OFF",
        }
    }
}

impl fmt::Display for SemisyncStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
