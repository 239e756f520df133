//! The machine itself.

use alloc::collections::VecDeque;

use super::{AckCounting, Counters, Deadline, Input, Output, SemisyncStatus, WaitPoint};
use crate::Generation;
use crate::position::BinlogPosition;
use crate::time::Instant;

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
pub struct Source {
    config: SourceConfig,
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
    /// A disabled source. Its first output is the log message that it is initialised (11130).
    pub fn new(config: SourceConfig) -> Source {
        Source {
            config,
            outputs: VecDeque::new(),
        }
    }

    /// Tells the machine what happened at `now`.
    pub fn handle(&mut self, _now: Instant, _input: Input) {
        assert!(
            self.outputs.is_empty(),
            "poll_output must be drained before the next handle"
        );
    }

    /// The next thing the host should do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The next deadline of a sleeping session.
    pub fn poll_timeout(&self) -> Option<Deadline> {
        None
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
        false
    }

    /// What replication is doing (`Rpl_semi_sync_source_status`).
    pub fn status(&self) -> SemisyncStatus {
        SemisyncStatus::Off
    }

    /// The configuration as it stands.
    pub fn config(&self) -> &SourceConfig {
        &self.config
    }

    /// The counters as they stand.
    pub fn counters(&self) -> &Counters {
        const ZERO: &Counters = &Counters {
            yes_tx: 0,
            no_tx: 0,
            no_times: 0,
            timefunc_failures: 0,
            wait_pos_backtraverse: 0,
            wait_sessions: 0,
            tx_waits: 0,
            tx_wait_time_us: 0,
            net_waits: 0,
            clients: 0,
        };
        ZERO
    }

    /// Whether UNINSTALL PLUGIN may go on: no semisynchronous replica is registered.
    pub fn can_uninstall(&self) -> bool {
        self.counters().clients == 0
    }

    /// The greatest position acknowledged by enough replicas, if known.
    pub fn acknowledged(&self) -> Option<&BinlogPosition> {
        None
    }

    /// The greatest flushed position, if known.
    pub fn flushed(&self) -> Option<&BinlogPosition> {
        None
    }

    /// The smallest position waited for, as far as noted.
    pub fn waited_for(&self) -> Option<&BinlogPosition> {
        None
    }

    /// How many flushed positions are kept because nobody has acknowledged them yet.
    pub fn unacknowledged_positions(&self) -> usize {
        0
    }
}
