//! The five-minute tour of the README, and the script that types it.

use std::rc::Rc;

use semisync_console::SessionAddress;
use semisync_core::source::SemisyncStatus;
use semisync_sim::view::ServerState;
use semisync_sim::{ClusterView, Fault, ServerIndex};

use super::stage::{Role, role};
use super::story::{Promise, Story};

/// One thing the page does for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Type a statement and go to its answer at once.
    Type(SessionAddress, String),
    /// Type a statement and play until its answer.
    Watch(SessionAddress, String),
    /// Inject a fault.
    Inject(Fault),
    /// Run until nothing is on its way any more.
    Settle,
}

/// A step of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Load the plugins.
    Install,
    /// Enable both sides and restart the receiver.
    Enable,
    /// Commit and watch the ACK.
    Commit,
    /// Crash the replicas, see the timeout.
    Crash,
    /// Bring them back.
    Return,
}

/// The steps, in order.
pub const STEPS: [Step; 5] = [
    Step::Install,
    Step::Enable,
    Step::Commit,
    Step::Crash,
    Step::Return,
];

impl Step {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Step::Install => "Install the plugins",
            Step::Enable => "Enable both sides, reconnect",
            Step::Commit => "Commit, and watch the ACK",
            Step::Crash => "Crash both replicas",
            Step::Return => "Bring them back",
        }
    }

    /// What it is about, in two sentences.
    pub fn text(self) -> &'static str {
        match self {
            Step::Install => {
                "Semisynchronous replication is two plugins, one for the source and one for each \
                 replica. Before they are installed, their variables do not exist."
            }
            Step::Enable => {
                "Both sides are disabled at first. A replica tells the source about itself only \
                 when its receiver thread connects, so the thread is restarted."
            }
            Step::Commit => {
                "Now a COMMIT returns only after a replica has the transaction in its relay log. \
                 Watch the event travel to the replicas and the green ACK come back."
            }
            Step::Crash => {
                "Without replicas nobody can acknowledge. The commit waits for the whole timeout, \
                 ten seconds, then the source falls back to asynchronous replication. The client \
                 gets OK, not an error."
            }
            Step::Return => {
                "A SET GLOBAL does not survive a crash, so the replicas are enabled again and \
                 reconnect. The next commit is acknowledged, and that switches the source on again."
            }
        }
    }

    /// What is true when it is done, in words of the checklist.
    pub fn goal(self) -> &'static str {
        match self {
            Step::Install => "plugins active on all servers",
            Step::Enable => "Rpl_semi_sync_source_clients counts every replica",
            Step::Commit => "a commit was acknowledged",
            Step::Crash => "Rpl_semi_sync_source_status is OFF after a timeout",
            Step::Return => "Rpl_semi_sync_source_status is ON again",
        }
    }

    /// Whether it is done.
    pub fn is_done(self, view: &ClusterView, stories: &[Rc<Story>]) -> bool {
        let replicas = || {
            view.servers
                .iter()
                .filter(|server| is_replica(view, server.index))
        };
        let Some(source) = view
            .servers
            .first()
            .and_then(|server| server.source.as_ref())
        else {
            return false;
        };
        let fell_back = stories
            .iter()
            .any(|story| story.promise == Promise::FallenBack);
        let acknowledged = stories
            .iter()
            .any(|story| story.promise == Promise::Acknowledged);
        let is_on = source.status == SemisyncStatus::On;
        match self {
            Step::Install => replicas().all(|replica| {
                replica.replica_plugin.is_some() || replica.state != ServerState::Running
            }),
            Step::Enable => {
                acknowledged
                    || fell_back
                    || (source.enabled && source.clients as usize >= replicas().count())
            }
            Step::Commit => acknowledged,
            Step::Crash => fell_back,
            Step::Return => fell_back && is_on && source.clients > 0,
        }
    }

    /// What “do it for me” does.
    pub fn deeds(self, view: &ClusterView, stories: &[Rc<Story>]) -> Vec<Deed> {
        let source = SessionAddress {
            server: ServerIndex(0),
            session: 1,
        };
        let replicas: Vec<SessionAddress> = view
            .servers
            .iter()
            .filter(|server| is_replica(view, server.index))
            .map(|server| SessionAddress {
                server: server.index,
                session: 1,
            })
            .collect();
        let on_replicas = |text: &str| {
            let typed = replicas.iter().map(|at| Deed::Type(*at, text.to_owned()));
            typed.collect::<Vec<_>>()
        };
        match self {
            Step::Install => {
                let mut deeds = vec![Deed::Type(source, INSTALL_SOURCE.into())];
                deeds.extend(on_replicas(INSTALL_REPLICA));
                deeds
            }
            Step::Enable => {
                let mut deeds = vec![Deed::Type(source, ENABLE_SOURCE.into())];
                deeds.extend(enable_replicas(&on_replicas));
                deeds
            }
            Step::Commit => commit(source, stories),
            Step::Crash => {
                let crash = replicas
                    .iter()
                    .map(|at| Deed::Inject(Fault::Crash(at.server)));
                crash.chain(commit(source, stories)).collect()
            }
            Step::Return => {
                let down = view.servers.iter().filter(|server| {
                    matches!(server.state, ServerState::Crashed | ServerState::Stopped)
                });
                let start = down.map(|server| Deed::Inject(Fault::Start(server.index)));
                let mut deeds: Vec<Deed> = start.chain([Deed::Settle]).collect();
                deeds.extend(enable_replicas(&on_replicas));
                deeds.extend(commit(source, stories));
                deeds.push(Deed::Settle);
                deeds
            }
        }
    }
}

/// The statements of the manual's installation chapter, on all servers.
pub fn set_up(view: &ClusterView) -> Vec<Deed> {
    let mut deeds = Step::Install.deeds(view, &[]);
    deeds.extend(Step::Enable.deeds(view, &[]));
    deeds
}

fn enable_replicas(on_replicas: &dyn Fn(&str) -> Vec<Deed>) -> Vec<Deed> {
    let mut deeds = on_replicas(ENABLE_REPLICA);
    deeds.extend(on_replicas(STOP_RECEIVER));
    deeds.extend(on_replicas(START_RECEIVER));
    deeds.push(Deed::Settle);
    deeds
}

fn commit(source: SessionAddress, stories: &[Rc<Story>]) -> Vec<Deed> {
    let created = |story: &Rc<Story>| {
        let statement = story.statement.as_deref().unwrap_or_default();
        statement
            .to_uppercase()
            .starts_with("CREATE TABLE LAB.TOUR")
    };
    let mut deeds = Vec::new();
    if !stories.iter().any(created) {
        deeds.push(Deed::Type(source, CREATE_TABLE.into()));
        deeds.push(Deed::Settle);
    }
    deeds.push(Deed::Watch(source, INSERT.into()));
    deeds
}

fn is_replica(view: &ClusterView, server: ServerIndex) -> bool {
    role(view, server) == Role::Replica
}

const INSTALL_SOURCE: &str = "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';";
const INSTALL_REPLICA: &str = "INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';";
const ENABLE_SOURCE: &str = "SET GLOBAL rpl_semi_sync_source_enabled = 1;";
const ENABLE_REPLICA: &str = "SET GLOBAL rpl_semi_sync_replica_enabled = 1;";
const STOP_RECEIVER: &str = "STOP REPLICA IO_THREAD;";
const START_RECEIVER: &str = "START REPLICA IO_THREAD;";
const CREATE_TABLE: &str =
    "CREATE TABLE lab.tour (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20));";
const INSERT: &str = "INSERT INTO lab.tour (what) VALUES ('travels');";
