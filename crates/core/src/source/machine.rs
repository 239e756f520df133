//! The machine itself: its state, how it is driven, and what can be read from it.
//!
//! What each input does is in `commits` (flush, wait, wake), `replicas` (dumps, flags, ACKs) and
//! `configuration` (variables, reset).

mod commits;
mod configuration;
mod mark;
mod replicas;

use alloc::collections::VecDeque;

use super::ack_counter::AckCounter;
use super::commit_waits::CommitWaits;
use super::flushed_positions::FlushedPositions;
use super::{
    AckCounting, Counters, Deadline, DeadlineReason, FlushedMark, Input, Observation, Output,
    SemisyncStatus, WaitPoint,
};
use crate::Generation;
use crate::log::LogMessage;
use crate::position::{BinlogPosition, PositionOrder};
use crate::time::Instant;
use mark::Mark;

/// What a source is made with; everything can be changed later by inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SourceConfig {
    /// Which series it behaves like.
    pub generation: Generation,
    /// How ACKs are counted.
    pub counting: AckCounting,
    /// `rpl_semi_sync_source_timeout`, milliseconds.
    pub timeout_ms: u64,
    /// `rpl_semi_sync_source_wait_no_replica`.
    pub wait_no_replica: bool,
    /// `rpl_semi_sync_source_wait_for_replica_count`.
    pub wait_for_replica_count: u16,
    /// `rpl_semi_sync_source_wait_point`.
    pub wait_point: WaitPoint,
    /// `rpl_semi_sync_source_trace_level`.
    pub trace_level: u64,
}

/// A semisynchronous source.
///
/// How to drive it:
/// 1. Call [`Source::handle`] with the time and what happened.
/// 2. Take [`Source::poll_output`] until it gives `None`, and carry each output out in order.
/// 3. Only then call `handle` again. (Asserted.)
/// 4. [`Source::poll_timeout`] tells the next deadline; hosts whose sessions time out by themselves
///    may ignore it.
///
/// It starts disabled; send [`Input::EnabledSet`]. Several threads may share it under one lock that
/// covers steps 1 and 2.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Source {
    config: SourceConfig,
    order: PositionOrder,
    is_enabled: bool,
    /// Whether the list of flushed positions is made: enabling makes it and says so (11130),
    /// disabling gives it back when it is empty.
    has_list: bool,
    is_on: bool,
    is_shutting_down: bool,
    /// Greatest position acknowledged by enough replicas.
    reply: Mark,
    /// Smallest position waited for, as far as noted: a hint.
    wait: Mark,
    /// Greatest flushed position.
    commit: Mark,
    /// How often the binary logs were reset: positions from before mean nothing any more.
    resets: u64,
    flushed: FlushedPositions,
    waits: CommitWaits,
    acks: AckCounter,
    counters: Counters,
    observation: Observation,
    /// Empty between two inputs, when a state is written down.
    #[cfg_attr(feature = "serde", serde(skip))]
    outputs: VecDeque<Output>,
}

impl Default for SourceConfig {
    fn default() -> SourceConfig {
        SourceConfig {
            generation: Generation::V9_7,
            counting: AckCounting::Exact,
            timeout_ms: 10_000,
            wait_no_replica: true,
            wait_for_replica_count: 1,
            wait_point: WaitPoint::AfterSync,
            trace_level: 32,
        }
    }
}

