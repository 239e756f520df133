//! Statements as parsed: what was said, before it meets a server.

use semisync_sim::accounts::{AccountName, AccountOptions};
use semisync_sim::operation::{
    ColumnKind, ColumnPlace, Login, OnDuplicate, RowLocking, Until, VariableScope,
};

use crate::deprecated::DeprecatedOperator;

/// A parsed statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// Nothing but blanks and comments.
    Empty,
    Use(String),
    Select(Box<Select>),
    Do(Vec<Expr>),
    CreateDatabase {
        name: String,
        if_not_exists: bool,
    },
    DropDatabase {
        name: String,
        if_exists: bool,
    },
    CreateTable(CreateTable),
    CreateTableLike {
        table: TableName,
        like: TableName,
        if_not_exists: bool,
    },
    DropTable {
        tables: Vec<TableName>,
        if_exists: bool,
    },
    Truncate(TableName),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    Begin,
    /// START TRANSACTION
    StartTransaction {
        snapshot: bool,
        read_only: bool,
    },
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint(String),
    RollbackTo(String),
    ReleaseSavepoint(String),
    FlushTablesWithReadLock,
    UnlockTables,
    AlterTable {
        table: TableName,
        changes: Vec<Alteration>,
    },
    Set(Vec<Assignment>),
    /// SET NAMES, SET CHARACTER SET: the character set.
    SetNames(String),
    ResetPersist {
        name: Option<String>,
        if_exists: bool,
    },
    InstallPlugin {
        name: String,
        library: String,
    },
    UninstallPlugin {
        name: String,
    },
    ChangeSource {
        options: Vec<(String, SourceOption)>,
        channel: String,
    },
    StartReplica {
        threads: Threads,
        until: Option<Until>,
        /// USER, PASSWORD and the like.
        login: Option<Login>,
        channel: Option<String>,
    },
    StopReplica {
        threads: Threads,
        channel: Option<String>,
    },
    ResetReplica {
        all: bool,
        channel: Option<String>,
    },
    ResetBinaryLogs {
        to: Option<u64>,
    },
    FlushBinaryLogs,
    FlushLogs,
    FlushRelayLogs {
        logged: bool,
        channel: Option<String>,
    },
    /// FLUSH of something else, by its word; whether NO_WRITE_TO_BINLOG was said.
    Flush {
        what: String,
        logged: bool,
    },
    PurgeBinaryLogs {
        to: String,
    },
    PurgeBinaryLogsBefore(Expr),
    Kill {
        connection: bool,
        id: Expr,
    },
    Shutdown {
        restart: bool,
    },
    Prepare {
        name: String,
        from: PrepareSource,
    },
    Execute {
        name: String,
        using: Vec<String>,
    },
    Deallocate {
        name: String,
    },
    /// CREATE USER, GRANT and other account statements.
    Account(Account),
    Show(Show),
    /// ANALYZE TABLE, OPTIMIZE TABLE, CHECK TABLE: which, and whether it is logged.
    Maintain {
        what: Maintenance,
        tables: Vec<TableName>,
        logged: bool,
    },
    /// DESCRIBE
    Describe(TableName),
    /// HELP 'topic' for the server.
    Help(String),
}

/// An account statement. An account without user and host is the session's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    Create(Vec<(AccountName, AccountOptions)>, Lenient),
    Alter(Vec<(AccountName, AccountOptions)>, Lenient),
    Drop(Vec<AccountName>, Lenient),
    Rename(Vec<(AccountName, AccountName)>),
    SetPassword(AccountName, String),
    Grant(Grant),
    Revoke(Grant),
}

/// IF EXISTS or IF NOT EXISTS was said.
pub(crate) type Lenient = bool;

/// GRANT and REVOKE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Privileges by name; `ALL` among them.
    pub(crate) privileges: Vec<String>,
    /// Database (`None`: the default one, `*`: all) and table (`*`: all); nothing for REVOKE ALL
    /// PRIVILEGES, GRANT OPTION.
    pub(crate) on: Option<(Option<String>, String)>,
    pub(crate) accounts: Vec<AccountName>,
    pub(crate) with_option: bool,
}

/// What is done to tables that are well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maintenance {
    Analyze,
    Optimize,
    Check,
}

/// Receiver, applier, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threads {
    pub(crate) receiver: bool,
    pub(crate) applier: bool,
}

