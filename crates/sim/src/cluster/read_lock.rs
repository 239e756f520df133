//! The global read lock: FLUSH TABLES WITH READ LOCK, and statements that take it for a moment.
//!
//! It has two parts. The first waits for statements that write and keeps new ones waiting; the
//! second waits for commits in progress and keeps new ones waiting. Who asks for the first part
//! does not hold up commits yet.

use std::collections::{BTreeSet, VecDeque};

use crate::cluster::{Cluster, Pending, ProcessEvent};
use crate::engine::Actor;
use crate::operation::{OkPacket, Operation, Outcome, SqlError, StatementId};
use crate::server::session::Phase;
use crate::variables::ordinary;
use crate::{ServerIndex, SessionKey};

/// The lock of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadLock {
    /// Who asks for it, in order of arrival.
    requests: Vec<Request>,
    /// Who keeps it until UNLOCK TABLES.
    holders: BTreeSet<SessionKey>,
    /// The applier waits until it is given back.
    keeps_applier: bool,
    /// Statements that wait until it is given back.
    blocked: VecDeque<(SessionKey, StatementId)>,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    session: SessionKey,
    has_first_part: bool,
}

impl ReadLock {
    pub(crate) fn is_held_by(&self, session: SessionKey) -> bool {
        self.holders.contains(&session)
    }

    /// Whether statements that write wait.
    fn keeps_statements(&self) -> bool {
        !self.requests.is_empty() || !self.holders.is_empty()
    }

    /// Whether the applier waits for it.
    pub(crate) fn keeps_applier(&self) -> bool {
        self.keeps_applier
    }

    /// Whether commits wait.
    pub(crate) fn keeps_commits(&self) -> bool {
        !self.holders.is_empty() || self.requests.iter().any(|request| request.has_first_part)
    }

    /// A session is gone, or does not want to wait any more.
    pub(crate) fn forget(&mut self, session: SessionKey) {
        self.requests.retain(|request| request.session != session);
        self.blocked.retain(|(waiter, _)| *waiter != session);
    }
}

impl Cluster {
    /// A statement that writes takes its part of the lock. False if it has to wait: it runs again
    /// when the lock is given back.
    ///
    /// # Errors
    /// 1223 when the session itself holds the read lock; 1290 and 1792 when nothing may be written.
    pub(crate) fn may_write(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
    ) -> Result<bool, SqlError> {
        let Some(running) = self.running_mut(ix, session) else {
            return Ok(false);
        };
        if running.writes {
            return Ok(true);
        }
        let id = running.id;
        if !running.has_been_checked {
            self.refuse_when_read_only(ix, session)?;
            if self.server(ix).read_lock.is_held_by(session) {
                let text = "Can't execute the query because you have a conflicting read lock";
                return Err(SqlError::new(1223, "HY000", text));
            }
        }
        let waits = self.server(ix).read_lock.keeps_statements();
        if let Some(running) = self.running_mut(ix, session) {
            running.has_been_checked = true;
            running.writes = !waits;
        }
        if waits {
            self.server_mut(ix)
                .read_lock
                .blocked
                .push_back((session, id));
            self.waits_for_read_lock(ix, session, Phase::GlobalReadLock);
        }
        Ok(!waits)
    }

    /// A statement needs the read lock: RESET BINARY LOGS AND GTIDS, SET GLOBAL read_only = ON and
    /// FLUSH TABLES WITH READ LOCK.
    pub(crate) fn request_read_lock(&mut self, ix: ServerIndex, session: SessionKey) {
        let request = Request {
            session,
            has_first_part: false,
        };
        self.server_mut(ix).read_lock.requests.push(request);
        self.waits_for_read_lock(ix, session, Phase::GlobalReadLock);
        self.world.pending.push_back(Pending::ReadLock(ix));
    }

    fn waits_for_read_lock(&mut self, ix: ServerIndex, session: SessionKey, phase: Phase) {
        let timeout = self
            .server(ix)
            .session_value(session, ordinary!("lock_wait_timeout"))
            .as_u64();
        let Some(running) = self.running_mut(ix, session) else {
            return;
        };
        running.phase = phase;
        if running.timer.is_some() {
            return;
        }
        let event = ProcessEvent::LockWaitTimesOut(session, running.id);
        let delay = timeout.saturating_mul(1_000_000);
        let timer = self.later(ix, delay, event);
        if let Some(running) = self.running_mut(ix, session) {
            running.timer = Some(timer);
        }
    }

