//! How far the applier says it is.
//!
//! Workers apply, and the coordinator notes their progress at checkpoints: `replica_checkpoint_period`
//! after it happened, at an event that all workers are waited for, and when the applier is stopped.
//! SHOW REPLICA STATUS tells the last checkpoint, and relay logs behind it stay. An applier that
//! stops at an error stays at the last one.

use std::collections::VecDeque;
use std::time::Duration;

use semisync_core::{BinlogPosition, Instant};

/// Everything before this is applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// The next relay log event: file number and index.
    pub(crate) relay: (u64, usize),
    /// The end in the source's coordinates.
    pub(crate) executed: BinlogPosition,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkpoints {
    last: Progress,
    /// What came after it, and when.
    since: VecDeque<(Instant, Progress)>,
    /// `replica_checkpoint_period` when the applier was started.
    period: Duration,
}

impl Checkpoints {
    /// The applier starts.
    pub(crate) fn start(&mut self, period: Duration) {
        self.period = period;
    }

    /// A transaction is applied.
    pub(crate) fn applied(&mut self, now: Instant, progress: Progress) {
        self.pass(now);
        self.since.push_back((now, progress));
    }

    /// A checkpoint is made now.
    pub(crate) fn make(&mut self, progress: Progress) {
        self.last = progress;
        self.since.clear();
    }

    /// The applier stops at an error.
    pub(crate) fn fail(&mut self, now: Instant) {
        self.pass(now);
        self.since.clear();
    }

    /// The last checkpoint.
    pub(crate) fn last(&self, now: Instant) -> &Progress {
        let passed = self
            .since
            .iter()
            .take_while(|(at, _)| self.is_due(*at, now));
        passed.last().map_or(&self.last, |(_, progress)| progress)
    }

    /// When what came after the last checkpoint happened.
    pub(crate) fn times_mut(&mut self) -> impl Iterator<Item = &mut Instant> {
        self.since.iter_mut().map(|(at, _)| at)
    }

    /// Whether there is nothing that the last checkpoint does not tell.
    pub(crate) fn is_complete(&self, now: Instant) -> bool {
        self.since.iter().all(|(at, _)| self.is_due(*at, now))
    }

    fn pass(&mut self, now: Instant) {
        while let Some((at, _)) = self.since.front()
            && self.is_due(*at, now)
            && let Some((_, progress)) = self.since.pop_front()
        {
            self.last = progress;
        }
    }

    fn is_due(&self, at: Instant, now: Instant) -> bool {
        self.period <= now.saturating_since(at)
    }
}
