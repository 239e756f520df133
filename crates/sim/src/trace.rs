//! What happened in the cluster, mark by mark: the tape.
//!
//! The trace is derived, never an input. One mark is one fact a person can look at; the time line
//! draws it, the event feed says it in words.

use std::borrow::Cow;

use semisync_core::log::LogLevel;
use semisync_core::source::{WaitOutcome, WaitPoint};
use semisync_core::{BinlogPosition, Instant};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::{PacketId, ServerIndex, SessionKey, StatementId, TransactionId};

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceEvent {
    /// Number of the mark, from 0 without gaps.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// On which lane it is drawn.
    pub lane: Lane,
    /// The transaction it belongs to, if any.
    pub transaction: Option<TransactionId>,
    /// What happened.
    pub kind: TraceKind,
}

/// A lane of the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// The operator's hand: faults and settings of the cluster.
    Cluster,
    /// A server.
    Server(ServerIndex),
    /// A client's session with a server.
    Client(ServerIndex, SessionKey),
}

/// What happened.
#[allow(missing_docs, reason = "fields say what the variant says")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TraceKind {
    // --- Clients ---
    SessionOpened {
        processlist_id: u64,
    },
    SessionClosed,
    /// A client sent a statement; the text is what the console was given.
    StatementSent {
        statement: StatementId,
        text: String,
    },
    /// The client has its answer: `OK`, an error, or a lost connection.
    StatementAnswered {
        statement: StatementId,
        answer: Answer,
    },
    /// A statement waits for a row lock or metadata lock.
    LockWaitStarted {
        statement: StatementId,
        what: String,
    },
    LockWaitEnded {
        statement: StatementId,
    },

    // --- Commit on the source ---
    /// Engine prepare: of a client's transaction, or of the applier's.
    Prepared {
        session: Option<SessionKey>,
    },
    /// Written to the binary log file (flush stage).
    BinlogFlushed {
        position: BinlogPosition,
        gtid: Option<String>,
        leader: SessionKey,
    },
    /// Binary log fsynced (sync stage).
    BinlogSynced {
        position: BinlogPosition,
    },
    /// The commit waits for ACKs.
    CommitWaitStarted {
        session: SessionKey,
        position: BinlogPosition,
        wait_point: WaitPoint,
        deadline: Instant,
    },
    CommitWaitEnded {
        session: SessionKey,
        position: BinlogPosition,
        outcome: WaitOutcome,
    },
    /// Committed in the engine: others see the rows.
    EngineCommitted {
        gtid: Option<String>,
    },
    RolledBack {
        session: SessionKey,
    },

    // --- Network ---
    PacketSent {
        packet: PacketId,
        from: ServerIndex,
        to: ServerIndex,
        what: PacketKind,
    },
    PacketDelivered {
        packet: PacketId,
        from: ServerIndex,
        to: ServerIndex,
        what: PacketKind,
    },
    PacketLost {
        packet: PacketId,
        from: ServerIndex,
        to: ServerIndex,
        what: PacketKind,
    },
    ConnectionBroken {
        from: ServerIndex,
        to: ServerIndex,
    },

    // --- Replica ---
    ReceiverStarted,
    ReceiverConnected {
        source: ServerIndex,
    },
    ReceiverStopped,
    ApplierStarted,
    ApplierStopped,
    /// An event is in the relay log (written, not necessarily fsynced).
    RelayLogWritten {
        position: BinlogPosition,
        event: Cow<'static, str>,
    },
    RelayLogSynced {
        position: BinlogPosition,
    },
    /// The transaction is committed on the replica.
    Applied {
        gtid: Option<String>,
    },

    // --- Source plugin ---
    /// A replica's dump begins.
    DumpStarted {
        replica: ServerIndex,
        semisync: bool,
        position: BinlogPosition,
    },
    DumpStopped {
        replica: ServerIndex,
        semisync: bool,
    },
    /// An ACK was handed to the source machine.
    AckReceived {
        replica: ServerIndex,
        position: BinlogPosition,
    },
    SwitchedOn {
        position: Option<BinlogPosition>,
    },
    SwitchedOff,

    // --- Servers and operator ---
    PluginInstalled {
        name: String,
    },
    PluginUninstalled {
        name: String,
    },
    VariableSet {
        name: String,
        value: String,
    },
    FaultInjected {
        fault: Fault,
        words: String,
    },
    ServerCrashed {
        power_cut: bool,
    },
    ServerStopped,
    ServerStarting,
    ServerReady,
    /// A server lost transactions it had before (power cut), or has some nobody else has.
    TransactionLost {
        gtid: String,
    },
    /// A line of the error log.
    LogLine {
        level: LogLevel,
        number: u32,
        text: String,
    },
}

/// How a statement ended for its client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// OK or a result.
    Ok,
    /// An error, by number.
    Error(u16),
    /// The connection broke.
    LostConnection,
}

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PacketKind {
    /// A binary log event; the flag is whether it asks for an ACK.
    BinlogEvent {
        /// `Xid`, `Gtid`, `Query`, …
        event: Cow<'static, str>,
        /// End of the event.
        position: BinlogPosition,
        /// The flag in the header; `None` without a header.
        ack_requested: Option<bool>,
    },
    /// An ACK.
    Ack {
        /// What it acknowledges.
        position: BinlogPosition,
    },
    /// Connecting, handshake queries, registering, dump request, and their answers.
    Handshake(String),
    /// A heartbeat of the dump.
    Heartbeat,
    /// The end of a connection.
    Goodbye,
}
