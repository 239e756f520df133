//! What the next start finds after a crash: the engine's log and the binary log decide together.
//!
//! A transaction is there if its commit is in the engine's log; or if it was prepared there and the
//! binary log has it. Each of the two logs may have lost its end: then a transaction can be in the
//! binary log (and in `gtid_executed`) without its rows, or have its rows without being in the
//! binary log (and its identifier is in `gtid_purged`).

use std::collections::BTreeSet;

use semisync_core::BinlogPosition;

use crate::binlog::{BinlogEvent, EventBody};
use crate::cluster::Cluster;
use crate::commit::Job;
use crate::engine::Actor;
use crate::engine::redo::{Commit, Lsn};
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;
use crate::{ServerIndex, TransactionId};

impl Cluster {
    /// Takes from the disks of a server what a crash took.
    pub(super) fn recover_disks(&mut self, ix: ServerIndex, power_cut: bool) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        let cut = match server.binlog.files().is_empty() {
            true => Vec::new(),
            false => server.binlog.recover(power_cut),
        };
        if power_cut && let Some(channel) = server.channel.as_mut() {
            channel.relay_log.power_cut();
        }
        let end = server.binlog.files().last().map(|file| BinlogPosition {
            file: file.name.clone(),
            offset: file.size,
        });
        let interval = server
            .global(ordinary!("innodb_flush_log_at_timeout"))
            .as_u64();
        let redo = server.engine.redo_mut();
        redo.flush_in_background(now, interval.max(1) * SECOND_US);
        let survives_to = redo.survives_to(power_cut);
        let lost = redo.take_lost(survives_to);
        let is_logged = |position: &Option<BinlogPosition>| match (position, &end) {
            (Some(position), Some(end)) => position <= end,
            _ => false,
        };
        let mut undone = BTreeSet::new();
        for commit in lost {
            let was_prepared = commit.prepared.is_some_and(|at| at <= survives_to);
            if was_prepared && is_logged(&commit.position) {
                continue;
            }
            undone.insert(commit.transaction);
            self.take_back(ix, commit);
        }
        self.recover_prepared(ix, survives_to, &undone, is_logged);
        self.keep_unlogged(ix, &cut, &undone);
        let engine = &mut self.server_mut(ix).engine;
        engine.forget_transactions();
        engine.redo_mut().checkpoint();
    }

    /// A commit is gone from the engine's log, and nothing brings it back.
    fn take_back(&mut self, ix: ServerIndex, commit: Commit) {
        let server = self.server_mut(ix);
        server.engine.take_back(&commit.changes);
        if let Some(gtid) = commit.gtid {
            server.gtid_executed.remove(gtid);
            server.executed_elsewhere.remove(gtid);
        }
        if let (Some(channel), Some(applied)) = (server.channel.as_mut(), commit.applied) {
            channel.applier.goes_back_to(applied);
        }
        if let Some(gtid) = commit.gtid {
            let kind = TraceKind::TransactionLost {
                gtid: gtid.to_string(),
            };
            self.mark(Lane::Server(ix), Some(commit.transaction), kind);
        }
    }

    /// Transactions on their way through the stages: prepared ones that the binary log has commit.
    fn recover_prepared(
        &mut self,
        ix: ServerIndex,
        survives_to: Lsn,
        undone: &BTreeSet<TransactionId>,
        is_logged: impl Fn(&Option<BinlogPosition>) -> bool,
    ) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        let commits = std::mem::take(&mut server.commits);
        let survives = |job: &Job| match job.is_committed {
            true => !undone.contains(&job.transaction),
            false => job.prepared <= survives_to && is_logged(&job.position),
        };
        for job in commits.jobs.values().filter(|job| survives(job)) {
            if !job.is_committed {
                server.engine.commit(job.actor);
            }
            if let Some(channel) = server.channel.as_mut()
                && job.actor == Actor::Applier
            {
                channel.applier.finish(now);
            }
        }
    }

    /// Transactions that the engine has and the binary log lost: their identifiers are known from
    /// the engine's own table.
    fn keep_unlogged(
        &mut self,
        ix: ServerIndex,
        cut: &[BinlogEvent],
        undone: &BTreeSet<TransactionId>,
    ) {
        let server = self.server_mut(ix);
        for event in cut {
            let is_undone = event.transaction.is_some_and(|it| undone.contains(&it));
            if let EventBody::Gtid { gtid, .. } = &*event.body
                && !is_undone
                && server.gtid_executed.contains(*gtid)
            {
                server.executed_elsewhere.add(*gtid);
            }
        }
    }
}

const SECOND_US: u64 = 1_000_000;
