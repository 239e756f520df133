//! The stages themselves: who leads, who follows, what each stage does when its time is over.

use super::{Group, GroupId, Job, JobId, JobSource, Stage};
use crate::ServerIndex;
use crate::cluster::{Cluster, Pending, ProcessEvent};
use crate::engine::Actor;
use crate::engine::redo::{Commit, FlushPolicy};
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;
use semisync_core::source::Input;

impl Cluster {
    /// A transaction is ready to commit: engine prepare, then the flush queue.
    pub(crate) fn begin_commit(&mut self, ix: ServerIndex, mut job: Job) {
        let server = self.server_mut(ix);
        if server.read_lock.keeps_commits() {
            server.commits.blocked.push_back(job);
            return;
        }
        let transaction = job.transaction;
        let session = match job.actor {
            Actor::Session(session) => Some(session),
            Actor::Applier => None,
        };
        let id = server.commits.next_job();
        job.prepared = server.engine.redo_mut().log_prepare();
        server.commits.jobs.insert(id, job);
        server.commits.stage(Stage::Flush).queue.push_back(id);
        let kind = TraceKind::Prepared { session };
        self.mark(Lane::Server(ix), Some(transaction), kind);
        self.start_stage(ix, Stage::Flush);
    }

    /// Takes the lock of a stage for everybody in its queue, if it is free.
    pub(crate) fn start_stage(&mut self, ix: ServerIndex, stage: Stage) {
        let keeps_order = self
            .server(ix)
            .global(ordinary!("binlog_order_commits"))
            .is_on();
        let needs_lock = keeps_order || matches!(stage, Stage::Flush | Stage::Sync);
        let server = self.server_mut(ix);
        if stage == Stage::Flush && !server.rotations.is_empty() {
            return;
        }
        let commits = &mut server.commits;
        let state = commits.stage(stage);
        if state.queue.is_empty() || (needs_lock && state.owner.is_some()) {
            return;
        }
        let members: Vec<_> = state.queue.drain(..).collect();
        let id = commits.next_group();
        if needs_lock {
            commits.stage(stage).owner = Some(id);
        }
        let group = Group {
            stage,
            members,
            cursor: 0,
            sync_to: None,
            has_lock: needs_lock,
        };
        let size = group.members.len() as u64;
        commits.groups.insert(id, group);
        match stage {
            Stage::Flush => {
                let write = self.world.timing.write_us * size;
                self.later(ix, write, ProcessEvent::StageEnds(id));
            }
            Stage::Sync => self.start_sync(ix, id),
            Stage::Commit => self.call_after_sync(ix, id),
            Stage::AfterCommit => self.call_after_commit(ix, id),
        }
    }

    /// The time of a group's stage is over.
    pub(crate) fn stage_ends(&mut self, ix: ServerIndex, id: GroupId) {
        let Some(group) = self.server(ix).commits.groups.get(&id) else {
            return;
        };
        match group.stage {
            Stage::Flush => self.flush_ends(ix, id),
            Stage::Sync => self.sync_ends(ix, id),
            Stage::Commit => self.engine_commits(ix, id),
            Stage::AfterCommit => {}
        }
    }

    fn flush_ends(&mut self, ix: ServerIndex, id: GroupId) {
        let members = self.members(ix, id);
        let leader = self.leader(ix, id);
        // The engine's log comes first: what the binary log has must be known to be prepared.
        self.flush_redo(ix);
        for job in &members {
            self.write_transaction(ix, *job, leader);
        }
        let end = self.server(ix).binlog.end();
        self.source_input(ix, Input::BinlogFlushed { position: end });
        let sync_binlog = self.server(ix).global(ordinary!("sync_binlog")).as_u64();
        if sync_binlog != 1 {
            self.publish(ix, None);
        }
        let limit = self
            .server(ix)
            .global(ordinary!("max_binlog_size"))
            .as_u64();
        if limit <= self.server(ix).binlog.current().size {
            self.server_mut(ix).rotations.push_back(None);
        }
        self.next_stage(ix, id, Stage::Sync);
    }

    fn start_sync(&mut self, ix: ServerIndex, id: GroupId) {
        let server = self.server(ix);
        let sync_binlog = server.global(ordinary!("sync_binlog")).as_u64();
        let is_due = match sync_binlog {
            0 => false,
            every => every <= server.commits.unsynced_groups + 1,
        };
        let delay = match is_due || sync_binlog == 0 {
            true => server
                .global(ordinary!("binlog_group_commit_sync_delay"))
                .as_u64(),
            false => 0,
        };
        let end = server.binlog.end();
        let server = self.server_mut(ix);
        server.commits.unsynced_groups = match is_due {
            true => 0,
            false => server.commits.unsynced_groups + 1,
        };
        if let Some(group) = server.commits.groups.get_mut(&id) {
            group.sync_to = is_due.then_some(end);
        }
        let fsync = if is_due {
            self.world.timing.fsync_us
        } else {
            0
        };
        self.later(ix, delay + fsync, ProcessEvent::StageEnds(id));
    }

    fn sync_ends(&mut self, ix: ServerIndex, id: GroupId) {
        let members = self.members(ix, id);
        let commits = &self.server(ix).commits;
        let synced = commits
            .groups
            .get(&id)
            .and_then(|group| group.sync_to.clone());
        let last = members.last().and_then(|job| commits.jobs.get(job));
        let last = last.and_then(|job| job.position.clone());
        if let Some(position) = synced {
            self.server_mut(ix).binlog.sync_to(&position);
            for job in &members {
                let job = self.server(ix).commits.jobs.get(job).cloned();
                if let Some((transaction, Some(position))) =
                    job.map(|job| (job.transaction, job.position))
                {
                    let kind = TraceKind::BinlogSynced { position };
                    self.mark(Lane::Server(ix), Some(transaction), kind);
                }
            }
        }
        // Whatever `sync_binlog` is by now: what was not sent after the flush is sent here.
        if last.is_some() {
            self.publish(ix, last);
        }
        self.next_stage(ix, id, Stage::Commit);
    }

