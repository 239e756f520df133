//! No client is told what the configuration does not promise: with the source plugin enabled, the
//! answer to a commit follows its wait, and with AFTER_SYNC nobody sees its rows before.
//!
//! A commit during which the plugin, its switch or its wait point was changed may slip through both
//! wait points, as on a real server; such commits are not judged.

use std::collections::BTreeMap;

use semisync_core::BinlogPosition;
use semisync_core::source::WaitPoint;
use semisync_core::variables::Family;

use super::{Checker, History};
use crate::cluster::Cluster;
use crate::engine::Actor;
use crate::trace::{Answer, Lane, TraceEvent, TraceKind};
use crate::{ServerIndex, TransactionId};

/// See the module.
#[derive(Debug, Default)]
pub struct AnswersFollowWaits {
    /// By server and transaction: a replica commits the same one.
    owed: BTreeMap<(ServerIndex, TransactionId), Owed>,
}

/// A commit that has to wait.
#[derive(Debug)]
struct Owed {
    actor: Actor,
    position: BinlogPosition,
    wait_point: WaitPoint,
}

impl Checker for AnswersFollowWaits {
    fn property(&self) -> &'static str {
        "no client is told what the configuration does not promise"
    }

    fn observe(
        &mut self,
        cluster: &Cluster,
        _history: &History,
        new: &[&TraceEvent],
    ) -> Result<(), String> {
        // A plugin on its way out calls no hooks any more.
        let is_active = |ix| cluster.server(ix).is_active(Family::Source);
        self.owed.retain(|(ix, _), _| is_active(*ix));
        for event in new {
            match (event.lane, &event.kind) {
                (Lane::Server(ix), kind) => self.server_did(cluster, ix, event, kind)?,
                (
                    Lane::Client(ix, session),
                    TraceKind::StatementAnswered {
                        answer: Answer::Ok, ..
                    },
                ) => {
                    let client = Actor::Session(session);
                    let mut owed = self.owed.iter();
                    let owed = owed.find(|((on, _), owed)| *on == ix && owed.actor == client);
                    if let Some((_, owed)) = owed {
                        let name = &cluster.server(ix).name;
                        return Err(format!(
                            "{name} answered OK for {} before its wait was over",
                            owed.position
                        ));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl AnswersFollowWaits {
    fn server_did(
        &mut self,
        cluster: &Cluster,
        ix: ServerIndex,
        event: &TraceEvent,
        kind: &TraceKind,
    ) -> Result<(), String> {
        match kind {
            TraceKind::BinlogFlushed { position, .. } => {
                self.flushed(cluster, ix, event.transaction, position);
            }
            TraceKind::CommitWaitEnded { position, .. } => {
                self.owed
                    .retain(|(on, _), owed| *on != ix || *position < owed.position);
            }
            TraceKind::EngineCommitted { .. } => {
                let owed = event.transaction.and_then(|it| self.owed.get(&(ix, it)));
                if let Some(owed) = owed
                    && owed.wait_point == WaitPoint::AfterSync
                {
                    let name = &cluster.server(ix).name;
                    return Err(format!(
                        "{name} committed {} in the engine before its wait was over",
                        owed.position
                    ));
                }
            }
            TraceKind::VariableSet { .. }
            | TraceKind::PluginInstalled { .. }
            | TraceKind::PluginUninstalled { .. }
            | TraceKind::ServerCrashed { .. }
            | TraceKind::ServerStopped => self.owed.retain(|(on, _), _| *on != ix),
            _ => {}
        }
        Ok(())
    }

    fn flushed(
        &mut self,
        cluster: &Cluster,
        ix: ServerIndex,
        transaction: Option<TransactionId>,
        position: &BinlogPosition,
    ) {
        let plugin = cluster.server(ix).source_plugin.as_ref();
        let machine = plugin.map(|plugin| &plugin.machine);
        let mut jobs = cluster.server(ix).commits.jobs.values();
        let job = jobs.find(|job| Some(job.transaction) == transaction);
        if let (Some(transaction), Some(machine), Some(job)) = (transaction, machine, job)
            && machine.is_enabled()
            && cluster.server(ix).is_active(Family::Source)
        {
            let owed = Owed {
                actor: job.actor,
                position: position.clone(),
                wait_point: machine.config().wait_point,
            };
            self.owed.insert((ix, transaction), owed);
        }
    }
}
