//! Orderly shutdown: sessions first, then replication threads, dump threads last.

use crate::cluster::{Cluster, ProcessEvent};
use crate::engine::Actor;
use crate::operation::{Outcome, SqlError};
use crate::server::error_log::Line;
use crate::server::session::Phase;
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;
use crate::view::ServerState;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// SHUTDOWN, or the operator's signal.
    pub(crate) fn begin_shutdown(&mut self, ix: ServerIndex) {
        let server = self.server_mut(ix);
        if server.is_shutting_down {
            return;
        }
        server.is_shutting_down = true;
        server.state = ServerState::Stopping;
        let version = server.global(ordinary!("version")).shown();
        let text =
            format!("Received SHUTDOWN from user root. Shutting down mysqld (Version: {version}).");
        self.log(ix, Line::system(13172, "Server", text));
        self.tell_shutdown(ix);
        let sessions: Vec<_> = self.server(ix).sessions.keys().copied().collect();
        for session in sessions {
            self.ask_to_end(ix, session);
        }
        self.kill_receiver(ix);
        self.stop_applier(ix);
        self.later(ix, CLOSING_US, ProcessEvent::ShutdownGoesOn(0));
    }

    /// Idle sessions end at once. A statement in progress still answers: one that waits for a lock
    /// with an error, one that commits when its commit is over.
    fn ask_to_end(&mut self, ix: ServerIndex, session: SessionKey) {
        let Some(state) = self.session_mut(ix, session) else {
            return;
        };
        let Some(running) = &state.statement else {
            self.kill_session(ix, session, true);
            return;
        };
        state.is_killed = true;
        match running.phase {
            Phase::Commit => self.signal_waiter(ix, Actor::Session(session)),
            Phase::RowLock
            | Phase::MetadataLock
            | Phase::GlobalReadLock
            | Phase::CommitLock
            | Phase::GtidOwned => {
                self.stop_waiting_for_lock(ix, session);
                self.server_mut(ix).read_lock.forget(session);
                let text = "Server shutdown in progress";
                self.fail(ix, session, SqlError::new(1053, "08S01", text));
            }
            Phase::Sleep | Phase::AwaitsPosition => {
                self.statement_ends(ix, session, Outcome::Read);
            }
            Phase::AwaitsTransactions => {
                let text = "Server shutdown in progress";
                self.fail(ix, session, SqlError::new(1053, "08S01", text));
            }
            Phase::Executing | Phase::Rotation | Phase::BinaryLogLock | Phase::StopsReplica => {}
        }
    }

    /// Waits for sessions, then ends the dumps, then closes the files.
    pub(crate) fn shutdown_goes_on(&mut self, ix: ServerIndex, step: u32) {
        let server = self.server(ix);
        let is_busy = !server.sessions.is_empty() || !server.commits.is_idle();
        if is_busy && step < SESSION_WAITS {
            self.later(ix, SECOND_US, ProcessEvent::ShutdownGoesOn(step + 1));
            return;
        }
        if !self.server(ix).replicas.is_empty() {
            let dumps: Vec<_> = self.server(ix).replicas.keys().copied().collect();
            for id in dumps {
                self.end_dump(ix, id);
            }
            let step = step.max(SESSION_WAITS);
            self.later(ix, 0, ProcessEvent::ShutdownGoesOn(step));
            return;
        }
        if is_busy && step < LAST_WAIT {
            let step = step.max(SESSION_WAITS) + 1;
            self.later(ix, SECOND_US, ProcessEvent::ShutdownGoesOn(step));
            return;
        }
        if !self.server(ix).commits.is_idle() {
            // A commit is never abandoned: the process stays until its wait is over. The applier is
            // asked to end again and again.
            self.signal_waiter(ix, Actor::Applier);
            self.later(ix, SECOND_US, ProcessEvent::ShutdownGoesOn(LAST_WAIT));
            return;
        }
        self.shutdown_ends(ix);
    }

    fn shutdown_ends(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        if server.has_binlog() {
            server.binlog.stop(now);
        }
        let server_id = server.server_id();
        if let Some(channel) = server.channel.as_mut() {
            channel.relay_log.stop(now, server_id);
        }
        let version = server.global(ordinary!("version")).shown();
        let text = format!(
            "/usr/sbin/mysqld: Shutdown complete (mysqld {version})  MySQL Community Server - GPL."
        );
        self.log(ix, Line::system(10910, "Server", text));
        let restarts = std::mem::take(&mut self.server_mut(ix).restarts);
        self.leave_process(ix, true);
        let server = self.server_mut(ix);
        server.state = ServerState::Stopped;
        server.engine.forget_transactions();
        server.engine.redo_mut().checkpoint();
        server.commits = crate::commit::GroupCommit::default();
        self.mark(Lane::Server(ix), None, TraceKind::ServerStopped);
        if restarts {
            self.start_server(ix);
        }
    }
}

/// Until all sessions are told.
const CLOSING_US: u64 = 400_000;

/// How often a second is waited for sessions before the dumps are ended.
const SESSION_WAITS: u32 = 8;

/// After the dumps have ended, two seconds more.
const LAST_WAIT: u32 = SESSION_WAITS + 2;

const SECOND_US: u64 = 1_000_000;
