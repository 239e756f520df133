//! A random cluster, as the header of a lab.

use semisync_core::{Generation, Naming};

use super::chance::Chance;

/// A cluster, and what the workload needs to know of it.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// Lines of the lab's header.
    pub(super) header: Vec<String>,
    pub(super) servers: Vec<Machine>,
    /// Whether option files load and enable the plugins; else statements do.
    pub(super) by_options: bool,
}

/// A server.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) generation: Generation,
    /// Which names its plugins have.
    pub(super) naming: Naming,
}

impl Machine {
    /// `rpl_semi_sync_source_enabled` as this server spells it; `variable` may begin with `source_`
    /// or `replica_`.
    pub(super) fn variable(&self, variable: &str) -> String {
        let spelled = match self.naming {
            Naming::SourceReplica => variable.to_owned(),
            Naming::MasterSlave => variable
                .replace("source", "master")
                .replace("replica", "slave"),
        };
        format!("rpl_semi_sync_{spelled}")
    }

    pub(super) fn library(&self, side: &str) -> String {
        format!(
            "{}.so",
            self.variable(side).replace("rpl_semi_sync_", "semisync_")
        )
    }

    pub(super) fn replica_word(&self) -> &'static str {
        match self.generation {
            Generation::V5_5 => "SLAVE",
            Generation::V8_4 | Generation::V9_7 => "REPLICA",
        }
    }
}

/// Draws a cluster.
pub(super) fn random(chance: &mut Chance, seed: u64) -> Setting {
    let replicas = 1 + chance.below(3);
    let servers = machines(chance, replicas);
    let names: Vec<&str> = servers.iter().map(|server| server.name.as_str()).collect();
    let mut header = vec![
        format!("servers: {}", names.join(" ")),
        format!("seed: {seed}"),
        "pace: waits".to_owned(),
    ];
    for server in &servers {
        let version = match server.generation {
            Generation::V5_5 => "5.5",
            Generation::V8_4 => "8.4",
            Generation::V9_7 => continue,
        };
        header.push(format!("version {}: {version}", server.name));
    }
    let by_options = chance.percent(75);
    // Now and then one more than there are replicas.
    let most = replicas + u64::from(chance.percent(5));
    let count = 1 + chance.below(most);
    for (index, server) in servers.iter().enumerate() {
        let mut option = |line: String| header.push(format!("option {}: {line}", server.name));
        durability(chance, &mut option);
        if by_options && index == 0 {
            source_plugin(chance, server, count, &mut option);
        } else if by_options {
            option(format!("plugin-load-add={}", server.library("replica")));
            option(format!("{}=1", server.variable("replica_enabled")));
        }
    }
    Setting {
        header,
        servers,
        by_options,
    }
}

/// Versions: replicas are never older than their source, and 5.5 stays among itself.
fn machines(chance: &mut Chance, replicas: u64) -> Vec<Machine> {
    let mix = chance.below(100);
    let generation = |chance: &mut Chance, index: u64| match mix {
        0..=69 => Generation::V9_7,
        70..=79 => Generation::V8_4,
        80..=91 if index == 0 => Generation::V8_4,
        80..=91 => chance.one(&[Generation::V8_4, Generation::V9_7]),
        _ => Generation::V5_5,
    };
    let machine = |index: u64| {
        let generation = generation(chance, index);
        let namings: &[Naming] = match generation {
            Generation::V5_5 => &[Naming::MasterSlave],
            Generation::V8_4 => &[Naming::MasterSlave, Naming::SourceReplica],
            Generation::V9_7 => &[Naming::SourceReplica],
        };
        Machine {
            name: match index {
                0 => "source".to_owned(),
                n => format!("replica{n}"),
            },
            generation,
            naming: chance.one(namings),
        }
    };
    (0..=replicas).map(machine).collect()
}

fn durability(chance: &mut Chance, option: &mut impl FnMut(String)) {
    let settings = [
        ("sync_binlog", ["0", "5"], 20),
        ("innodb_flush_log_at_trx_commit", ["0", "2"], 20),
        ("sync_relay_log", ["1", "1"], 40),
        ("relay_log_recovery", ["1", "1"], 25),
        ("binlog_order_commits", ["0", "0"], 20),
        ("binlog_group_commit_sync_delay", ["200", "5000"], 15),
    ];
    for (name, values, percent) in settings {
        if chance.percent(percent) {
            option(format!("{name}={}", chance.one(&values)));
        }
    }
}

fn source_plugin(
    chance: &mut Chance,
    server: &Machine,
    count: u64,
    option: &mut impl FnMut(String),
) {
    option(format!("plugin-load-add={}", server.library("source")));
    option(format!("{}=1", server.variable("source_enabled")));
    let timeout = chance.one(&[50, 500, 5_000, 3_600_000]);
    option(format!("{}={timeout}", server.variable("source_timeout")));
    if chance.percent(25) {
        option(format!("{}=0", server.variable("source_wait_no_replica")));
    }
    if server.generation == Generation::V5_5 {
        return;
    }
    if 1 < count {
        let name = server.variable("source_wait_for_replica_count");
        option(format!("{name}={count}"));
    }
    if chance.percent(40) {
        option(format!(
            "{}=AFTER_COMMIT",
            server.variable("source_wait_point")
        ));
    }
}