/// A value in CHANGE REPLICATION SOURCE TO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceOption {
    Text(String),
    Number(String),
    Word(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrepareSource {
    Text(String),
    Variable(String),
}

/// A table, with its database if named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableName {
    pub(crate) db: Option<String>,
    pub(crate) name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateTable {
    pub(crate) table: TableName,
    pub(crate) columns: Vec<Column>,
    pub(crate) primary_key: Vec<String>,
    /// The first columns of the other keys.
    pub(crate) keys: Vec<String>,
    /// PRIMARY KEY was said twice.
    pub(crate) has_two_primary_keys: bool,
    pub(crate) if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    pub(crate) not_null: bool,
    pub(crate) default: Option<Expr>,
    pub(crate) auto_increment: bool,
    /// The words of an ENUM.
    pub(crate) words: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insert {
    pub(crate) table: TableName,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Expr>>,
    /// The rows come from here instead.
    pub(crate) select: Option<Box<Select>>,
    /// IGNORE or REPLACE.
    pub(crate) on_duplicate: OnDuplicate,
    /// ON DUPLICATE KEY UPDATE
    pub(crate) updates: Vec<(String, Expr)>,
    /// The name of the new row in `updates`.
    pub(crate) alias: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) table: TableName,
    pub(crate) alias: Option<String>,
    pub(crate) assignments: Vec<(String, Expr)>,
    pub(crate) filter: Option<Expr>,
    pub(crate) order: Vec<(Expr, Direction)>,
    pub(crate) limit: Option<Count>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delete {
    pub(crate) table: TableName,
    pub(crate) alias: Option<String>,
    pub(crate) filter: Option<Expr>,
    pub(crate) order: Vec<(Expr, Direction)>,
    pub(crate) limit: Option<Count>,
}

/// One part of ALTER TABLE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alteration {
    Add {
        column: Column,
        place: ColumnPlace,
    },
    Drop(String),
    Change {
        name: String,
        column: Column,
        place: ColumnPlace,
    },
    Rename {
        from: String,
        to: String,
    },
    AddPrimaryKey(Vec<String>),
    DropPrimaryKey,
    /// Indexes, ENGINE, COMMENT: no column changes.
    Other,
}

/// SELECT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Select {
    pub(crate) items: Vec<Item>,
    pub(crate) distinct: bool,
    pub(crate) from: Option<From>,
    pub(crate) filter: Option<Expr>,
    pub(crate) group: Vec<Expr>,
    pub(crate) having: Option<Expr>,
    pub(crate) order: Vec<(Expr, Direction)>,
    pub(crate) limit: Option<Limit<Count>>,
    pub(crate) into: Vec<String>,
    /// FOR UPDATE, FOR SHARE
    pub(crate) locking: Option<RowLocking>,
    /// Operators in it that are deprecated.
    pub(crate) deprecated: Vec<DeprecatedOperator>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct From {
    pub(crate) table: TableName,
    pub(crate) alias: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limit<T = u64> {
    pub(crate) offset: T,
    pub(crate) count: T,
}

/// A number of rows: as written, or what EXECUTE brings for a `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Number(u64),
    Placeholder(usize),
}

/// One item of a select list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// `*` or `t.*`
    All,
    /// An expression and its heading.
    Expr { expr: Expr, heading: String },
}

/// An assignment of SET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Assignment {
    User {
        name: String,
        value: Expr,
    },
    System {
        scope: VariableScope,
        name: String,
        value: SetValue,
    },
}

/// The right side of a system variable's assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SetValue {
    Default,
    /// A bare word such as ON.
    Word(String),
    Expr(Expr),
}

/// SHOW.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    Variables {
        global: bool,
        filter: ShowFilter,
    },
    Status {
        global: bool,
        filter: ShowFilter,
    },
    Plugins,
    Replicas,
    ReplicaStatus {
        channel: Option<String>,
        master_words: bool,
    },
    ProcessList {
        full: bool,
    },
    BinaryLogStatus,
    BinaryLogs,
    BinlogEvents {
        relay: bool,
        file: Option<String>,
        from: Option<u64>,
        limit: Option<Limit>,
        channel: Option<String>,
    },
    Databases(ShowFilter),
    Tables {
        db: Option<String>,
        filter: ShowFilter,
    },
    CreateTable(TableName),
    CreateDatabase(String),
    Columns(TableName, ShowFilter),
    Warnings {
        errors_only: bool,
        limit: Option<Limit>,
    },
    CountWarnings {
        errors_only: bool,
    },
    Engines,
    Grants {
        account: Option<AccountName>,
    },
    CreateUser(AccountName),
}

/// LIKE or WHERE of a SHOW statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ShowFilter {
    None,
    Like(String),
    Where(Expr),
}

/// An expression that may name variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    Null,
    Integer(i128),
    /// A number with point or exponent, as written.
    Decimal(String),
    Text(String),
    /// A column; the qualifier as written (`t`, `lab.t`).
    Column {
        qualifier: Option<String>,
        name: String,
    },
    UserVariable(String),
    /// `@x := value`
    AssignUser {
        name: String,
        value: Box<Expr>,
    },
    SystemVariable {
        scope: SystemScope,
        name: String,
    },
    /// `?` of a prepared statement, counted from 0.
    Placeholder(usize),
    Unary(semisync_sim::expr::UnaryOp, Box<Expr>),
    Binary(semisync_sim::expr::BinaryOp, Box<Expr>, Box<Expr>),
    Like {
        text: Box<Expr>,
        pattern: Box<Expr>,
        negated: bool,
    },
    In {
        needle: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    Between {
        value: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
    },
    IsNull {
        operand: Box<Expr>,
        negated: bool,
    },
    Call {
        name: String,
        arguments: Vec<Expr>,
    },
    /// A call of a stored function that is named as a native one.
    StoredCall(String),
    /// `COUNT(*)`
    CountAll,
}

/// `@@x`, `@@global.x`, `@@session.x`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemScope {
    Either,
    Global,
    Session,
}
