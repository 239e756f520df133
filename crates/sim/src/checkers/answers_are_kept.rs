//! Nothing that was visible disappears: what others could read, or were told, stays on its server.
//!
//! A power cut may take it back when the server did not sync its commits.

use std::collections::BTreeSet;

use super::{Checker, History};
use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::gtid::Gtid;
use crate::trace::{TraceEvent, TraceKind};

/// See the module.
#[derive(Debug, Default)]
pub struct AnswersAreKept {
    /// Visible on a server: others have read it, or were told.
    visible: BTreeSet<(ServerIndex, Gtid)>,
}

impl Checker for AnswersAreKept {
    fn property(&self) -> &'static str {
        "nothing that was visible disappears"
    }

    fn server_did(
        &mut self,
        cluster: &Cluster,
        history: &History,
        ix: ServerIndex,
        event: &TraceEvent,
    ) -> Result<(), String> {
        match &event.kind {
            TraceKind::EngineCommitted { gtid: Some(gtid) }
            | TraceKind::Applied { gtid: Some(gtid) } => {
                if let Ok(gtid) = gtid.parse() {
                    self.visible.insert((ix, gtid));
                }
            }
            TraceKind::ServerReady => self.judge(cluster, history, ix)?,
            _ => {}
        }
        Ok(())
    }

    fn at_rest(&mut self, cluster: &Cluster, history: &History) -> Result<(), String> {
        for server in &cluster.servers {
            self.judge(cluster, history, server.index)?;
        }
        Ok(())
    }
}

impl AnswersAreKept {
    fn judge(&self, cluster: &Cluster, history: &History, ix: ServerIndex) -> Result<(), String> {
        let server = cluster.server(ix);
        if !server.is_up() || history.may_have_lost_commits(ix) {
            return Ok(());
        }
        let on_server = self.visible.iter().filter(|(on, _)| *on == ix);
        for (_, gtid) in on_server {
            if !server.gtid_executed.contains(*gtid) {
                return Err(format!("{gtid} was visible on {} and is gone", server.name));
            }
        }
        Ok(())
    }
}
