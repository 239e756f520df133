//! SELECT from user tables: snapshots, metadata locks, and reads that lock rows.

use crate::cluster::Cluster;
use crate::engine::scan::Scan;
use crate::engine::{Actor, Isolation, LockName, Row};
use crate::expr::Expr;
use crate::operation::{LockMode, LockPatience, Outcome, RowLocking, SqlError};
use crate::server::session::Phase;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// SELECT from one user table. The caller computes the result; what a locking read found waits
    /// for it in the session.
    pub(crate) fn read_rows(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        (db, table): (&str, &str),
        filter: Option<&Expr>,
        locking: Option<RowLocking>,
    ) -> Result<(), SqlError> {
        let actor = Actor::Session(session);
        if locking.is_some() || !self.server(ix).is_autocommit(session) {
            self.open_transaction(ix, session);
        }
        let engine = &mut self.server_mut(ix).engine;
        let (db_name, table_name) = (db.to_owned(), table.to_owned());
        let name = match locking {
            Some(locking) if locking.mode == LockMode::Exclusive => {
                LockName::TableWrite(db_name, table_name)
            }
            _ => LockName::TableShared(db_name, table_name),
        };
        if let Some(lock) = engine.lock(actor, name) {
            self.wait_for_lock(ix, session, lock);
            return Ok(());
        }
        let open = engine.transaction(actor);
        let is_serializable =
            open.is_some_and(|open| open.is_explicit && open.isolation == Isolation::Serializable);
        let shared = RowLocking {
            mode: LockMode::Shared,
            patience: LockPatience::Wait,
        };
        match locking.or(is_serializable.then_some(shared)) {
            None => engine.take_snapshot(actor),
            Some(locking) => {
                if let Ok(table) = engine.table(db, table).cloned() {
                    let scan = Scan {
                        pick: None,
                        filter,
                        mode: locking.mode,
                        patience: locking.patience,
                        is_update: false,
                    };
                    match engine.matching(actor, &table, scan)? {
                        Ok(found) => {
                            let rows: Vec<Row> = found.into_iter().map(|(_, row)| row).collect();
                            if let Some(state) = self.session_mut(ix, session) {
                                state.found_rows = Some(rows);
                            }
                        }
                        Err(lock) => {
                            self.wait_for_lock(ix, session, lock);
                            return Ok(());
                        }
                    }
                }
            }
        }
        self.read_ends(ix, session);
        Ok(())
    }

    /// A statement of its own gives its locks back before the client has the answer.
    fn read_ends(&mut self, ix: ServerIndex, session: SessionKey) {
        let actor = Actor::Session(session);
        let server = self.server_mut(ix);
        let open = server.engine.transaction(actor);
        let (isolation, is_alone) = match open {
            Some(open) => (open.isolation, !open.is_explicit),
            None => (server.isolation(session), true),
        };
        if let Some(state) = server.sessions.get_mut(&session) {
            state.reads_at = isolation;
            if is_alone {
                state.next_isolation = None;
                state.next_read_only = None;
            }
        }
        if is_alone {
            server.engine.rollback(actor);
        }
        self.statement_ends(ix, session, Outcome::Read);
        if is_alone {
            self.wake_lock_waiters(ix);
        }
    }

    /// SHOW BINARY LOG STATUS, SHOW BINARY LOGS: they wait while a rotation holds the lock of the
    /// binary log.
    pub(crate) fn read_binary_log(&mut self, ix: ServerIndex, session: SessionKey) {
        if self.server(ix).rotations.is_empty() {
            self.statement_ends(ix, session, Outcome::Read);
        } else {
            self.set_phase(ix, session, Phase::BinaryLogLock);
            self.server_mut(ix).log_readers.push(session);
        }
    }

    /// The lock of the binary log is free.
    pub(crate) fn wake_log_readers(&mut self, ix: ServerIndex) {
        for session in std::mem::take(&mut self.server_mut(ix).log_readers) {
            self.statement_ends(ix, session, Outcome::Read);
        }
    }
}
