//! The source plugin's side of a commit: its hooks, its sleeping sessions, its orders.
//!
//! This module carries out what the core says and decides nothing itself.

use semisync_core::Instant;
use semisync_core::log::LogMessage;
use semisync_core::source::{
    Input, Output, SessionId, SourceConfig, WaitOutcome, WaitTicket, WakeCause,
};

use super::{GroupId, Stage};
use crate::cluster::{Cluster, Pending, ProcessEvent};
use crate::engine::Actor;
use crate::server::CommitWait;
use crate::trace::{Lane, TraceKind};
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// `after_sync`: the queue is synced, before the engine commits it.
    pub(crate) fn call_after_sync(&mut self, ix: ServerIndex, id: GroupId) {
        let Some(leader) = self.leader(ix, id) else {
            return;
        };
        let commits = &self.server(ix).commits;
        let last = commits
            .groups
            .get(&id)
            .and_then(|group| group.members.last());
        let position = last.and_then(|job| commits.jobs.get(job)?.position.clone());
        let input = Input::CommitQueueSynced {
            session: core_session(leader),
            position,
        };
        self.call_hook(ix, id, leader, input);
    }

    /// Calls a hook of the plugin on behalf of `actor`; the group goes on when it returns.
    pub(crate) fn call_hook(&mut self, ix: ServerIndex, id: GroupId, actor: Actor, input: Input) {
        let server = self.server_mut(ix);
        server.commits.in_hook.insert(actor, id);
        let has_plugin = server.source_plugin.is_some();
        if has_plugin {
            self.source_input(ix, input);
        } else {
            self.world
                .pending
                .push_back(Pending::HookReturned(ix, actor));
        }
    }

    /// A hook has returned: the stage it was called from goes on.
    pub(crate) fn hook_returned(&mut self, ix: ServerIndex, actor: Actor) {
        let commits = &mut self.server_mut(ix).commits;
        let Some(id) = commits.in_hook.remove(&actor) else {
            return;
        };
        let Some(group) = commits.groups.get_mut(&id) else {
            return;
        };
        match group.stage {
            Stage::Commit => self.after_sync_released(ix, id),
            Stage::AfterCommit => {
                group.cursor += 1;
                self.call_after_commit(ix, id);
            }
            Stage::Flush | Stage::Sync => {}
        }
    }

    /// Tells the core's source machine what happened, and carries out what it orders. The answer
    /// is the flag of an event about to be sent.
    pub(crate) fn source_input(&mut self, ix: ServerIndex, input: Input) -> Option<bool> {
        let now = self.world.now;
        let plugin = self.server_mut(ix).source_plugin.as_mut()?;
        plugin.machine.handle(now, input);
        self.drain_source(ix)
    }

    pub(crate) fn drain_source(&mut self, ix: ServerIndex) -> Option<bool> {
        let mut flag = None;
        loop {
            let plugin = self.server_mut(ix).source_plugin.as_mut();
            let Some(output) = plugin.and_then(|plugin| plugin.machine.poll_output()) else {
                return flag;
            };
            match output {
                Output::SessionSleeps {
                    session,
                    ticket,
                    deadline,
                } => self.session_sleeps(ix, actor_of(session), ticket, deadline),
                Output::WakeSession { session, ticket } => {
                    self.wake_waiter(ix, actor_of(session), ticket);
                }
                Output::CommitReleased { session, outcome } => {
                    self.commit_released(ix, actor_of(session), outcome);
                }
                Output::EventFlag { ack_requested } => flag = Some(ack_requested),
                Output::StartAckReceiver => self.run_ack_receiver(ix, true),
                Output::StopAckReceiver => self.run_ack_receiver(ix, false),
                Output::Log(message) => self.log_core(ix, &message),
            }
        }
    }

    fn run_ack_receiver(&mut self, ix: ServerIndex, runs: bool) {
        if let Some(plugin) = self.server_mut(ix).source_plugin.as_mut() {
            plugin.reads_acks = runs;
        }
        let message = match runs {
            true => LogMessage::AckReceiverStarting,
            false => LogMessage::AckReceiverStopping,
        };
        self.log_core(ix, &message);
        self.world.pending.push_back(Pending::AckReceiverRuns(ix));
    }

    fn session_sleeps(
        &mut self,
        ix: ServerIndex,
        actor: Actor,
        ticket: WaitTicket,
        deadline: Instant,
    ) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        if let Some(wait) = server.waits.get_mut(&actor) {
            wait.ticket = ticket;
            wait.turn += 1;
            wait.is_woken = false;
        } else {
            let Some((transaction, position)) = waited_for(server, actor) else {
                return;
            };
            let wait_point = server.source_plugin.as_ref().map(|plugin| {
                let SourceConfig { wait_point, .. } = plugin.machine.config();
                *wait_point
            });
            let wait = CommitWait {
                ticket,
                transaction,
                position: position.clone(),
                since: now,
                deadline,
                turn: 0,
                timer: None,
                is_woken: false,
            };
            server.waits.insert(actor, wait);
            let kind = TraceKind::CommitWaitStarted {
                session: session_key(actor),
                position,
                wait_point: wait_point.unwrap_or_default(),
                deadline,
            };
            self.mark(Lane::Server(ix), Some(transaction), kind);
        }
        let turn = self
            .server(ix)
            .waits
            .get(&actor)
            .map_or(0, |wait| wait.turn);
        let event = ProcessEvent::WaiterRuns(actor, turn, WakeCause::DeadlineReached);
        let timer = self.at(ix, deadline, event);
        if let Some(wait) = self.server_mut(ix).waits.get_mut(&actor) {
            wait.timer = Some(timer);
        }
    }

    fn wake_waiter(&mut self, ix: ServerIndex, actor: Actor, ticket: WaitTicket) {
        let wait = self.server(ix).waits.get(&actor);
        if wait.is_some_and(|wait| wait.ticket == ticket) {
            self.signal_waiter(ix, actor);
        }
    }

    /// Signals the condition a session sleeps on: an order of the core, or KILL.
    pub(crate) fn signal_waiter(&mut self, ix: ServerIndex, actor: Actor) {
        let Some(wait) = self.server_mut(ix).waits.get_mut(&actor) else {
            return;
        };
        if wait.is_woken {
            return;
        }
        wait.is_woken = true;
        let turn = wait.turn;
        if let Some(timer) = wait.timer.take() {
            self.world.queue.cancel(timer);
        }
        let event = ProcessEvent::WaiterRuns(actor, turn, WakeCause::Signalled);
        self.later(ix, WAKE_US, event);
    }

    /// A sleeping session runs again.
    pub(crate) fn waiter_runs(
        &mut self,
        ix: ServerIndex,
        actor: Actor,
        turn: u32,
        cause: WakeCause,
    ) {
        let wait = self.server(ix).waits.get(&actor);
        let Some(ticket) = wait
            .filter(|wait| wait.turn == turn)
            .map(|wait| wait.ticket)
        else {
            return;
        };
        self.source_input(ix, Input::SessionWoken { ticket, cause });
    }

    fn commit_released(&mut self, ix: ServerIndex, actor: Actor, outcome: WaitOutcome) {
        let server = self.server_mut(ix);
        let wait = server.waits.remove(&actor);
        let waited = waited_for(server, actor);
        if let Some(timer) = wait.and_then(|wait| wait.timer) {
            self.world.queue.cancel(timer);
        }
        if let Some((transaction, position)) = waited
            && outcome != WaitOutcome::NotWaited
        {
            let kind = TraceKind::CommitWaitEnded {
                session: session_key(actor),
                position,
                outcome,
            };
            self.mark(Lane::Server(ix), Some(transaction), kind);
        }
        self.world
            .pending
            .push_back(Pending::HookReturned(ix, actor));
        self.deinit_deleted_plugin(ix);
    }
}

