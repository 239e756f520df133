//! Beginning a new binary log file while commits are under way, and what waits for commits to end.

use crate::cluster::{Cluster, Pending};
use crate::commit::Stage;
use crate::operation::OkPacket;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// FLUSH BINARY LOGS: holds `LOCK_log` until no transaction is between the binary log and its
    /// engine commit.
    pub(crate) fn request_rotation(&mut self, ix: ServerIndex, session: SessionKey) {
        self.server_mut(ix).rotations.push_back(Some(session));
        self.try_rotate(ix);
    }

    pub(crate) fn try_rotate(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        let is_flushing = server.commits.stage(Stage::Flush).owner.is_some();
        if server.rotations.is_empty() || is_flushing || server.commits.has_prepared() {
            return;
        }
        let executed = server.gtid_executed.clone();
        let waiting: Vec<_> = server.rotations.drain(..).collect();
        let sessions: Vec<_> = waiting.iter().flatten().copied().collect();
        // Automatic rotations that were asked for together need one new file.
        let files = sessions.len().max(1);
        for _ in 0..files {
            server.binlog.rotate(now, &executed);
        }
        for session in sessions {
            self.statement_ends_ok(ix, session, OkPacket::default());
        }
        self.wake_dumps(ix);
        self.start_stage(ix, Stage::Flush);
    }

    /// A statement needs the global read lock with the commit block: it waits for commits in
    /// progress, and later commits wait for it.
    pub(crate) fn request_commit_lock(&mut self, ix: ServerIndex, session: SessionKey) {
        self.server_mut(ix).commit_blockers.push_back(session);
        self.world.pending.push_back(Pending::CommitLock(ix));
    }

    /// Gives the commit lock to who waits for it, then lets blocked commits go on.
    pub(crate) fn grant_commit_lock(&mut self, ix: ServerIndex) {
        while self.server(ix).commits.jobs.is_empty() {
            let Some(session) = self.server_mut(ix).commit_blockers.pop_front() else {
                break;
            };
            self.run_with_commit_lock(ix, session);
        }
        while self.server(ix).commit_blockers.is_empty() {
            let Some(job) = self.server_mut(ix).commits.blocked.pop_front() else {
                break;
            };
            self.begin_commit(ix, job);
        }
    }
}
