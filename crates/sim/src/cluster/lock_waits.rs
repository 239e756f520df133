//! Statements that wait for row locks and metadata locks: timeouts, deadlocks, KILL.

use semisync_core::Instant;

use crate::cluster::{Cluster, ProcessEvent};
use crate::engine::{Actor, LockName};
use crate::operation::{Operation, SqlError, StatementId};
use crate::server::session::Phase;
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    pub(crate) fn wait_for_lock(&mut self, ix: ServerIndex, session: SessionKey, lock: LockName) {
        let (phase, variable, what) = match &lock {
            LockName::Row(..)
            | LockName::RowShared(..)
            | LockName::Gap(..)
            | LockName::InsertIntention(..) => (
                Phase::RowLock,
                ordinary!("innodb_lock_wait_timeout"),
                "row lock",
            ),
            LockName::TableShared(..) | LockName::TableWrite(..) | LockName::TableExclusive(..) => {
                (
                    Phase::MetadataLock,
                    ordinary!("lock_wait_timeout"),
                    "table metadata lock",
                )
            }
        };
        let now = self.world.now;
        let seconds = self.server(ix).session_value(session, variable).as_u64();
        let engine = &mut self.server_mut(ix).engine;
        engine.locks_mut().wait(Actor::Session(session), lock);
        let Some(running) = self.running_mut(ix, session) else {
            return;
        };
        running.phase = phase;
        // Who meets another busy lock of the same kind has waited already.
        let since = match running.waits_since {
            Some((kind, since)) if kind == phase => since,
            _ => now,
        };
        running.waits_since = Some((phase, since));
        let id = running.id;
        let event = ProcessEvent::LockWaitTimesOut(session, id);
        let limit = seconds.saturating_mul(1_000_000);
        let at = Instant::from_micros(since.as_micros().saturating_add(limit));
        let timer = self.at(ix, at, event);
        if let Some(running) = self.running_mut(ix, session) {
            running.timer = Some(timer);
        }
        let kind = TraceKind::LockWaitStarted {
            statement: id,
            what: what.to_owned(),
        };
        self.mark(Lane::Client(ix, session), None, kind);
        self.break_deadlock(ix, Actor::Session(session));
    }

    /// Somebody began to wait: if those before them wait for them too, the one who has done least
    /// gives up.
    pub(crate) fn break_deadlock(&mut self, ix: ServerIndex, newest: Actor) {
        let Some(circle) = self.server(ix).engine.locks().circle(newest) else {
            return;
        };
        let mut victim = (newest, self.deadlock_weight(ix, newest));
        for actor in circle {
            let weight = self.deadlock_weight(ix, actor);
            if weight < victim.1 {
                victim = (actor, weight);
            }
        }
        match victim.0 {
            Actor::Session(session) => {
                self.stop_waiting_for_lock(ix, session);
                let text = "Deadlock found when trying to get lock; try restarting transaction";
                self.fail(ix, session, SqlError::new(1213, "40001", text));
            }
            Actor::Applier => {
                self.server_mut(ix).engine.rollback(Actor::Applier);
                self.wake_lock_waiters(ix);
                self.applier_tries_again(ix);
            }
        }
    }

    /// DDL weighs more than anything else; else what counts is changed rows and locks.
    fn deadlock_weight(&self, ix: ServerIndex, actor: Actor) -> (bool, usize) {
        let server = self.server(ix);
        let changed = server.engine.transaction(actor);
        let changed = changed.map_or(0, |open| open.changed_rows());
        let is_ddl = match actor {
            Actor::Session(session) => server.sessions.get(&session).is_some_and(|state| {
                let running = state.statement.as_ref();
                running.is_some_and(|running| running.operation.is_ddl())
            }),
            Actor::Applier => false,
        };
        (is_ddl, changed + server.engine.locks().count(actor))
    }

    /// Locks were given back: who waited for them tries again.
    pub(crate) fn wake_lock_waiters(&mut self, ix: ServerIndex) {
        for actor in self.server_mut(ix).engine.locks_mut().take_ready() {
            match actor {
                Actor::Session(session) => {
                    if let Some(running) = self.running_mut(ix, session) {
                        let id = running.id;
                        self.later(ix, 0, ProcessEvent::StatementRuns(session, id));
                    }
                }
                Actor::Applier => self.applier_tries_again(ix),
            }
        }
    }

    pub(crate) fn lock_wait_times_out(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        id: StatementId,
    ) {
        let running = self.running_mut(ix, session);
        let Some(phase) = running
            .filter(|running| running.id == id)
            .map(|running| running.phase)
        else {
            return;
        };
        match phase {
            Phase::RowLock | Phase::MetadataLock => self.stop_waiting_for_lock(ix, session),
            Phase::GlobalReadLock | Phase::CommitLock => {
                self.server_mut(ix).read_lock.forget(session);
                self.world
                    .pending
                    .push_back(crate::cluster::Pending::ReadLock(ix));
            }
            _ => return,
        }
        let text = "Lock wait timeout exceeded; try restarting transaction";
        self.fail(ix, session, SqlError::new(1205, "HY000", text));
    }

    pub(crate) fn stop_waiting_for_lock(&mut self, ix: ServerIndex, session: SessionKey) {
        let engine = &mut self.server_mut(ix).engine;
        engine.locks_mut().stop_waiting(Actor::Session(session));
        if let Some(running) = self.running_mut(ix, session) {
            running.phase = Phase::Executing;
            let kind = TraceKind::LockWaitEnded {
                statement: running.id,
            };
            self.mark(Lane::Client(ix, session), None, kind);
        }
    }
}

impl Operation {
    /// Whether it defines tables or databases.
    pub(crate) fn is_ddl(&self) -> bool {
        matches!(
            self,
            Operation::CreateDatabase { .. }
                | Operation::DropDatabase { .. }
                | Operation::CreateTable { .. }
                | Operation::DropTables { .. }
                | Operation::TruncateTable { .. }
                | Operation::AlterTable { .. }
        )
    }
}
