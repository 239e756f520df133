//! No replica is ahead of the origin: what came from a server is in the binary log of that server.
//!
//! Unless that server lost it: by a power cut without `sync_binlog=1`, or by resetting its logs.

use super::{Checker, History};
use crate::cluster::Cluster;
use crate::trace::{TraceEvent, TraceKind};

/// See the module.
#[derive(Debug)]
pub struct OriginsHaveTheirOwn;

impl Checker for OriginsHaveTheirOwn {
    fn property(&self) -> &'static str {
        "no replica is ahead of the origin"
    }

    fn observe(
        &mut self,
        cluster: &Cluster,
        history: &History,
        new: &[&TraceEvent],
    ) -> Result<(), String> {
        let matters =
            |kind: &TraceKind| matches!(kind, TraceKind::Applied { .. } | TraceKind::ServerReady);
        if !new.iter().any(|event| matters(&event.kind)) {
            return Ok(());
        }
        compare(cluster, history)
    }

    fn at_rest(&mut self, cluster: &Cluster, history: &History) -> Result<(), String> {
        compare(cluster, history)
    }
}

fn compare(cluster: &Cluster, history: &History) -> Result<(), String> {
    for origin in &cluster.servers {
        if !origin.is_up() || history.may_have_lost_commits(origin.index) {
            continue;
        }
        let known = origin.gtids_with_owned();
        for other in &cluster.servers {
            if other.index == origin.index {
                continue;
            }
            let ahead = other.gtid_executed.only(origin.uuid).subtract(&known);
            if !ahead.is_empty() {
                return Err(format!(
                    "{} has {ahead}, which {} does not have",
                    other.name, origin.name
                ));
            }
        }
    }
    Ok(())
}
