//! The storage engine of one server: databases, tables, rows, transactions and locks.
//!
//! Committed rows are shared copy-on-write, so that snapshots and checkpoints are cheap. What a
//! transaction changed stays in its own overlay until it commits: nobody else sees it, and a crash
//! or rollback just drops it. When a transaction commits is decided by the commit path.

pub mod locks;

pub mod transaction;

pub mod dml;

pub(crate) mod scan;

mod keys;

pub(crate) mod alter;

pub(crate) mod redo;

mod column;

pub(crate) mod care;

use redo::{Before, Changes, Redo};
pub(crate) mod insert;

pub use column::read_date_time;
pub use locks::{Actor, LockName, Locks};
pub use transaction::{Isolation, StatementChanges, Transaction};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::accounts::Accounts;
use crate::binlog::{DdlAction, RowChange};
use crate::operation::{SqlError, TableDefinition};
use crate::shared_map::SharedMap;
use crate::value::Value;

/// A row: one value for each column.
pub type Row = Arc<[Value]>;

/// Where a row stands in its table: its primary key, or a hidden number.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey(pub Vec<Value>);

/// A table, unique in the life of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableId(pub u64);

/// A table with its committed rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// Which.
    pub id: TableId,
    /// Its columns.
    pub definition: Arc<TableDefinition>,
    /// Committed rows.
    pub rows: SharedMap<RowKey, Row>,
}

/// The tables of a database, by name.
pub type Database = BTreeMap<String, Arc<Table>>;

/// All databases, by name; cheap to clone.
pub type Databases = Arc<BTreeMap<String, Arc<Database>>>;

/// The engine.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    databases: Databases,
    transactions: BTreeMap<Actor, Transaction>,
    locks: Locks,
    /// Next AUTO_INCREMENT value and next hidden row number of each table.
    counters: BTreeMap<TableId, TableCounters>,
    last_table_id: u64,
    accounts: Arc<Accounts>,
    /// What a crash can take.
    redo: Redo,
}

#[derive(Clone, Copy, Debug, Default)]
struct TableCounters {
    auto_increment: i128,
    hidden_row: i128,
}

impl Engine {
    /// The accounts.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// User databases.
    pub fn databases(&self) -> &Databases {
        &self.databases
    }

    /// A table as committed.
    ///
    /// # Errors
    /// 1049 and 1146.
    pub fn table(&self, db: &str, table: &str) -> Result<&Arc<Table>, SqlError> {
        table_in(&self.databases, db, table)
    }

    /// Locks held and waited for.
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    pub(crate) fn locks_mut(&mut self) -> &mut Locks {
        &mut self.locks
    }

    /// The open transaction of `actor`.
    pub fn transaction(&self, actor: Actor) -> Option<&Transaction> {
        self.transactions.get(&actor)
    }

    pub(crate) fn transaction_mut(&mut self, actor: Actor) -> Option<&mut Transaction> {
        self.transactions.get_mut(&actor)
    }

    /// Opens a transaction; an open one goes on.
    pub(crate) fn begin(&mut self, actor: Actor, transaction: impl FnOnce() -> Transaction) {
        self.transactions.entry(actor).or_insert_with(transaction);
    }

    /// Takes the first consistent read of an explicit transaction.
    pub(crate) fn take_snapshot(&mut self, actor: Actor) {
        let databases = &self.databases;
        if let Some(transaction) = self.transactions.get_mut(&actor)
            && transaction.is_explicit
            && transaction.isolation.keeps_snapshot()
        {
            transaction
                .snapshot
                .get_or_insert_with(|| databases.clone());
        }
    }

    /// Rows as `actor` sees them, in key order; `None` if there is no such table.
    pub fn visible_rows(
        &self,
        actor: Option<Actor>,
        isolation: Isolation,
        db: &str,
        table: &str,
    ) -> Option<Vec<Row>> {
        let transaction = actor.and_then(|actor| self.transactions.get(&actor));
        let databases = transaction
            .and_then(|transaction| transaction.snapshot.as_ref())
            .unwrap_or(&self.databases);
        let table = table_in(databases, db, table).ok()?;
        let overlays: Vec<&transaction::Overlay> = match isolation {
            Isolation::ReadUncommitted => self
                .transactions
                .values()
                .filter_map(|open| open.overlay(table.id))
                .collect(),
            Isolation::ReadCommitted | Isolation::RepeatableRead | Isolation::Serializable => {
                let own = transaction.and_then(|transaction| transaction.overlay(table.id));
                own.into_iter().collect()
            }
        };
        if overlays.is_empty() {
            return Some(table.rows.values().cloned().collect());
        }
        let mut rows = table.rows.clone();
        for (key, row) in overlays.into_iter().flatten() {
            match row {
                Some(row) => rows.insert(key.clone(), row.clone()),
                None => rows.remove(key),
            };
        }
        Some(rows.values().cloned().collect())
    }

