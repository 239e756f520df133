//! What a session can ask a server to do, and what comes back.

use semisync_core::Instant;
use serde::{Deserialize, Serialize};

use crate::SessionKey;
use crate::accounts::AccountChange;
use crate::expr::Expr;
use crate::value::Value;

/// A statement in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatementId(pub u64);

/// One statement, parsed and typed. Names of databases and tables are resolved (`db` given), text
/// that ends up in the binary log comes along as typed.
#[allow(missing_docs, reason = "fields say what the statement says")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// Anything that only reads: the console computes the result when the statement runs
    /// ([`Outcome::Read`]).
    Read,
    /// SELECT from one user table; the caller computes the result as for [`Operation::Read`].
    ReadRows {
        db: String,
        table: String,
        filter: Option<Expr>,
        locking: Option<RowLocking>,
    },
    /// SHOW BINARY LOG STATUS, SHOW BINARY LOGS: as [`Operation::Read`], behind the lock of the
    /// binary log.
    ReadBinaryLog,
    /// USE
    UseDatabase(String),
    /// CREATE DATABASE
    CreateDatabase {
        name: String,
        if_not_exists: bool,
        text: String,
    },
    /// DROP DATABASE
    DropDatabase {
        name: String,
        if_exists: bool,
        text: String,
    },
    /// CREATE TABLE
    CreateTable {
        db: String,
        table: TableDefinition,
        if_not_exists: bool,
        /// CREATE TABLE … LIKE
        is_like: bool,
        text: String,
    },
    /// DROP TABLE: databases and names.
    DropTables {
        tables: Vec<(String, String)>,
        if_exists: bool,
    },
    /// TRUNCATE TABLE
    TruncateTable {
        db: String,
        table: String,
        text: String,
    },
    /// ALTER TABLE, CREATE INDEX, DROP INDEX
    AlterTable {
        db: String,
        table: String,
        changes: Vec<TableChange>,
        text: String,
    },
    /// Other binary-logged statements without rows (FLUSH STATUS and the like): written as one Query
    /// event of this text, then `effect`.
    LoggedStatement { text: String, effect: LoggedEffect },
    /// CREATE USER, GRANT and the like; the text is what is logged.
    Account { change: AccountChange, text: String },
    /// BEGIN, START TRANSACTION
    Begin,
    /// START TRANSACTION with its options
    StartTransaction { snapshot: bool, read_only: bool },
    /// SAVEPOINT
    Savepoint(String),
    /// ROLLBACK TO SAVEPOINT
    RollbackTo(String),
    /// RELEASE SAVEPOINT
    ReleaseSavepoint(String),
    /// COMMIT
    Commit,
    /// ROLLBACK
    Rollback,
    /// INSERT: columns as listed (empty: all, in order).
    Insert {
        db: String,
        table: String,
        columns: Vec<String>,
        rows: Vec<Vec<Expr>>,
        on_duplicate: OnDuplicate,
        /// INSERT … SELECT says how many rows there were, however many.
        is_select: bool,
    },
    /// UPDATE
    Update {
        db: String,
        table: String,
        assignments: Vec<(String, Expr)>,
        filter: Option<Expr>,
        pick: Pick,
    },
    /// DELETE
    Delete {
        db: String,
        table: String,
        filter: Option<Expr>,
        pick: Pick,
    },
    /// SET of system variables in one statement: all are checked, then all set.
    SetVariables(Vec<VariableAssignment>),
    /// RESET PERSIST [name]
    ResetPersist {
        name: Option<String>,
        if_exists: bool,
    },
    /// INSTALL PLUGIN
    InstallPlugin { name: String, library: String },
    /// UNINSTALL PLUGIN
    UninstallPlugin { name: String },
    /// CHANGE REPLICATION SOURCE TO: option names in capitals, as the manual spells them.
    ChangeReplicationSource {
        options: Vec<(String, Value)>,
        channel: String,
    },
    /// START REPLICA
    StartReplica {
        receiver: bool,
        applier: bool,
        channel: Option<String>,
        login: Option<Login>,
    },
    /// START REPLICA UNTIL
    StartReplicaUntil {
        receiver: bool,
        applier: bool,
        channel: Option<String>,
        login: Option<Login>,
        until: Until,
    },
    /// STOP REPLICA
    StopReplica {
        receiver: bool,
        applier: bool,
        channel: Option<String>,
    },
    /// RESET REPLICA [ALL]
    ResetReplica { all: bool, channel: Option<String> },
    /// RESET BINARY LOGS AND GTIDS [TO n]
    ResetBinaryLogs { to: Option<u64> },
    /// FLUSH TABLES WITH READ LOCK
    FlushTablesWithReadLock,
    /// UNLOCK TABLES
    UnlockTables,
    /// FLUSH BINARY LOGS
    FlushBinaryLogs,
    /// FLUSH LOGS: the relay log as well.
    FlushLogs,
    /// PURGE BINARY LOGS TO
    PurgeBinaryLogs { to: String },
    /// PURGE BINARY LOGS BEFORE; nothing for a time before the cluster's.
    PurgeBinaryLogsBefore { time: Option<Instant> },
    /// KILL
    Kill {
        connection: bool,
        processlist_id: u64,
    },
    /// SHUTDOWN, RESTART
    Shutdown { restart: bool },
    /// DO SLEEP(n), SELECT SLEEP(n): then the console computes the result.
    Sleep { micros: u64 },
    /// A turn of WAIT_FOR_EXECUTED_GTID_SET: then the console looks again.
    AwaitTransactions { micros: u64 },
    /// A turn of SOURCE_POS_WAIT, likewise.
    AwaitPosition { micros: u64 },
}

