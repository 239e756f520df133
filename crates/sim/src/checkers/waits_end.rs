//! Waits end: a commit wait is over at its deadline at the latest, unless its process was stopped.

use std::collections::BTreeMap;
use std::time::Duration;

use semisync_core::Instant;

use super::{Checker, History};
use crate::cluster::Cluster;
use crate::fault::Fault;
use crate::trace::{Lane, TraceEvent, TraceKind};
use crate::{ServerIndex, SessionKey};

/// A thread that is woken runs a little later.
const SLACK: Duration = Duration::from_millis(1);

/// See the module.
#[derive(Debug, Default)]
pub struct WaitsEnd {
    open: BTreeMap<(ServerIndex, SessionKey), Instant>,
}

impl Checker for WaitsEnd {
    fn property(&self) -> &'static str {
        "waits end"
    }

    fn observe(
        &mut self,
        _cluster: &Cluster,
        _history: &History,
        new: &[&TraceEvent],
    ) -> Result<(), String> {
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
                    let Some(deadline) = self.open.remove(&(ix, *session)) else {
                        continue;
                    };
                    if SLACK < event.at.saturating_since(deadline) {
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

    fn at_rest(&mut self, _cluster: &Cluster, _history: &History) -> Result<(), String> {
        match self.open.iter().next() {
            None => Ok(()),
            Some(((_, session), deadline)) => Err(format!(
                "session {} still waits; its deadline was {deadline}",
                session.0
            )),
        }
    }
}
