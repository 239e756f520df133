//! A replica's channel: how it is configured and how far it is.

use std::collections::VecDeque;
use std::time::Duration;

use semisync_core::{BinlogPosition, Instant};

use super::checkpoint::{Checkpoints, Progress};
use super::obstacles::Attempts;
use super::relay_log::RelayLog;
use crate::TransactionId;
use crate::binlog::{BinlogEvent, EventBody};
use crate::gtid::{Gtid, GtidSet};
use crate::inspect::ApplierError;
use crate::network::{ConnectionId, DumpedEvent};
use crate::operation::Login;
use crate::replication::until::Until;

/// The default channel of a server.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) config: ChannelConfig,
    /// What START REPLICA said, until the receiver stops.
    pub(crate) login: Option<Login>,
    pub(crate) relay_log: RelayLog,
    pub(crate) receiver: Receiver,
    pub(crate) applier: Applier,
    /// Transactions that are complete in the relay log.
    pub(crate) retrieved: GtidSet,
    /// What the relay log has, in the source's coordinates.
    pub(crate) read: BinlogPosition,
    /// The source, as it said when it was connected.
    pub(crate) source_id: u32,
    pub(crate) source_uuid: String,
}

/// CHANGE REPLICATION SOURCE TO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelConfig {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) connect_retry: u64,
    pub(crate) retry_count: u64,
    pub(crate) auto_position: bool,
    /// In microseconds; half of `replica_net_timeout` if not given.
    pub(crate) heartbeat_us: Option<u64>,
    /// In seconds.
    pub(crate) delay: u64,
    pub(crate) gets_public_key: bool,
}

/// The receiver thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receiver {
    pub(crate) phase: ReceiverPhase,
    pub(crate) processlist_id: u64,
    pub(crate) since: Instant,
    /// Voids timers and steps of earlier connections.
    pub(crate) serial: u64,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) attempts: u64,
    /// It has been connected since it was started.
    pub(crate) was_connected: bool,
    /// Packets that wait for the one being written.
    pub(crate) inbox: VecDeque<Incoming>,
    pub(crate) writing: Option<Received>,
    pub(crate) last_heard: Instant,
    pub(crate) error: Option<(u32, String, Instant)>,
    pub(crate) heartbeats: (u64, Option<Instant>),
    pub(crate) last_queued: Option<Gtid>,
    /// The transaction being queued.
    pub(crate) queueing: Option<Gtid>,
    /// Its dump carries semisynchronous headers.
    pub(crate) is_semisync: bool,
    /// KILL QUERY: it ends at the next packet.
    pub(crate) is_interrupted: bool,
}

/// What the receiver has still to read, in the order it came over the connection.
#[derive(Clone, Debug)]
pub(crate) enum Incoming {
    Packet(Received),
    /// The dump ended with this error.
    Error(u16, String),
    /// The source closed the connection.
    Close,
}

/// A packet of the dump.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) event: DumpedEvent,
    pub(crate) len: usize,
    pub(crate) transaction: Option<TransactionId>,
}

/// What the receiver thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReceiverPhase {
    #[default]
    Stopped,
    Connecting,
    /// The query with this index is on its way.
    Handshake(usize),
    Registering,
    /// Semisynchronous handshake, or the request itself.
    Requesting,
    Streaming,
    /// Will try to connect again.
    Waiting,
    /// As well, because its account may not replicate.
    WaitingToRegister,
}

/// The applier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applier {
    pub(crate) is_running: bool,
    /// The coordinator's; its workers have the next ones.
    pub(crate) processlist_id: u64,
    pub(crate) since: Instant,
    pub(crate) serial: u64,
    /// The next relay log event to read: file number and index.
    pub(crate) scan: (u64, usize),
    /// The next relay log event that is not applied (on disk).
    pub(crate) done: (u64, usize),
    /// What it says of that.
    pub(crate) checkpoints: Checkpoints,
    /// Events of the transaction being read.
    pub(crate) buffer: Vec<BinlogEvent>,
    /// The source's file that `buffer` comes from.
    pub(crate) source_file: String,
    /// The transaction being applied, and where it ends in the source's coordinates.
    pub(crate) applying: Option<Applying>,
    /// What is applied, in the source's coordinates (on disk).
    pub(crate) executed: BinlogPosition,
    pub(crate) error: Option<ApplierError>,
    /// `innodb_lock_wait_timeout` when it was started.
    pub(crate) lock_wait_timeout: Duration,
    /// How often a transaction was tried again.
    pub(crate) retries: u64,
    pub(crate) last_applied: Option<Gtid>,
    /// What it applied last, since it was started, were rows.
    pub(crate) applied_rows: bool,
    /// Timestamp of the last applied event.
    pub(crate) last_timestamp: Instant,
    /// Where it stops by itself.
    pub(crate) until: Option<Until>,
    /// STOP REPLICA: it ends with the transaction that it applies.
    pub(crate) is_stopping: bool,
}

/// How far the applier is, as the engine keeps it beside what was applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct AppliedUpTo {
    done: (u64, usize),
    executed: BinlogPosition,
    last_applied: Option<Gtid>,
}

