//! What random people type and what goes wrong meanwhile, step by step.

use semisync_core::Generation;
use semisync_sim::ServerIndex;
use semisync_sim::view::{ClusterView, ServerState, ServerView};

use super::chance::Chance;
use super::configuration::{Machine, Setting};
use crate::workbench::{SessionAddress, Workbench};

/// Draws the next step from what the cluster is doing.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    setting: Setting,
    chance: Chance,
    /// Who takes the writes now.
    source: ServerIndex,
    next_id: u64,
}

impl Workload {
    pub(super) fn new(setting: Setting, chance: Chance) -> Workload {
        Workload {
            setting,
            chance,
            source: ServerIndex(0),
            next_id: 0,
        }
    }

    /// What every run begins with.
    pub(super) fn beginning(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.setting.by_options {
            for index in 0..self.setting.servers.len() {
                let side = if index == 0 { "source" } else { "replica" };
                lines.extend(self.install(index, side));
            }
        }
        lines.push("source> CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20));".to_owned());
        lines.push("! wait 3s".to_owned());
        lines
    }

    /// One act and a while.
    pub(super) fn turn(&mut self, bench: &Workbench) -> Vec<String> {
        let view = bench.cluster().view();
        let mut lines = match self.chance.below(100) {
            0..=54 => self.write(bench, &view),
            55..=72 => self.disturb(&view),
            73..=82 => self.cure(bench, &view),
            83..=89 => self.set(bench, &view),
            90..=93 => self.replicate(bench, &view),
            94..=95 => self.change_plugins(bench),
            96..=97 => self.administer(bench, &view),
            _ => self.promote(bench, &view),
        };
        let longest = self.chance.one(&[600, 5_000, 50_000, 2_000_000]);
        lines.push(format!("! wait {}us", 1 + self.chance.below(longest)));
        lines
    }

    // --- Clients ---

    fn write(&mut self, bench: &Workbench, view: &ClusterView) -> Vec<String> {
        let mut lines = Vec::new();
        if view.servers[index(self.source)].state != ServerState::Running {
            return lines;
        }
        for session in 1..=1 + self.chance.below(4) as u32 {
            let server = self.source;
            if !bench.is_busy(SessionAddress { server, session }) {
                let statement = self.statement();
                lines.push(self.line(server, session, &statement));
            }
        }
        lines
    }

    fn statement(&mut self) -> String {
        let known = 1 + self.chance.below(self.next_id.max(1));
        match self.chance.below(12) {
            0 => "BEGIN;".to_owned(),
            1 => "COMMIT;".to_owned(),
            2 => "ROLLBACK;".to_owned(),
            3 => format!("DELETE FROM lab.t WHERE id = {known};"),
            4 | 5 => {
                let value = self.chance.below(1_000);
                format!("UPDATE lab.t SET v = 'v{value}' WHERE id = {known};")
            }
            6 => "SELECT COUNT(*) FROM lab.t;".to_owned(),
            _ => {
                self.next_id += 1;
                format!("INSERT INTO lab.t VALUES ({}, 'x');", self.next_id)
            }
        }
    }

    fn administer(&mut self, bench: &Workbench, view: &ClusterView) -> Vec<String> {
        let victims: Vec<u64> = view.servers[index(self.source)]
            .sessions
            .iter()
            .filter(|session| session.statement.is_some())
            .map(|session| session.processlist_id)
            .collect();
        let kind = self.chance.one(&["KILL", "KILL QUERY"]);
        let words = match (self.chance.below(25), self.chance.any(&victims)) {
            (0..=13, Some(victim)) => format!("{kind} {victim};"),
            (14..=18, _) => "FLUSH BINARY LOGS;".to_owned(),
            (19..=23, _) => "FLUSH STATUS;".to_owned(),
            (24, _) => return self.reset_binary_logs(bench, view),
            _ => "SHOW STATUS LIKE 'Rpl_semi_sync%';".to_owned(),
        };
        self.admin(bench, self.source, &words)
    }

    /// What nobody should do: from then on there are two histories.
    fn reset_binary_logs(&mut self, bench: &Workbench, view: &ClusterView) -> Vec<String> {
        let server = self.any_server(view);
        let words = match self.machine(server).generation {
            Generation::V5_5 => "RESET MASTER;",
            Generation::V8_4 | Generation::V9_7 => "RESET BINARY LOGS AND GTIDS;",
        };
        self.admin(bench, server, words)
    }

