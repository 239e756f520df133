//! The cluster: virtual time, servers, sessions, links, and the queue of what comes next.
//!
//! This file is the loop and the world every server lives in. What a statement does is in
//! [`statements`], how servers live and die in [`lifecycle`] and [`faults`], packets in [`transport`];
//! commits are in [`crate::commit`], replication in [`crate::replication`].

mod statements;

mod ddl;

mod reads;

mod savepoints;

mod gtid_next;

mod lock_waits;

pub(crate) mod read_lock;

mod set;

mod plugin_statements;

mod account_statements;

mod privileges;

mod replication_statements;

mod sessions;

mod transport;

mod lifecycle;

mod recovery;

mod shutdown;

mod faults;

mod preparation;

mod snapshot;

pub use account_statements::no_such_grant;
pub use privileges::{command_denied, database_denied, needs};

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use semisync_core::Instant;
use semisync_core::log::{LogLevel, LogMessage};
use semisync_core::source::WakeCause;

use crate::commit::GroupId;
use crate::config::{ClusterConfig, Timing};
use crate::engine::Actor;
use crate::inspect::ErrorLogRow;
use crate::network::{ConnectionId, Network};
use crate::operation::{Completion, StatementId};
use crate::prng::Prng;
use crate::queue::{EventKey, EventQueue};
use crate::server::Server;
use crate::server::error_log::Line;
use crate::shared_log::SharedLog;
use crate::trace::{Lane, TraceEvent, TraceKind};
use crate::variables::ordinary;
use crate::view::ServerState;
use crate::{PacketId, ServerIndex, SessionKey, TransactionId};

/// A virtual cluster. A value: cloning it makes a checkpoint.
///
/// How to drive it:
/// 1. [`Cluster::open_session`], then [`Cluster::execute`] one statement at a time per session.
/// 2. [`Cluster::step`] runs the next event, or [`Cluster::advance_to`] runs all events up to a time.
/// 3. [`Cluster::take_completions`] after each step; an outcome `Read` is computed by the caller
///    from the state right then.
#[derive(Clone, Debug)]
pub struct Cluster {
    config: Arc<ClusterConfig>,
    pub(crate) world: World,
    pub(crate) servers: Vec<Server>,
}

/// What all servers share.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) queue: EventQueue<Event>,
    pub(crate) prng: Prng,
    pub(crate) network: Network,
    pub(crate) trace: SharedLog<TraceEvent>,
    pub(crate) completions: Vec<Completion>,
    /// What must still happen in this moment, in order.
    pub(crate) pending: VecDeque<Pending>,
    pub(crate) timing: Timing,
    /// Where each session is, also after it has gone.
    pub(crate) sessions: BTreeMap<SessionKey, ServerIndex>,
    /// Events of stopped processes, in order.
    pub(crate) parked: BTreeMap<ServerIndex, Vec<Event>>,
    pub(crate) last_session: u64,
    pub(crate) last_statement: u64,
    pub(crate) last_transaction: u64,
}

/// Something that will happen.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A packet reaches the other end of its link.
    PacketArrives(PacketId),
    /// Something happens in a process, if that process still lives.
    Process {
        server: ServerIndex,
        life: u32,
        what: ProcessEvent,
    },
}

/// Something that happens in a process.
#[derive(Clone, Debug)]
pub(crate) enum ProcessEvent {
    /// The server has started.
    Started,
    /// A statement is parsed and runs, or tries again after a lock wait.
    StatementRuns(SessionKey, StatementId),
    /// A statement has waited for a lock long enough.
    LockWaitTimesOut(SessionKey, StatementId),
    /// SLEEP() is over.
    SleepEnds(SessionKey, StatementId),
    /// The time of a group's stage is over.
    StageEnds(GroupId),
    /// A session in the plugin's wait runs again.
    WaiterRuns(Actor, u32, WakeCause),
    /// A dump thread sends what it can.
    DumpSends(ConnectionId),
    /// A dump thread has sent nothing for a heartbeat period, perhaps.
    HeartbeatIsDue(ConnectionId),
    /// The receiver tries to connect; the number voids old attempts.
    ReceiverConnects(u64),
    /// The receiver has written an event to the relay log.
    ReceiverWrote(u64),
    /// The receiver has heard nothing for `replica_net_timeout`, perhaps.
    ReceiverTimesOut(u64),
    /// The applier has applied a transaction, or tries again after a lock wait.
    ApplierRuns(u64),
    /// The applier has waited for a row lock for as long as it may, if it still waits.
    ApplierLockWaitTimesOut(u64, u64),
    /// The next step of a shutdown.
    ShutdownGoesOn(u32),
}

