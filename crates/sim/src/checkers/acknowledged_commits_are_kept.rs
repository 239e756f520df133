//! No acknowledged commit is lost: as many replicas as the count says have it in their relay log.
//!
//! A power cut may take it from a replica again (`sync_relay_log`); runs with power cuts of
//! replicas are not judged after that.

use std::collections::BTreeMap;

use semisync_core::BinlogPosition;
use semisync_core::source::WaitOutcome;

use super::Checker;
use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::gtid::Gtid;
use crate::trace::{Lane, TraceEvent, TraceKind};

/// See the module.
#[derive(Debug, Default)]
pub struct AcknowledgedCommitsAreKept {
    /// Written, not acknowledged: by server, in order of position.
    written: BTreeMap<ServerIndex, Vec<(BinlogPosition, Gtid)>>,
    /// Acknowledged commits and on how many replicas they must be.
    promised: Vec<(ServerIndex, Gtid, usize)>,
    power_was_cut: bool,
}

impl Checker for AcknowledgedCommitsAreKept {
    fn property(&self) -> &'static str {
        "no acknowledged commit is lost"
    }

    fn observe(&mut self, cluster: &Cluster, new: &[&TraceEvent]) -> Result<(), String> {
        for event in new {
            let Lane::Server(ix) = event.lane else {
                continue;
            };
            match &event.kind {
                TraceKind::BinlogFlushed {
                    position,
                    gtid: Some(gtid),
                    ..
                } => {
                    if let Ok(gtid) = gtid.parse() {
                        let list = self.written.entry(ix).or_default();
                        list.push((position.clone(), gtid));
                    }
                }
                TraceKind::CommitWaitEnded {
                    position,
                    outcome: WaitOutcome::Acknowledged,
                    ..
                } => self.acknowledged(cluster, ix, position)?,
                TraceKind::ServerCrashed { power_cut } => {
                    self.written.remove(&ix);
                    self.power_was_cut |= power_cut;
                }
                TraceKind::ServerStopped => {
                    self.written.remove(&ix);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn at_rest(&mut self, cluster: &Cluster) -> Result<(), String> {
        if self.power_was_cut {
            return Ok(());
        }
        for (source, gtid, count) in &self.promised {
            expect_on(cluster, *source, *gtid, *count)?;
        }
        Ok(())
    }
}

impl AcknowledgedCommitsAreKept {
    fn acknowledged(
        &mut self,
        cluster: &Cluster,
        ix: ServerIndex,
        position: &BinlogPosition,
    ) -> Result<(), String> {
        let Some(plugin) = &cluster.server(ix).source_plugin else {
            return Ok(());
        };
        let count = usize::from(plugin.machine.config().wait_for_replica_count);
        let list = self.written.entry(ix).or_default();
        let covered = list.partition_point(|(end, _)| end <= position);
        for (_, gtid) in list.drain(..covered) {
            if !self.power_was_cut {
                expect_on(cluster, ix, gtid, count)?;
            }
            self.promised.push((ix, gtid, count));
        }
        Ok(())
    }
}

fn expect_on(
    cluster: &Cluster,
    source: ServerIndex,
    gtid: Gtid,
    count: usize,
) -> Result<(), String> {
    let others = cluster
        .servers
        .iter()
        .filter(|server| server.index != source);
    let have = others.filter(|server| server.has_received(gtid)).count();
    if count <= have {
        return Ok(());
    }
    Err(format!(
        "{gtid} was acknowledged for {count} replicas, but {have} have it"
    ))
}