    // --- Settings ---

    fn set(&mut self, bench: &Workbench, view: &ClusterView) -> Vec<String> {
        if self.chance.percent(30) {
            let replica = self.any_server(view);
            let machine = self.machine(replica);
            let switch = format!("{} = {}", machine.variable("replica_enabled"), {
                self.chance.below(2)
            });
            return self.admin(bench, replica, &format!("SET GLOBAL {switch};"));
        }
        let machine = self.machine(self.source);
        let replicas = self.setting.servers.len() as u64 - 1;
        let (name, value) = match self.chance.below(10) {
            0 => (machine.variable("source_enabled"), self.chance.below(2)),
            1 => (
                machine.variable("source_wait_no_replica"),
                self.chance.below(2),
            ),
            2 => (
                machine.variable("source_timeout"),
                10 + self.chance.below(3_000),
            ),
            3 => ("binlog_order_commits".to_owned(), self.chance.below(2)),
            4 => ("sync_binlog".to_owned(), self.chance.below(3)),
            5 => ("sync_relay_log".to_owned(), 1 + self.chance.below(2)),
            6 => (
                "innodb_flush_log_at_trx_commit".to_owned(),
                self.chance.below(3),
            ),
            7 => (
                machine.variable("source_trace_level"),
                self.chance.below(64),
            ),
            _ if machine.generation == Generation::V5_5 => (machine.variable("source_enabled"), 1),
            8 => (machine.variable("source_wait_point"), self.chance.below(2)),
            _ => {
                let count = 1 + self.chance.below(replicas);
                (machine.variable("source_wait_for_replica_count"), count)
            }
        };
        self.admin(bench, self.source, &format!("SET GLOBAL {name} = {value};"))
    }

    fn change_plugins(&mut self, bench: &Workbench) -> Vec<String> {
        let chosen = self.chance.below(self.setting.servers.len() as u64) as usize;
        let server = ServerIndex(chosen as u16);
        let side = if server == self.source {
            "source"
        } else {
            "replica"
        };
        if bench.is_busy(self.admin_of(server)) {
            return Vec::new();
        }
        if self.chance.percent(40) {
            let plugin = self.machine(server).variable(side);
            return self.admin(bench, server, &format!("UNINSTALL PLUGIN {plugin};"));
        }
        self.install(chosen, side)
    }

    fn install(&self, chosen: usize, side: &str) -> Vec<String> {
        let machine = &self.setting.servers[chosen];
        let plugin = machine.variable(side);
        let (library, word) = (machine.library(side), machine.replica_word());
        let mut statements = vec![
            format!("INSTALL PLUGIN {plugin} SONAME '{library}';"),
            format!("SET GLOBAL {plugin}_enabled = 1;"),
        ];
        if side == "replica" {
            statements.push(format!("STOP {word} IO_THREAD;"));
            statements.push(format!("START {word} IO_THREAD;"));
        }
        // One line: they are sent one after the other as each is answered.
        vec![format!("{}/9> {}", machine.name, statements.join(" "))]
    }

    // --- Replication ---

    fn replicate(&mut self, bench: &Workbench, view: &ClusterView) -> Vec<String> {
        let replica = self.any_replica(view);
        let word = self.machine(replica).replica_word();
        let verb = self.chance.one(&["STOP", "START", "START"]);
        let thread = self.chance.one(&["", " IO_THREAD", " SQL_THREAD"]);
        self.admin(bench, replica, &format!("{verb} {word}{thread};"))
    }