/// What follows at once from what just happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pending {
    /// A hook of the source plugin returned to its commit stage.
    HookReturned(ServerIndex, Actor),
    /// The ACK receiver was started or stopped.
    AckReceiverRuns(ServerIndex),
    /// Statements or commits ended: who waits for the global read lock may go on.
    ReadLock(ServerIndex),
}

impl Cluster {
    /// A cluster whose servers have started and, if asked for, replicate. Cluster time is 0 after
    /// the preparations, and the trace is empty.
    pub fn new(config: ClusterConfig) -> Cluster {
        let world = World {
            now: Instant::ZERO,
            queue: EventQueue::new(),
            prng: Prng::new(config.seed),
            network: Network::default(),
            trace: SharedLog::new(),
            completions: Vec::new(),
            pending: VecDeque::new(),
            timing: config.timing.clone(),
            sessions: BTreeMap::new(),
            parked: BTreeMap::new(),
            last_session: 0,
            last_statement: 0,
            last_transaction: 0,
        };
        let servers = (0..).zip(&config.servers);
        let servers = servers.map(|(index, server)| Server::new(ServerIndex(index), server));
        let mut cluster = Cluster {
            servers: servers.collect(),
            config: Arc::new(config),
            world,
        };
        cluster.prepare();
        cluster
    }

    /// What it was made of.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Cluster time.
    pub fn now(&self) -> Instant {
        self.world.now
    }

    /// When the next event is due, if any.
    pub fn next_event_at(&self) -> Option<Instant> {
        self.world.queue.next_at()
    }

    /// Runs the next event and moves time to it. False if nothing is left to happen.
    pub fn step(&mut self) -> bool {
        let Some((at, event)) = self.world.queue.pop() else {
            return false;
        };
        self.world.now = self.world.now.max(at);
        self.world.prng.begin_event();
        self.handle(event);
        self.settle();
        true
    }

    /// Runs all events up to and including `until`, then sets the time to it.
    pub fn advance_to(&mut self, until: Instant) {
        while self.next_event_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.world.now = self.world.now.max(until);
    }

    /// Statements that ended since the last call, in order.
    pub fn take_completions(&mut self) -> Vec<Completion> {
        std::mem::take(&mut self.world.completions)
    }

    /// What happened, from the beginning.
    pub fn trace(&self) -> &SharedLog<TraceEvent> {
        &self.world.trace
    }

    pub(crate) fn server(&self, ix: ServerIndex) -> &Server {
        &self.servers[usize::from(ix.0)]
    }

    pub(crate) fn server_mut(&mut self, ix: ServerIndex) -> &mut Server {
        &mut self.servers[usize::from(ix.0)]
    }

    pub(crate) fn server_exists(&self, ix: ServerIndex) -> bool {
        usize::from(ix.0) < self.servers.len()
    }

    /// Puts a mark on the tape.
    pub(crate) fn mark(&mut self, lane: Lane, transaction: Option<TransactionId>, kind: TraceKind) {
        let event = TraceEvent {
            seq: self.world.trace.len() as u64,
            at: self.world.now,
            lane,
            transaction,
            kind,
        };
        self.world.trace.push(event);
    }

    /// Something will happen in the process of a server, `delay_us` from now.
    pub(crate) fn later(&mut self, ix: ServerIndex, delay_us: u64, what: ProcessEvent) -> EventKey {
        let at = Instant::from_micros(self.world.now.as_micros().saturating_add(delay_us));
        self.at(ix, at, what)
    }

    /// Something will happen in the process of a server at `at`.
    pub(crate) fn at(&mut self, ix: ServerIndex, at: Instant, what: ProcessEvent) -> EventKey {
        let life = self.server(ix).life;
        let event = Event::Process {
            server: ix,
            life,
            what,
        };
        self.world.queue.push(at, event)
    }

