//! A naive source: plain vectors, searched from end to end at every step.
//!
//! It follows the rules in the order in which they are described (what `flushed`, `wait`, `ack`,
//! `report`, … do), keeps every ACK of every server, and knows nothing of slots, lists or timers.

use std::collections::BTreeMap;

use semisync_core::log::LogMessage;
use semisync_core::source::{Counters, Input, SessionId, WaitOutcome, WaitPoint, WakeCause};
use semisync_core::{BinlogPosition, Instant, ServerId};

/// What the machine orders, without tickets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Sleep(SessionId, Instant),
    Wake(SessionId),
    Release(SessionId, WaitOutcome),
    Flag(bool),
    StartAckReceiver,
    StopAckReceiver,
    Log(LogMessage),
}

/// A naive source.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) enabled: bool,
    has_list: bool,
    pub(crate) on: bool,
    shutting_down: bool,
    timeout_ms: u64,
    wait_no_replica: bool,
    count: usize,
    wait_point: WaitPoint,
    pub(crate) reply: Option<BinlogPosition>,
    pub(crate) wait: Option<BinlogPosition>,
    pub(crate) commit: Option<BinlogPosition>,
    last_reply: BinlogPosition,
    last_wait: BinlogPosition,
    pub(crate) nodes: Vec<BinlogPosition>,
    pub(crate) waiters: Vec<Waiter>,
    resets: u64,
    latest_acks: BTreeMap<ServerId, BinlogPosition>,
    reported: BinlogPosition,
    pub(crate) counters: Counters,
    orders: Vec<Order>,
}

/// A sleeping session. The vector's order is the order in which they went to sleep.
#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    pub(crate) session: SessionId,
    position: BinlogPosition,
    node: BinlogPosition,
    started: Instant,
    pub(crate) deadline: Instant,
    pub(crate) signalled: bool,
}

impl Reference {
    pub(crate) fn new() -> Reference {
        Reference {
            timeout_ms: 10_000,
            wait_no_replica: true,
            count: 1,
            ..Reference::default()
        }
    }

