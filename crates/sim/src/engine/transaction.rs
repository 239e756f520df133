//! A transaction's own changes, before they are committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Databases, Row, RowKey, TableId};
use crate::TransactionId;
use crate::binlog::{DdlAction, RowChange, RowsKind};
use crate::operation::TableDefinition;

/// An open transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Which.
    pub id: TransactionId,
    /// Begun by BEGIN or with autocommit off, not by a single statement.
    pub is_explicit: bool,
    /// What each statement changed, in order.
    pub statements: Vec<StatementChanges>,
    /// What it defines, if it is DDL.
    pub ddl: Option<DdlAction>,
    pub(crate) snapshot: Option<Databases>,
    overlays: BTreeMap<TableId, Overlay>,
}

/// Own versions of rows; `None` for a deleted one.
pub type Overlay = BTreeMap<RowKey, Option<Row>>;

/// What one statement changed in one table.
#[derive(Clone, Debug)]
pub struct StatementChanges {
    /// Database.
    pub db: String,
    /// Table.
    pub table_id: TableId,
    /// Its columns then.
    pub table: Arc<TableDefinition>,
    /// Inserted, updated or deleted.
    pub kind: RowsKind,
    /// The rows.
    pub changes: Vec<RowChange>,
    /// The session's default database when the first statement ran.
    pub default_db: String,
}

impl Transaction {
    pub(crate) fn new(id: TransactionId, is_explicit: bool) -> Transaction {
        Transaction {
            id,
            is_explicit,
            statements: Vec::new(),
            ddl: None,
            snapshot: None,
            overlays: BTreeMap::new(),
        }
    }

    /// Whether committing it writes nothing.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.ddl.is_none()
    }

    pub(crate) fn overlay(&self, table: TableId) -> Option<&Overlay> {
        self.overlays.get(&table)
    }

    /// Its own version of a row, if it has one.
    pub(crate) fn own_version(&self, table: TableId, key: &RowKey) -> Option<&Option<Row>> {
        self.overlays.get(&table)?.get(key)
    }

    /// Adds what a statement changed.
    pub(crate) fn add(&mut self, statement: StatementChanges) {
        let overlay = self.overlays.entry(statement.table_id).or_default();
        for change in &statement.changes {
            if change.before.is_some() {
                overlay.insert(change.key.clone(), None);
            }
            if let Some((key, row)) = &change.after {
                overlay.insert(key.clone(), Some(row.clone()));
            }
        }
        self.statements.push(statement);
    }
}
