//! What a host tells the source machine, and what the machine orders.

use core::time::Duration;

use crate::ServerId;
use crate::log::LogMessage;
use crate::position::BinlogPosition;
use crate::source::WaitPoint;
use crate::time::Instant;

/// A session of the server, named by the host. A session has at most one commit wait at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionId(pub u64);

/// One commit wait. The host keeps it while the session sleeps and gives it back when it wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WaitTicket {
    /// Index of the wait in the machine.
    pub(crate) slot: u32,
    /// Distinguishes waits that used the same slot one after the other.
    pub(crate) serial: u32,
}

/// What was flushed at a moment. It is void once the binary logs are reset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FlushedMark {
    /// The greatest flushed position.
    pub position: BinlogPosition,
    /// How often the binary logs had been reset.
    pub resets: u64,
}

/// What happened. Each variant is a fact the host observed; times come with [`super::Source::handle`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Input {
    // --- Configuration: the effect of SET GLOBAL, an option file, or a persisted value ---
    /// `rpl_semi_sync_source_enabled` was set.
    EnabledSet(bool),
    /// `rpl_semi_sync_source_timeout` was set, in milliseconds. Sleeping sessions keep theirs.
    TimeoutSet(u64),
    /// `rpl_semi_sync_source_wait_no_replica` was set.
    WaitNoReplicaSet(bool),
    /// `rpl_semi_sync_source_wait_for_replica_count` was set (1 to 65535; 0 counts as 1).
    WaitForReplicaCountSet(u16),
    /// `rpl_semi_sync_source_wait_point` was set.
    WaitPointSet(WaitPoint),
    /// `rpl_semi_sync_source_trace_level` was set.
    TraceLevelSet(u64),
    /// The ACK receiver ordered by [`Output::StartAckReceiver`] could not start: the source is
    /// disabled again.
    AckReceiverStartFailed {
        /// The operating system's error number.
        errno: i32,
    },

    // --- Commits ---
    /// A flush group is in the binary log file, before dump threads may read it
    /// (`after_flush`). `position` is the end of the group.
    BinlogFlushed {
        /// End of the group.
        position: BinlogPosition,
    },
    /// A commit queue is synced, before the engine commits it (`after_sync`). The session waits
    /// here when the wait point is AFTER_SYNC.
    CommitQueueSynced {
        /// The leader of the queue.
        session: SessionId,
        /// End of the queue's last transaction without an error; `None` if there is none.
        position: Option<BinlogPosition>,
    },
    /// A transaction is committed in the engine, or a rollback with binary-logged changes is done
    /// (`after_commit`, `after_rollback`). The session waits here when the wait point is
    /// AFTER_COMMIT.
    TransactionCommitted {
        /// The session whose transaction it is.
        session: SessionId,
        /// End of the transaction; `None` when nothing was written to the binary log.
        position: Option<BinlogPosition>,
        /// False for a statement inside a transaction (bit 0 of the hook's flags).
        is_real_transaction: bool,
    },
    /// A sleeping session runs again.
    SessionWoken {
        /// The wait it slept in.
        ticket: WaitTicket,
        /// Why it runs.
        cause: WakeCause,
    },

    // --- Replicas ---
    /// A dump to a replica starts (`transmit_start`).
    DumpStarted {
        /// The replica's `server_id`.
        server_id: ServerId,
        /// Where it asks to start; the empty name and offset 4 with auto-position.
        position: BinlogPosition,
        /// Whether the replica announced itself as semisynchronous (see
        /// [`super::Source::announces_semisync`]) and the host registered it with the ACK receiver.
        semisync: bool,
    },
    /// A semisynchronous replica could not be registered with the ACK receiver; its dump fails.
    DumpRegistrationFailed {
        /// The replica's `server_id`.
        server_id: ServerId,
    },
    /// A dump ended (`transmit_stop`), and the ACK receiver has let go of the connection.
    DumpStopped {
        /// The replica's `server_id`.
        server_id: ServerId,
        /// As given in [`Input::DumpStarted`].
        semisync: bool,
    },
    /// An event is about to be sent to a semisynchronous replica (`before_send_event`). Answered by
    /// [`Output::EventFlag`].
    EventAboutToBeSent {
        /// The replica's `server_id`.
        server_id: ServerId,
        /// End of the event.
        position: BinlogPosition,
    },
    /// An event was sent to a semisynchronous replica (`after_send_event`).
    EventSent {
        /// Whether it asked for an ACK.
        ack_requested: bool,
    },
    /// Flushing the connection after a flagged event failed. The host goes on, and does not report
    /// [`Input::EventSent`].
    EventFlushFailed,
    /// The server offered less room than the two bytes of the event header (`reserve_header`): none
    /// are written, and the source is disabled. Does not happen in 9.7.
    EventHeaderDidNotFit,
    /// A well-formed ACK arrived from a replica.
    AckReceived {
        /// The replica's `server_id`.
        server_id: ServerId,
        /// What its relay log has.
        position: BinlogPosition,
    },
    /// The request with which a semisynchronous replica's dump with auto-position began covers
    /// every transaction that was flushed when the mark was taken
    /// ([`super::Source::unacknowledged`]). Given after [`Input::DumpStarted`].
    ReplicaHasReceived {
        /// The replica's `server_id`.
        server_id: ServerId,
        /// Up to where it has everything.
        mark: FlushedMark,
    },
    /// A packet arrived from a replica that is no ACK.
    AckRejected {
        /// What is wrong with it.
        error: crate::wire::AckError,
    },

    // --- The server ---
    /// RESET BINARY LOGS AND GTIDS ran (`after_reset_master`).
    BinaryLogsReset,
    /// FLUSH STATUS zeroed the counters it zeroes (the five of type long).
    StatusFlushed,
    /// The server began to shut down.
    ShutdownStarted,
}