    /// Something ended: who waits for the read lock may get it, who waits behind it may go on.
    pub(crate) fn read_lock_goes_on(&mut self, ix: ServerIndex) {
        let mut index = 0;
        while let Some(request) = self.server(ix).read_lock.requests.get(index).copied() {
            if !request.has_first_part {
                if self.somebody_else_writes(ix, request.session) {
                    index += 1;
                    continue;
                }
                self.server_mut(ix).read_lock.requests[index].has_first_part = true;
                self.set_phase(ix, request.session, Phase::CommitLock);
            }
            if self.server(ix).commits.jobs.is_empty() {
                self.server_mut(ix).read_lock.requests.remove(index);
                self.run_with_read_lock(ix, request.session);
            } else {
                index += 1;
            }
        }
        while !self.server(ix).read_lock.keeps_commits() {
            let Some(job) = self.server_mut(ix).commits.blocked.pop_front() else {
                break;
            };
            self.begin_commit(ix, job);
        }
        if self.server(ix).read_lock.keeps_statements() {
            return;
        }
        if std::mem::take(&mut self.server_mut(ix).read_lock.keeps_applier) {
            self.applier_tries_again(ix);
        }
        let blocked = std::mem::take(&mut self.server_mut(ix).read_lock.blocked);
        for (session, id) in blocked {
            self.later(ix, 0, ProcessEvent::StatementRuns(session, id));
        }
    }

    /// Whether the applier has to wait before it begins with a transaction.
    pub(crate) fn applier_waits_for_read_lock(&mut self, ix: ServerIndex) -> bool {
        let server = self.server_mut(ix);
        let has_begun = server.engine.transaction(Actor::Applier).is_some();
        server.read_lock.keeps_applier = !has_begun && server.read_lock.keeps_statements();
        server.read_lock.keeps_applier
    }

    fn somebody_else_writes(&self, ix: ServerIndex, session: SessionKey) -> bool {
        if self.server(ix).engine.transaction(Actor::Applier).is_some() {
            return true;
        }
        let mut sessions = self.server(ix).sessions.iter();
        sessions.any(|(key, state)| {
            let running = state.statement.as_ref();
            *key != session && running.is_some_and(|running| running.writes)
        })
    }

    /// The statement has the read lock now.
    fn run_with_read_lock(&mut self, ix: ServerIndex, session: SessionKey) {
        let Some(running) = self.running_mut(ix, session) else {
            return;
        };
        let answer = running.answer.clone();
        let result = match running.operation.clone() {
            Operation::ResetBinaryLogs { to } => {
                self.delete_binary_logs(ix, to);
                Ok(())
            }
            Operation::SetVariables(assignments) => {
                self.set_with_read_lock(ix, session, &assignments)
            }
            Operation::FlushTablesWithReadLock => {
                self.server_mut(ix).read_lock.holders.insert(session);
                Ok(())
            }
            _ => Ok(()),
        };
        match result {
            Ok(()) => self.statement_ends_ok(ix, session, answer),
            Err(error) => self.statement_ends(ix, session, Outcome::Error(error)),
        }
    }

    /// FLUSH TABLES WITH READ LOCK
    pub(crate) fn flush_tables_with_read_lock(&mut self, ix: ServerIndex, session: SessionKey) {
        if self.server(ix).read_lock.is_held_by(session) {
            self.statement_ends_ok(ix, session, OkPacket::default());
        } else if !self.ends_transaction_first(ix, session) {
            self.request_read_lock(ix, session);
        }
    }

    /// UNLOCK TABLES
    pub(crate) fn unlock_tables(&mut self, ix: ServerIndex, session: SessionKey) {
        self.give_back_read_lock(ix, session);
        self.statement_ends_ok(ix, session, OkPacket::default());
    }

    /// The session gives back what it has of the read lock.
    pub(crate) fn give_back_read_lock(&mut self, ix: ServerIndex, session: SessionKey) {
        let lock = &mut self.server_mut(ix).read_lock;
        lock.forget(session);
        lock.holders.remove(&session);
        self.world.pending.push_back(Pending::ReadLock(ix));
    }
}
