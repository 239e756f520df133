//! A client's session on its server.

use semisync_core::Instant;

use crate::accounts::{AccountName, Privileges};
use crate::engine::{Isolation, Row};
use crate::expr::{BinaryOp, Expr};
use crate::gtid::Gtid;
use crate::operation::{OkPacket, Operation, StatementId};
use crate::queue::EventKey;
use crate::variables::Settings;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) processlist_id: u64,
    /// The user the client named.
    pub(crate) user: String,
    /// The account it was taken for.
    pub(crate) account: AccountName,
    /// The account's static privileges on everything when the client connected.
    pub(crate) privileges: Privileges,
    pub(crate) db: Option<String>,
    /// Privileges on the default database when it became that.
    pub(crate) db_privileges: Privileges,
    pub(crate) settings: Settings,
    pub(crate) statement: Option<Running>,
    /// Since when it does what it does.
    pub(crate) since: Instant,
    /// The identifier named by `gtid_next` is used up; another value must be set.
    pub(crate) gtid_next_is_used: bool,
    /// The identifier it owns.
    pub(crate) owned_gtid: Option<Gtid>,
    /// BEGIN was run.
    pub(crate) in_transaction: bool,
    /// SET TRANSACTION ISOLATION LEVEL: holds for the next transaction only.
    pub(crate) next_isolation: Option<Isolation>,
    /// SET TRANSACTION READ ONLY or READ WRITE: of the next transaction alone.
    pub(crate) next_read_only: Option<bool>,
    /// What the statement that just read may see.
    pub(crate) reads_at: Isolation,
    /// What a locking read found and locked.
    pub(crate) found_rows: Option<Vec<Row>>,
    /// KILL CONNECTION was run, or the server shuts down.
    pub(crate) is_killed: bool,
    /// The client has gone, or was told that the connection is lost.
    pub(crate) client_gone: bool,
}

/// The statement a session runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) id: StatementId,
    pub(crate) operation: Operation,
    pub(crate) text: String,
    pub(crate) started: Instant,
    pub(crate) phase: Phase,
    /// What it answers when its commit is over.
    pub(crate) answer: OkPacket,
    pub(crate) timer: Option<EventKey>,
    /// It has its part of the global read lock.
    pub(crate) writes: bool,
    /// It was let through before it had to wait for the read lock.
    pub(crate) has_been_checked: bool,
    /// Since when it waits for locks of this kind.
    pub(crate) waits_since: Option<(Phase, Instant)>,
    /// The commit under way is that of an earlier transaction, which the statement ends: it runs
    /// when that is over.
    pub(crate) runs_after_commit: bool,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// On its way to the server, being parsed, running.
    Executing,
    /// Waits for a row lock.
    RowLock,
    /// Waits for a table's metadata lock.
    MetadataLock,
    /// Waits for the global read lock, or for statements in progress to get it.
    GlobalReadLock,
    /// Waits for commits in progress, to get the global read lock.
    CommitLock,
    /// Waits for the lock of the binary log.
    BinaryLogLock,
    /// Waits until no transaction is between binary log and engine commit, to begin a new file.
    Rotation,
    /// Waits for another session to give an identifier back.
    GtidOwned,
    /// Waits for the applier to end what it applies.
    StopsReplica,
    /// In the group commit.
    Commit,
    /// SLEEP()
    Sleep,
    /// WAIT_FOR_EXECUTED_GTID_SET()
    AwaitsTransactions,
    /// SOURCE_POS_WAIT()
    AwaitsPosition,
}

impl Phase {
    /// Whether it ends when a time has come.
    pub(crate) fn is_sleep(self) -> bool {
        matches!(
            self,
            Phase::Sleep | Phase::AwaitsTransactions | Phase::AwaitsPosition
        )
    }
}

impl Session {
    /// The column State of SHOW PROCESSLIST, where the commit path does not say more.
    pub(crate) fn state(&self) -> &'static str {
        match self.statement.as_ref().map(|running| running.phase) {
            None => "",
            Some(Phase::Executing) => "executing",
            Some(Phase::RowLock) => self.row_lock_state(),
            Some(Phase::MetadataLock) => "Waiting for table metadata lock",
            Some(Phase::CommitLock) => "Waiting for commit lock",
            Some(Phase::GlobalReadLock) => "Waiting for global read lock",
            Some(Phase::Rotation | Phase::BinaryLogLock) => "starting",
            Some(Phase::Commit) => "waiting for handler commit",
            Some(Phase::GtidOwned) => "executing",
            Some(Phase::StopsReplica) => "Killing replica",
            Some(Phase::Sleep) => "User sleep",
            Some(Phase::AwaitsPosition) => "Waiting for the replica SQL thread to advance position",
            Some(Phase::AwaitsTransactions) => "Waiting for GTID to be committed",
        }
    }

    fn row_lock_state(&self) -> &'static str {
        match self.statement.as_ref().map(|running| &running.operation) {
            Some(Operation::Insert { .. }) => "update",
            // A look-up by primary key happens while the plan is made.
            Some(Operation::ReadRows { filter, .. }) => match filter {
                Some(Expr::Binary(BinaryOp::Equal, ..)) => "statistics",
                _ => "executing",
            },
            _ => "updating",
        }
    }
}
