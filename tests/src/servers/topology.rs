//! A source and its replicas.

use std::time::Duration;

use super::installation::Plugins;
use super::server::{Server, ServerOptions};
use super::session::Session;
use super::wait::wait_until;

/// A source with its replicas, semisynchronous and connected.
#[derive(Debug)]
pub struct Topology {
    /// The source.
    pub source: Server,
    /// Its replicas.
    pub replicas: Vec<Server>,
}

/// What the connections between them are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Encrypted.
    pub tls: bool,
    /// `zlib`, `zstd` or nothing.
    pub compression: Option<&'static str>,
}

impl Link {
    /// Neither encrypted nor compressed.
    pub const PLAIN: Link = Link {
        tls: false,
        compression: None,
    };
}

impl Topology {
    /// Starts them, loads the plugins, enables both sides, connects, and waits until the source
    /// counts every replica.
    #[track_caller]
    pub fn start(source: Plugins, replicas: &[Plugins], link: Link) -> Topology {
        let mut topology = Topology::launch(ServerOptions::of(source), replicas);
        topology.install();
        for replica in &topology.replicas {
            topology.connect(replica, link);
        }
        topology.wait_for_clients(replicas.len() as u64);
        topology
    }

    /// Starts servers and waits for them; no plugins, no replication.
    #[track_caller]
    pub fn launch(source: ServerOptions, replicas: &[Plugins]) -> Topology {
        let source = Server::launch("source", source);
        let replicas = replicas
            .iter()
            .enumerate()
            .map(|(index, plugins)| {
                let options = ServerOptions::of(*plugins).with("replica-net-timeout=10");
                Server::launch(&format!("replica{}", index + 1), options)
            })
            .collect();
        let mut topology = Topology { source, replicas };
        topology.source.wait_until_ready();
        for replica in &mut topology.replicas {
            replica.wait_until_ready();
        }
        topology
    }

    /// Loads and enables the plugins on all servers, and makes the account and a table.
    #[track_caller]
    pub fn install(&mut self) {
        let mut source = self.source.session();
        source.run_all(&[
            "SET sql_log_bin = 0",
            "CREATE USER replica@'%' IDENTIFIED BY 'secret'",
            "GRANT REPLICATION SLAVE ON *.* TO replica@'%'",
            "CREATE USER fake@'%' IDENTIFIED BY ''",
            "GRANT ALL ON *.* TO fake@'%'",
            "SET sql_log_bin = 1",
            "CREATE DATABASE shop",
            "CREATE TABLE shop.orders (id INT PRIMARY KEY)",
            INSTALL_SOURCE,
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
        ]);
        for replica in &self.replicas {
            replica.session().run_all(&[
                INSTALL_REPLICA,
                "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
            ]);
        }
    }

    /// Makes a server replicate from the source.
    #[track_caller]
    pub fn connect(&self, replica: &Server, link: Link) {
        let mut session = replica.session();
        let compression = link.compression.unwrap_or("uncompressed");
        session.run(&format!(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, \
             SOURCE_USER = 'replica', SOURCE_PASSWORD = 'secret', SOURCE_AUTO_POSITION = 1, \
             SOURCE_SSL = {}, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1, \
             SOURCE_COMPRESSION_ALGORITHMS = '{compression}'",
            self.source.port(),
            u8::from(link.tls),
        ));
        session.run("START REPLICA");
    }

    /// Waits until the source counts so many semisynchronous replicas.
    #[track_caller]
    pub fn wait_for_clients(&self, count: u64) {
        let mut session = self.source.session();
        wait_until("the source counts its replicas", REPLICATION_TIME, || {
            session.source_count("clients") == count
        });
    }

    /// Waits until every replica has applied what the source has committed.
    #[track_caller]
    pub fn wait_for_replicas(&self) {
        let executed = self.source.session().value("SELECT @@GLOBAL.gtid_executed");
        for replica in &self.replicas {
            wait_for_gtids(&mut replica.session(), &executed);
        }
    }

    /// Makes the commits of one session, one row each.
    #[track_caller]
    pub fn insert(&self, ids: core::ops::Range<u32>) {
        let mut session = self.source.session();
        for id in ids {
            session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
        }
    }
}

#[track_caller]
fn wait_for_gtids(session: &mut Session, executed: &str) {
    let missing = session.number(&format!(
        "SELECT WAIT_FOR_EXECUTED_GTID_SET('{executed}', {})",
        REPLICATION_TIME.as_secs()
    ));
    assert_eq!(missing, 0, "the replica did not catch up with {executed}");
}

/// What a person types on the source.
pub const INSTALL_SOURCE: &str = "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'";

/// What a person types on a replica.
pub const INSTALL_REPLICA: &str =
    "INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so'";

const REPLICATION_TIME: Duration = Duration::from_secs(30);