    /// Another server takes the writes when the source is gone; and it may come back as a replica.
    fn promote(&mut self, bench: &Workbench, view: &ClusterView) -> Vec<String> {
        let old = &view.servers[index(self.source)];
        let is_gone = matches!(old.state, ServerState::Crashed | ServerState::Stopped);
        let is_today = |server: &ServerView| {
            server.state == ServerState::Running && server.generation == Generation::V9_7
        };
        if !is_gone || old.generation != Generation::V9_7 {
            return vec![format!("! crash {}", old.name)];
        }
        let able = view.servers.iter().filter(|server| is_today(server));
        let Some(new) = able.max_by_key(|server| server.gtid_executed.len()) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        let others = view.servers.iter().filter(|other| other.index != new.index);
        lines.extend(self.admin(bench, new.index, "STOP REPLICA; RESET REPLICA ALL;"));
        if !bench.is_busy(self.admin_of(new.index)) {
            lines.push("! wait 1s".to_owned());
            lines.extend(self.install(index(new.index), "source"));
        }
        let port = 33_061 + u64::from(new.index.0);
        let change = format!(
            "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', \
             SOURCE_PORT = {port}, SOURCE_USER = 'repl', SOURCE_PASSWORD = 'repl', \
             SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1; \
             START REPLICA;"
        );
        for other in others.filter(|other| is_today(other)) {
            lines.extend(self.admin(bench, other.index, &change));
        }
        if self.chance.percent(60) {
            lines.push(format!("! start {}", old.name));
            lines.push("! wait 1s".to_owned());
            lines.push(format!("{}/9> {change}", old.name));
        }
        self.source = new.index;
        lines
    }

    // --- Faults ---

    fn disturb(&mut self, view: &ClusterView) -> Vec<String> {
        let any = view.servers[self.any_server(view).0 as usize].name.clone();
        let replica = self.any_replica(view);
        let source = &view.servers[index(self.source)].name;
        let name = &view.servers[index(replica)].name;
        let (from, to) = match self.chance.percent(50) {
            true => (source, name),
            false => (name, source),
        };
        let line = match self.chance.below(14) {
            0 => format!("! crash {any}"),
            1 => format!("! crash {name}"),
            2 => format!("! power-cut {any}"),
            3 => format!("! power-cut {name}"),
            4 => format!("! freeze {any}"),
            5 => format!("! shutdown {any}"),
            6 | 7 => format!("! cut {source} {name}"),
            8 | 9 => format!("! hold {from} {to}"),
            10 => format!("! drop {from} {to}"),
            11 | 12 => {
                let latency = self.chance.below(40_000);
                format!("! latency {source} {name} {latency}us")
            }
            _ => format!("! apply-time {name} {}us", self.chance.below(20_000)),
        };
        vec![line]
    }

    /// Ends one fault.
    fn cure(&mut self, bench: &Workbench, view: &ClusterView) -> Vec<String> {
        let name = |server: ServerIndex| &view.servers[index(server)].name;
        let mut cures = Vec::new();
        for server in &view.servers {
            match server.state {
                ServerState::Frozen => cures.push(format!("! thaw {}", server.name)),
                ServerState::Crashed | ServerState::Stopped => {
                    cures.push(format!("! start {}", server.name));
                }
                ServerState::Running | ServerState::Starting | ServerState::Stopping => {}
            }
        }
        for link in view.links.iter().filter(|link| link.cut) {
            cures.push(format!("! heal {} {}", name(link.from), name(link.to)));
        }
        for packet in &view.packets {
            let between = bench.cluster().packets_between(packet.from, packet.to);
            if between.contains(&(packet.id, true)) {
                let (from, to) = (name(packet.from), name(packet.to));
                cures.push(format!("! release {from} {to}"));
            }
        }
        self.chance.any(&cures).into_iter().collect()
    }

    // --- Who ---

    fn machine(&self, server: ServerIndex) -> Machine {
        self.setting.servers[index(server)].clone()
    }

    fn any_server(&mut self, view: &ClusterView) -> ServerIndex {
        ServerIndex(self.chance.below(view.servers.len() as u64) as u16)
    }

    /// A server that is not the source.
    fn any_replica(&mut self, view: &ClusterView) -> ServerIndex {
        let others = view.servers.iter().map(|server| server.index);
        let others: Vec<_> = others.filter(|other| *other != self.source).collect();
        self.chance.one(&others)
    }

    fn admin_of(&self, server: ServerIndex) -> SessionAddress {
        SessionAddress { server, session: 9 }
    }

    fn admin(&self, bench: &Workbench, server: ServerIndex, words: &str) -> Vec<String> {
        match bench.is_busy(self.admin_of(server)) {
            true => Vec::new(),
            false => vec![self.line(server, 9, words)],
        }
    }

    fn line(&self, server: ServerIndex, session: u32, statement: &str) -> String {
        let name = &self.setting.servers[index(server)].name;
        match session {
            1 => format!("{name}> {statement}"),
            _ => format!("{name}/{session}> {statement}"),
        }
    }
}

fn index(server: ServerIndex) -> usize {
    usize::from(server.0)
}