/// Where the applier stops by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Until {
    /// SQL_BEFORE_GTIDS: before the first transaction of this set.
    BeforeGtids(String),
    /// SQL_AFTER_GTIDS: when all of this set is applied.
    AfterGtids(String),
    /// SOURCE_LOG_FILE, SOURCE_LOG_POS
    SourcePosition(String, u64),
    /// RELAY_LOG_FILE, RELAY_LOG_POS
    RelayPosition(String, u64),
    /// SQL_AFTER_MTS_GAPS: the applier leaves no gaps here.
    AfterGaps,
}

/// FOR UPDATE or FOR SHARE, with what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowLocking {
    /// How rows are locked.
    pub mode: LockMode,
    /// What to do about rows others have locked.
    pub patience: LockPatience,
}

/// How a row is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockMode {
    /// FOR SHARE
    Shared,
    /// FOR UPDATE
    Exclusive,
}

/// What a locking read does about rows others have locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockPatience {
    /// Waits for them.
    Wait,
    /// NOWAIT: fails.
    NoWait,
    /// SKIP LOCKED: passes them over.
    SkipLocked,
}

/// One part of ALTER TABLE.
#[allow(missing_docs, reason = "fields say what the statement says")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableChange {
    /// ADD COLUMN
    AddColumn {
        column: ColumnDefinition,
        place: ColumnPlace,
    },
    /// DROP COLUMN
    DropColumn(String),
    /// MODIFY COLUMN, CHANGE COLUMN
    ChangeColumn {
        name: String,
        column: ColumnDefinition,
        place: ColumnPlace,
    },
    /// RENAME COLUMN
    RenameColumn { from: String, to: String },
    /// ADD PRIMARY KEY
    AddPrimaryKey(Vec<String>),
    /// DROP PRIMARY KEY
    DropPrimaryKey,
    /// What changes neither rows nor columns: indexes, ENGINE, COMMENT.
    Other,
}

/// Where a column goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnPlace {
    /// Where it is, or to the end.
    Default,
    /// FIRST
    First,
    /// AFTER this column
    After(String),
}

/// What an INSERT does about a key that is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnDuplicate {
    /// Nothing: error 1062.
    #[default]
    Fail,
    /// INSERT IGNORE: passes the row over. Other errors become warnings too.
    Ignore,
    /// REPLACE
    Replace,
    /// ON DUPLICATE KEY UPDATE
    Update {
        /// Columns and values; `VALUES(column)` is the column of the row that was to be inserted.
        assignments: Vec<(String, Expr)>,
        /// How often the deprecated function VALUES is used.
        deprecated: u32,
    },
}

/// What a [`Operation::LoggedStatement`] does beside being logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoggedEffect {
    /// Nothing the cluster models.
    None,
    /// FLUSH STATUS: the counters it zeroes become 0.
    FlushStatus,
    /// FLUSH PRIVILEGES
    FlushPrivileges,
    /// OPTIMIZE TABLE: tables of the default database are made anew.
    Recreate,
    /// FLUSH RELAY LOGS: the receiver goes on in a new file.
    FlushRelayLogs,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDefinition {
    /// Its name as typed.
    pub name: String,
    /// Its type.
    pub kind: ColumnKind,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// DEFAULT, if given.
    pub default: Option<Value>,
    /// AUTO_INCREMENT.
    pub auto_increment: bool,
    /// The words of an ENUM.
    pub words: Vec<String>,
}

/// Column types the cluster stores; sizes in the binary log follow from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// TINYINT
    TinyInt,
    /// BOOL, TINYINT(1)
    Bool,
    /// SMALLINT
    SmallInt,
    /// MEDIUMINT
    MediumInt,
    /// INT
    Int,
    /// BIGINT
    BigInt,
    /// An integer without sign, of so many bytes.
    Unsigned(u8),
    /// DECIMAL(digits, behind the point)
    Decimal(u8, u8),
    /// FLOAT
    Float,
    /// DOUBLE
    Double,
    /// YEAR
    Year,
    /// ENUM of the column's words
    Enum,
    /// CHAR(n), in characters
    Char(u32),
    /// VARCHAR(n), in characters
    VarChar(u32),
    /// TINYTEXT
    TinyText,
    /// TEXT
    Text,
    /// MEDIUMTEXT
    MediumText,
    /// LONGTEXT
    LongText,
    /// BLOB
    Blob,
    /// TIME
    Time,
    /// DATETIME
    DateTime,
    /// TIMESTAMP
    Timestamp,
    /// DATE
    Date,
}

