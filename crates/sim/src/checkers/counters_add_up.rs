//! Counters add up: what the source counts is what happened.

use std::collections::BTreeMap;

use semisync_core::source::WaitOutcome;

use super::Checker;
use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::trace::{Lane, PacketKind, TraceEvent, TraceKind};

/// See the module. Not for runs with FLUSH STATUS or RESET BINARY LOGS AND GTIDS.
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

    fn observe(&mut self, cluster: &Cluster, new: &[&TraceEvent]) -> Result<(), String> {
        for event in new {
            let Lane::Server(ix) = event.lane else {
                continue;
            };
            let counts = self.servers.entry(ix).or_default();
            match &event.kind {
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
                TraceKind::PluginInstalled { .. }
                | TraceKind::ServerCrashed { .. }
                | TraceKind::ServerStopped => *counts = Counts::default(),
                _ => {}
            }
        }
        for (ix, counts) in &self.servers {
            compare(cluster, *ix, counts)?;
        }
        Ok(())
    }

    fn at_rest(&mut self, cluster: &Cluster) -> Result<(), String> {
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

fn compare(cluster: &Cluster, ix: ServerIndex, expected: &Counts) -> Result<(), String> {
    let server = cluster.server(ix);
    let Some(plugin) = &server.source_plugin else {
        return Ok(());
    };
    let counters = plugin.machine.counters();
    let counted = Counts {
        yes_tx: counters.yes_tx,
        no_tx: counters.no_tx,
        no_times: counters.no_times,
        net_waits: counters.net_waits,
    };
    if counted != *expected {
        return Err(format!(
            "{} counts {counted:?}, what happened is {expected:?}",
            server.name
        ));
    }
    let dumps = server.replicas.values();
    let semisync = dumps.filter(|connection| {
        let dump = connection.dump.as_ref();
        dump.is_some_and(|dump| dump.is_semisync)
    });
    let real = semisync.count();
    if counters.clients as usize != real {
        return Err(format!(
            "{} counts {} clients, {real} are connected",
            server.name, counters.clients
        ));
    }
    Ok(())
}
