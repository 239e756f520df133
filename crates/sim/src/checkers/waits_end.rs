//! Waits end: a commit wait is over at its deadline at the latest, unless its process was stopped.

use std::collections::BTreeMap;

use semisync_core::Instant;

use super::Checker;
use crate::cluster::Cluster;
use crate::fault::Fault;
use crate::trace::{Lane, TraceEvent, TraceKind};
use crate::{ServerIndex, SessionKey};

/// See the module.
#[derive(Debug, Default)]
pub struct WaitsEnd {
    open: BTreeMap<(ServerIndex, SessionKey), Instant>,
}

impl Checker for WaitsEnd {
    fn property(&self) -> &'static str {
        "waits end"
    }

    fn observe(&mut self, _cluster: &Cluster, new: &[&TraceEvent]) -> Result<(), String> {
        for event in new {
            match (event.lane, &event.kind) {
                (
                    Lane::Server(ix),
                    TraceKind::CommitWaitStarted {
                        session, deadline, ..
                    },
                ) => {
                    self.open.insert((ix, *session), *deadline);
                }
                (Lane::Server(ix), TraceKind::CommitWaitEnded { session, .. }) => {
                    let deadline = self.open.remove(&(ix, *session));
                    if deadline.is_some_and(|deadline| deadline < event.at) {
                        let deadline = deadline.unwrap_or_default();
                        return Err(format!(
                            "the wait of session {} ended at {}, its deadline was {deadline}",
                            session.0, event.at
                        ));
                    }
                }
                (Lane::Server(ix), TraceKind::ServerCrashed { .. } | TraceKind::ServerStopped) => {
                    self.open.retain(|(server, _), _| *server != ix);
                }
                (
                    Lane::Cluster,
                    TraceKind::FaultInjected {
                        fault: Fault::Freeze(ix),
                        ..
                    },
                ) => self.open.retain(|(server, _), _| server != ix),
                _ => {}
            }
        }
        Ok(())
    }

    fn at_rest(&mut self, _cluster: &Cluster) -> Result<(), String> {
        match self.open.iter().next() {
            None => Ok(()),
            Some(((_, session), deadline)) => Err(format!(
                "session {} still waits; its deadline was {deadline}",
                session.0
            )),
        }
    }
}