impl ColumnKind {
    /// Whether its values are numbers.
    pub fn is_number(self) -> bool {
        matches!(
            self,
            ColumnKind::TinyInt
                | ColumnKind::Bool
                | ColumnKind::SmallInt
                | ColumnKind::MediumInt
                | ColumnKind::Int
                | ColumnKind::BigInt
                | ColumnKind::Unsigned(_)
                | ColumnKind::Decimal(..)
                | ColumnKind::Float
                | ColumnKind::Double
                | ColumnKind::Year
        )
    }

    /// Whether its values are kept apart from the row, without a default.
    pub fn is_long_text(self) -> bool {
        matches!(
            self,
            ColumnKind::TinyText
                | ColumnKind::Text
                | ColumnKind::MediumText
                | ColumnKind::LongText
                | ColumnKind::Blob
        )
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDefinition {
    /// Its name as typed.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnDefinition>,
    /// Indexes of the primary key's columns; empty without one.
    pub primary_key: Vec<usize>,
}

/// One assignment of a SET statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableAssignment {
    /// GLOBAL, SESSION, PERSIST or PERSIST_ONLY.
    pub scope: VariableScope,
    /// The variable as typed.
    pub name: String,
    /// The value; `None` is DEFAULT.
    pub value: Option<SetLiteral>,
}

/// A value in SET, before the variable's type is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetLiteral {
    /// An integer.
    Int(i128),
    /// A number with a fraction or exponent, as typed.
    Decimal(String),
    /// A quoted string.
    Text(String),
    /// A bare word: ON, OFF, AFTER_SYNC, …
    Word(String),
    /// NULL
    Null,
}

/// The scope of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariableScope {
    /// SET GLOBAL, SET @@GLOBAL.x
    Global,
    /// SET SESSION, SET x, SET @@x
    Session,
    /// SET TRANSACTION: for the next transaction only
    NextTransaction,
    /// SET PERSIST
    Persist,
    /// SET PERSIST_ONLY
    PersistOnly,
}

/// A statement that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// Which statement.
    pub statement: StatementId,
    /// Whose.
    pub session: SessionKey,
    /// When the client sent it.
    pub started: Instant,
    /// When the client got the answer.
    pub finished: Instant,
    /// What it got.
    pub outcome: Outcome,
}

/// What a client gets for a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// An OK packet.
    Ok(OkPacket),
    /// Now is the moment to compute the result of an [`Operation::Read`] or [`Operation::Sleep`].
    Read,
    /// An error packet.
    Error(SqlError),
    /// The connection broke (2013).
    LostConnection,
}

/// The numbers of an OK packet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OkPacket {
    /// Rows affected.
    pub affected_rows: u64,
    /// The line under the OK: `Rows matched: 1  Changed: 1  Warnings: 0`, `Records: …`.
    pub info: Option<String>,
    /// Warnings and notes for SHOW WARNINGS.
    pub warnings: Vec<Warning>,
}

/// A row of SHOW WARNINGS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// `Note`, `Warning` or `Error`.
    pub level: WarningLevel,
    /// Number.
    pub code: u16,
    /// Text.
    pub message: String,
}

/// Severity in SHOW WARNINGS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WarningLevel {
    /// Note
    Note,
    /// Warning
    Warning,
    /// Error
    Error,
}

/// An error as the server sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlError {
    /// Number.
    pub code: u16,
    /// SQLSTATE, five characters.
    pub sqlstate: String,
    /// Text.
    pub message: String,
    /// What SHOW WARNINGS shows beside the error itself.
    pub warnings: Vec<Warning>,
}

impl SqlError {
    /// An error without further warnings.
    pub fn new(code: u16, sqlstate: &str, message: impl Into<String>) -> SqlError {
        SqlError {
            code,
            sqlstate: sqlstate.to_owned(),
            message: message.into(),
            warnings: Vec::new(),
        }
    }
}

impl std::fmt::Display for SqlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ERROR {} ({}): {}",
            self.code, self.sqlstate, self.message
        )
    }
}

impl std::error::Error for SqlError {}

/// START REPLICA USER = …, PASSWORD = …: what the receiver connects with until it stops.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The account's user.
    pub user: String,
    /// Its password.
    pub password: String,
}

/// ORDER BY and LIMIT of UPDATE and DELETE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Expressions, and whether each descends.
    pub order: Vec<(Expr, bool)>,
    /// How many rows at most.
    pub limit: Option<u64>,
}
