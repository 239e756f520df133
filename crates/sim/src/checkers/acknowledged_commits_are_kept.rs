//! No acknowledged commit is lost: as many replicas as the count says have it in their relay log.
//!
//! A replica may lose it again as real ones do: by a power cut without `sync_relay_log=1`, by
//! `relay_log_recovery`, by resetting its logs. Such a replica is counted as if it had it.

use std::collections::{BTreeMap, BTreeSet};

use semisync_core::BinlogPosition;
use semisync_core::source::WaitOutcome;

use super::{Checker, History};
use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::gtid::Gtid;
use crate::trace::{TraceEvent, TraceKind};

/// See the module.
#[derive(Debug, Default)]
pub struct AcknowledgedCommitsAreKept {
    /// Written, not acknowledged: by server, in order of position.
    written: BTreeMap<ServerIndex, Vec<Written>>,
    /// Acknowledged commits and on how many replicas they must be.
    promised: Vec<(ServerIndex, Gtid, usize)>,
}

#[derive(Debug)]
struct Written {
    end: BinlogPosition,
    gtid: Gtid,
    /// The smallest count that was set since it was written.
    count: usize,
}

impl Checker for AcknowledgedCommitsAreKept {
    fn property(&self) -> &'static str {
        "no acknowledged commit is lost"
    }

    fn server_did(
        &mut self,
        cluster: &Cluster,
        history: &History,
        ix: ServerIndex,
        event: &TraceEvent,
    ) -> Result<(), String> {
        match &event.kind {
            TraceKind::BinlogFlushed {
                position,
                gtid: Some(gtid),
                ..
            } => {
                if let Ok(gtid) = gtid.parse() {
                    let list = self.written.entry(ix).or_default();
                    list.push(Written {
                        end: position.clone(),
                        gtid,
                        count: count(cluster, ix),
                    });
                }
            }
            TraceKind::VariableSet { .. } => {
                let now = count(cluster, ix);
                for written in self.written.entry(ix).or_default() {
                    written.count = written.count.min(now);
                }
            }
            TraceKind::CommitWaitEnded {
                position,
                outcome: WaitOutcome::Acknowledged,
                ..
            } => self.acknowledged(cluster, history, ix, position)?,
            TraceKind::ServerCrashed { .. } | TraceKind::ServerStopped => {
                self.written.remove(&ix);
            }
            _ => {}
        }
        Ok(())
    }

    fn at_rest(&mut self, cluster: &Cluster, history: &History) -> Result<(), String> {
        for (source, gtid, count) in &self.promised {
            expect_on(cluster, history, *source, *gtid, *count)?;
        }
        Ok(())
    }
}

impl AcknowledgedCommitsAreKept {
    fn acknowledged(
        &mut self,
        cluster: &Cluster,
        history: &History,
        ix: ServerIndex,
        position: &BinlogPosition,
    ) -> Result<(), String> {
        let now = count(cluster, ix);
        let list = self.written.entry(ix).or_default();
        let covered = list.partition_point(|written| written.end <= *position);
        for written in list.drain(..covered) {
            let count = written.count.min(now);
            expect_on(cluster, history, ix, written.gtid, count)?;
            self.promised.push((ix, written.gtid, count));
        }
        Ok(())
    }
}

fn count(cluster: &Cluster, ix: ServerIndex) -> usize {
    let plugin = cluster.server(ix).source_plugin.as_ref();
    plugin.map_or(0, |plugin| {
        usize::from(plugin.machine.config().wait_for_replica_count)
    })
}

fn expect_on(
    cluster: &Cluster,
    history: &History,
    source: ServerIndex,
    gtid: Gtid,
    count: usize,
) -> Result<(), String> {
    let excused: BTreeSet<_> = history.lost_relay_logs().collect();
    let others = cluster
        .servers
        .iter()
        .filter(|server| server.index != source);
    let have = others.filter(|it| it.has_received(gtid) || excused.contains(&it.index));
    let have = have.count();
    if count <= have {
        return Ok(());
    }
    Err(format!(
        "{gtid} was acknowledged for {count} replicas, but {have} have it"
    ))
}
