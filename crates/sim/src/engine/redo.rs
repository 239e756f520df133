//! The engine's redo log, as far as a crash can take it: what was logged, what the operating system
//! has, and what is on disk.
//!
//! A transaction is logged twice: when it is prepared, and when it commits. How far the log is
//! written and synced is decided by `innodb_flush_log_at_trx_commit` at the flush stage of a group,
//! and once in a while by a thread of the engine. A crash takes the end of it: what committed there
//! is taken back, unless it was prepared before and the binary log has it.

use std::collections::VecDeque;
use std::sync::Arc;

use semisync_core::{BinlogPosition, Instant};

use super::{Database, StatementChanges, Table};
use crate::TransactionId;
use crate::accounts::Accounts;
use crate::binlog::DdlAction;
use crate::gtid::Gtid;
use crate::replication::channel::AppliedUpTo;

/// A place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lsn(u64);

/// The log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redo {
    end: Lsn,
    /// What survives a crash of the process.
    written: Lsn,
    /// What survives a power cut.
    synced: Lsn,
    /// Commits that are not known to be on disk, in order.
    tail: VecDeque<Commit>,
    /// When the log's own thread wrote and synced it last.
    background: Instant,
}

/// A transaction that has committed.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    /// Where and when it was logged; set by the log.
    pub(crate) lsn: Lsn,
    pub(crate) at: Instant,
    pub(crate) transaction: TransactionId,
    /// Where it was prepared; `None` without a binary log.
    pub(crate) prepared: Option<Lsn>,
    /// Its end in the binary log.
    pub(crate) position: Option<BinlogPosition>,
    pub(crate) gtid: Option<Gtid>,
    pub(crate) changes: Changes,
    /// How far the applier was before, if it was the applier's.
    pub(crate) applied: Option<AppliedUpTo>,
}

/// What a commit changed, and what was there before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) statements: Vec<StatementChanges>,
    pub(crate) ddl: Option<(DdlAction, Before)>,
}

/// What a definition replaced.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    Nothing,
    /// Tables, with the databases they are in.
    Tables(Vec<(String, Arc<Table>)>),
    Database(Arc<Database>),
    Accounts(Arc<Accounts>),
}

/// `innodb_flush_log_at_trx_commit`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlushPolicy {
    /// 0: nothing at a commit.
    Never,
    /// 1: written and synced.
    Synced,
    /// 2: written.
    Written,
}

impl FlushPolicy {
    pub(crate) fn of(setting: u64) -> FlushPolicy {
        match setting {
            0 => FlushPolicy::Never,
            2 => FlushPolicy::Written,
            _ => FlushPolicy::Synced,
        }
    }
}

impl Redo {
    /// A transaction is prepared.
    pub(crate) fn log_prepare(&mut self) -> Lsn {
        self.end.0 += 1;
        self.end
    }

    /// A transaction commits.
    pub(crate) fn log_commit(&mut self, now: Instant, mut commit: Commit) {
        self.end.0 += 1;
        commit.lsn = self.end;
        commit.at = now;
        self.tail.push_back(commit);
    }

    /// What a commit does with the log.
    pub(crate) fn flush(&mut self, policy: FlushPolicy) {
        match policy {
            FlushPolicy::Never => return,
            FlushPolicy::Synced => self.synced = self.end,
            FlushPolicy::Written => {}
        }
        self.written = self.end;
        self.forget_synced();
    }

    /// What the log's own thread has done by now: every `interval_us` it writes and syncs all there
    /// is.
    pub(crate) fn flush_in_background(&mut self, now: Instant, interval_us: u64) {
        let last = now.as_micros() / interval_us * interval_us;
        if last <= self.background.as_micros() {
            return;
        }
        self.background = Instant::from_micros(last);
        let on_disk = self
            .tail
            .partition_point(|commit| commit.at.as_micros() <= last);
        let Some(until) = on_disk.checked_sub(1).map(|last| self.tail[last].lsn) else {
            return;
        };
        self.written = self.written.max(until);
        self.synced = self.synced.max(until);
        self.forget_synced();
    }

    /// A clean shutdown, or a recovery: everything is on disk.
    pub(crate) fn checkpoint(&mut self) {
        self.flush(FlushPolicy::Synced);
    }

    /// How far the log is after a crash.
    pub(crate) fn survives_to(&self, power_cut: bool) -> Lsn {
        match power_cut {
            true => self.synced,
            false => self.written,
        }
    }

    /// The commits whose records a crash takes, latest first.
    pub(crate) fn take_lost(&mut self, survives_to: Lsn) -> Vec<Commit> {
        let kept = self
            .tail
            .partition_point(|commit| commit.lsn <= survives_to);
        let lost = self.tail.split_off(kept);
        lost.into_iter().rev().collect()
    }

    fn forget_synced(&mut self) {
        while self
            .tail
            .front()
            .is_some_and(|commit| commit.lsn <= self.synced)
        {
            self.tail.pop_front();
        }
    }
}

impl Commit {
    /// A commit that is about to be logged.
    pub(crate) fn new(transaction: TransactionId, changes: Changes) -> Commit {
        Commit {
            lsn: Lsn::default(),
            at: Instant::ZERO,
            transaction,
            prepared: None,
            position: None,
            gtid: None,
            changes,
            applied: None,
        }
    }
}