    /// Writes a line of the core to the error log.
    pub(crate) fn log_core(&mut self, ix: ServerIndex, message: &LogMessage) {
        match message {
            LogMessage::SwitchedOn { position } => {
                let position = Some(position.clone());
                self.mark(Lane::Server(ix), None, TraceKind::SwitchedOn { position });
            }
            LogMessage::SwitchedOff => self.mark(Lane::Server(ix), None, TraceKind::SwitchedOff),
            _ => {}
        }
        let text = message.text(self.server(ix).generation).to_string();
        let text = match message.is_wrapped() {
            true => format!("Plugin semisync reported: '{text}'"),
            false => text,
        };
        let line = Line {
            level: Some(message.level()),
            number: message.number(),
            subsystem: "Repl",
            text,
        };
        self.log(ix, line);
    }

    /// Writes a line to the error log of a server.
    pub(crate) fn log(&mut self, ix: ServerIndex, line: Line) {
        let logged = self.world.now;
        let server = self.server_mut(ix);
        if line.is_printed(server.global(ordinary!("log_error_verbosity")).as_u64()) {
            // No two lines have the same time.
            let last = server.error_log.last().map(|row| row.logged);
            let next = last.map(|last| last.saturating_add(Duration::from_micros(1)));
            server.error_log.push(ErrorLogRow {
                logged: next.map_or(logged, |next| next.max(logged)),
                thread_id: 0,
                level: line.level,
                number: line.number,
                subsystem: line.subsystem.to_owned(),
                text: line.text.clone(),
            });
        }
        let kind = TraceKind::LogLine {
            level: line.level.unwrap_or(LogLevel::Note),
            number: line.number,
            text: line.text,
        };
        self.mark(Lane::Server(ix), None, kind);
    }

    pub(crate) fn next_transaction(&mut self) -> TransactionId {
        self.world.last_transaction += 1;
        TransactionId(self.world.last_transaction)
    }

    /// Everything that follows at once.
    pub(crate) fn settle(&mut self) {
        while let Some(pending) = self.world.pending.pop_front() {
            match pending {
                Pending::HookReturned(ix, actor) => self.hook_returned(ix, actor),
                Pending::AckReceiverRuns(ix) => self.read_unread_acks(ix),
                Pending::ReadLock(ix) => self.read_lock_goes_on(ix),
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::PacketArrives(packet) => self.packet_arrives(packet),
            Event::Process { server, life, what } => {
                if self.server(server).life != life {
                    return;
                }
                if self.server(server).state == ServerState::Frozen {
                    let event = Event::Process { server, life, what };
                    self.park(server, event);
                    return;
                }
                self.process_event(server, what);
            }
        }
    }

    pub(crate) fn park(&mut self, ix: ServerIndex, event: Event) {
        self.world.parked.entry(ix).or_default().push(event);
    }

    fn process_event(&mut self, ix: ServerIndex, what: ProcessEvent) {
        match what {
            ProcessEvent::Started => self.server_started(ix),
            ProcessEvent::StatementRuns(session, id) => self.statement_runs(ix, session, id),
            ProcessEvent::LockWaitTimesOut(session, id) => {
                self.lock_wait_times_out(ix, session, id)
            }
            ProcessEvent::SleepEnds(session, id) => self.sleep_ends(ix, session, id),
            ProcessEvent::StageEnds(group) => self.stage_ends(ix, group),
            ProcessEvent::WaiterRuns(actor, turn, cause) => {
                self.waiter_runs(ix, actor, turn, cause);
            }
            ProcessEvent::DumpSends(connection) => self.dump_sends(ix, connection),
            ProcessEvent::HeartbeatIsDue(connection) => self.heartbeat_is_due(ix, connection),
            ProcessEvent::ReceiverConnects(serial) => self.receiver_connects(ix, serial),
            ProcessEvent::ReceiverWrote(serial) => self.receiver_wrote(ix, serial),
            ProcessEvent::ReceiverTimesOut(serial) => self.receiver_times_out(ix, serial),
            ProcessEvent::ApplierRuns(serial) => self.applier_runs(ix, serial),
            ProcessEvent::ApplierLockWaitTimesOut(serial, wait) => {
                self.applier_lock_wait_times_out(ix, serial, wait);
            }
            ProcessEvent::ShutdownGoesOn(step) => self.shutdown_goes_on(ix, step),
        }
    }
}