impl Source {
    /// A disabled source.
    ///
    /// 5.5 has no wait point and no count: they are AFTER_COMMIT and 1 whatever is asked for.
    pub fn new(config: SourceConfig) -> Source {
        let config = config.normalised();
        let order = PositionOrder::of(config.generation);
        Source {
            order,
            is_enabled: false,
            has_list: false,
            is_on: false,
            is_shutting_down: false,
            reply: Mark::default(),
            wait: Mark::default(),
            commit: Mark::default(),
            resets: 0,
            flushed: FlushedPositions::new(order),
            waits: CommitWaits::new(),
            acks: AckCounter::new(config.counting, order, config.wait_for_replica_count),
            counters: Counters::default(),
            observation: Observation::default(),
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Tells the machine what happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input) {
        assert!(
            self.outputs.is_empty(),
            "poll_output must be drained before the next handle"
        );
        match input {
            Input::EnabledSet(true) => self.enable(),
            Input::EnabledSet(false) => self.disable(),
            Input::TimeoutSet(timeout_ms) => self.config.timeout_ms = timeout_ms,
            Input::WaitNoReplicaSet(value) => self.set_wait_no_replica(value),
            Input::WaitForReplicaCountSet(count) => self.set_count(count),
            Input::WaitPointSet(wait_point) => self.set_wait_point(wait_point),
            Input::TraceLevelSet(level) => self.config.trace_level = level,
            Input::AckReceiverStartFailed { errno } => self.ack_receiver_start_failed(errno),

            Input::BinlogFlushed { position } => self.binlog_flushed(position),
            Input::CommitQueueSynced { session, position } => {
                self.commit_queue_synced(now, session, position);
            }
            Input::TransactionCommitted {
                session,
                position,
                is_real_transaction,
            } => self.transaction_committed(now, session, position, is_real_transaction),
            Input::SessionWoken { ticket, cause } => self.session_woken(now, ticket, cause),

            Input::DumpStarted {
                server_id,
                position,
                semisync,
            } => self.dump_started(server_id, position, semisync),
            Input::DumpRegistrationFailed { server_id: _ } => {
                self.log(LogMessage::DumpRegistrationFailed);
            }
            Input::DumpStopped {
                server_id,
                semisync,
            } => self.dump_stopped(server_id, semisync),
            Input::EventAboutToBeSent {
                server_id,
                position,
            } => self.event_about_to_be_sent(server_id, position),
            Input::EventSent { ack_requested } => {
                self.counters.net_waits += u64::from(ack_requested);
            }
            Input::EventFlushFailed => self.log(LogMessage::EventFlushFailed),
            Input::EventHeaderDidNotFit => self.event_header_did_not_fit(),
            Input::AckReceived {
                server_id,
                position,
            } => self.ack_received(now, server_id, position),
            Input::ReplicaHasReceived { server_id, mark } => {
                self.replica_has_received(server_id, &mark);
            }
            Input::AckRejected { error } => self.ack_rejected(error),

            Input::BinaryLogsReset => self.binary_logs_reset(),
            Input::StatusFlushed => self.counters.flush(),
            Input::ShutdownStarted => self.is_shutting_down = true,
        }
    }

    /// The next thing the host should do.
    #[inline]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The next deadline of a sleeping session that nobody has told to wake.
    pub fn poll_timeout(&self) -> Option<Deadline> {
        let slot = self.waits.next_due()?;
        let wait = self.waits.get(slot);
        Some(Deadline {
            at: wait.deadline,
            reason: DeadlineReason::CommitWait {
                session: wait.session,
                ticket: self.waits.ticket(slot),
                timeout: wait.deadline.saturating_since(wait.started),
            },
        })
    }

    /// Whether a replica that set these user variables in its session announced itself as
    /// semisynchronous: `rpl_semi_sync_replica`, and for older generations `rpl_semi_sync_slave`.
    /// `None` is an unset or NULL variable; values are read as integers.
    pub fn announces_semisync(
        generation: Generation,
        replica_variable: Option<i64>,
        slave_variable: Option<i64>,
    ) -> bool {
        let is_set = |value: Option<i64>| value.is_some_and(|value| value != 0);
        match generation {
            Generation::V9_7 => is_set(replica_variable),
            Generation::V8_4 => is_set(replica_variable) || is_set(slave_variable),
            Generation::V5_5 => is_set(slave_variable),
        }
    }

    /// What the operator set (`rpl_semi_sync_source_enabled`).
    pub fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// What replication is doing (`Rpl_semi_sync_source_status`).
    pub fn status(&self) -> SemisyncStatus {
        match self.is_on {
            true => SemisyncStatus::On,
            false => SemisyncStatus::Off,
        }
    }

    /// The configuration as it stands.
    pub fn config(&self) -> &SourceConfig {
        &self.config
    }

    /// The counters as they stand.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What was seen besides: for monitoring.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// Since when commits are blocked: the beginning of the longest wait that goes on now.
    pub fn blocked_since(&self) -> Option<Instant> {
        self.waits.oldest()
    }

    /// Whether UNINSTALL PLUGIN may go on: no semisynchronous replica is registered.
    pub fn can_uninstall(&self) -> bool {
        self.counters.clients == 0
    }

    /// The greatest position acknowledged by enough replicas, if known.
    pub fn acknowledged(&self) -> Option<&BinlogPosition> {
        self.reply.known()
    }

    /// The greatest flushed position, if known.
    pub fn flushed(&self) -> Option<&BinlogPosition> {
        self.commit.known()
    }

    /// What is flushed now, if commits wait, or will, for an ACK of it: what the request of a
    /// replica is worth comparing with (see [`Input::ReplicaHasReceived`]).
    pub fn unacknowledged(&self) -> Option<FlushedMark> {
        let commit = self.commit.known().filter(|_| self.is_on)?;
        let reply = self.reply.known();
        let is_acknowledged = reply.is_some_and(|reply| self.order.reaches(reply, commit));
        (!is_acknowledged).then(|| FlushedMark {
            position: commit.clone(),
            resets: self.resets,
        })
    }

    /// The smallest position waited for, as far as noted.
    pub fn waited_for(&self) -> Option<&BinlogPosition> {
        self.wait.known()
    }

    /// How many flushed positions are kept because nobody has waited for them to the end yet.
    pub fn unacknowledged_positions(&self) -> usize {
        self.flushed.len()
    }

    /// What must agree with each other in a state that was read back.
    #[cfg(feature = "serde")]
    pub(super) fn parts(&self) -> (&FlushedPositions, &CommitWaits) {
        (&self.flushed, &self.waits)
    }

    fn log(&mut self, message: LogMessage) {
        self.outputs.push_back(Output::Log(message));
    }

    /// Logs a detail message, made only if the trace level asks for it.
    #[inline]
    fn trace(&mut self, message: impl FnOnce(&Source) -> LogMessage) {
        if self.config.trace_level & TRACE_DETAIL != 0 {
            let message = message(self);
            self.log(message);
        }
    }
}

impl SourceConfig {
    fn normalised(mut self) -> SourceConfig {
        if self.generation == Generation::V5_5 {
            self.wait_point = WaitPoint::AfterCommit;
            self.wait_for_replica_count = 1;
        }
        self.wait_for_replica_count = self.wait_for_replica_count.max(1);
        self
    }
}

/// Trace bits (`rpl_semi_sync_source_trace_level`).
const TRACE_CLOCK: u64 = 1;
const TRACE_DETAIL: u64 = 16;