    /// The wait of AFTER_SYNC is over: the engine commits the whole queue.
    pub(crate) fn after_sync_released(&mut self, ix: ServerIndex, id: GroupId) {
        let size = self.members(ix, id).len() as u64;
        let duration = self.world.timing.engine_commit_us * size;
        self.later(ix, duration, ProcessEvent::StageEnds(id));
    }

    fn engine_commits(&mut self, ix: ServerIndex, id: GroupId) {
        for job in self.members(ix, id) {
            self.engine_commit(ix, job);
        }
        self.wake_lock_waiters(ix);
        self.next_stage(ix, id, Stage::AfterCommit);
        self.try_rotate(ix);
    }

    fn engine_commit(&mut self, ix: ServerIndex, id: JobId) {
        let server = self.server_mut(ix);
        let Some(job) = server.commits.jobs.get_mut(&id) else {
            return;
        };
        job.is_committed = true;
        let job = job.clone();
        let changes = server.engine.commit(job.actor);
        let commit = Commit {
            prepared: Some(job.prepared),
            position: job.position.clone(),
            gtid: job.gtid,
            ..Commit::new(job.transaction, changes)
        };
        self.log_commit(ix, job.actor, commit);
        let server = self.server_mut(ix);
        if let Some(gtid) = job.gtid {
            server.gtid_executed.add(gtid);
            server.gtid_owned.remove(gtid);
        }
        if matches!(
            job.source,
            JobSource::Client {
                gtid_next: Some(_),
                ..
            }
        ) {
            self.wake_gtid_waiters(ix);
        }
        let gtid = job.gtid.map(|gtid| gtid.to_string());
        let kind = match job.actor {
            Actor::Session(_) => TraceKind::EngineCommitted { gtid },
            Actor::Applier => TraceKind::Applied { gtid },
        };
        self.mark(Lane::Server(ix), Some(job.transaction), kind);
    }

    /// The engine logs a commit.
    pub(crate) fn log_commit(&mut self, ix: ServerIndex, actor: Actor, mut commit: Commit) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        if actor == Actor::Applier {
            let channel = server.channel.as_ref();
            commit.applied = channel.map(|channel| channel.applier.applied_up_to());
        }
        let interval = server
            .global(ordinary!("innodb_flush_log_at_timeout"))
            .as_u64();
        let redo = server.engine.redo_mut();
        redo.flush_in_background(now, interval.max(1) * SECOND_US);
        redo.log_commit(now, commit);
    }

    /// `innodb_flush_log_at_trx_commit`, for everything logged so far.
    pub(crate) fn flush_redo(&mut self, ix: ServerIndex) {
        let server = self.server_mut(ix);
        let setting = server
            .global(ordinary!("innodb_flush_log_at_trx_commit"))
            .as_u64();
        server.engine.redo_mut().flush(FlushPolicy::of(setting));
    }

    /// The next member's after_commit hook, or the end of the group.
    pub(crate) fn call_after_commit(&mut self, ix: ServerIndex, id: GroupId) {
        let commits = &self.server(ix).commits;
        let Some(group) = commits.groups.get(&id) else {
            return;
        };
        let job = group.members.get(group.cursor).copied();
        let Some((actor, position)) = job
            .and_then(|job| commits.jobs.get(&job))
            .map(|job| (job.actor, job.position.clone()))
        else {
            self.group_is_done(ix, id);
            return;
        };
        let input = Input::TransactionCommitted {
            session: super::waits::core_session(actor),
            position,
            is_real_transaction: true,
        };
        self.call_hook(ix, id, actor, input);
    }

    fn group_is_done(&mut self, ix: ServerIndex, id: GroupId) {
        let server = self.server_mut(ix);
        let Some(group) = server.commits.groups.remove(&id) else {
            return;
        };
        if group.has_lock {
            server.commits.stage(Stage::AfterCommit).owner = None;
        }
        for job in group.members {
            if let Some(job) = self.server_mut(ix).commits.jobs.remove(&job) {
                self.commit_is_done(ix, &job);
            }
        }
        self.world.pending.push_back(Pending::ReadLock(ix));
        self.start_stage(ix, Stage::AfterCommit);
        self.try_rotate(ix);
    }

    fn commit_is_done(&mut self, ix: ServerIndex, job: &Job) {
        match job.actor {
            Actor::Session(session) => self.statement_commits(ix, session),
            Actor::Applier => self.applier_committed(ix),
        }
    }

    /// Hands a group over to the next stage and lets both locks go on.
    fn next_stage(&mut self, ix: ServerIndex, id: GroupId, next: Stage) {
        let commits = &mut self.server_mut(ix).commits;
        let Some(group) = commits.groups.remove(&id) else {
            return;
        };
        if group.has_lock {
            commits.stage(group.stage).owner = None;
        }
        commits.stage(next).queue.extend(group.members);
        self.start_stage(ix, next);
        self.start_stage(ix, group.stage);
    }

    pub(crate) fn members(&self, ix: ServerIndex, id: GroupId) -> Vec<JobId> {
        let group = self.server(ix).commits.groups.get(&id);
        group.map(|group| group.members.clone()).unwrap_or_default()
    }

    pub(crate) fn leader(&self, ix: ServerIndex, id: GroupId) -> Option<Actor> {
        let commits = &self.server(ix).commits;
        let first = commits.groups.get(&id)?.members.first()?;
        commits.jobs.get(first).map(|job| job.actor)
    }
}

const SECOND_US: u64 = 1_000_000;
