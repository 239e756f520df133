//! One server: what is on its disks and what its process keeps in memory.
//!
//! The parts on disk (engine, binary log, relay log, `mysql.plugin`, persisted variables, error log)
//! survive a crash; the rest is made anew when the process starts. What the parts do with each
//! other is in [`crate::cluster`], [`crate::commit`] and [`crate::replication`].

pub(crate) mod session;

pub(crate) mod plugins;

pub(crate) mod built_in_plugins;

pub(crate) mod error_log;

pub(crate) mod options;

pub(crate) mod settings;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use semisync_core::source::{AckCounting, WaitTicket};
use semisync_core::variables::Family;
use semisync_core::{BinlogPosition, Generation, Instant, Naming};

use crate::binlog::BinaryLog;
use crate::cluster::read_lock::ReadLock;
use crate::commit::GroupCommit;
use crate::engine::{Actor, Engine, Isolation};
use crate::gtid::{GtidSet, ServerUuid};
use crate::inspect::ErrorLogRow;
use crate::network::ConnectionId;
use crate::queue::EventKey;
use crate::replication::channel::Channel;
use crate::replication::dump::ReplicaConnection;
use crate::server::plugins::{ReplicaPlugin, SourcePlugin};
use crate::server::session::Session;
use crate::shared_log::SharedLog;
use crate::variables::{Ordinary, Setting, Settings, ordinary};
use crate::view::ServerState;
use crate::{ServerIndex, SessionKey, TransactionId};

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) index: ServerIndex,
    pub(crate) name: String,
    pub(crate) generation: Generation,
    /// Its programs were replaced: the next start upgrades the data directory.
    pub(crate) upgraded_from: Option<Generation>,
    pub(crate) uuid: ServerUuid,
    pub(crate) port: u16,

    // --- On disk ---
    pub(crate) options: Arc<Vec<(String, Option<String>)>>,
    pub(crate) engine: Engine,
    pub(crate) binlog: BinaryLog,
    /// Rows of mysql.plugin: name as typed, and library.
    pub(crate) plugin_rows: BTreeMap<String, String>,
    /// mysqld-auto.cnf: variable and value as written in an option file, in the order they were set.
    pub(crate) persisted: Vec<(String, String)>,
    pub(crate) channel: Option<Channel>,
    pub(crate) error_log: SharedLog<ErrorLogRow>,
    /// Executed transactions that are in no binary log (log_bin or log_replica_updates off).
    pub(crate) executed_elsewhere: GtidSet,

    // --- The process ---
    pub(crate) state: ServerState,
    /// Counts its processes; events of a dead one are void.
    pub(crate) life: u32,
    pub(crate) globals: Settings,
    /// Option file lines of plugins that are not installed yet.
    pub(crate) plugin_options: BTreeMap<String, Option<String>>,
    pub(crate) sessions: BTreeMap<SessionKey, Session>,
    pub(crate) commits: GroupCommit,
    pub(crate) source_plugin: Option<SourcePlugin>,
    pub(crate) replica_plugin: Option<ReplicaPlugin>,
    /// How the source plugin counts ACKs.
    pub(crate) counting: AckCounting,
    /// A fault: an ACK counts for two replicas.
    pub(crate) counts_for_neighbour: bool,
    /// How the option file wants plugins loaded: OFF, ON, FORCE, FORCE_PLUS_PERMANENT.
    pub(crate) load_options: BTreeMap<&'static str, &'static str>,
    /// Loaded plugins, in the order they were loaded.
    pub(crate) install_order: Vec<(Family, Naming)>,
    pub(crate) waits: BTreeMap<Actor, CommitWait>,
    pub(crate) replicas: BTreeMap<ConnectionId, ReplicaConnection>,
    pub(crate) gtid_executed: GtidSet,
    /// Assigned, not committed yet.
    pub(crate) gtid_owned: GtidSet,
    pub(crate) next_processlist_id: u64,
    pub(crate) last_xid: u64,
    pub(crate) is_shutting_down: bool,
    /// RESTART: start again when it has stopped.
    pub(crate) restarts: bool,
    /// The global read lock.
    pub(crate) read_lock: ReadLock,
    /// Sessions that wait to read what a rotation is about to change.
    pub(crate) log_readers: Vec<SessionKey>,
    /// FLUSH BINARY LOGS and automatic rotation: who holds LOCK_log and waits.
    pub(crate) rotations: VecDeque<Option<SessionKey>>,
    /// Sessions whose STOP REPLICA waits for the applier.
    pub(crate) stop_waiters: Vec<SessionKey>,
    /// Time to apply one transaction, if it was changed.
    pub(crate) apply_us: Option<u64>,
}

