//! The cluster: virtual time, servers, sessions, links, and the queue of what comes next.

use semisync_core::Instant;

use crate::config::ClusterConfig;
use crate::fault::{Fault, FaultError};
use crate::operation::{Completion, Operation, SqlError, StatementId};
use crate::trace::TraceEvent;
use crate::view::ClusterView;
use crate::{ServerIndex, SessionKey};

/// A virtual cluster. A value: cloning it makes a checkpoint.
///
/// How to drive it:
/// 1. [`Cluster::open_session`], then [`Cluster::execute`] one statement at a time per session.
/// 2. [`Cluster::step`] runs the next event, or [`Cluster::advance_to`] runs all events up to a time.
/// 3. [`Cluster::take_completions`] after each step; an outcome `Read` is computed by the caller
///    from the state right then.
#[derive(Clone, Debug)]
pub struct Cluster {
    config: ClusterConfig,
    now: Instant,
    trace: Vec<TraceEvent>,
}

impl Cluster {
    /// A cluster whose servers have started and, if asked for, replicate. Cluster time is 0 after
    /// the preparations, and the trace is empty.
    pub fn new(config: ClusterConfig) -> Cluster {
        Cluster {
            config,
            now: Instant::ZERO,
            trace: Vec::new(),
        }
    }

    /// What it was made of.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Cluster time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Connects a client.
    ///
    /// # Errors
    /// Client errors: 2003 when the server is down, 2013 when it does not answer.
    pub fn open_session(&mut self, _server: ServerIndex) -> Result<SessionKey, SqlError> {
        Err(SqlError::new(
            2003,
            "HY000",
            "Can't connect to MySQL server",
        ))
    }

    /// Disconnects a client. A statement in flight runs on, as on a server.
    pub fn close_session(&mut self, _session: SessionKey) {}

    /// Sends a statement; `text` is what the processlist shows. The session must be idle.
    ///
    /// # Errors
    /// 2006 when the connection is gone.
    pub fn execute(
        &mut self,
        _session: SessionKey,
        _operation: Operation,
        _text: &str,
    ) -> Result<StatementId, SqlError> {
        Err(SqlError::new(2006, "HY000", "MySQL server has gone away"))
    }

    /// Injects a fault now.
    ///
    /// # Errors
    /// With the reason, when it makes no sense now.
    pub fn inject(&mut self, _fault: Fault) -> Result<(), FaultError> {
        Ok(())
    }

    /// When the next event is due, if any.
    pub fn next_event_at(&self) -> Option<Instant> {
        None
    }

    /// Runs the next event and moves time to it. False if nothing is left to happen.
    pub fn step(&mut self) -> bool {
        false
    }

    /// Runs all events up to and including `until`, then sets the time to it.
    pub fn advance_to(&mut self, until: Instant) {
        self.now = self.now.max(until);
    }

    /// Statements that ended since the last call, in order.
    pub fn take_completions(&mut self) -> Vec<Completion> {
        Vec::new()
    }

    /// What happened, from the beginning.
    pub fn trace(&self) -> &[TraceEvent] {
        &self.trace
    }

    /// Whether nothing is in flight that could still change data: no statement runs, no packet but
    /// heartbeats travels, and all running servers have executed the same GTIDs.
    pub fn is_quiescent(&self) -> bool {
        true
    }

    /// The snapshot the page draws.
    pub fn view(&self) -> ClusterView {
        ClusterView {
            now: self.now,
            servers: Vec::new(),
            links: Vec::new(),
            packets: Vec::new(),
        }
    }
}
