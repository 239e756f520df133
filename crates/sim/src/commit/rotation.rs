//! Beginning a new binary log file while commits are under way.

use crate::cluster::Cluster;
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
        self.wake_log_readers(ix);
        self.wake_dumps(ix);
        self.start_stage(ix, Stage::Flush);
    }
}