    /// How many committed rows all tables have.
    pub fn committed_rows(&self) -> u64 {
        let tables = self.databases.values().flat_map(|db| db.values());
        tables.map(|table| table.rows.len() as u64).sum()
    }

    pub(crate) fn redo_mut(&mut self) -> &mut Redo {
        &mut self.redo
    }

    /// Makes what `actor` changed visible and ends its transaction; gives back what is needed to take
    /// it back again.
    pub(crate) fn commit(&mut self, actor: Actor) -> Changes {
        let Some(transaction) = self.transactions.remove(&actor) else {
            return Changes::default();
        };
        for statement in &transaction.statements {
            self.store(&statement.db, &statement.table.name, &statement.changes);
        }
        let ddl = transaction.ddl.map(|action| {
            let before = self.before(&action);
            self.run_ddl(&action);
            (action, before)
        });
        self.locks.release_all(actor);
        Changes {
            statements: transaction.statements,
            ddl,
        }
    }

    /// What a definition is about to replace.
    fn before(&self, action: &DdlAction) -> Before {
        match action {
            DdlAction::DropDatabase(name) => match self.databases.get(name) {
                Some(database) => Before::Database(database.clone()),
                None => Before::Nothing,
            },
            DdlAction::DropTables(tables) => Before::Tables(self.present(tables)),
            DdlAction::TruncateTable { db, table } | DdlAction::AlterTable { db, table, .. } => {
                Before::Tables(self.present(&[(db.clone(), table.clone())]))
            }
            DdlAction::Accounts(_) => Before::Accounts(self.accounts.clone()),
            DdlAction::CreateDatabase(_)
            | DdlAction::CreateTable { .. }
            | DdlAction::FlushStatus => Before::Nothing,
        }
    }

    fn present(&self, tables: &[(String, String)]) -> Vec<(String, Arc<Table>)> {
        let found = tables.iter().filter_map(|(db, table)| {
            let table = self.table(db, table).ok()?;
            Some((db.clone(), table.clone()))
        });
        found.collect()
    }

    /// Takes a commit back: a crash lost the record of it.
    pub(crate) fn take_back(&mut self, changes: &Changes) {
        let inverse = |change: &RowChange| RowChange {
            key: match &change.after {
                Some((key, _)) => key.clone(),
                None => change.key.clone(),
            },
            before: change.after.as_ref().map(|(_, row)| row.clone()),
            after: change.before.clone().map(|row| (change.key.clone(), row)),
        };
        for statement in changes.statements.iter().rev() {
            let inverse: Vec<_> = statement.changes.iter().rev().map(inverse).collect();
            self.store(&statement.db, &statement.table.name, &inverse);
        }
        let Some((action, before)) = &changes.ddl else {
            return;
        };
        let databases = Arc::make_mut(&mut self.databases);
        match (action, before) {
            (DdlAction::CreateDatabase(name), _) => {
                databases.remove(name);
            }
            (DdlAction::CreateTable { db, table }, _) => {
                if let Some(database) = databases.get_mut(db) {
                    Arc::make_mut(database).remove(&table.name);
                }
            }
            (DdlAction::DropDatabase(name), Before::Database(database)) => {
                databases.insert(name.clone(), database.clone());
            }
            (
                DdlAction::DropTables(_)
                | DdlAction::TruncateTable { .. }
                | DdlAction::AlterTable { .. },
                Before::Tables(old),
            ) => {
                for (db, table) in old {
                    if let Some(database) = databases.get_mut(db) {
                        let name = table.definition.name.clone();
                        Arc::make_mut(database).insert(name, table.clone());
                    }
                }
            }
            (DdlAction::Accounts(_), Before::Accounts(old)) => self.accounts = old.clone(),
            (
                DdlAction::DropDatabase(_)
                | DdlAction::DropTables(_)
                | DdlAction::TruncateTable { .. }
                | DdlAction::AlterTable { .. }
                | DdlAction::Accounts(_)
                | DdlAction::FlushStatus,
                _,
            ) => {}
        }
    }

    /// Drops what `actor` changed and ends its transaction.
    pub(crate) fn rollback(&mut self, actor: Actor) {
        self.transactions.remove(&actor);
        self.locks.release_all(actor);
    }

    /// Drops what `actor` changed; its locks stay.
    pub(crate) fn forget_changes(&mut self, actor: Actor) {
        self.transactions.remove(&actor);
    }

    /// What a dead process leaves: committed rows only.
    pub(crate) fn forget_transactions(&mut self) {
        self.transactions.clear();
        self.locks = Locks::default();
    }

    fn store(&mut self, db: &str, table: &str, changes: &[RowChange]) {
        let Some(database) = Arc::make_mut(&mut self.databases).get_mut(db) else {
            return;
        };
        let Some(table) = Arc::make_mut(database).get_mut(table) else {
            return;
        };
        let rows = &mut Arc::make_mut(table).rows;
        for change in changes {
            if change.before.is_some() {
                rows.remove(&change.key);
            }
            if let Some((key, row)) = &change.after {
                rows.insert(key.clone(), row.clone());
            }
        }
    }

