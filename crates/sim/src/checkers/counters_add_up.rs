//! Counters add up: what the source counts is what happened.

use std::collections::BTreeMap;

use semisync_core::Naming;
use semisync_core::source::WaitOutcome;
use semisync_core::variables::Family;

use super::{Checker, History};
use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::trace::{Lane, PacketKind, TraceEvent, TraceKind};

/// See the module. After FLUSH STATUS or RESET BINARY LOGS AND GTIDS it counts from 0 again.
#[derive(Debug, Default)]
pub struct CountersAddUp {
    servers: BTreeMap<ServerIndex, Counts>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    yes_tx: u64,
    no_tx: u64,
    no_times: u64,
    net_waits: u64,
}

impl Checker for CountersAddUp {
    fn property(&self) -> &'static str {
        "counters add up"
    }

    fn observe(
        &mut self,
        cluster: &Cluster,
        history: &History,
        new: &[&TraceEvent],
    ) -> Result<(), String> {
        for event in new {
            if let Lane::Server(ix) = event.lane {
                self.count(ix, &event.kind);
            }
        }
        for (ix, counts) in &mut self.servers {
            let Some(counted) = Counts::of(cluster, *ix) else {
                continue;
            };
            if history.counters_can_be_zeroed() && counted.is_less_than(*counts) {
                *counts = counted;
            }
            compare(cluster, *ix, counted, *counts)?;
        }
        Ok(())
    }

    fn at_rest(&mut self, cluster: &Cluster, _history: &History) -> Result<(), String> {
        for ix in self.servers.keys() {
            let server = cluster.server(*ix);
            let waiting = server
                .source_plugin
                .as_ref()
                .map_or(0, |plugin| plugin.machine.counters().wait_sessions as usize);
            if waiting != server.waits.len() {
                let real = server.waits.len();
                return Err(format!("wait_sessions is {waiting}, {real} sessions wait"));
            }
        }
        Ok(())
    }
}

fn is_source_plugin(name: &str) -> bool {
    Family::Source.plugin_name(Naming::SourceReplica) == name
        || Family::Source.plugin_name(Naming::MasterSlave) == name
}

impl CountersAddUp {
    fn count(&mut self, ix: ServerIndex, kind: &TraceKind) {
        let counts = self.servers.entry(ix).or_default();
        match kind {
            TraceKind::CommitWaitEnded { outcome, .. } => match outcome {
                WaitOutcome::Acknowledged => counts.yes_tx += 1,
                WaitOutcome::TimedOut | WaitOutcome::Asynchronous => counts.no_tx += 1,
                WaitOutcome::NotWaited => {}
            },
            TraceKind::SwitchedOff => counts.no_times += 1,
            TraceKind::PacketSent {
                what:
                    PacketKind::BinlogEvent {
                        ack_requested: Some(true),
                        ..
                    },
                ..
            } => counts.net_waits += 1,
            TraceKind::PluginInstalled { name } if !is_source_plugin(name) => {}
            TraceKind::PluginInstalled { .. }
            | TraceKind::ServerCrashed { .. }
            | TraceKind::ServerStopped => *counts = Counts::default(),
            _ => {}
        }
    }

    /// Counts from what the counters are now.
    pub fn new(cluster: &Cluster) -> CountersAddUp {
        let all = cluster.servers.iter().map(|server| server.index);
        let now = all.filter_map(|ix| Some((ix, Counts::of(cluster, ix)?)));
        CountersAddUp {
            servers: now.collect(),
        }
    }
}

impl Counts {
    /// What the plugin of a server has counted.
    fn of(cluster: &Cluster, ix: ServerIndex) -> Option<Counts> {
        let plugin = cluster.server(ix).source_plugin.as_ref()?;
        let counters = plugin.machine.counters();
        Some(Counts {
            yes_tx: counters.yes_tx,
            no_tx: counters.no_tx,
            no_times: counters.no_times,
            net_waits: counters.net_waits,
        })
    }

    fn is_less_than(self, other: Counts) -> bool {
        self.yes_tx < other.yes_tx
            || self.no_tx < other.no_tx
            || self.no_times < other.no_times
            || self.net_waits < other.net_waits
    }
}

fn compare(
    cluster: &Cluster,
    ix: ServerIndex,
    counted: Counts,
    expected: Counts,
) -> Result<(), String> {
    let server = cluster.server(ix);
    if counted != expected {
        return Err(format!(
            "{} counts {counted:?}, what happened is {expected:?}",
            server.name
        ));
    }
    let clients = server
        .source_plugin
        .as_ref()
        .map_or(0, |plugin| plugin.machine.counters().clients);
    let dumps = server.replicas.values();
    let semisync = dumps.filter(|connection| {
        let dump = connection.dump.as_ref();
        dump.is_some_and(|dump| dump.is_semisync)
    });
    let real = semisync.count();
    if clients as usize != real {
        return Err(format!(
            "{} counts {clients} clients, {real} are connected",
            server.name
        ));
    }
    Ok(())
}