/// A session inside the source plugin's wait.
#[derive(Clone, Debug)]
pub(crate) struct CommitWait {
    pub(crate) ticket: WaitTicket,
    pub(crate) transaction: TransactionId,
    pub(crate) position: BinlogPosition,
    pub(crate) since: Instant,
    pub(crate) deadline: Instant,
    /// Counts the turns of the wait; an event of an old turn is void.
    pub(crate) turn: u32,
    pub(crate) timer: Option<EventKey>,
    pub(crate) is_woken: bool,
}

impl Server {
    pub(crate) fn is_up(&self) -> bool {
        match self.state {
            ServerState::Running | ServerState::Frozen | ServerState::Stopping => true,
            ServerState::Starting | ServerState::Stopped | ServerState::Crashed => false,
        }
    }

    pub(crate) fn accepts_connections(&self) -> bool {
        matches!(self.state, ServerState::Running | ServerState::Frozen)
    }

    /// A global variable's value.
    pub(crate) fn global(&self, variable: Ordinary) -> Cow<'_, Setting> {
        match self.globals.get(variable) {
            Some(setting) => Cow::Borrowed(setting),
            None => Cow::Owned(variable.definition().default_setting()),
        }
    }

    /// A variable as a session sees it.
    pub(crate) fn session_value(
        &self,
        session: SessionKey,
        variable: Ordinary,
    ) -> Cow<'_, Setting> {
        let session = self.sessions.get(&session);
        match session.and_then(|session| session.settings.get(variable)) {
            Some(setting) => Cow::Borrowed(setting),
            None => self.global(variable),
        }
    }

    /// Whether a statement of the session is a transaction of its own now.
    pub(crate) fn is_autocommit(&self, session: SessionKey) -> bool {
        let state = self.sessions.get(&session);
        let has_begun = state.is_some_and(|state| state.in_transaction);
        !has_begun && self.session_value(session, ordinary!("autocommit")).is_on()
    }

    /// Sessions that are there keep the value of a variable that is about to change for all.
    pub(crate) fn keep_in_sessions(&mut self, variable: Ordinary) {
        let value = self.global(variable).into_owned();
        for session in self.sessions.values_mut() {
            if session.settings.get(variable).is_none() {
                session.settings.set(variable, value.clone());
            }
        }
    }

    /// Whether the session's next transaction may only read.
    pub(crate) fn begins_read_only(&self, session: SessionKey) -> bool {
        let state = self.sessions.get(&session);
        match state.and_then(|state| state.next_read_only) {
            Some(next) => next,
            None => self
                .session_value(session, ordinary!("transaction_read_only"))
                .is_on(),
        }
    }

    /// The isolation level of the session's next transaction.
    pub(crate) fn isolation(&self, session: SessionKey) -> Isolation {
        let state = self.sessions.get(&session);
        if let Some(next) = state.and_then(|state| state.next_isolation) {
            return next;
        }
        match &*self.session_value(session, ordinary!("transaction_isolation")) {
            Setting::Text(name) => Isolation::named(name),
            Setting::Bool(_) | Setting::Int(_) | Setting::Null => Isolation::default(),
        }
    }

    pub(crate) fn server_id(&self) -> u32 {
        u32::try_from(self.global(ordinary!("server_id")).as_u64()).unwrap_or(0)
    }

    pub(crate) fn has_binlog(&self) -> bool {
        self.global(ordinary!("log_bin")).is_on()
    }

    pub(crate) fn writes_gtids(&self) -> bool {
        matches!(&*self.global(ordinary!("gtid_mode")), Setting::Text(mode) if mode.starts_with("ON"))
    }

    pub(crate) fn next_processlist_id(&mut self) -> u64 {
        let id = self.next_processlist_id;
        self.next_processlist_id += 1;
        id
    }

    /// Whether a transaction is on the disks of this server: executed, or in its relay log.
    pub(crate) fn has_received(&self, gtid: crate::gtid::Gtid) -> bool {
        let channel = self.channel.as_ref();
        self.gtid_executed.contains(gtid)
            || channel.is_some_and(|channel| channel.retrieved.contains(gtid))
    }

    /// A variable's value in mysqld-auto.cnf.
    pub(crate) fn persisted_value(&self, name: &str) -> Option<&str> {
        let mut values = self.persisted.iter();
        let found = values.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn persist(&mut self, name: &str, value: String) {
        match self.persisted.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.persisted.push((name.to_owned(), value)),
        }
    }

    /// The next identifier of this server's own.
    pub(crate) fn next_gtid(&self) -> crate::gtid::Gtid {
        let mut number = 1;
        loop {
            let free = self.gtid_executed.next_free(self.uuid, number);
            let free = self.gtid_owned.next_free(self.uuid, free);
            if free == number {
                let uuid = self.uuid;
                return crate::gtid::Gtid { uuid, number };
            }
            number = free;
        }
    }

    /// What this server has, committed or about to be.
    pub(crate) fn gtids_with_owned(&self) -> GtidSet {
        let mut all = self.gtid_executed.clone();
        all.union(&self.gtid_owned);
        all
    }
}
