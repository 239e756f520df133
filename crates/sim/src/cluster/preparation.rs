//! The cluster a session starts with: servers up, replication running, database `lab` everywhere.

use std::time::Duration;

use semisync_core::Instant;

use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::cluster::replication_statements::change_line;
use crate::operation::Operation;
use crate::replication::channel::{Channel, ChannelConfig};
use crate::server::Server;
use crate::server::error_log::Line;
use crate::shared_log::SharedLog;
use crate::variables::ordinary;
use crate::view::ServerState;

impl Cluster {
    pub(crate) fn prepare(&mut self) {
        let all: Vec<_> = self.servers.iter().map(|server| server.index).collect();
        for ix in &all {
            self.start_server(*ix);
        }
        self.run_preparation(|cluster| {
            let starting = |server: &Server| server.state == ServerState::Starting;
            !cluster.servers.iter().any(starting)
        });
        if self.config.replication {
            self.prepare_replication(&all);
        }
        self.rebase();
    }

    fn prepare_replication(&mut self, all: &[ServerIndex]) {
        let Some((source, replicas)) = all.split_first() else {
            return;
        };
        for ix in replicas {
            if self.server(*ix).state != ServerState::Running {
                continue;
            }
            let config = ChannelConfig {
                host: "127.0.0.1".to_owned(),
                port: PROXY_PORT + ix.0,
                user: "repl".to_owned(),
                password: "repl".to_owned(),
                connect_retry: 1,
                auto_position: true,
                ..ChannelConfig::default()
            };
            let relay_base = self.server(*ix).global(ordinary!("relay_log")).shown();
            let now = self.world.now;
            let server = self.server_mut(*ix);
            let mut channel = Channel::new(config, &relay_base);
            channel
                .relay_log
                .open_file(now, server.server_id(), &channel.retrieved);
            let old = ChannelConfig::default();
            let line = change_line(&old, &channel.read, &channel.config, &channel.read);
            server.channel = Some(channel);
            self.log(*ix, Line::system(10597, "Repl", line));
            self.start_receiver(*ix);
            self.start_applier(*ix, None);
        }
        self.run_preparation(Cluster::is_quiescent);
        if let Ok(session) = self.open_session(*source) {
            let create = Operation::CreateDatabase {
                name: "lab".to_owned(),
                if_not_exists: false,
                text: "CREATE DATABASE lab".to_owned(),
            };
            if self.execute(session, create, "CREATE DATABASE lab").is_ok() {
                self.run_preparation(Cluster::is_quiescent);
            }
            self.close_session(session);
        }
    }

    fn run_preparation(&mut self, is_ready: impl Fn(&Cluster) -> bool) {
        let end = Instant::from_micros(self.world.now.as_micros() + PATIENCE_US);
        while !is_ready(self) && self.next_event_at().is_some_and(|at| at <= end) {
            self.step();
        }
    }

    /// Makes this moment the beginning of time.
    fn rebase(&mut self) {
        let by = self.world.now.as_micros();
        self.world.now = Instant::ZERO;
        self.world.queue.rebase(by);
        self.world.trace = SharedLog::new();
        self.world.completions.clear();
        let back = |at: &mut Instant| {
            *at = Instant::from_micros(at.as_micros().saturating_sub(by));
        };
        self.world.network.rebase(by);
        for server in &mut self.servers {
            for connection in server.replicas.values_mut() {
                back(&mut connection.since);
                if let Some(dump) = &mut connection.dump {
                    back(&mut dump.last_sent);
                }
            }
            if let Some(channel) = &mut server.channel {
                back(&mut channel.receiver.last_heard);
                back(&mut channel.receiver.since);
                back(&mut channel.applier.since);
                back(&mut channel.applier.last_timestamp);
                channel.applier.checkpoints.times_mut().for_each(back);
            }
            let mut earliest = Instant::ZERO;
            let lines = server.error_log.iter().cloned().map(|mut line| {
                back(&mut line.logged);
                // They stay in order.
                line.logged = line.logged.max(earliest);
                earliest = line.logged.saturating_add(Duration::from_micros(1));
                line
            });
            server.error_log = lines.collect();
            server.binlog.rebase(by);
        }
    }
}

/// Replica n reaches the source through this port plus n.
pub(crate) const PROXY_PORT: u16 = 33_100;

/// How long the preparations may take: longer than any default timeout of a commit.
const PATIENCE_US: u64 = 120_000_000;
