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
    /// How its reads and locks behave.
    pub isolation: Isolation,
    /// START TRANSACTION READ ONLY
    pub is_read_only: bool,
    /// What each statement changed, in order.
    pub statements: Vec<StatementChanges>,
    /// SAVEPOINT statements as they are logged, each with the number of statements before it.
    pub logged_savepoints: Vec<(usize, String)>,
    /// What it defines, if it is DDL.
    pub ddl: Option<DdlAction>,
    pub(crate) snapshot: Option<Databases>,
    overlays: BTreeMap<TableId, Overlay>,
    savepoints: Vec<Savepoint>,
}

/// `transaction_isolation`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// READ UNCOMMITTED
    ReadUncommitted,
    /// READ COMMITTED
    ReadCommitted,
    /// REPEATABLE READ
    #[default]
    RepeatableRead,
    /// SERIALIZABLE
    Serializable,
}

/// A place a transaction can go back to.
#[derive(Clone, Debug)]
struct Savepoint {
    name: String,
    statements: usize,
    logged: usize,
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

impl Isolation {
    /// From the value of `transaction_isolation`.
    pub(crate) fn named(name: &str) -> Isolation {
        match name {
            "READ-UNCOMMITTED" => Isolation::ReadUncommitted,
            "READ-COMMITTED" => Isolation::ReadCommitted,
            "SERIALIZABLE" => Isolation::Serializable,
            _ => Isolation::RepeatableRead,
        }
    }

    /// Whether reads of a transaction see what was committed when it first read.
    pub(crate) fn keeps_snapshot(self) -> bool {
        matches!(self, Isolation::RepeatableRead | Isolation::Serializable)
    }

    /// Whether scans lock the gaps between rows.
    pub(crate) fn locks_gaps(self) -> bool {
        self.keeps_snapshot()
    }
}

impl Transaction {
    pub(crate) fn new(id: TransactionId, is_explicit: bool) -> Transaction {
        Transaction {
            id,
            is_explicit,
            isolation: Isolation::default(),
            is_read_only: false,
            statements: Vec::new(),
            logged_savepoints: Vec::new(),
            ddl: None,
            snapshot: None,
            overlays: BTreeMap::new(),
            savepoints: Vec::new(),
        }
    }

    /// The same with another isolation level.
    pub(crate) fn at(self, isolation: Isolation) -> Transaction {
        Transaction { isolation, ..self }
    }

    /// SAVEPOINT: an older one of the same name is forgotten.
    pub(crate) fn set_savepoint(&mut self, name: &str) {
        self.savepoints
            .retain(|other| !other.name.eq_ignore_ascii_case(name));
        // Before the first change the binary log knows nothing of the transaction.
        if !self.statements.is_empty() {
            let quoted = name.replace('`', "``");
            self.log_savepoint(&format!("SAVEPOINT `{quoted}`"));
        }
        self.savepoints.push(Savepoint {
            name: name.to_owned(),
            statements: self.statements.len(),
            logged: self.logged_savepoints.len(),
        });
    }

    /// What a source logged of a savepoint is logged again.
    pub(crate) fn log_savepoint(&mut self, text: &str) {
        let logged = (self.statements.len(), text.to_owned());
        self.logged_savepoints.push(logged);
    }

    /// ROLLBACK TO SAVEPOINT: drops what came after it. False if there is none of this name.
    pub(crate) fn go_back_to(&mut self, name: &str) -> bool {
        let Some(index) = self.savepoint(name) else {
            return false;
        };
        self.savepoints.truncate(index + 1);
        let (statements, logged) = {
            let savepoint = &self.savepoints[index];
            (savepoint.statements, savepoint.logged)
        };
        self.logged_savepoints.truncate(logged);
        let kept = self
            .statements
            .drain(..)
            .take(statements)
            .collect::<Vec<_>>();
        self.overlays.clear();
        for statement in kept {
            self.add(statement);
        }
        true
    }

    /// RELEASE SAVEPOINT: forgets it and the later ones. False if there is none of this name.
    pub(crate) fn release_savepoint(&mut self, name: &str) -> bool {
        let Some(index) = self.savepoint(name) else {
            return false;
        };
        self.savepoints.truncate(index);
        true
    }

    fn savepoint(&self, name: &str) -> Option<usize> {
        let same = |savepoint: &Savepoint| savepoint.name.eq_ignore_ascii_case(name);
        self.savepoints.iter().position(same)
    }

    /// How much would be lost by rolling it back.
    pub(crate) fn changed_rows(&self) -> usize {
        let statements = self.statements.iter();
        statements.map(|statement| statement.changes.len()).sum()
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
