//! Commits: what a flush notes, when a session sleeps, and what it does when it runs again.
//!
//! The rules are those of `ReplSemiSyncSource::writeTranxInBinlog` and `commitTrx`, with the sleep
//! cut in three: it is signalled, it runs again, it looks at its condition again.

use core::mem;
use core::time::Duration;

use super::super::flushed_positions::{NodeId, OutOfOrder};
use super::super::{Output, SessionId, WaitOutcome, WaitPoint, WaitTicket, WakeCause};
use super::{Source, TRACE_CLOCK};
use crate::Generation;
use crate::log::LogMessage;
use crate::position::BinlogPosition;
use crate::time::Instant;

/// What a session does after looking at its condition.
enum Turn {
    Sleep(NodeId),
    Leave(WaitOutcome),
}

impl Source {
    pub(super) fn binlog_flushed(&mut self, position: BinlogPosition) {
        if !self.is_enabled {
            return;
        }
        if self
            .commit
            .known()
            .is_none_or(|commit| self.order.is_before(commit, &position))
        {
            self.commit.set(&position);
        }
        if self.is_on {
            self.insert_flushed(position);
        }
    }

    pub(super) fn commit_queue_synced(
        &mut self,
        now: Instant,
        session: SessionId,
        position: Option<BinlogPosition>,
    ) {
        match (self.config.wait_point, position) {
            (WaitPoint::AfterSync, Some(position)) => self.begin_wait(now, session, position),
            (WaitPoint::AfterSync, None) | (WaitPoint::AfterCommit, _) => {
                self.release(session, WaitOutcome::NotWaited);
            }
        }
    }

    pub(super) fn transaction_committed(
        &mut self,
        now: Instant,
        session: SessionId,
        position: Option<BinlogPosition>,
        is_real_transaction: bool,
    ) {
        let position = position.filter(|position| is_real_transaction && position.offset != 0);
        match (self.config.wait_point, position) {
            (WaitPoint::AfterCommit, Some(position)) => self.begin_wait(now, session, position),
            (WaitPoint::AfterCommit, None) | (WaitPoint::AfterSync, _) => {
                self.release(session, WaitOutcome::NotWaited);
            }
        }
    }

    pub(super) fn session_woken(&mut self, now: Instant, ticket: WaitTicket, cause: WakeCause) {
        let slot = self.waits.slot_of(ticket);
        let wait = self.waits.get_mut(slot);
        let (session, node, started) = (wait.session, wait.node, wait.started);
        let position = mem::take(&mut wait.position);
        let was_signalled = wait.is_signalled;
        self.flushed.remove_waiter(node, slot, &mut self.waits);
        self.counters.wait_sessions = self.counters.wait_sessions.saturating_sub(1);

        let turn = match cause {
            WakeCause::DeadlineReached => {
                self.log(LogMessage::CommitWaitTimedOut {
                    waited_for: position.clone(),
                    acknowledged: self.reply.stored().clone(),
                });
                self.switch_off();
                Turn::Leave(WaitOutcome::TimedOut)
            }
            WakeCause::Signalled => {
                self.count_elapsed(started, now, &position);
                self.look(&position, Some(node))
            }
        };
        match turn {
            Turn::Sleep(node) => {
                let wait = self.waits.get_mut(slot);
                wait.position = position;
                wait.is_signalled = false;
                if was_signalled {
                    self.waits.arm(slot);
                }
                self.sleep(slot, node);
            }
            Turn::Leave(outcome) => {
                if !was_signalled {
                    self.waits.disarm(slot);
                }
                self.waits.remove(slot);
                self.observe_end(outcome, now.saturating_since(started));
                self.leave(session, &position, Some(node), outcome);
            }
        }
    }

    /// The source becomes asynchronous, and everybody who sleeps is told to wake.
    pub(super) fn switch_off(&mut self) {
        self.is_on = false;
        self.counters.no_times += 1;
        self.wait.forget();
        self.reply.forget();
        self.log(LogMessage::SwitchedOff);
        self.signal_all();
    }

    /// Tells everybody to wake who sleeps on a position up to the reply. 5.5 has one condition
    /// variable for all.
    pub(super) fn signal_acknowledged(&mut self) {
        if self.config.generation == Generation::V5_5 {
            return self.signal_all();
        }
        while let Some(slot) = self
            .flushed
            .pop_sleeper(Some(self.reply.stored()), &mut self.waits)
        {
            self.signal(slot);
        }
    }

    fn signal_all(&mut self) {
        while let Some(slot) = self.flushed.pop_sleeper(None, &mut self.waits) {
            self.signal(slot);
        }
    }

    fn signal(&mut self, slot: u32) {
        self.waits.disarm(slot);
        let ticket = self.waits.ticket(slot);
        let wait = self.waits.get_mut(slot);
        wait.is_signalled = true;
        let session = wait.session;
        self.outputs
            .push_back(Output::WakeSession { session, ticket });
    }

    fn insert_flushed(&mut self, position: BinlogPosition) {
        match self.flushed.insert(position) {
            Ok(()) => self.trace(|source| LogMessage::PositionInserted {
                position: source.flushed.back().cloned().unwrap_or_default(),
                entry: source.flushed.len() as u32,
            }),
            Err(OutOfOrder { tail, new }) => {
                self.log(LogMessage::PositionOutOfOrder {
                    tail,
                    new: new.clone(),
                });
                self.log(LogMessage::PositionNotInserted { position: new });
                self.switch_off();
            }
        }
    }

