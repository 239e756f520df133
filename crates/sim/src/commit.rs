//! Group commit: from engine prepare to the client's OK.
//!
//! Four stages, each with a lock and a queue: flush (`LOCK_log`), sync (`LOCK_sync`), commit
//! (`LOCK_commit`) and after-commit (`LOCK_after_commit`). Who finds a queue empty leads; groups
//! that arrive while the lock is held merge. The hooks of the source plugin stand where MySQL has
//! them: after the flush stage, before the engine commits, and after it for each transaction. The
//! plugin (the core) decides who waits there. [`stages`] moves the groups, [`write`] writes the
//! binary log, [`waits`] is the plugin's side.

pub(crate) mod stages;

pub(crate) mod write;

pub(crate) mod waits;

pub(crate) mod rotation;

use std::collections::{BTreeMap, VecDeque};

use semisync_core::{BinlogPosition, Instant};

use crate::TransactionId;
use crate::engine::Actor;
use crate::engine::redo::Lsn;
use crate::gtid::Gtid;
use crate::sorted_map::SortedMap;

/// A transaction on its way through the stages, unique in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JobId(pub(crate) u64);

/// Transactions that go through a stage together, the leader first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupId(pub(crate) u64);

/// A stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Flush,
    Sync,
    Commit,
    AfterCommit,
}

/// A transaction that commits.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) actor: Actor,
    pub(crate) transaction: TransactionId,
    pub(crate) source: JobSource,
    /// End in the binary log, once written.
    pub(crate) position: Option<BinlogPosition>,
    /// Identifier, once assigned.
    pub(crate) gtid: Option<Gtid>,
    /// Where it was prepared in the engine's log.
    pub(crate) prepared: Lsn,
    /// It is committed in the engine.
    pub(crate) is_committed: bool,
}

/// Who commits.
#[derive(Clone, Debug)]
pub(crate) enum JobSource {
    /// A client. The identifier it asked for with `gtid_next`, and its default database.
    Client {
        gtid_next: Option<Gtid>,
        default_db: String,
        logged: Option<LoggedText>,
    },
    /// The applier: server of origin, identifier, time of the original commit.
    Applier {
        server_id: u32,
        gtid: Option<Gtid>,
        original_commit: Instant,
        default_db: String,
        logged: Option<LoggedText>,
    },
}

/// A statement that is logged as text.
#[derive(Clone, Debug)]
pub(crate) struct LoggedText {
    pub(crate) text: String,
    /// CREATE and DROP DATABASE carry the database itself as their default database.
    pub(crate) default_db: Option<String>,
    /// The database it accesses.
    pub(crate) object_db: Option<String>,
    pub(crate) has_xid: bool,
    /// Bytes its kind adds to the event.
    pub(crate) extra: u64,
}

/// The state of the four stages.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupCommit {
    pub(crate) jobs: SortedMap<JobId, Job>,
    pub(crate) groups: SortedMap<GroupId, Group>,
    pub(crate) stages: [StageState; 4],
    /// The group whose leader or member is inside a hook of the source plugin.
    pub(crate) in_hook: BTreeMap<Actor, GroupId>,
    /// Waiting to begin, behind a global read lock.
    pub(crate) blocked: VecDeque<Job>,
    /// Flushes since the last sync (`sync_binlog`).
    pub(crate) unsynced_groups: u64,
    last_job: u64,
    last_group: u64,
}

/// One stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct StageState {
    pub(crate) queue: VecDeque<JobId>,
    /// Who holds the lock.
    pub(crate) owner: Option<GroupId>,
}

/// A group in a stage.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) stage: Stage,
    pub(crate) members: Vec<JobId>,
    /// The member whose turn it is (after-commit stage).
    pub(crate) cursor: usize,
    /// How far the fsync of its sync stage reaches.
    pub(crate) sync_to: Option<BinlogPosition>,
    /// Whether it holds the lock of its stage.
    pub(crate) has_lock: bool,
}

impl GroupCommit {
    pub(crate) fn next_job(&mut self) -> JobId {
        self.last_job += 1;
        JobId(self.last_job)
    }

    pub(crate) fn next_group(&mut self) -> GroupId {
        self.last_group += 1;
        GroupId(self.last_group)
    }

    pub(crate) fn stage(&mut self, stage: Stage) -> &mut StageState {
        &mut self.stages[stage as usize]
    }

    /// Whether a transaction is between the binary log and its engine commit.
    pub(crate) fn has_prepared(&self) -> bool {
        let mut jobs = self.jobs.values();
        jobs.any(|job| job.position.is_some() && !job.is_committed)
    }

    /// Whether anything is on its way.
    pub(crate) fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.blocked.is_empty()
    }

    pub(crate) fn job_of(&self, actor: Actor) -> Option<&Job> {
        self.jobs.values().find(|job| job.actor == actor)
    }
}