/// Why a sleeping session runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum WakeCause {
    /// It was signalled: by [`Output::WakeSession`], by KILL, or for no reason.
    Signalled,
    /// Its deadline passed.
    DeadlineReached,
}

/// What the host should do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Output {
    /// The session must sleep until it is woken or the deadline passes, then the host reports
    /// [`Input::SessionWoken`] with the ticket. Given for each turn of the wait.
    SessionSleeps {
        /// The session.
        session: SessionId,
        /// Its wait.
        ticket: WaitTicket,
        /// When it must give up.
        deadline: Instant,
    },
    /// Wake the session that sleeps with this ticket. It then decides by itself whether its wait
    /// is over: report [`Input::SessionWoken`] when it runs. Given once for each turn of a wait.
    WakeSession {
        /// The session.
        session: SessionId,
        /// Its wait.
        ticket: WaitTicket,
    },
    /// The session's commit goes on. The ticket, if it had one, is void.
    CommitReleased {
        /// The session.
        session: SessionId,
        /// What the wait ended with.
        outcome: WaitOutcome,
    },
    /// The answer to [`Input::EventAboutToBeSent`].
    EventFlag {
        /// Whether the event asks for an ACK.
        ack_requested: bool,
    },
    /// Start the thread that reads ACKs.
    StartAckReceiver,
    /// Stop the thread that reads ACKs.
    StopAckReceiver,
    /// Write a line to the error log.
    Log(LogMessage),
}

/// What a commit wait ended with. A timeout never fails the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum WaitOutcome {
    /// Enough replicas acknowledged it (counted in `yes_tx`).
    Acknowledged,
    /// Its own deadline passed, and that switched the source off (`no_tx`).
    TimedOut,
    /// The source is, or was switched, asynchronous (`no_tx`).
    Asynchronous,
    /// Nothing waits here: the plugin is disabled, the other wait point is set, or nothing was
    /// written to the binary log. No counter moves.
    NotWaited,
}

/// The next moment at which something must happen even if nothing is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Instant,
    /// What is due then.
    pub reason: DeadlineReason,
}

/// What is due at a [`Deadline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineReason {
    /// When to report [`Input::SessionWoken`] with [`WakeCause::DeadlineReached`] for this wait.
    CommitWait {
        /// The session.
        session: SessionId,
        /// Its wait.
        ticket: WaitTicket,
        /// How long it will have waited.
        timeout: Duration,
    },
}