    fn begin_wait(&mut self, now: Instant, session: SessionId, position: BinlogPosition) {
        let node = self.flushed.find(&position);
        if !self.is_enabled {
            return self.leave(session, &position, node, WaitOutcome::NotWaited);
        }
        if self.is_on {
            self.trace(|source| LogMessage::CommitWaitEntered {
                position: position.clone(),
                is_on: source.is_on,
            });
        }
        match self.look(&position, node) {
            Turn::Sleep(node) => {
                let timeout = Duration::from_millis(self.config.timeout_ms);
                let deadline = now.saturating_add(timeout);
                let slot = self.waits.insert(session, position, node, now, deadline);
                self.waits.arm(slot);
                self.sleep(slot, node);
            }
            Turn::Leave(outcome) => {
                if outcome == WaitOutcome::Acknowledged {
                    self.observation.acknowledged_after(Duration::ZERO);
                }
                self.leave(session, &position, node, outcome);
            }
        }
    }

    /// A session that slept goes on.
    fn observe_end(&mut self, outcome: WaitOutcome, wait: Duration) {
        match outcome {
            WaitOutcome::Acknowledged => self.observation.acknowledged_after(wait),
            WaitOutcome::TimedOut => {
                self.observation.timed_out_waits += 1;
                self.observation.unacknowledged_waits += 1;
            }
            WaitOutcome::Asynchronous => self.observation.unacknowledged_waits += 1,
            WaitOutcome::NotWaited => {}
        }
    }

    /// One turn of the wait: is it over, and if not, note what is waited for.
    fn look(&mut self, position: &BinlogPosition, node: Option<NodeId>) -> Turn {
        if !self.is_on {
            return Turn::Leave(WaitOutcome::Asynchronous);
        }
        if let Some(reply) = self.reply.known()
            && self.order.reaches(reply, position)
        {
            self.trace(|source| LogMessage::ReplyIsAhead {
                position: source.reply.stored().clone(),
            });
            return Turn::Leave(WaitOutcome::Acknowledged);
        }
        // Flushed while OFF: nobody is asked for an ACK of it.
        let Some(node) = node else {
            return Turn::Leave(WaitOutcome::Asynchronous);
        };
        self.note_waited_for(position);
        if self.is_shutting_down && self.has_one_replica_too_few() {
            self.log(LogMessage::ForcedShutdown);
            self.switch_off();
            return Turn::Leave(WaitOutcome::Asynchronous);
        }
        Turn::Sleep(node)
    }

    fn note_waited_for(&mut self, position: &BinlogPosition) {
        match self.wait.known() {
            None => {
                self.wait.set(position);
                self.trace(|source| LogMessage::WaitPositionSet {
                    position: source.wait.stored().clone(),
                });
            }
            Some(wait) if self.order.reaches(wait, position) => {
                self.wait.set(position);
                self.counters.wait_pos_backtraverse += 1;
                self.trace(|source| LogMessage::WaitPositionMovedBack {
                    position: source.wait.stored().clone(),
                });
            }
            Some(_) => {}
        }
    }

    fn sleep(&mut self, slot: u32, node: NodeId) {
        self.trace(|source| LogMessage::CommitWaitSleeps {
            timeout_ms: source.config.timeout_ms,
            position: source.wait.stored().clone(),
        });
        self.counters.wait_sessions += 1;
        self.flushed.add_sleeper(node, slot, &mut self.waits);
        let ticket = self.waits.ticket(slot);
        let wait = self.waits.get(slot);
        self.outputs.push_back(Output::SessionSleeps {
            session: wait.session,
            ticket,
            deadline: wait.deadline,
        });
    }

    /// Elapsed microseconds as the stock plugin keeps them: in 32 bits, negative when they do not
    /// fit or the clock went back.
    fn count_elapsed(&mut self, started: Instant, now: Instant, position: &BinlogPosition) {
        let elapsed = now.as_micros().checked_sub(started.as_micros());
        let elapsed = elapsed.map(|micros| u64::from(micros as u32));
        match elapsed {
            Some(micros) if micros <= i32::MAX as u64 => {
                self.counters.tx_waits += 1;
                self.counters.tx_wait_time_us += micros;
            }
            Some(_) | None => {
                self.counters.timefunc_failures += 1;
                if self.config.trace_level & TRACE_CLOCK != 0 {
                    self.log(LogMessage::ElapsedTimeNegative {
                        position: position.clone(),
                    });
                }
            }
        }
    }

    fn leave(
        &mut self,
        session: SessionId,
        position: &BinlogPosition,
        node: Option<NodeId>,
        outcome: WaitOutcome,
    ) {
        match outcome {
            WaitOutcome::Acknowledged => self.counters.yes_tx += 1,
            WaitOutcome::TimedOut | WaitOutcome::Asynchronous => self.counters.no_tx += 1,
            WaitOutcome::NotWaited => {}
        }
        if node.is_some_and(|node| self.flushed.is_idle(node)) {
            self.clear_flushed_up_to(position);
        }
        self.release(session, outcome);
    }

    fn clear_flushed_up_to(&mut self, position: &BinlogPosition) {
        let count = self.flushed.clear_up_to(position);
        self.trace(|source| match source.flushed.front() {
            Some(front) => LogMessage::PositionsClearedBackTo {
                count: count as u32,
                front: front.clone(),
            },
            None => LogMessage::PositionsCleared,
        });
    }

    fn release(&mut self, session: SessionId, outcome: WaitOutcome) {
        self.outputs
            .push_back(Output::CommitReleased { session, outcome });
    }
}
