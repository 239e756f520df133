//! What a client was told stays true: a transaction it got an OK for is on the source at the end.
//!
//! A power cut may take it back when `sync_binlog` is not 1; runs with power cuts are not judged.

use std::collections::{BTreeMap, BTreeSet};

use super::Checker;
use crate::ServerIndex;
use crate::TransactionId;
use crate::cluster::Cluster;
use crate::gtid::Gtid;
use crate::trace::{Lane, TraceEvent, TraceKind};

/// See the module.
#[derive(Debug, Default)]
pub struct AnswersAreKept {
    names: BTreeMap<TransactionId, Gtid>,
    /// Visible on a server: others have read it, or were told.
    visible: BTreeSet<(ServerIndex, Gtid)>,
    power_was_cut: bool,
}

impl Checker for AnswersAreKept {
    fn property(&self) -> &'static str {
        "nothing that was visible disappears"
    }

    fn observe(&mut self, _cluster: &Cluster, new: &[&TraceEvent]) -> Result<(), String> {
        for event in new {
            let Lane::Server(ix) = event.lane else {
                continue;
            };
            match &event.kind {
                TraceKind::BinlogFlushed {
                    gtid: Some(gtid), ..
                } => self.note_name(event, gtid),
                TraceKind::EngineCommitted { gtid: Some(gtid) }
                | TraceKind::Applied { gtid: Some(gtid) } => {
                    if let Ok(gtid) = gtid.parse() {
                        self.visible.insert((ix, gtid));
                    }
                }
                TraceKind::ServerCrashed { power_cut } => self.power_was_cut |= power_cut,
                _ => {}
            }
        }
        Ok(())
    }

    fn at_rest(&mut self, cluster: &Cluster) -> Result<(), String> {
        if self.power_was_cut {
            return Ok(());
        }
        for (ix, gtid) in &self.visible {
            let server = cluster.server(*ix);
            if server.is_up() && !server.gtid_executed.contains(*gtid) {
                return Err(format!("{gtid} was visible on {} and is gone", server.name));
            }
        }
        Ok(())
    }
}

impl AnswersAreKept {
    /// One transaction has one identifier everywhere.
    fn note_name(&mut self, event: &TraceEvent, gtid: &str) {
        if let (Some(transaction), Ok(gtid)) = (event.transaction, gtid.parse()) {
            self.names.entry(transaction).or_insert(gtid);
        }
    }
}