    pub(crate) fn run_ddl(&mut self, action: &DdlAction) {
        let databases = Arc::make_mut(&mut self.databases);
        match action {
            DdlAction::CreateDatabase(name) => {
                databases.entry(name.clone()).or_default();
            }
            DdlAction::DropDatabase(name) => {
                databases.remove(name);
            }
            DdlAction::CreateTable { db, table } => {
                if let Some(database) = databases.get_mut(db) {
                    self.last_table_id += 1;
                    let table = Table {
                        id: TableId(self.last_table_id),
                        definition: table.clone(),
                        rows: SharedMap::new(),
                    };
                    Arc::make_mut(database).insert(table.definition.name.clone(), Arc::new(table));
                }
            }
            DdlAction::DropTables(tables) => {
                for (db, table) in tables {
                    if let Some(database) = databases.get_mut(db) {
                        Arc::make_mut(database).remove(table);
                    }
                }
            }
            DdlAction::TruncateTable { db, table } => {
                let database = databases.get_mut(db).map(Arc::make_mut);
                if let Some(table) = database.and_then(|database| database.get_mut(table)) {
                    let table = Arc::make_mut(table);
                    table.rows.clear();
                    self.counters.remove(&table.id);
                }
            }
            DdlAction::Accounts(change) => Arc::make_mut(&mut self.accounts).apply(change),
            DdlAction::AlterTable { db, table, changes } => {
                let database = databases.get_mut(db).map(Arc::make_mut);
                if let Some(table) = database.and_then(|database| database.get_mut(table))
                    && let Ok(altered) = alter::alter(table, changes)
                {
                    *table = Arc::new(altered.table);
                }
            }
            DdlAction::FlushStatus => {}
        }
    }

    /// The number the next generated AUTO_INCREMENT value will be.
    pub(crate) fn coming_auto_increment(&self, table: &Table) -> i128 {
        let counters = self.counters.get(&table.id).copied().unwrap_or_default();
        counters
            .auto_increment
            .max(1 + greatest_auto_increment(table))
    }

    pub(super) fn next_auto_increment(&mut self, table: &Table) -> i128 {
        let counters = self.counters.entry(table.id).or_default();
        if counters.auto_increment == 0 {
            counters.auto_increment = 1 + greatest_auto_increment(table);
        }
        let value = counters.auto_increment;
        counters.auto_increment += 1;
        value
    }

    /// A statement that does not know how many rows come takes numbers in lots of 1, 2, 4, …; what
    /// is left of the last one is lost.
    pub(super) fn waste_auto_increment(&mut self, table: &Table, rows: usize) {
        let taken = (rows + 1).next_power_of_two() - 1;
        let counters = self.counters.entry(table.id).or_default();
        counters.auto_increment += (taken - rows) as i128;
    }

    pub(super) fn note_auto_increment(&mut self, table: &Table, value: i128) {
        let next = 1 + value.max(greatest_auto_increment(table));
        let counters = self.counters.entry(table.id).or_default();
        counters.auto_increment = counters.auto_increment.max(next);
    }

    pub(super) fn next_hidden_row(&mut self, table: &Table) -> i128 {
        let counters = self.counters.entry(table.id).or_default();
        if counters.hidden_row == 0
            && let Some((RowKey(key), _)) = table.rows.iter().next_back()
            && let Some(Value::Int(last)) = key.first()
        {
            counters.hidden_row = *last;
        }
        counters.hidden_row += 1;
        counters.hidden_row
    }
}

impl RowKey {
    /// The key of a row of this table; `None` without a primary key.
    pub fn of(table: &TableDefinition, row: &[Value]) -> Option<RowKey> {
        if table.primary_key.is_empty() {
            return None;
        }
        let values = table.primary_key.iter().map(|index| match &row[*index] {
            // The default collation does not distinguish case.
            Value::Text(text) => Value::Text(text.to_lowercase()),
            other => other.clone(),
        });
        Some(RowKey(values.collect()))
    }
}

pub(crate) fn table_in<'a>(
    databases: &'a Databases,
    db: &str,
    table: &str,
) -> Result<&'a Arc<Table>, SqlError> {
    let Some(database) = databases.get(db) else {
        return Err(unknown_database(db));
    };
    database.get(table).ok_or_else(|| {
        let text = format!("Table '{db}.{table}' doesn't exist");
        SqlError::new(1146, "42S02", text)
    })
}

pub(crate) fn unknown_database(db: &str) -> SqlError {
    SqlError::new(1049, "42000", format!("Unknown database '{db}'"))
}

fn greatest_auto_increment(table: &Table) -> i128 {
    let columns = &table.definition.columns;
    let Some(column) = columns.iter().position(|column| column.auto_increment) else {
        return 0;
    };
    let values = table.rows.values().filter_map(|row| match row[column] {
        Value::Int(value) => Some(value),
        _ => None,
    });
    values.max().unwrap_or(0)
}
