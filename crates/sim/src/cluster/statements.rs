//! What statements do, once the server runs them.

use semisync_core::source::Input;

use crate::accounts::Privilege;
use crate::cluster::{Cluster, ProcessEvent};
use crate::commit::{Job, JobSource, LoggedText};
use crate::engine::care::Care;
use crate::engine::dml::{Attempt, Effect};
use crate::engine::insert::Insertion;
use crate::engine::redo::{Commit, Lsn};
use crate::engine::{Actor, Isolation, Transaction};
use crate::operation::{
    LoggedEffect, OkPacket, Operation, Outcome, SqlError, StatementId, Warning, WarningLevel,
};
use crate::server::session::Phase;
use crate::trace::{Lane, TraceKind};
use crate::variables::{Setting, ordinary};
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// A statement is parsed, or may try again.
    pub(crate) fn statement_runs(&mut self, ix: ServerIndex, session: SessionKey, id: StatementId) {
        let Some(running) = self
            .running_mut(ix, session)
            .filter(|running| running.id == id)
        else {
            return;
        };
        let waited = matches!(running.phase, Phase::RowLock | Phase::MetadataLock);
        running.phase = Phase::Executing;
        let operation = running.operation.clone();
        let timer = running.timer.take();
        if let Some(timer) = timer {
            self.world.queue.cancel(timer);
        }
        if waited {
            let kind = TraceKind::LockWaitEnded { statement: id };
            self.mark(Lane::Client(ix, session), None, kind);
        }
        if self
            .session_mut(ix, session)
            .is_some_and(|state| state.is_killed)
        {
            self.fail(ix, session, interrupted());
            return;
        }
        if let Err(error) = self.run_operation(ix, session, &operation) {
            self.fail(ix, session, error);
        }
    }

    fn run_operation(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> Result<(), SqlError> {
        self.refuse_used_gtid(ix, session, operation)?;
        if self.is_skipped(ix, session, operation) {
            self.statement_ends_ok(ix, session, OkPacket::default());
            return Ok(());
        }
        self.check_privileges(ix, session, operation)?;
        match operation {
            Operation::Read => self.statement_ends(ix, session, Outcome::Read),
            Operation::ReadRows {
                db,
                table,
                filter,
                locking,
            } => self.read_rows(ix, session, (db, table), filter.as_ref(), *locking)?,
            Operation::ReadBinaryLog => self.read_binary_log(ix, session),
            Operation::UseDatabase(name) => self.use_database(ix, session, name)?,
            Operation::Begin => self.begin_transaction(ix, session, false, false),
            Operation::StartTransaction {
                snapshot,
                read_only,
            } => self.begin_transaction(ix, session, *snapshot, *read_only),
            Operation::Savepoint(name) => self.set_savepoint(ix, session, name),
            Operation::RollbackTo(name) => self.roll_back_to(ix, session, name)?,
            Operation::ReleaseSavepoint(name) => self.release_savepoint(ix, session, name)?,
            Operation::Commit => self.commit_statement(ix, session),
            Operation::Rollback => self.rollback_statement(ix, session),
            Operation::Insert { .. } | Operation::Update { .. } | Operation::Delete { .. } => {
                self.run_dml(ix, session, operation)?;
            }
            Operation::CreateDatabase { .. }
            | Operation::DropDatabase { .. }
            | Operation::CreateTable { .. }
            | Operation::DropTables { .. }
            | Operation::TruncateTable { .. }
            | Operation::AlterTable { .. } => {
                if !self.ends_transaction_first(ix, session) && self.may_write(ix, session)? {
                    self.run_ddl(ix, session, operation)?;
                }
            }
            Operation::LoggedStatement { text, effect } => {
                if !self.ends_transaction_first(ix, session) {
                    self.run_logged_statement(ix, session, text, *effect);
                }
            }
            Operation::Account { change, text } => {
                if !self.ends_transaction_first(ix, session) && self.may_write(ix, session)? {
                    self.run_account_statement(ix, session, change, text)?;
                }
            }
            Operation::SetVariables(assignments) => {
                self.set_variables(ix, session, assignments)?;
            }
            Operation::ResetPersist { name, if_exists } => {
                self.reset_persist(ix, session, name.as_deref(), *if_exists)?;
            }
            Operation::InstallPlugin { name, library } => {
                self.install_plugin(ix, session, name, library)?;
            }
            Operation::UninstallPlugin { name } => self.uninstall_plugin(ix, session, name)?,
            Operation::ChangeReplicationSource { .. }
            | Operation::StartReplica { .. }
            | Operation::StartReplicaUntil { .. }
            | Operation::StopReplica { .. }
            | Operation::ResetReplica { .. } => {
                self.run_replication_statement(ix, session, operation)?;
            }
            Operation::ResetBinaryLogs { to } => self.reset_binary_logs(ix, session, *to)?,
            Operation::FlushTablesWithReadLock => self.flush_tables_with_read_lock(ix, session),
            Operation::UnlockTables => self.unlock_tables(ix, session),
            Operation::FlushBinaryLogs | Operation::FlushLogs => {
                if matches!(operation, Operation::FlushLogs) {
                    self.flush_relay_logs(ix);
                }
                if !self.server(ix).has_binlog() {
                    self.statement_ends_ok(ix, session, OkPacket::default());
                } else {
                    self.set_phase(ix, session, Phase::Rotation);
                    self.request_rotation(ix, session);
                }
            }
            Operation::PurgeBinaryLogs { to } => self.purge_binary_logs(ix, session, to)?,
            Operation::PurgeBinaryLogsBefore { time } => {
                self.purge_binary_logs_before(ix, session, *time)?;
            }
            Operation::Kill {
                connection,
                processlist_id,
            } => self.kill(ix, session, *connection, *processlist_id)?,
            Operation::Shutdown { restart } => {
                self.statement_ends_ok(ix, session, OkPacket::default());
                self.server_mut(ix).restarts = *restart;
                self.begin_shutdown(ix);
            }
            Operation::Sleep { micros } => self.begin_sleep(ix, session, *micros, Phase::Sleep),
            Operation::AwaitPosition { micros } => {
                self.begin_sleep(ix, session, *micros, Phase::AwaitsPosition);
            }
            Operation::AwaitTransactions { micros } => {
                self.begin_sleep(ix, session, *micros, Phase::AwaitsTransactions);
            }
        }
        Ok(())
    }

    pub(crate) fn set_phase(&mut self, ix: ServerIndex, session: SessionKey, phase: Phase) {
        if let Some(running) = self.running_mut(ix, session) {
            running.phase = phase;
        }
    }

    /// The statement ends with an error. What a single statement began is rolled back.
    pub(crate) fn fail(&mut self, ix: ServerIndex, session: SessionKey, error: SqlError) {
        let is_deadlock = error.code == 1213;
        let actor = Actor::Session(session);
        let explicit = self.server(ix).engine.transaction(actor);
        let is_explicit = explicit.is_some_and(|transaction| transaction.is_explicit);
        if !is_explicit || is_deadlock {
            let state = self.session_mut(ix, session);
            let next = state.map(|state| (state.next_isolation, state.next_read_only));
            self.roll_back(ix, session);
            // A statement that was refused is no transaction.
            if error.code == ER_READ_ONLY_TRANSACTION
                && let (Some(state), Some(next)) = (self.session_mut(ix, session), next)
            {
                (state.next_isolation, state.next_read_only) = next;
            }
        }
        self.statement_ends(ix, session, Outcome::Error(error));
        self.wake_lock_waiters(ix);
    }

    fn use_database(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        name: &str,
    ) -> Result<(), SqlError> {
        let exists = self.server(ix).engine.databases().contains_key(name);
        if !exists && !SYSTEM_DATABASES.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(crate::engine::unknown_database(name));
        }
        self.enter_database(ix, session, name);
        self.statement_ends_ok(ix, session, OkPacket::default());
        Ok(())
    }

    // --- Transactions ---

    /// Opens the transaction a statement needs, if none is open.
    pub(crate) fn open_transaction(&mut self, ix: ServerIndex, session: SessionKey) {
        let actor = Actor::Session(session);
        if self.server(ix).engine.transaction(actor).is_some() {
            return;
        }
        let autocommit = self
            .server(ix)
            .session_value(session, ordinary!("autocommit"))
            .is_on();
        let begun = self
            .session_mut(ix, session)
            .is_some_and(|state| state.in_transaction);
        let id = self.next_transaction();
        let server = self.server_mut(ix);
        let isolation = server.isolation(session);
        let is_read_only = server.begins_read_only(session);
        let transaction = || {
            let mut transaction = Transaction::new(id, begun || !autocommit).at(isolation);
            transaction.is_read_only = is_read_only;
            transaction
        };
        server.engine.begin(actor, transaction);
    }

    fn begin_transaction(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        snapshot: bool,
        read_only: bool,
    ) {
        if self.ends_transaction_first(ix, session) {
            return;
        }
        if let Some(state) = self.session_mut(ix, session) {
            state.in_transaction = true;
        }
        self.open_transaction(ix, session);
        let actor = Actor::Session(session);
        let engine = &mut self.server_mut(ix).engine;
        if let Some(open) = engine.transaction_mut(actor) {
            open.is_read_only |= read_only;
        }
        let mut answer = OkPacket::default();
        if snapshot {
            engine.take_snapshot(actor);
            let open = engine.transaction(actor);
            if open.is_some_and(|open| open.isolation != Isolation::RepeatableRead) {
                answer.warnings.push(Warning {
                    level: WarningLevel::Warning,
                    code: 138,
                    message: NO_SNAPSHOT.to_owned(),
                });
            }
        }
        self.statement_ends_ok(ix, session, answer);
    }

    fn commit_statement(&mut self, ix: ServerIndex, session: SessionKey) {
        if self
            .server(ix)
            .engine
            .transaction(Actor::Session(session))
            .is_none()
        {
            if self.owned_gtid(ix, session).is_some() {
                // A named identifier is used up by nothing at all.
                self.open_transaction(ix, session);
                self.commit_session(ix, session, None);
                return;
            }
            self.leave_transaction(ix, session);
            self.statement_ends_ok(ix, session, OkPacket::default());
        } else {
            self.commit_session(ix, session, None);
        }
    }

    fn rollback_statement(&mut self, ix: ServerIndex, session: SessionKey) {
        self.roll_back(ix, session);
        self.statement_ends_ok(ix, session, OkPacket::default());
        self.wake_lock_waiters(ix);
    }

    pub(crate) fn roll_back(&mut self, ix: ServerIndex, session: SessionKey) {
        let actor = Actor::Session(session);
        let engine = &mut self.server_mut(ix).engine;
        let open = engine.transaction(actor);
        let id = open.filter(|open| !open.is_empty()).map(|open| open.id);
        engine.rollback(actor);
        self.leave_transaction(ix, session);
        self.release_gtid(ix, session);
        if let Some(id) = id {
            let kind = TraceKind::RolledBack { session };
            self.mark(Lane::Server(ix), Some(id), kind);
        }
    }

    fn leave_transaction(&mut self, ix: ServerIndex, session: SessionKey) {
        if let Some(state) = self.session_mut(ix, session) {
            state.in_transaction = false;
            state.next_isolation = None;
            state.next_read_only = None;
        }
    }

    /// Statements that end an open transaction implicitly: commits it, and lets the statement run
    /// again when that is over. False if there was nothing to commit.
    pub(crate) fn ends_transaction_first(&mut self, ix: ServerIndex, session: SessionKey) -> bool {
        let open = self.server(ix).engine.transaction(Actor::Session(session));
        let Some(open) = open else {
            return false;
        };
        if open.is_empty() {
            self.roll_back(ix, session);
            return false;
        }
        if let Some(running) = self.running_mut(ix, session) {
            running.runs_after_commit = true;
        }
        self.commit_session(ix, session, None);
        true
    }

    /// Commits the session's open transaction; the statement ends when that is over.
    pub(crate) fn commit_session(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        logged: Option<LoggedText>,
    ) {
        let actor = Actor::Session(session);
        let server = self.server(ix);
        let Some(open) = server.engine.transaction(actor) else {
            return;
        };
        let transaction = open.id;
        let gtid_next = self.owned_gtid(ix, session);
        // A named identifier is used up even by a transaction that changes nothing.
        let is_logged = !open.is_empty() || logged.is_some() || gtid_next.is_some();
        let sql_log_bin = server
            .session_value(session, ordinary!("sql_log_bin"))
            .is_on();
        if !is_logged || !sql_log_bin || !server.has_binlog() {
            self.commit_unlogged(ix, session);
            return;
        }
        let state = server.sessions.get(&session);
        let session_db = state.and_then(|state| state.db.clone()).unwrap_or_default();
        let named_db = logged.as_ref().and_then(|logged| logged.default_db.clone());
        let default_db = named_db.unwrap_or(session_db);
        let job = Job {
            actor,
            transaction,
            source: JobSource::Client {
                gtid_next,
                default_db,
                logged,
            },
            position: None,
            gtid: None,
            prepared: Lsn::default(),
            is_committed: false,
        };
        if let Some(state) = self.session_mut(ix, session)
            && state.owned_gtid.take().is_some()
        {
            state.gtid_next_is_used = true;
        }
        self.set_phase(ix, session, Phase::Commit);
        self.begin_commit(ix, job);
    }

    /// A commit that writes nothing to the binary log waits for nobody.
    fn commit_unlogged(&mut self, ix: ServerIndex, session: SessionKey) {
        let actor = Actor::Session(session);
        let server = self.server_mut(ix);
        let open = server.engine.transaction(actor);
        let changed = open.filter(|open| !open.is_empty()).map(|open| open.id);
        let changes = server.engine.commit(actor);
        if let Some(id) = changed {
            self.log_commit(ix, actor, Commit::new(id, changes));
            self.flush_redo(ix);
            let kind = TraceKind::EngineCommitted { gtid: None };
            self.mark(Lane::Server(ix), Some(id), kind);
        }
        self.wake_lock_waiters(ix);
        self.statement_commits(ix, session);
    }

    /// The commit of a session's transaction is over.
    pub(crate) fn statement_commits(&mut self, ix: ServerIndex, session: SessionKey) {
        self.leave_transaction(ix, session);
        let Some(running) = self.running_mut(ix, session) else {
            return;
        };
        if running.runs_after_commit {
            running.runs_after_commit = false;
            running.phase = Phase::Executing;
            let id = running.id;
            self.later(ix, 0, ProcessEvent::StatementRuns(session, id));
            return;
        }
        let answer = std::mem::take(&mut running.answer);
        self.statement_ends_ok(ix, session, answer);
    }

    // --- Rows ---

    fn run_dml(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> Result<(), SqlError> {
        if !self.may_write(ix, session)? {
            return Ok(());
        }
        self.open_transaction(ix, session);
        let actor = Actor::Session(session);
        let server = self.server_mut(ix);
        let state = server.sessions.get(&session);
        let default_db = state.and_then(|state| state.db.clone()).unwrap_or_default();
        let care = Care::of(&server.session_value(session, ordinary!("sql_mode")).shown());
        let engine = &mut server.engine;
        let attempt = match operation {
            Operation::Insert {
                db,
                table,
                columns,
                rows,
                on_duplicate,
                is_select,
            } => {
                let insertion = Insertion {
                    columns,
                    rows,
                    on_duplicate,
                    is_select: *is_select,
                    care,
                };
                engine.insert(actor, (db, table), insertion, &default_db)?
            }
            Operation::Update {
                db,
                table,
                assignments,
                filter,
                pick,
            } => engine.update(
                actor,
                (db, table),
                (assignments, care),
                (filter.as_ref(), pick),
                &default_db,
            )?,
            Operation::Delete {
                db,
                table,
                filter,
                pick,
            } => {
                let which = (filter.as_ref(), pick);
                engine.delete(actor, (db, table), which, &default_db)?
            }
            other => unreachable!("{other:?} changes no rows"),
        };
        match attempt {
            Attempt::Blocked(lock) => self.wait_for_lock(ix, session, lock),
            Attempt::Done(effect) => self.dml_done(ix, session, operation, effect),
        }
        Ok(())
    }

    fn dml_done(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
        effect: Effect,
    ) {
        let info = match operation {
            Operation::Update { .. } => Some(format!(
                "Rows matched: {}  Changed: {}  Warnings: {}",
                effect.matched,
                effect.changed,
                effect.warnings.len()
            )),
            Operation::Insert {
                rows, is_select, ..
            } if 1 < rows.len() || *is_select => Some(format!(
                "Records: {}  Duplicates: {}  Warnings: {}",
                rows.len(),
                effect.duplicates,
                effect.warnings.len()
            )),
            _ => None,
        };
        let answer = OkPacket {
            affected_rows: effect.changed,
            info,
            warnings: effect.warnings,
        };
        if let Some(state) = self.session_mut(ix, session)
            && let Some(id) = effect.insert_id
        {
            state
                .settings
                .set(ordinary!("last_insert_id"), Setting::Int(id));
        }
        let open = self.server(ix).engine.transaction(Actor::Session(session));
        if open.is_some_and(|open| open.is_explicit) {
            self.statement_ends_ok(ix, session, answer);
            return;
        }
        if let Some(running) = self.running_mut(ix, session) {
            running.answer = answer;
        }
        self.commit_session(ix, session, None);
    }

    pub(crate) fn refuse_when_read_only(
        &self,
        ix: ServerIndex,
        session: SessionKey,
    ) -> Result<(), SqlError> {
        let server = self.server(ix);
        let open = server.engine.transaction(Actor::Session(session));
        let is_read_only = match open {
            Some(open) => open.is_read_only,
            None => server.begins_read_only(session),
        };
        if is_read_only {
            let text = "Cannot execute statement in a READ ONLY transaction.";
            return Err(SqlError::new(ER_READ_ONLY_TRANSACTION, "25006", text));
        }
        let may_write = [Privilege::SUPER, Privilege::CONNECTION_ADMIN];
        let option = if server.global(ordinary!("super_read_only")).is_on() {
            "--super-read-only"
        } else if server.global(ordinary!("read_only")).is_on()
            && !server.privileges(session).contains_any(&may_write)
        {
            "--read-only"
        } else {
            return Ok(());
        };
        let text = format!(
            "The MySQL server is running with the {option} option so it cannot execute this \
             statement"
        );
        Err(SqlError::new(1290, "HY000", text))
    }

    // --- KILL and SLEEP ---

    fn kill(
        &mut self,
        ix: ServerIndex,
        killer: SessionKey,
        connection: bool,
        processlist_id: u64,
    ) -> Result<(), SqlError> {
        let sessions = &self.server(ix).sessions;
        let mut sessions = sessions.iter();
        let victim = sessions.find(|(_, state)| state.processlist_id == processlist_id);
        let Some((victim, _)) = victim.map(|(key, state)| (*key, state)) else {
            let held = self.server(ix).privileges(killer);
            let may_kill = held.contains_any(&[Privilege::SUPER, Privilege::CONNECTION_ADMIN]);
            if may_kill
                && (self.kill_dump(ix, processlist_id)
                    || self.kill_replica_thread(ix, processlist_id, connection))
            {
                self.statement_ends_ok(ix, killer, OkPacket::default());
                return Ok(());
            }
            return Err(unknown_thread(processlist_id));
        };
        self.check_kill(ix, killer, victim, processlist_id)?;
        if victim == killer {
            if connection {
                let running = self.running_mut(ix, killer).map(|running| running.id);
                debug_assert!(running.is_some());
                self.client_loses_connection(ix, killer);
                self.kill_session(ix, killer, true);
                self.statement_ends_ok(ix, killer, OkPacket::default());
                return Ok(());
            }
            return Err(interrupted());
        }
        self.kill_session(ix, victim, connection);
        self.statement_ends_ok(ix, killer, OkPacket::default());
        Ok(())
    }

    /// Sessions of other users are for administrators, and only PROCESS shows them at all.
    fn check_kill(
        &self,
        ix: ServerIndex,
        killer: SessionKey,
        victim: SessionKey,
        processlist_id: u64,
    ) -> Result<(), SqlError> {
        let server = self.server(ix);
        let held = server.privileges(killer);
        let account = |key| server.sessions.get(&key).map(|state| &state.account);
        if account(killer) == account(victim)
            || held.contains_any(&[Privilege::SUPER, Privilege::CONNECTION_ADMIN])
        {
            return Ok(());
        }
        Err(match held.contains(Privilege::PROCESS) {
            true => {
                let text = format!("You are not owner of thread {processlist_id}");
                SqlError::new(1095, "HY000", text)
            }
            false => unknown_thread(processlist_id),
        })
    }

    /// KILL, and what a shutdown does to sessions.
    pub(crate) fn kill_session(&mut self, ix: ServerIndex, victim: SessionKey, connection: bool) {
        if connection {
            self.client_loses_connection(ix, victim);
            if let Some(state) = self.session_mut(ix, victim) {
                state.is_killed = true;
            }
        }
        let Some(running) = self.running_mut(ix, victim) else {
            if connection {
                self.end_session(ix, victim);
            }
            return;
        };
        match running.phase {
            // The statement notices when it runs next, if the connection was killed.
            Phase::Executing | Phase::Rotation | Phase::BinaryLogLock | Phase::StopsReplica => {}
            Phase::GtidOwned => self.fail(ix, victim, interrupted()),
            Phase::Commit => self.signal_waiter(ix, Actor::Session(victim)),
            Phase::RowLock | Phase::MetadataLock => {
                self.stop_waiting_for_lock(ix, victim);
                self.fail(ix, victim, interrupted());
            }
            Phase::GlobalReadLock | Phase::CommitLock => {
                self.server_mut(ix).read_lock.forget(victim);
                self.fail(ix, victim, interrupted());
                self.world
                    .pending
                    .push_back(crate::cluster::Pending::ReadLock(ix));
            }
            Phase::Sleep | Phase::AwaitsPosition => {
                self.statement_ends(ix, victim, Outcome::Read);
            }
            Phase::AwaitsTransactions => self.fail(ix, victim, interrupted()),
        }
    }

    fn begin_sleep(&mut self, ix: ServerIndex, session: SessionKey, micros: u64, phase: Phase) {
        let Some(running) = self.running_mut(ix, session) else {
            return;
        };
        running.phase = phase;
        let id = running.id;
        let timer = self.later(ix, micros, ProcessEvent::SleepEnds(session, id));
        if let Some(running) = self.running_mut(ix, session) {
            running.timer = Some(timer);
        }
    }

    pub(crate) fn sleep_ends(&mut self, ix: ServerIndex, session: SessionKey, id: StatementId) {
        let running = self.running_mut(ix, session);
        if running.is_some_and(|running| running.id == id && running.phase.is_sleep()) {
            self.statement_ends(ix, session, Outcome::Read);
        }
    }

    // --- Statements logged as text ---

    fn run_logged_statement(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        text: &str,
        effect: LoggedEffect,
    ) {
        let mut answer = OkPacket::default();
        let mut logged = LoggedText {
            text: text.to_owned(),
            default_db: None,
            object_db: None,
            has_xid: false,
            extra: 0,
        };
        let mut action = None;
        match effect {
            LoggedEffect::None => {}
            LoggedEffect::FlushRelayLogs => self.flush_relay_logs(ix),
            LoggedEffect::Recreate => {
                let state = self.server(ix).sessions.get(&session);
                logged.object_db = state.and_then(|state| state.db.clone());
            }
            LoggedEffect::FlushStatus => {
                self.source_input(ix, Input::StatusFlushed);
                action = Some(crate::binlog::DdlAction::FlushStatus);
            }
            LoggedEffect::FlushPrivileges => {
                logged.object_db = Some("mysql".to_owned());
                let text = "'FLUSH PRIVILEGES' is deprecated and will be removed in a future \
                            release.";
                answer.warnings.push(Warning {
                    level: WarningLevel::Warning,
                    code: 1681,
                    message: text.to_owned(),
                });
            }
        }
        if let Some(running) = self.running_mut(ix, session) {
            running.answer = answer;
        }
        self.open_statement_transaction(ix, session, action);
        self.commit_session(ix, session, Some(logged));
    }

    /// A transaction of its own for a statement that is logged as text.
    pub(crate) fn open_statement_transaction(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        action: Option<crate::binlog::DdlAction>,
    ) {
        let actor = Actor::Session(session);
        let id = self.next_transaction();
        let engine = &mut self.server_mut(ix).engine;
        engine.begin(actor, || Transaction::new(id, false));
        if let Some(transaction) = engine.transaction_mut(actor) {
            transaction.ddl = action;
        }
    }
}

/// 1094
fn unknown_thread(id: u64) -> SqlError {
    SqlError::new(1094, "HY000", format!("Unknown thread id: {id}"))
}

pub(crate) fn interrupted() -> SqlError {
    SqlError::new(1317, "70100", "Query execution was interrupted")
}

/// Warning 138 of START TRANSACTION WITH CONSISTENT SNAPSHOT.
const NO_SNAPSHOT: &str = "InnoDB: WITH CONSISTENT SNAPSHOT was ignored because this phrase can \
only be used with REPEATABLE READ isolation level.";

/// Databases every server has and the cluster does not store.
pub(crate) const SYSTEM_DATABASES: [&str; 4] =
    ["information_schema", "mysql", "performance_schema", "sys"];

const ER_READ_ONLY_TRANSACTION: u16 = 1792;
