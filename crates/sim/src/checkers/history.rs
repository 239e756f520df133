//! What happened to the servers that a real server would not survive whole either.
//!
//! Properties are promises under conditions: a power cut takes what was not synced, whoever resets
//! a log throws it away, and two servers that took writes have two histories. Checkers ask here
//! before they complain.

use std::collections::BTreeSet;

use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::trace::{Lane, TraceEvent, TraceKind};
use crate::variables::ordinary;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// `sync_binlog` or `innodb_flush_log_at_trx_commit` was not 1 in this life of the process.
    lax_source: BTreeSet<ServerIndex>,
    /// `innodb_flush_log_at_trx_commit` was 0: a crash of the process is enough.
    lax_process: BTreeSet<ServerIndex>,
    /// `sync_relay_log` was not 1.
    lax_relay: BTreeSet<ServerIndex>,
    lost_commits: BTreeSet<ServerIndex>,
    lost_relay_logs: BTreeSet<ServerIndex>,
    /// Somebody reset the binary log: what the server has executed is not what it says.
    reset_logs: BTreeSet<ServerIndex>,
    writers: BTreeSet<ServerIndex>,
    counters_can_be_zeroed: bool,
    log_was_off: bool,
}

impl History {
    /// The history of a cluster from now on.
    pub(super) fn new(cluster: &Cluster) -> History {
        let mut history = History::default();
        for server in &cluster.servers {
            history.read_settings(cluster, server.index);
        }
        history
    }

    /// Whether commits of this server may be gone: a power cut hit it while it did not sync them.
    pub fn may_have_lost_commits(&self, ix: ServerIndex) -> bool {
        self.lost_commits.contains(&ix)
    }

    /// Servers whose relay logs may be gone although they were acknowledged.
    pub fn lost_relay_logs(&self) -> impl Iterator<Item = ServerIndex> {
        self.lost_relay_logs.union(&self.lost_commits).copied()
    }

    /// Whether somebody made this server forget what it has executed. A replica does not ask for
    /// such transactions again while its relay log had them.
    pub fn has_reset_logs(&self, ix: ServerIndex) -> bool {
        self.reset_logs.contains(&ix)
    }

    /// Whether rows and errors of appliers mean nothing any more: there is more than one history.
    pub fn has_forked(&self) -> bool {
        1 < self.writers.len() || !self.lost_commits.is_empty() || self.log_was_off
    }

    /// Whether somebody may have zeroed counters.
    pub fn counters_can_be_zeroed(&self) -> bool {
        self.counters_can_be_zeroed
    }

    pub(super) fn observe(&mut self, cluster: &Cluster, new: &[&TraceEvent]) {
        for event in new {
            match (event.lane, &event.kind) {
                (Lane::Server(ix), TraceKind::VariableSet { .. } | TraceKind::ServerReady) => {
                    if matches!(event.kind, TraceKind::ServerReady) {
                        self.lax_source.remove(&ix);
                        self.lax_relay.remove(&ix);
                        self.lax_process.remove(&ix);
                    }
                    self.read_settings(cluster, ix);
                }
                (Lane::Server(ix), TraceKind::ServerCrashed { power_cut }) => {
                    self.crashed(ix, *power_cut);
                }
                (Lane::Server(ix), TraceKind::ServerStarting) => {
                    let server = cluster.server(ix);
                    if server.global(ordinary!("relay_log_recovery")).is_on() {
                        self.lost_relay_logs.insert(ix);
                    }
                }
                (
                    Lane::Server(ix),
                    TraceKind::BinlogFlushed {
                        gtid: Some(gtid), ..
                    },
                ) if gtid.starts_with(&cluster.server(ix).uuid.to_string()) => {
                    self.writers.insert(ix);
                }
                (Lane::Client(ix, _), TraceKind::StatementSent { text, .. }) => {
                    self.read_statement(ix, text);
                }
                _ => {}
            }
        }
    }

    fn crashed(&mut self, ix: ServerIndex, power_cut: bool) {
        if self.lax_process.contains(&ix) || (power_cut && self.lax_source.contains(&ix)) {
            self.lost_commits.insert(ix);
        }
        if power_cut && self.lax_relay.contains(&ix) {
            self.lost_relay_logs.insert(ix);
        }
    }

    fn read_settings(&mut self, cluster: &Cluster, ix: ServerIndex) {
        let server = cluster.server(ix);
        let is_one = |variable| server.global(variable).as_u64() == 1;
        if !is_one(ordinary!("sync_binlog")) || !is_one(ordinary!("innodb_flush_log_at_trx_commit"))
        {
            self.lax_source.insert(ix);
        }
        if server
            .global(ordinary!("innodb_flush_log_at_trx_commit"))
            .as_u64()
            == 0
        {
            self.lax_process.insert(ix);
        }
        if !is_one(ordinary!("sync_relay_log")) {
            self.lax_relay.insert(ix);
        }
        if server.global(ordinary!("relay_log_recovery")).is_on() {
            // The next start throws the relay log away.
            self.lost_relay_logs.insert(ix);
        }
        if !server.has_binlog() || !server.writes_gtids() {
            self.log_was_off = true;
        }
    }

    fn read_statement(&mut self, ix: ServerIndex, text: &str) {
        let text = text.to_ascii_uppercase();
        let has = |words: &str| text.contains(words);
        let resets_logs = ["RESET BINARY LOGS", "RESET MASTER"].into_iter().any(has);
        if has("FLUSH STATUS") || resets_logs {
            self.counters_can_be_zeroed = true;
        }
        if resets_logs {
            self.lost_commits.insert(ix);
            self.reset_logs.insert(ix);
        }
        let relay = ["RESET REPLICA", "RESET SLAVE", "CHANGE "];
        if relay.into_iter().any(has) {
            self.lost_relay_logs.insert(ix);
        }
        if has("SQL_LOG_BIN") || has("GTID_NEXT") || has("GTID_PURGED") {
            self.log_was_off = true;
        }
    }
}
