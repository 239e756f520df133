//! Servers to measure.

use std::time::Duration;

use crate::servers::{Link, Plugins, Server, ServerOptions, Topology, wait_until};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arm {
    /// Our plugins on all servers.
    Ours,
    /// The stock plugins on all servers.
    Stock,
    /// No plugins: what the server does without waiting.
    Asynchronous,
}

impl Arm {
    /// All of them.
    pub const ALL: [Arm; 3] = [Arm::Ours, Arm::Stock, Arm::Asynchronous];
}

/// What the servers of a stage are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// How many replicas a source has.
    pub replicas: usize,
    /// When commits wait.
    pub wait_point: &'static str,
    /// Whether every commit is synced, to a disk.
    pub is_durable: bool,
}

/// Fresh servers for every arm.
#[derive(Debug)]
pub struct Stage {
    topologies: Vec<(Arm, Topology)>,
}

impl Stage {
    /// Starts all of them.
    pub fn set(setting: Setting) -> Stage {
        let topologies = Arm::ALL.map(|arm| (arm, start(arm, setting))).into();
        Stage { topologies }
    }

    /// An arm's source.
    pub(super) fn source(&self, arm: Arm) -> &Server {
        let of_arm = |(its, _): &&(Arm, Topology)| *its == arm;
        let (_, topology) = self
            .topologies
            .iter()
            .find(of_arm)
            .expect("all arms are there");
        &topology.source
    }
}

fn start(arm: Arm, setting: Setting) -> Topology {
    let plugins = match arm {
        Arm::Ours => Plugins::Ours,
        Arm::Stock | Arm::Asynchronous => Plugins::Stock,
    };
    let source = Server::launch("source", options(plugins, setting));
    let replicas = (1..=setting.replicas)
        .map(|number| Server::launch(&format!("replica{number}"), options(plugins, setting)))
        .collect();
    let mut topology = Topology { source, replicas };
    topology.source.wait_until_ready();
    for replica in &mut topology.replicas {
        replica.wait_until_ready();
    }
    topology.install();
    topology.source.session().run_all(&[
        "CREATE TABLE shop.sales (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(100))",
        "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
        &format!(
            "SET GLOBAL rpl_semi_sync_source_wait_point = '{}'",
            setting.wait_point
        ),
    ]);
    if arm == Arm::Asynchronous {
        for server in topology.replicas.iter() {
            server
                .session()
                .run("UNINSTALL PLUGIN rpl_semi_sync_replica");
        }
        topology
            .source
            .session()
            .run("UNINSTALL PLUGIN rpl_semi_sync_source");
    }
    for replica in &topology.replicas {
        topology.connect(replica, Link::PLAIN);
    }
    topology.wait_for_replicas();
    for replica in &topology.replicas {
        // An ACK says that an event was received: applying would only take the processor.
        replica.session().run("STOP REPLICA SQL_THREAD");
    }
    let mut session = topology.source.session();
    wait_until("the replicas are connected", PATIENCE, || {
        let dumps = "SELECT COUNT(*) FROM performance_schema.threads \
                     WHERE processlist_command LIKE 'Binlog Dump%'";
        session.number(dumps) == setting.replicas as u64
    });
    topology
}

fn options(plugins: Plugins, setting: Setting) -> ServerOptions {
    let mut options = ServerOptions::of(plugins)
        .with("innodb-redo-log-capacity=256M")
        .with("innodb-buffer-pool-size=128M")
        .with("log-error-verbosity=2")
        .with("max-connections=200");
    options.on_disk = setting.is_durable;
    if setting.is_durable {
        return options;
    }
    options
        .with("sync-binlog=0")
        .with("innodb-flush-log-at-trx-commit=0")
}

const PATIENCE: Duration = Duration::from_secs(30);
