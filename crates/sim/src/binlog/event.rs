//! Binary log events.

use std::sync::Arc;

use semisync_core::Instant;

use super::size;
use crate::TransactionId;
use crate::accounts::AccountChange;
use crate::engine::{Row, RowKey};
use crate::gtid::{Gtid, GtidSet};
use crate::operation::{TableChange, TableDefinition};

/// An event in a file.
#[derive(Clone, Debug)]
pub struct BinlogEvent {
    /// Where it starts.
    pub start: u64,
    /// Where the next one starts; in a relay log, the position in the source's file.
    pub end: u64,
    /// Bytes of the whole event.
    pub size: u32,
    /// Server of origin.
    pub server_id: u32,
    /// When it happened there.
    pub timestamp: Instant,
    /// The transaction it belongs to.
    pub transaction: Option<TransactionId>,
    /// What it says.
    pub body: Arc<EventBody>,
}

/// What an event says.
#[allow(missing_docs, reason = "fields say what the event says")]
#[derive(Clone, Debug)]
pub enum EventBody {
    FormatDescription,
    PreviousGtids(Arc<GtidSet>),
    Gtid {
        gtid: Gtid,
        /// When it was committed on the server of origin.
        original_commit: Instant,
    },
    AnonymousGtid {
        original_commit: Instant,
    },
    /// `BEGIN`, or a statement that is logged as text.
    Query {
        /// The session's default database, empty if none.
        default_db: String,
        text: String,
        /// Number in the comment behind the text, as for DDL.
        xid: Option<u64>,
        /// What it changes; `None` for `BEGIN` and for statements the cluster does not model.
        action: Option<DdlAction>,
    },
    TableMap {
        table_id: u64,
        db: String,
        table: Arc<TableDefinition>,
    },
    Rows {
        kind: RowsKind,
        table_id: u64,
        db: String,
        table: String,
        changes: Vec<RowChange>,
        /// Whether it is the last of its statement.
        ends_statement: bool,
    },
    Xid(u64),
    Rotate {
        next: String,
        position: u64,
    },
    Stop,
}

/// What a logged statement changes.
#[allow(missing_docs, reason = "fields say what the statement says")]
#[derive(Clone, Debug)]
pub enum DdlAction {
    CreateDatabase(String),
    DropDatabase(String),
    CreateTable {
        db: String,
        table: Arc<TableDefinition>,
    },
    DropTables(Vec<(String, String)>),
    TruncateTable {
        db: String,
        table: String,
    },
    /// CREATE USER, GRANT and the like.
    Accounts(Arc<AccountChange>),
    AlterTable {
        db: String,
        table: String,
        changes: Arc<Vec<TableChange>>,
    },
    /// FLUSH STATUS: replicas run it too.
    FlushStatus,
}

/// Write_rows, Update_rows or Delete_rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsKind {
    /// Write_rows
    Write,
    /// Update_rows
    Update,
    /// Delete_rows
    Delete,
}

impl RowsKind {
    /// The kind of event that records this change.
    pub fn of(change: &RowChange) -> RowsKind {
        match (&change.before, &change.after) {
            (None, _) => RowsKind::Write,
            (Some(_), Some(_)) => RowsKind::Update,
            (Some(_), None) => RowsKind::Delete,
        }
    }
}

/// One row of a rows event.
#[derive(Clone, Debug)]
pub struct RowChange {
    /// The key it had before, or has now if it is new.
    pub key: RowKey,
    /// The row before.
    pub before: Option<Row>,
    /// The row after, with its key.
    pub after: Option<(RowKey, Row)>,
}

impl BinlogEvent {
    /// The column `Info` of SHOW BINLOG EVENTS.
    pub fn info(&self, version: &str) -> String {
        match &*self.body {
            EventBody::FormatDescription => format!("Server ver: {version}, Binlog ver: 4"),
            EventBody::PreviousGtids(set) => set.to_string(),
            EventBody::Gtid { gtid, .. } => format!("SET @@SESSION.GTID_NEXT= '{gtid}'"),
            EventBody::AnonymousGtid { .. } => "SET @@SESSION.GTID_NEXT= 'ANONYMOUS'".to_owned(),
            EventBody::Query {
                default_db,
                text,
                xid,
                action: _,
            } => query_info(default_db, text, *xid),
            EventBody::TableMap {
                table_id,
                db,
                table,
            } => format!("table_id: {table_id} ({db}.{})", table.name),
            EventBody::Rows {
                table_id,
                ends_statement,
                ..
            } => {
                let flags = match ends_statement {
                    true => "STMT_END_F USE_SQL_FOREIGN_KEY_F",
                    false => "USE_SQL_FOREIGN_KEY_F",
                };
                format!("table_id: {table_id} flags: {flags}")
            }
            EventBody::Xid(xid) => format!("COMMIT /* xid={xid} */"),
            EventBody::Rotate { next, position } => format!("{next};pos={position}"),
            EventBody::Stop => String::new(),
        }
    }
}

