//! What servers and clients are called on the page.

use std::collections::BTreeMap;

use semisync_console::SessionAddress;
use semisync_sim::{ServerIndex, SessionKey};

/// Names of servers and of their clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    servers: Vec<String>,
    clients: BTreeMap<SessionKey, SessionAddress>,
}

impl Names {
    /// Names for these servers; clients come with [`Names::learn`].
    pub fn new(servers: impl IntoIterator<Item = String>) -> Names {
        Names {
            servers: servers.into_iter().collect(),
            clients: BTreeMap::new(),
        }
    }

    /// Remembers which prompt a connection belongs to.
    pub fn learn(&mut self, key: SessionKey, at: SessionAddress) {
        self.clients.insert(key, at);
    }

    /// The prompt of a connection, once known.
    pub fn address(&self, key: SessionKey) -> Option<SessionAddress> {
        self.clients.get(&key).copied()
    }

    /// The first connection of the prompt that this connection belongs to: a client that reconnects
    /// stays on its lane.
    pub fn first_connection(&self, key: SessionKey) -> SessionKey {
        let Some(at) = self.address(key) else {
            return key;
        };
        let first = self.clients.iter().find(|(_, other)| **other == at);
        first.map_or(key, |(first, _)| *first)
    }

    /// The name of a server.
    pub fn server(&self, index: ServerIndex) -> &str {
        let name = self.servers.get(usize::from(index.0));
        name.map_or("?", String::as_str)
    }

    /// The name of a prompt, as in a lab script: `source`, `source/2`.
    pub fn prompt(&self, at: SessionAddress) -> String {
        match at.session {
            1 => self.server(at.server).to_owned(),
            session => format!("{}/{session}", self.server(at.server)),
        }
    }

    /// The name of a client: its prompt.
    pub fn client(&self, key: SessionKey) -> String {
        match self.address(key) {
            Some(at) => format!("{}>", self.prompt(at)),
            None => format!("client {}", key.0),
        }
    }
}