/// A transaction that is being applied.
#[derive(Clone, Debug)]
pub(crate) struct Applying {
    pub(crate) events: Vec<BinlogEvent>,
    pub(crate) gtid: Option<Gtid>,
    pub(crate) end: BinlogPosition,
    /// When SOURCE_DELAY is over.
    pub(crate) due: Instant,
    /// Handed to the group commit.
    pub(crate) is_committing: bool,
    pub(crate) attempts: Attempts,
}

impl Channel {
    pub(crate) fn new(config: ChannelConfig, relay_base: &str) -> Channel {
        Channel {
            config,
            relay_log: RelayLog::new(relay_base),
            login: None,
            receiver: Receiver::default(),
            applier: Applier::default(),
            retrieved: GtidSet::new(),
            read: BinlogPosition::new("", 4),
            source_id: 0,
            source_uuid: String::new(),
        }
    }

    /// User and password that the receiver connects with.
    pub(crate) fn account(&self) -> (&str, &str) {
        match &self.login {
            Some(Login { user, password }) => (user, password),
            None => (&self.config.user, &self.config.password),
        }
    }

    /// What is left when the process dies: threads are gone, the relay log and positions stay.
    pub(crate) fn process_died(&mut self) {
        self.login = None;
        self.source_id = 0;
        self.receiver = Receiver {
            serial: self.receiver.serial + 1,
            ..Receiver::default()
        };
        let applier = &mut self.applier;
        applier.is_running = false;
        applier.is_stopping = false;
        applier.until = None;
        applier.serial += 1;
        applier.buffer.clear();
        applier.applying = None;
        applier.scan = applier.done;
        applier.make_checkpoint();
        applier.error = None;
    }

    /// How many complete transactions wait to be applied.
    pub(crate) fn to_apply(&self) -> u64 {
        self.relay_log.transactions_from(self.applier.done)
    }
}

impl Applier {
    pub(crate) fn applied_up_to(&self) -> AppliedUpTo {
        AppliedUpTo {
            done: self.done,
            executed: self.executed.clone(),
            last_applied: self.last_applied,
        }
    }

    /// A crash took the record of what was applied since then.
    pub(crate) fn goes_back_to(&mut self, applied: AppliedUpTo) {
        let AppliedUpTo {
            done,
            executed,
            last_applied,
        } = applied;
        self.done = done;
        self.executed = executed;
        self.last_applied = last_applied;
        self.make_checkpoint();
    }

    /// What is applied.
    pub(crate) fn progress(&self) -> Progress {
        Progress {
            relay: self.done,
            executed: self.executed.clone(),
        }
    }

    pub(crate) fn make_checkpoint(&mut self) {
        self.checkpoints.make(self.progress());
    }

    /// The transaction being applied is committed: the positions move behind it.
    pub(crate) fn finish(&mut self, now: Instant) {
        let Some(applying) = self.applying.take() else {
            return;
        };
        self.done = self.scan;
        self.executed = applying.end;
        self.checkpoints.applied(now, self.progress());
        self.last_applied = applying.gtid.or(self.last_applied);
        let is_rows = |event: &BinlogEvent| matches!(*event.body, EventBody::Rows { .. });
        self.applied_rows = applying.events.iter().any(is_rows);
        if let Some(event) = applying.events.last() {
            self.last_timestamp = event.timestamp;
        }
    }
}

impl Default for ChannelConfig {
    fn default() -> ChannelConfig {
        ChannelConfig {
            host: String::new(),
            port: 3306,
            user: String::new(),
            password: String::new(),
            connect_retry: 60,
            retry_count: 10,
            auto_position: false,
            heartbeat_us: None,
            delay: 0,
            gets_public_key: false,
        }
    }
}

impl ReceiverPhase {
    /// `Replica_IO_Running`
    pub(crate) fn running(self) -> &'static str {
        match self {
            ReceiverPhase::Stopped => "No",
            ReceiverPhase::Streaming => "Yes",
            ReceiverPhase::Connecting
            | ReceiverPhase::Handshake(_)
            | ReceiverPhase::Registering
            | ReceiverPhase::Requesting
            | ReceiverPhase::Waiting
            | ReceiverPhase::WaitingToRegister => "Connecting",
        }
    }
}

impl Receiver {
    /// `Replica_IO_State`
    pub(crate) fn state(&self) -> &'static str {
        match self.phase {
            ReceiverPhase::Stopped => "",
            ReceiverPhase::Connecting if self.was_connected => {
                "Reconnecting after a failed source event read"
            }
            ReceiverPhase::Connecting => "Connecting to source",
            ReceiverPhase::Handshake(_) => "Checking source version",
            ReceiverPhase::Registering => "Registering replica on source",
            ReceiverPhase::Requesting => "Requesting binlog dump",
            ReceiverPhase::Streaming if self.writing.is_some() => {
                "Queueing source event to the relay log"
            }
            ReceiverPhase::Streaming => "Waiting for source to send event",
            ReceiverPhase::Waiting if self.was_connected => {
                "Waiting to reconnect after a failed source event read"
            }
            ReceiverPhase::Waiting => "Connecting to source",
            ReceiverPhase::WaitingToRegister => {
                "Waiting to reconnect after a failed registration on source"
            }
        }
    }
}
