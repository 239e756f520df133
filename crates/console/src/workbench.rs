//! A virtual cluster together with the `mysql` clients connected to it.
//!
//! Each server has any number of client sessions, numbered from 1 and opened when first used. A
//! session that waits blocks only itself.

use std::collections::BTreeMap;

use semisync_core::Instant;
use semisync_sim::{Cluster, ClusterConfig, Fault, ServerIndex};
use serde::{Deserialize, Serialize};

/// A prompt: a server and the number of a session there, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionAddress {
    /// The server.
    pub server: ServerIndex,
    /// The session's number on that server.
    pub session: u32,
}

/// One statement at a prompt and what was printed for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalEntry {
    /// What was typed, with its line breaks.
    pub typed: String,
    /// When it was sent.
    pub sent: Instant,
    /// When the answer came; `None` while the statement runs.
    pub answered: Option<Instant>,
    /// What the client printed, complete lines.
    pub printed: String,
}

/// What one prompt shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// Entries, oldest first.
    pub entries: Vec<TerminalEntry>,
}

/// Why a statement was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubmitError {
    /// The session still runs a statement.
    Busy,
    /// The text does not end a statement yet (`;`, `\g` or `\G`): the client asks for more.
    Incomplete,
    /// There is no such server.
    NoSuchServer,
}

/// The cluster and its clients. A value: cloning it makes a checkpoint.
#[derive(Clone, Debug)]
pub struct Workbench {
    cluster: Cluster,
    screens: BTreeMap<SessionAddress, Screen>,
}

impl Workbench {
    /// A workbench with a fresh cluster.
    pub fn new(config: ClusterConfig) -> Workbench {
        Workbench {
            cluster: Cluster::new(config),
            screens: BTreeMap::new(),
        }
    }

    /// The cluster, to look at.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Cluster time.
    pub fn now(&self) -> Instant {
        self.cluster.now()
    }

    /// Types text at a prompt: one or more statements, sent one after the other as each is answered.
    ///
    /// # Errors
    /// See [`SubmitError`]; nothing was sent then.
    pub fn submit(&mut self, _at: SessionAddress, _text: &str) -> Result<(), SubmitError> {
        Err(SubmitError::NoSuchServer)
    }

    /// Injects a fault now.
    ///
    /// # Errors
    /// With the reason, when it makes no sense now.
    pub fn inject(&mut self, fault: Fault) -> Result<(), semisync_sim::fault::FaultError> {
        self.cluster.inject(fault)
    }

    /// When the next event is due, if any.
    pub fn next_event_at(&self) -> Option<Instant> {
        self.cluster.next_event_at()
    }

    /// Runs the next event of the cluster and prints what clients got from it. False if nothing is
    /// left to happen.
    pub fn step(&mut self) -> bool {
        self.cluster.step()
    }

    /// Runs all events up to and including `until`, then sets the time to it.
    pub fn advance_to(&mut self, until: Instant) {
        while self.next_event_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.cluster.advance_to(until);
    }

    /// Whether a session runs a statement.
    pub fn is_busy(&self, _at: SessionAddress) -> bool {
        false
    }

    /// What a prompt shows; `None` if it was never used.
    pub fn screen(&self, at: SessionAddress) -> Option<&Screen> {
        self.screens.get(&at)
    }

    /// All prompts used so far.
    pub fn screens(&self) -> impl Iterator<Item = (SessionAddress, &Screen)> {
        self.screens.iter().map(|(at, screen)| (*at, screen))
    }

    /// Names that fit at the end of `text` at this prompt now: statements, variables that exist on
    /// this server now, tables.
    pub fn complete(&self, _at: SessionAddress, _text: &str) -> Vec<String> {
        Vec::new()
    }
}
