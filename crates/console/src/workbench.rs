//! A virtual cluster together with the `mysql` clients connected to it.
//!
//! Each server has any number of client sessions, numbered from 1 and opened when first used. A
//! session that waits blocks only itself.

mod client;

mod conversation;

mod commands;

mod completion;

use std::collections::{BTreeMap, BTreeSet};

use semisync_core::Instant;
use semisync_sim::{Cluster, ClusterConfig, Fault, ServerIndex, SessionKey, SharedLog};
use serde::{Deserialize, Serialize};

use crate::line_reader::Request;
use client::{Client, Typed};

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
    pub entries: SharedLog<TerminalEntry>,
}

/// Why a statement was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubmitError {
    /// The session still runs a statement.
    Busy,
    /// The session runs no statement that could be interrupted.
    Idle,
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
    clients: BTreeMap<SessionAddress, Client>,
    /// Which client a connection belongs to.
    addresses: BTreeMap<SessionKey, SessionAddress>,
    /// Connections on which a client kills its own statement.
    killers: BTreeSet<SessionKey>,
    /// The same for all connections there ever were.
    connections: BTreeMap<SessionKey, SessionAddress>,
}

impl Workbench {
    /// A workbench with a fresh cluster.
    pub fn new(config: ClusterConfig) -> Workbench {
        Workbench {
            cluster: Cluster::new(config),
            screens: BTreeMap::new(),
            clients: BTreeMap::new(),
            addresses: BTreeMap::new(),
            killers: BTreeSet::new(),
            connections: BTreeMap::new(),
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
    pub fn submit(&mut self, at: SessionAddress, text: &str) -> Result<(), SubmitError> {
        if usize::from(at.server.0) >= self.cluster.config().servers.len() {
            return Err(SubmitError::NoSuchServer);
        }
        let replicates = self.cluster.config().replication;
        let mut client = match self.clients.get(&at) {
            Some(client) if client.is_busy() => return Err(SubmitError::Busy),
            Some(client) => client.clone(),
            None => Client {
                // A lab that replicates has a database, and its clients begin there.
                database: replicates.then(|| "lab".to_owned()),
                ..Client::default()
            },
        };
        let mut requests = Vec::new();
        for line in text.lines() {
            requests.extend(client.reader.read(line));
        }
        if !client.reader.is_idle() {
            return Err(SubmitError::Incomplete);
        }
        let is_one = requests.len() == 1;
        for request in requests {
            let typed = match &request {
                Request::Statement {
                    text: statement,
                    vertical,
                } if !is_one => {
                    let end = if *vertical { "\\G" } else { ";" };
                    format!("{statement}{end}")
                }
                Request::Statement { .. } | Request::Command(..) => text.to_owned(),
            };
            client.queue.push_back(Typed { typed, request });
        }
        self.clients.insert(at, client);
        self.pump(at);
        self.deliver();
        Ok(())
    }

    /// Presses Ctrl-C at a prompt whose statement runs: the client asks the server to kill the
    /// statement, over a connection of its own. A commit that waits for an ACK goes on waiting.
    ///
    /// # Errors
    /// [`SubmitError::Idle`] when nothing runs there.
    pub fn interrupt(&mut self, at: SessionAddress) -> Result<(), SubmitError> {
        if !self.is_busy(at) {
            return Err(SubmitError::Idle);
        }
        self.press_ctrl_c(at);
        self.deliver();
        Ok(())
    }

    /// The prompt for the next line at `at` after the lines of `text`: the server's name, or what
    /// the client shows while a statement is open, equally wide.
    pub fn prompt(&self, at: SessionAddress, text: &str) -> String {
        let servers = &self.cluster.config().servers;
        let name = servers
            .get(usize::from(at.server.0))
            .map_or("mysql", |server| server.name.as_str());
        let main = match at.session {
            1 => format!("{name}> "),
            session => format!("{name}/{session}> "),
        };
        let mut reader = self
            .clients
            .get(&at)
            .map(|client| client.reader.clone())
            .unwrap_or_default();
        for line in text.lines() {
            reader.read(line);
        }
        reader.prompt(&main)
    }

    /// Injects a fault now.
    ///
    /// # Errors
    /// With the reason, when it makes no sense now.
    pub fn inject(&mut self, fault: Fault) -> Result<(), semisync_sim::fault::FaultError> {
        let injected = self.cluster.inject(fault);
        self.deliver();
        injected
    }

    /// When the next event is due, if any.
    pub fn next_event_at(&self) -> Option<Instant> {
        self.cluster.next_event_at()
    }

    /// Runs the next event of the cluster and prints what clients got from it. False if nothing is
    /// left to happen.
    pub fn step(&mut self) -> bool {
        let stepped = self.cluster.step();
        self.deliver();
        stepped
    }

    /// Runs all events up to and including `until`, then sets the time to it.
    pub fn advance_to(&mut self, until: Instant) {
        while self.next_event_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.cluster.advance_to(until);
    }

    /// Whether a session runs a statement.
    pub fn is_busy(&self, at: SessionAddress) -> bool {
        self.clients.get(&at).is_some_and(Client::is_busy)
    }

    /// All connections there ever were, and the prompts they belong to.
    pub fn connections(&self) -> impl Iterator<Item = (SessionKey, SessionAddress)> {
        self.connections.iter().map(|(key, at)| (*key, *at))
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
    pub fn complete(&self, at: SessionAddress, text: &str) -> Vec<String> {
        if usize::from(at.server.0) >= self.cluster.config().servers.len() {
            return Vec::new();
        }
        self.completions(at, text)
    }
}