    /// Takes one input; `woken` is the session of a `SessionWoken`.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        input: &Input,
        woken: Option<SessionId>,
    ) -> Vec<Order> {
        match input.clone() {
            Input::EnabledSet(true) => self.enable(),
            Input::EnabledSet(false) => {
                if self.disable() {
                    self.orders.push(Order::StopAckReceiver);
                }
            }
            Input::TimeoutSet(ms) => self.timeout_ms = ms,
            Input::WaitNoReplicaSet(value) => self.set_wait_no_replica(value),
            Input::WaitForReplicaCountSet(count) => {
                self.count = usize::from(count.max(1));
                self.report_counted();
            }
            Input::WaitPointSet(wait_point) => self.wait_point = wait_point,
            Input::TraceLevelSet(_) => {}
            Input::AckReceiverStartFailed { errno } => {
                self.log(LogMessage::AckReceiverStartFailed { errno });
                self.disable();
            }
            Input::BinlogFlushed { position } => self.flushed(position),
            Input::CommitQueueSynced { session, position } => {
                let waits = self.wait_point == WaitPoint::AfterSync;
                self.wait(now, session, position.filter(|_| waits));
            }
            Input::TransactionCommitted {
                session,
                position,
                is_real_transaction,
            } => {
                let waits = self.wait_point == WaitPoint::AfterCommit && is_real_transaction;
                self.wait(now, session, position.filter(|_| waits));
            }
            Input::SessionWoken { cause, .. } => self.woken(now, woken.expect("a session"), cause),
            Input::DumpStarted {
                server_id,
                position,
                semisync,
            } => {
                if semisync {
                    self.counters.clients += 1;
                    self.ack(server_id, position.clone());
                }
                self.log(LogMessage::DumpStarted {
                    semisync,
                    server_id,
                    position,
                });
            }
            Input::DumpRegistrationFailed { .. } => self.log(LogMessage::DumpRegistrationFailed),
            Input::DumpStopped {
                server_id,
                semisync,
            } => self.dump_stopped(server_id, semisync),
            Input::EventAboutToBeSent { position, .. } => {
                let flag = self.flag(&position);
                self.orders.push(Order::Flag(flag));
            }
            Input::EventSent { ack_requested } => {
                if ack_requested {
                    self.counters.net_waits += 1;
                }
            }
            Input::EventFlushFailed => self.log(LogMessage::EventFlushFailed),
            Input::EventHeaderDidNotFit => {
                self.log(LogMessage::NoSpaceForEventHeader);
                if self.disable() {
                    self.orders.push(Order::StopAckReceiver);
                }
            }
            Input::AckReceived {
                server_id,
                position,
            } => self.ack(server_id, position),
            Input::ReplicaHasReceived { server_id, mark } => {
                let is_flushed = self.commit.as_ref() >= Some(&mark.position);
                if self.on && is_flushed && mark.resets == self.resets {
                    self.ack(server_id, mark.position);
                }
            }
            Input::AckRejected { .. } => {}
            Input::BinaryLogsReset => self.reset(),
            Input::StatusFlushed => {
                self.counters = Counters {
                    yes_tx: 0,
                    no_tx: 0,
                    no_times: 0,
                    timefunc_failures: 0,
                    wait_pos_backtraverse: 0,
                    ..self.counters
                };
            }
            Input::ShutdownStarted => self.shutting_down = true,
        }
        std::mem::take(&mut self.orders)
    }

    fn flushed(&mut self, position: BinlogPosition) {
        if !self.enabled {
            return;
        }
        self.commit = self.commit.take().max(Some(position.clone()));
        if !self.on {
            return;
        }
        match self.nodes.last().cloned() {
            Some(tail) if position <= tail => {
                self.log(LogMessage::PositionOutOfOrder {
                    tail,
                    new: position.clone(),
                });
                self.log(LogMessage::PositionNotInserted { position });
                self.switch_off();
            }
            _ => self.nodes.push(position),
        }
    }

    fn wait(&mut self, now: Instant, session: SessionId, position: Option<BinlogPosition>) {
        let Some(position) = position else {
            self.orders
                .push(Order::Release(session, WaitOutcome::NotWaited));
            return;
        };
        let node = self.nodes.iter().find(|node| position <= **node).cloned();
        if !self.enabled {
            return self.leave(session, &position, node.as_ref(), WaitOutcome::NotWaited);
        }
        let timeout_us = self.timeout_ms.saturating_mul(1000);
        let deadline = Instant::from_micros(now.as_micros().saturating_add(timeout_us));
        self.turn(session, position, node, now, deadline);
    }

    fn turn(
        &mut self,
        session: SessionId,
        position: BinlogPosition,
        node: Option<BinlogPosition>,
        started: Instant,
        deadline: Instant,
    ) {
        let outcome = 'outcome: {
            if !self.on {
                break 'outcome WaitOutcome::Asynchronous;
            }
            if self.reply.as_ref().is_some_and(|reply| *reply >= position) {
                break 'outcome WaitOutcome::Acknowledged;
            }
            let Some(node) = node.clone() else {
                break 'outcome WaitOutcome::Asynchronous;
            };
            if self.wait.is_none() {
                self.set_wait(&position);
            } else if self.wait.as_ref().is_some_and(|wait| position <= *wait) {
                self.set_wait(&position);
                self.counters.wait_pos_backtraverse += 1;
            }
            if self.shutting_down && self.counters.clients as usize + 1 == self.count {
                self.log(LogMessage::ForcedShutdown);
                self.switch_off();
                break 'outcome WaitOutcome::Asynchronous;
            }
            self.counters.wait_sessions += 1;
            self.orders.push(Order::Sleep(session, deadline));
            self.waiters.push(Waiter {
                session,
                position,
                node,
                started,
                deadline,
                signalled: false,
            });
            return;
        };
        self.leave(session, &position, node.as_ref(), outcome);
    }

    fn woken(&mut self, now: Instant, session: SessionId, cause: WakeCause) {
        let index = self
            .waiters
            .iter()
            .position(|waiter| waiter.session == session);
        let waiter = self.waiters.remove(index.expect("a sleeping session"));
        if self.counters.wait_sessions > 0 {
            self.counters.wait_sessions -= 1;
        }
        if cause == WakeCause::DeadlineReached {
            self.log(LogMessage::CommitWaitTimedOut {
                waited_for: waiter.position.clone(),
                acknowledged: self.last_reply.clone(),
            });
            self.switch_off();
            let outcome = WaitOutcome::TimedOut;
            return self.leave(session, &waiter.position, Some(&waiter.node), outcome);
        }
        let elapsed = i128::from(now.as_micros()) - i128::from(waiter.started.as_micros());
        let as_32_bits = elapsed.rem_euclid(1 << 32);
        if 0 <= elapsed && as_32_bits < 1 << 31 {
            self.counters.tx_waits += 1;
            self.counters.tx_wait_time_us += as_32_bits as u64;
        } else {
            self.counters.timefunc_failures += 1;
        }
        let Waiter {
            position,
            node,
            started,
            deadline,
            ..
        } = waiter;
        self.turn(session, position, Some(node), started, deadline);
    }

    fn leave(
        &mut self,
        session: SessionId,
        position: &BinlogPosition,
        node: Option<&BinlogPosition>,
        outcome: WaitOutcome,
    ) {
        match outcome {
            WaitOutcome::Acknowledged => self.counters.yes_tx += 1,
            WaitOutcome::TimedOut | WaitOutcome::Asynchronous => self.counters.no_tx += 1,
            WaitOutcome::NotWaited => {}
        }
        let exists = node.is_some_and(|node| self.nodes.contains(node));
        if exists && node.is_some_and(|node| !self.has_waiters(node)) {
            while let Some(front) = self.nodes.first()
                && front <= position
                && !self.has_waiters(front)
            {
                self.nodes.remove(0);
            }
        }
        self.orders.push(Order::Release(session, outcome));
    }

    fn has_waiters(&self, node: &BinlogPosition) -> bool {
        self.waiters.iter().any(|waiter| waiter.node == *node)
    }

    fn ack(&mut self, server_id: ServerId, position: BinlogPosition) {
        if self.count == 1 {
            return self.report(&position);
        }
        if position.file.is_empty() || position <= self.reported {
            return;
        }
        self.latest_acks.insert(server_id, position);
        self.report_counted();
    }

    /// The position that `count` servers have: the count-th greatest of the latest ACKs.
    fn report_counted(&mut self) {
        let mut acks: Vec<_> = self.latest_acks.values().cloned().collect();
        acks.sort();
        acks.reverse();
        if let Some(position) = acks.get(self.count - 1)
            && self.reported < *position
        {
            self.reported = position.clone();
            self.report(&position.clone());
        }
    }

    fn report(&mut self, position: &BinlogPosition) {
        if !self.enabled {
            return;
        }
        if !self.on && self.commit.as_ref().is_none_or(|commit| commit <= position) {
            self.on = true;
            self.log(LogMessage::SwitchedOn {
                position: position.clone(),
            });
        }
        if self.reply.as_ref().is_none_or(|reply| reply <= position) {
            self.reply = Some(position.clone());
            self.last_reply = position.clone();
        }
        if self.counters.wait_sessions > 0 && self.last_wait <= self.last_reply {
            self.wait = None;
            let up_to = self.last_reply.clone();
            self.signal(|waiter| waiter.node <= up_to);
        }
    }

    fn switch_off(&mut self) {
        self.on = false;
        self.counters.no_times += 1;
        self.wait = None;
        self.reply = None;
        self.log(LogMessage::SwitchedOff);
        self.signal(|_| true);
    }

    /// Wakes sleepers, node by node.
    fn signal(&mut self, chosen: impl Fn(&Waiter) -> bool) {
        for node in self.nodes.clone() {
            for waiter in &mut self.waiters {
                if waiter.node == node && !waiter.signalled && chosen(waiter) {
                    waiter.signalled = true;
                    self.orders.push(Order::Wake(waiter.session));
                }
            }
        }
    }

    fn dump_stopped(&mut self, server_id: ServerId, semisync: bool) {
        self.log(LogMessage::DumpStopped {
            semisync,
            server_id,
        });
        if !semisync {
            return;
        }
        self.counters.clients -= 1;
        let at_the_edge = self.counters.clients as usize + 1 == self.count;
        if self.on && at_the_edge && (!self.wait_no_replica || self.shutting_down) {
            let behind = self.reply.is_some() && self.commit.is_some() && self.reply < self.commit;
            if self.shutting_down && behind {
                self.log(LogMessage::ForcedShutdown);
            }
            self.switch_off();
        }
    }

    fn flag(&self, position: &BinlogPosition) -> bool {
        if !self.enabled {
            return false;
        }
        if !self.on {
            return self.commit.as_ref().is_none_or(|commit| commit <= position);
        }
        let acknowledged = self.reply.as_ref().is_some_and(|reply| position <= reply);
        let too_early = self.wait.as_ref().is_some_and(|wait| position < wait);
        !acknowledged && !too_early && self.nodes.contains(position)
    }

    fn enable(&mut self) {
        if self.enabled {
            return;
        }
        self.enabled = true;
        if !self.has_list {
            self.has_list = true;
            self.log(LogMessage::Initialised);
        }
        self.forget_positions();
        self.on = self.wait_no_replica || self.counters.clients as usize >= self.count;
        self.log(LogMessage::EnabledOnSource);
        self.orders.push(Order::StartAckReceiver);
    }

    fn disable(&mut self) -> bool {
        if !self.enabled {
            return false;
        }
        self.switch_off();
        self.enabled = false;
        self.has_list = !self.nodes.is_empty();
        self.forget_positions();
        self.forget_acks();
        self.log(LogMessage::DisabledOnSource);
        true
    }

    fn set_wait_no_replica(&mut self, value: bool) {
        if value == self.wait_no_replica {
            return;
        }
        self.wait_no_replica = value;
        if value && self.enabled {
            self.on = true;
        }
        if !value && self.on && self.counters.clients == 0 {
            self.switch_off();
        }
    }

    fn reset(&mut self) {
        self.resets += 1;
        self.forget_acks();
        self.forget_positions();
        let clients = self.counters.clients;
        self.counters = Counters {
            clients,
            ..Counters::default()
        };
        let waiters = self.waiters.clone();
        self.nodes
            .retain(|node| waiters.iter().any(|waiter| waiter.node == *node));
    }

    fn set_wait(&mut self, position: &BinlogPosition) {
        self.wait = Some(position.clone());
        self.last_wait = position.clone();
    }

    fn forget_positions(&mut self) {
        (self.commit, self.reply, self.wait) = (None, None, None);
    }

    fn forget_acks(&mut self) {
        self.latest_acks.clear();
        self.reported = BinlogPosition::default();
    }

    fn log(&mut self, message: LogMessage) {
        self.orders.push(Order::Log(message));
    }
}