/// The transaction and position that `actor` waits for in the hook it is in.
fn waited_for(
    server: &crate::server::Server,
    actor: Actor,
) -> Option<(crate::TransactionId, semisync_core::BinlogPosition)> {
    let commits = &server.commits;
    let group = commits.groups.get(commits.in_hook.get(&actor)?)?;
    let job = match group.stage {
        Stage::Commit => group.members.last()?,
        Stage::Flush | Stage::Sync | Stage::AfterCommit => group.members.get(group.cursor)?,
    };
    let job = commits.jobs.get(job)?;
    Some((job.transaction, job.position.clone()?))
}

pub(crate) fn core_session(actor: Actor) -> SessionId {
    match actor {
        Actor::Session(session) => SessionId(session.0),
        Actor::Applier => APPLIER,
    }
}

fn actor_of(session: SessionId) -> Actor {
    if session == APPLIER {
        Actor::Applier
    } else {
        Actor::Session(SessionKey(session.0))
    }
}

/// How the trace names who waits; the applier has the greatest number.
pub(crate) fn session_key(actor: Actor) -> SessionKey {
    SessionKey(core_session(actor).0)
}

const APPLIER: SessionId = SessionId(u64::MAX);

/// From a signal until the thread runs.
const WAKE_US: u64 = 5;