impl EventBody {
    /// The column `Event_type` of SHOW BINLOG EVENTS.
    pub fn type_name(&self) -> &'static str {
        match self {
            EventBody::FormatDescription => "Format_desc",
            EventBody::PreviousGtids(_) => "Previous_gtids",
            EventBody::Gtid { .. } => "Gtid",
            EventBody::AnonymousGtid { .. } => "Anonymous_Gtid",
            EventBody::Query { .. } => "Query",
            EventBody::TableMap { .. } => "Table_map",
            EventBody::Rows { kind, .. } => match kind {
                RowsKind::Write => "Write_rows",
                RowsKind::Update => "Update_rows",
                RowsKind::Delete => "Delete_rows",
            },
            EventBody::Xid(_) => "Xid",
            EventBody::Rotate { .. } => "Rotate",
            EventBody::Stop => "Stop",
        }
    }

    /// The type code in the common header.
    pub(crate) fn type_code(&self) -> u8 {
        match self {
            EventBody::Query { .. } => 2,
            EventBody::Stop => 3,
            EventBody::Rotate { .. } => 4,
            EventBody::FormatDescription => 15,
            EventBody::Xid(_) => 16,
            EventBody::TableMap { .. } => 19,
            EventBody::Rows { kind, .. } => match kind {
                RowsKind::Write => 30,
                RowsKind::Update => 31,
                RowsKind::Delete => 32,
            },
            EventBody::Gtid { .. } => 33,
            EventBody::AnonymousGtid { .. } => 34,
            EventBody::PreviousGtids(_) => 35,
        }
    }

    /// Whether a transaction is complete with this event.
    pub fn ends_transaction(&self) -> bool {
        match self {
            EventBody::Xid(_) => true,
            EventBody::Query { text, .. } => text != "BEGIN" && !is_savepoint(text),
            EventBody::FormatDescription
            | EventBody::PreviousGtids(_)
            | EventBody::Gtid { .. }
            | EventBody::AnonymousGtid { .. }
            | EventBody::TableMap { .. }
            | EventBody::Rows { .. }
            | EventBody::Rotate { .. }
            | EventBody::Stop => false,
        }
    }

    /// Whether it is part of a transaction.
    pub(crate) fn is_in_transaction(&self) -> bool {
        match self {
            EventBody::FormatDescription
            | EventBody::PreviousGtids(_)
            | EventBody::Rotate { .. }
            | EventBody::Stop => false,
            EventBody::Gtid { .. }
            | EventBody::AnonymousGtid { .. }
            | EventBody::Query { .. }
            | EventBody::TableMap { .. }
            | EventBody::Rows { .. }
            | EventBody::Xid(_) => true,
        }
    }

    /// Whether the transaction it begins is named by an identifier.
    pub(crate) fn begins_transaction(&self) -> bool {
        matches!(
            self,
            EventBody::Gtid { .. } | EventBody::AnonymousGtid { .. }
        )
    }

    /// The common header of the event as it stands in a file, for the hex view.
    pub(crate) fn common_header(
        &self,
        timestamp: Instant,
        server_id: u32,
        end: u64,
        size: u32,
    ) -> [u8; size::COMMON_HEADER] {
        let mut header = [0; size::COMMON_HEADER];
        let seconds = (timestamp.as_micros() / 1_000_000) as u32;
        header[..4].copy_from_slice(&seconds.wrapping_add(size::EPOCH_SECONDS).to_le_bytes());
        header[4] = self.type_code();
        header[5..9].copy_from_slice(&server_id.to_le_bytes());
        header[9..13].copy_from_slice(&size.to_le_bytes());
        header[13..17].copy_from_slice(&(end as u32).to_le_bytes());
        header
    }
}

/// Whether a logged text stands inside a transaction without ending it.
pub(crate) fn is_savepoint(text: &str) -> bool {
    text.starts_with("SAVEPOINT `")
}

fn query_info(default_db: &str, text: &str, xid: Option<u64>) -> String {
    if text == "BEGIN" || text == "COMMIT" || is_savepoint(text) {
        return text.to_owned();
    }
    let mut words = text.split_ascii_whitespace().skip(1);
    let is_about_database = words.next().is_some_and(|word| {
        word.eq_ignore_ascii_case("DATABASE") || word.eq_ignore_ascii_case("SCHEMA")
    });
    let mut info = String::new();
    if !default_db.is_empty() && !is_about_database {
        info = format!("use `{default_db}`; ");
    }
    info.push_str(text);
    if let Some(xid) = xid {
        info.push_str(&format!(" /* xid={xid} */"));
    }
    info
}
