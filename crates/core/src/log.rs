//! The error log messages of semisynchronous replication, as numbers and arguments.
//!
//! A host that has the server's own message texts (the plugins) uses [`LogMessage::number`],
//! [`LogMessage::level`] and [`LogMessage::args`]; the virtual cluster prints
//! [`LogMessage::text`]. Both come from one table in `log/format.rs`. Who prints what is decided by
//! the machines; a few messages (threads, observers) are printed by the hosts themselves.

mod args;
mod format;
#[cfg(test)]
mod tests;

use alloc::string::String;

use crate::ServerId;
use crate::position::BinlogPosition;

pub use args::{LogArg, LogArgs};
pub use format::LogText;

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

/// Which hooks of the server the source plugin could not give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Observer {
    /// Commits and rollbacks.
    Transaction,
    /// Flush and sync of the binary log.
    BinlogStorage,
    /// Dump threads.
    BinlogTransmit,
}

/// One message. Each variant names its number in the server's message file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LogMessage {
    // --- The source: configuration and switching ---
    /// 11130: enabling made the list of flushed positions.
    Initialised,
    /// 11142
    EnabledOnSource,
    /// 11144
    DisabledOnSource,
    /// 11145
    ForcedShutdown,
    /// 11155
    SwitchedOff,
    /// 11156
    SwitchedOn {
        /// The position that switched it on.
        position: BinlogPosition,
    },

    // --- The source: commits ---
    /// 11132
    PositionOutOfOrder {
        /// The greatest position kept.
        tail: BinlogPosition,
        /// The one that should have been greater.
        new: BinlogPosition,
    },
    /// 11153
    CommitWaitTimedOut {
        /// What the session waited for.
        waited_for: BinlogPosition,
        /// The stored reply; it may be stale or empty.
        acknowledged: BinlogPosition,
    },
    /// 11154 (trace bit 1): the clock went back, or the time does not fit.
    ElapsedTimeNegative {
        /// What the session waited for.
        position: BinlogPosition,
    },
    /// 11159
    PositionNotInserted {
        /// The end of the flush group.
        position: BinlogPosition,
    },

    // --- The source: replicas ---
    /// 11137
    AckMagicNumberWrong,
    /// 11138
    AckTooShort,
    /// 11139
    AckFileNameTooLong,
    /// 11157
    NoSpaceForEventHeader,
    /// 11161
    EventFlushFailed,
    /// 11169
    DumpRegistrationFailed,
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

    // --- The source's host: ACK receiver thread, plugin life ---
    /// 11165
    AckReceiverStartFailed {
        /// The operating system's error number.
        errno: i32,
    },
    /// 11166: printed by the thread itself when it starts.
    AckReceiverStarting,
    /// 11168: printed by the thread itself when it ends.
    AckReceiverStopping,
    /// 11186
    AckReceiverJoinFailed {
        /// The operating system's error number.
        errno: i32,
    },
    /// 11172, 11173, 11174
    ObserverNotUnregistered {
        /// Which one.
        observer: Observer,
    },
    /// 11175
    Unregistered,

    // --- The source: detail (trace bit 16) ---
    /// 11133
    PositionInserted {
        /// The end of the flush group.
        position: BinlogPosition,
        /// Its place in the list (the stock plugin: its hash bucket).
        entry: u32,
    },
    /// 11134
    PositionProbed {
        /// The position looked for.
        position: BinlogPosition,
        /// Number of positions kept (the stock plugin: the hash bucket).
        entry: u32,
    },
    /// 11135
    PositionsCleared,
    /// 11136
    PositionsClearedBackTo {
        /// How many.
        count: u32,
        /// The smallest position still kept.
        front: BinlogPosition,
    },
    /// 11140
    AckReceived {
        /// What the replica has.
        position: BinlogPosition,
        /// The replica's `server_id`.
        server_id: ServerId,
    },
    /// 11146
    ReplyAt {
        /// What enough replicas have.
        position: BinlogPosition,
    },
    /// 11147
    WaitersSignalled,
    /// 11148
    CommitWaitEntered {
        /// What the session waits for.
        position: BinlogPosition,
        /// Whether the source is ON.
        is_on: bool,
    },
    /// 11149
    ReplyIsAhead {
        /// What enough replicas have.
        position: BinlogPosition,
    },
    /// 11150
    WaitPositionMovedBack {
        /// The smallest position waited for.
        position: BinlogPosition,
    },
    /// 11151
    WaitPositionSet {
        /// The smallest position waited for.
        position: BinlogPosition,
    },
    /// 11152
    CommitWaitSleeps {
        /// The timeout in milliseconds.
        timeout_ms: u64,
        /// The smallest position waited for.
        position: BinlogPosition,
    },
    /// 11158
    EventFlagDecided {
        /// The replica's `server_id`.
        server_id: ServerId,
        /// End of the event.
        position: BinlogPosition,
        /// Whether it asks for an ACK.
        ack_requested: bool,
        /// Whether the source is ON.
        is_on: bool,
    },
    /// 11162
    AckNotGreater,
    /// 11163
    AckStored {
        /// Where it is kept.
        slot: u32,
    },
    /// 11164
    AckReplaced {
        /// Where it is kept.
        slot: u32,
    },

    // --- The replica ---
    /// 11177 (trace bit 16)
    EventHeaderRead {
        /// Whether the source asks for an ACK.
        ack_requested: bool,
    },
    /// 11178
    MagicNumberMissing {
        /// Length of the packet.
        packet_len: u64,
    },
    /// 11179
    ReceiverStarted {
        /// Whether the replica is enabled.
        semisync: bool,
        /// The replication account's user name.
        user: String,
        /// The source's host.
        host: String,
        /// The source's port.
        port: u32,
        /// Where the receiver asks to start; an empty name is printed as `FIRST`.
        position: BinlogPosition,
    },
    /// 11180 (trace bit 16)
    AckAboutToBeSent {
        /// What the relay log has.
        position: BinlogPosition,
    },
    /// 11181
    AckFlushFailed,
    /// 11182
    AckWriteFailed {
        /// The network layer's text.
        message: String,
        /// The network layer's number.
        errno: u32,
    },
    /// 11183
    QueryFailedOnSource {
        /// The query.
        query: String,
        /// What the source answered.
        errno: u32,
    },
    /// 11184
    NotSupportedBySource,
    /// 11185
    AnnouncementFailed,
}
