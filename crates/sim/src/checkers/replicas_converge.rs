//! Replicas converge: at rest all running servers have executed the same and show the same rows.

use super::Checker;
use crate::cluster::Cluster;
use crate::engine::Databases;
use crate::server::Server;
use crate::trace::TraceEvent;

/// See the module.
#[derive(Debug)]
pub struct ReplicasConverge;

impl Checker for ReplicasConverge {
    fn property(&self) -> &'static str {
        "replicas converge"
    }

    fn observe(&mut self, cluster: &Cluster, _new: &[&TraceEvent]) -> Result<(), String> {
        // Meanwhile a replica never has what its source does not even have in its binary log.
        let Some(source) = cluster.servers.first().filter(|server| server.is_up()) else {
            return Ok(());
        };
        let known = source.gtids_with_owned();
        for replica in &cluster.servers[1..] {
            let ahead = replica.gtid_executed.only(source.uuid).subtract(&known);
            if !ahead.is_empty() {
                return Err(format!("{} has {ahead}, its source has not", replica.name));
            }
        }
        Ok(())
    }

    fn at_rest(&mut self, cluster: &Cluster) -> Result<(), String> {
        let mut running = cluster.servers.iter().filter(|server| server.is_up());
        let Some(first) = running.next() else {
            return Ok(());
        };
        for other in running {
            if other.gtid_executed != first.gtid_executed {
                return Err(format!(
                    "{} has executed {}, {} {}",
                    first.name, first.gtid_executed, other.name, other.gtid_executed
                ));
            }
            compare_rows(first, other)?;
        }
        Ok(())
    }
}

fn compare_rows(first: &Server, other: &Server) -> Result<(), String> {
    let (ours, theirs) = (
        rows(first.engine.databases()),
        rows(other.engine.databases()),
    );
    if ours == theirs {
        return Ok(());
    }
    let different = ours.iter().find(|row| !theirs.contains(row));
    let different = different.or_else(|| theirs.iter().find(|row| !ours.contains(row)));
    Err(format!(
        "{} and {} differ: {different:?}",
        first.name, other.name
    ))
}

fn rows(databases: &Databases) -> Vec<String> {
    let mut rows = Vec::new();
    for (db, tables) in databases.iter() {
        for (name, table) in tables.iter() {
            for row in table.rows.values() {
                rows.push(format!("{db}.{name} {row:?}"));
            }
        }
    }
    rows
}
