//! The error log messages of semisynchronous replication, as numbers and arguments.
//!
//! A host that has the server's own message texts (the plugins) uses [`LogMessage::number`] and the
//! arguments; the virtual cluster prints [`LogMessage`]'s `Display`.

use crate::ServerId;
use crate::position::BinlogPosition;

/// Severity, as the error log labels it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LogLevel {
    /// Printed as `ERROR`.
    Error,
    /// Printed as `Warning`.
    Warning,
    /// Printed as `Note`, only with `log_error_verbosity` = 3.
    Note,
}

/// One message. Each variant names its number in the server's message file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LogMessage {
    /// 11130: the plugin's source object is made.
    Initialised,
    /// 11142
    EnabledOnSource,
    /// 11144
    DisabledOnSource,
    /// 11145
    ForcedShutdown,
    /// 11153
    CommitWaitTimedOut {
        /// What the session waited for.
        waited_for: BinlogPosition,
        /// The stored reply; it may be stale or empty.
        acknowledged: BinlogPosition,
    },
    /// 11155
    SwitchedOff,
    /// 11156
    SwitchedOn {
        /// The position that switched it on.
        position: BinlogPosition,
    },
    /// 11170
    DumpStarted {
        /// Whether the replica is semisynchronous.
        semisync: bool,
        /// The replica's `server_id`.
        server_id: ServerId,
        /// Where the dump starts.
        position: BinlogPosition,
    },
    /// 11171
    DumpStopped {
        /// Whether the replica is semisynchronous.
        semisync: bool,
        /// The replica's `server_id`.
        server_id: ServerId,
    },
}
