//! The servers of a lab and the links between them.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use semisync_sim::{ClusterConfig, ServerIndex};

use super::{
    Stage,
    admin::Admin,
    client::Client,
    link::Link,
    poll, private,
    server::{Identity, Server},
    template::{self, ACCOUNT},
};

/// Server n, from 1, listens on the first plus n; replica n, the server after server n, comes to the
/// source through the second plus n.
const SERVER_PORTS: u16 = 33_060;
const LINK_PORTS: u16 = 33_100;

/// The first server.
const SOURCE: ServerIndex = ServerIndex(0);

/// How long the replicas may take to execute the first transaction.
const PATIENCE: Duration = Duration::from_secs(60);

/// All servers, in the script's order; the first one is the source.
pub(super) struct Cluster {
    names: Vec<String>,
    servers: Vec<Server>,
    /// The link of each replica to the source; the first is replica 1's.
    links: Vec<Link>,
    default_database: Option<&'static str>,
}

impl Cluster {
    /// Starts all servers of a lab as it asks.
    pub(super) fn start(config: &ClusterConfig, stage: &Stage) -> Result<Cluster> {
        ensure!(config.servers.len() < 10, "at most nine servers");
        let data = template::directory(&stage.root)?;
        private::enter(stage)?;
        let lab = stage.root.join(private::LAB_DIRECTORY);
        fs::create_dir_all(&lab)?;
        let mut servers = Vec::new();
        for (server, number) in config.servers.iter().zip(1..) {
            let identity = Identity {
                name: &server.name,
                number,
                options: &server.options,
            };
            servers.push(Server::prepare(&stage.root, &lab, &data, &identity)?);
        }
        let links = (1..)
            .take(config.servers.len() - 1)
            .map(|replica| Link::new(LINK_PORTS + replica, SERVER_PORTS + 1))
            .collect();
        let names = config.servers.iter().map(|server| server.name.clone());
        let mut cluster = Cluster {
            names: names.collect(),
            servers,
            links,
            default_database: config.replication.then_some("lab"),
        };
        cluster.start_all()?;
        if config.replication {
            cluster.start_replication()?;
        }
        Ok(cluster)
    }

    fn start_all(&mut self) -> Result<()> {
        self.servers.iter_mut().try_for_each(Server::start)?;
        for (server, name) in self.servers.iter_mut().zip(&self.names) {
            server
                .wait_until_it_answers()
                .with_context(|| name.clone())?;
            server.tell("RESET BINARY LOGS AND GTIDS")?;
        }
        self.links.iter_mut().try_for_each(Link::open)
    }

    fn start_replication(&mut self) -> Result<()> {
        for (replica, port) in self.servers[1..].iter().zip(LINK_PORTS + 1..) {
            replica.tell(&format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {port}, \
                 SOURCE_USER = '{ACCOUNT}', SOURCE_PASSWORD = '{ACCOUNT}', \
                 SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1"
            ))?;
            replica.tell("START REPLICA")?;
        }
        self.servers[0].tell("CREATE DATABASE lab")?;
        let mut watch = self.watch();
        let caught_up = poll::until(Instant::now() + PATIENCE, || watch.has_converged());
        ensure!(
            caught_up,
            "the replicas do not execute the first transaction"
        );
        Ok(())
    }

    /// Eyes on the servers, for questions asked again and again.
    pub(super) fn watch(&self) -> Watch<'_> {
        Watch {
            servers: &self.servers,
            connections: self.servers.iter().map(|_| None).collect(),
        }
    }

    /// Whether a server is down or frozen or a link is cut.
    pub(super) fn has_fault(&mut self) -> bool {
        for server in &mut self.servers {
            server.look_after();
        }
        self.servers.iter().any(|server| !server.is_up()) || self.links.iter().any(Link::is_cut)
    }

    /// A client of a server.
    pub(super) fn client(&self, server: ServerIndex) -> Result<Client> {
        self.servers[index(server)]
            .client(self.default_database)
            .with_context(|| self.names[index(server)].clone())
    }

    /// A client as the shell starts it with these options.
    pub(super) fn client_with(&self, server: ServerIndex, options: &str) -> Result<Client> {
        self.servers[index(server)]
            .client_with(options.split_whitespace())
            .with_context(|| self.names[index(server)].clone())
    }

    pub(super) fn crash(&mut self, server: ServerIndex) -> Result<()> {
        self.close_links_to(server);
        self.servers[index(server)].crash()
    }

    pub(super) fn shut_down(&mut self, server: ServerIndex) -> Result<()> {
        // Its port stays open until it is down: replicas are connected through it.
        self.servers[index(server)].shut_down()?;
        self.close_links_to(server);
        Ok(())
    }

    pub(super) fn start_server(&mut self, server: ServerIndex) -> Result<()> {
        self.servers[index(server)].look_after();
        self.servers[index(server)].start()?;
        self.servers[index(server)].wait_until_it_answers()?;
        if server == SOURCE {
            self.links.iter_mut().try_for_each(Link::open)?;
        }
        Ok(())
    }

    pub(super) fn set_frozen(&mut self, server: ServerIndex, frozen: bool) -> Result<()> {
        self.servers[index(server)].set_frozen(frozen)
    }

    pub(super) fn set_cut(
        &mut self,
        one: ServerIndex,
        other: ServerIndex,
        is_cut: bool,
    ) -> Result<()> {
        let (SOURCE, replica) = (one.min(other), one.max(other)) else {
            bail!("only links between the source and a replica can be cut");
        };
        let link = index(replica)
            .checked_sub(1)
            .context("a link has two ends")?;
        self.links[link].set_cut(is_cut);
        Ok(())
    }

    fn close_links_to(&mut self, server: ServerIndex) {
        if server == SOURCE {
            self.links.iter_mut().for_each(Link::close);
        }
    }
}

/// Open connections to servers; as short-lived as one wait.
pub(super) struct Watch<'a> {
    servers: &'a [Server],
    connections: Vec<Option<Admin>>,
}

impl Watch<'_> {
    /// Whether all servers have executed the same GTIDs.
    pub(super) fn has_converged(&mut self) -> bool {
        let mut sets =
            (0..self.servers.len()).map(|server| self.ask(server, "SELECT @@global.gtid_executed"));
        let first = sets.next().flatten();
        first.is_some() && sets.all(|set| set == first)
    }

    /// What the server says a connection is doing; `None` if it does not answer or know it.
    pub(super) fn state_of_connection(&mut self, server: ServerIndex, id: u64) -> Option<String> {
        let state = format!(
            "SELECT CONCAT(PROCESSLIST_COMMAND, ' ', IFNULL(PROCESSLIST_STATE, '')) \
             FROM performance_schema.threads WHERE PROCESSLIST_ID = {id}"
        );
        self.ask(index(server), &state)
    }

    fn ask(&mut self, server: usize, sql: &str) -> Option<String> {
        let connection = &mut self.connections[server];
        if connection.is_none() {
            *connection = self.servers[server].connect().ok();
        }
        let answer = connection.as_mut()?.value(sql);
        if answer.is_err() {
            *connection = None;
        }
        answer.ok().flatten()
    }
}

fn index(server: ServerIndex) -> usize {
    usize::from(server.0)
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // All at once: each takes a moment to give back its memory.
        let servers = std::mem::take(&mut self.servers);
        thread::scope(|scope| {
            for server in servers {
                scope.spawn(|| drop(server));
            }
        });
    }
}
