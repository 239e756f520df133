//! Client sessions: connecting, sending statements, getting answers, losing the connection.

use crate::accounts::Privileges;
use crate::cluster::{Cluster, Pending, ProcessEvent};
use crate::engine::{Actor, Isolation};
use crate::operation::{Completion, OkPacket, Operation, Outcome, SqlError, StatementId};
use crate::server::session::{Phase, Running, Session};
use crate::trace::{Answer, Lane, TraceKind};
use crate::variables::Settings;
use crate::view::ServerState;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// Connects a client of root.
    ///
    /// # Errors
    /// As [`Cluster::open_session_as`].
    pub fn open_session(&mut self, server: ServerIndex) -> Result<SessionKey, SqlError> {
        self.open_session_as(server, "root", "")
    }

    /// Connects a client of this user.
    ///
    /// # Errors
    /// Client errors: 2002 when the server is down, 2013 when it does not answer. Errors of the server:
    /// 1045 for a wrong password, 3118 for a locked account.
    pub fn open_session_as(
        &mut self,
        server: ServerIndex,
        user: &str,
        password: &str,
    ) -> Result<SessionKey, SqlError> {
        self.world.prng.begin_event();
        let state = self
            .server_exists(server)
            .then(|| self.server(server).state);
        match state {
            Some(ServerState::Running) => {}
            Some(ServerState::Frozen) => {
                return Err(SqlError::new(
                    2013,
                    "HY000",
                    "Lost connection to MySQL server at 'reading initial communication packet', system error: 110",
                ));
            }
            Some(
                ServerState::Starting
                | ServerState::Stopping
                | ServerState::Stopped
                | ServerState::Crashed,
            )
            | None => {
                let socket = "/var/run/mysqld/mysqld.sock";
                let text =
                    format!("Can't connect to local MySQL server through socket '{socket}' (111)");
                return Err(SqlError::new(2002, "HY000", text));
            }
        }
        let accounts = self.server(server).engine.accounts();
        let account = accounts.authenticate(user, password)?.clone();
        let privileges = accounts.get(&account).map(|known| known.global.fixed());
        self.world.last_session += 1;
        let key = SessionKey(self.world.last_session);
        self.world.sessions.insert(key, server);
        let now = self.world.now;
        let state = self.server_mut(server);
        let processlist_id = state.next_processlist_id();
        let session = Session {
            processlist_id,
            user: user.to_owned(),
            account,
            privileges: privileges.unwrap_or_default(),
            db: None,
            db_privileges: Privileges::default(),
            settings: Settings::default(),
            statement: None,
            since: now,
            gtid_next_is_used: false,
            owned_gtid: None,
            in_transaction: false,
            next_isolation: None,
            next_read_only: None,
            reads_at: Isolation::default(),
            found_rows: None,
            is_killed: false,
            client_gone: false,
        };
        state.sessions.insert(key, session);
        let kind = TraceKind::SessionOpened { processlist_id };
        self.mark(Lane::Client(server, key), None, kind);
        Ok(key)
    }

    /// Gives a session its default database, as a client names it when it connects; a database that
    /// does not exist is ignored.
    pub fn set_default_database(&mut self, session: SessionKey, database: &str) {
        let Some(ix) = self.session_server(session) else {
            return;
        };
        if self.tables(ix, database).is_none() {
            return;
        }
        self.enter_database(ix, session, database);
    }

    /// Makes a database the default one; what the session may do there is looked up now.
    pub(crate) fn enter_database(&mut self, ix: ServerIndex, session: SessionKey, name: &str) {
        let server = self.server_mut(ix);
        let Some(state) = server.sessions.get_mut(&session) else {
            return;
        };
        let account = server.engine.accounts().get(&state.account);
        state.db_privileges =
            account.map_or_else(Privileges::default, |account| account.on_database(name));
        state.db = Some(name.to_owned());
    }

    /// Disconnects a client. A statement in flight runs on, as on a server.
    pub fn close_session(&mut self, session: SessionKey) {
        let Some(ix) = self.session_server(session) else {
            return;
        };
        self.world.prng.begin_event();
        self.mark(Lane::Client(ix, session), None, TraceKind::SessionClosed);
        let Some(state) = self.server_mut(ix).sessions.get_mut(&session) else {
            return;
        };
        state.client_gone = true;
        if state.statement.is_none() {
            self.end_session(ix, session);
            self.settle();
        }
    }

    /// Sends a statement; `text` is what the processlist shows. The session must be idle.
    ///
    /// # Errors
    /// 2006 when the connection is gone.
    pub fn execute(
        &mut self,
        session: SessionKey,
        operation: Operation,
        text: &str,
    ) -> Result<StatementId, SqlError> {
        let gone = || SqlError::new(2006, "HY000", "MySQL server has gone away");
        let ix = self.session_server(session).ok_or_else(gone)?;
        let now = self.world.now;
        let next = StatementId(self.world.last_statement + 1);
        let Some(state) = self.server_mut(ix).sessions.get_mut(&session) else {
            return Err(gone());
        };
        if state.client_gone || state.is_killed {
            return Err(gone());
        }
        assert!(
            state.statement.is_none(),
            "a session runs one statement at a time"
        );
        state.since = now;
        state.statement = Some(Running {
            id: next,
            operation,
            text: text.to_owned(),
            started: now,
            phase: Phase::Executing,
            answer: OkPacket::default(),
            timer: None,
            writes: false,
            has_been_checked: false,
            waits_since: None,
            runs_after_commit: false,
        });
        state.found_rows = None;
        self.world.prng.begin_event();
        self.world.last_statement = next.0;
        let kind = TraceKind::StatementSent {
            statement: next,
            text: text.to_owned(),
        };
        self.mark(Lane::Client(ix, session), None, kind);
        let delay = self.world.timing.statement_us;
        self.later(ix, delay, ProcessEvent::StatementRuns(session, next));
        Ok(next)
    }

    pub(crate) fn session_server(&self, session: SessionKey) -> Option<ServerIndex> {
        self.world.sessions.get(&session).copied()
    }

    pub(crate) fn session_mut(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
    ) -> Option<&mut Session> {
        self.server_mut(ix).sessions.get_mut(&session)
    }

    pub(crate) fn running_mut(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
    ) -> Option<&mut Running> {
        self.session_mut(ix, session)?.statement.as_mut()
    }

    /// The statement is over, well.
    pub(crate) fn statement_ends_ok(&mut self, ix: ServerIndex, session: SessionKey, ok: OkPacket) {
        self.statement_ends(ix, session, Outcome::Ok(ok));
    }

    /// The statement is over; the client, if it is still there, gets the outcome.
    pub(crate) fn statement_ends(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        outcome: Outcome,
    ) {
        let now = self.world.now;
        let Some(state) = self.session_mut(ix, session) else {
            return;
        };
        let Some(running) = state.statement.take() else {
            return;
        };
        state.since = now;
        let (client_gone, is_killed) = (state.client_gone, state.is_killed);
        if let Some(timer) = running.timer {
            self.world.queue.cancel(timer);
        }
        if running.writes {
            self.world.pending.push_back(Pending::ReadLock(ix));
        }
        if !client_gone {
            self.answer(ix, session, &running, outcome);
        }
        if client_gone || is_killed {
            self.end_session(ix, session);
        }
    }

    /// The client of a session learns that its connection is gone.
    pub(crate) fn client_loses_connection(&mut self, ix: ServerIndex, session: SessionKey) {
        let Some(state) = self.session_mut(ix, session) else {
            return;
        };
        if state.client_gone {
            return;
        }
        state.client_gone = true;
        if let Some(running) = state.statement.clone() {
            self.answer(ix, session, &running, Outcome::LostConnection);
        }
    }

    fn answer(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        running: &Running,
        outcome: Outcome,
    ) {
        let answer = match &outcome {
            Outcome::Ok(_) | Outcome::Read => Answer::Ok,
            Outcome::Error(error) => Answer::Error(error.code),
            Outcome::LostConnection => Answer::LostConnection,
        };
        let kind = TraceKind::StatementAnswered {
            statement: running.id,
            answer,
        };
        self.mark(Lane::Client(ix, session), None, kind);
        let completion = Completion {
            statement: running.id,
            session,
            started: running.started,
            finished: self.world.now,
            outcome,
        };
        self.world.completions.push(completion);
    }

    /// The server's side of a session ends: an open transaction is rolled back.
    pub(crate) fn end_session(&mut self, ix: ServerIndex, session: SessionKey) {
        self.release_gtid(ix, session);
        let server = self.server_mut(ix);
        if server.sessions.remove(&session).is_none() {
            return;
        }
        server.rotations.retain(|other| *other != Some(session));
        server.log_readers.retain(|other| *other != session);
        server.stop_waiters.retain(|other| *other != session);
        let actor = Actor::Session(session);
        let transaction = server.engine.transaction(actor).map(|open| open.id);
        server.engine.rollback(actor);
        if let Some(transaction) = transaction {
            let kind = TraceKind::RolledBack { session };
            self.mark(Lane::Server(ix), Some(transaction), kind);
        }
        self.give_back_read_lock(ix, session);
        self.wake_lock_waiters(ix);
    }
}
