//! Replicas converge: at rest every replica runs and has what its source has, and where both have
//! executed the same they show the same rows.
//!
//! Where there is more than one history (two servers took writes, or one lost some) an applier may
//! have stopped and rows may differ: so they do on real servers.

use super::{Checker, History};
use crate::cluster::Cluster;
use crate::engine::Databases;
use crate::server::Server;

/// See the module.
#[derive(Debug)]
pub struct ReplicasConverge;

impl Checker for ReplicasConverge {
    fn property(&self) -> &'static str {
        "replicas converge"
    }

    fn at_rest(&mut self, cluster: &Cluster, history: &History) -> Result<(), String> {
        for replica in &cluster.servers {
            let Some(source) = cluster.channel_target(replica.index) else {
                continue;
            };
            compare(cluster, history, cluster.server(source), replica)?;
        }
        Ok(())
    }
}

fn compare(
    cluster: &Cluster,
    history: &History,
    source: &Server,
    replica: &Server,
) -> Result<(), String> {
    let Some(status) = cluster.replica_status(replica.index) else {
        return Ok(());
    };
    let name = &replica.name;
    let runs = status.receiver_running == "Yes" && status.applier_running;
    if !runs && !history.has_forked() {
        return Err(format!(
            "{name} does not replicate: receiver {}, {:?}, applier {}, {:?}",
            status.receiver_running,
            status.receiver_error,
            status.applier_running,
            status.applier_error
        ));
    }
    if !runs || history.has_reset_logs(replica.index) || history.has_reset_logs(source.index) {
        return Ok(());
    }
    let mut missing = source.gtid_executed.subtract(&replica.gtid_executed);
    if history.may_have_lost_commits(replica.index) {
        // A server does not take its own events back from others.
        missing = missing.subtract(&missing.only(replica.uuid));
    }
    if !missing.is_empty() {
        return Err(format!("{name} lacks {missing} of {}", source.name));
    }
    if history.has_forked() || source.gtid_executed != replica.gtid_executed {
        return Ok(());
    }
    compare_rows(source, replica)
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
