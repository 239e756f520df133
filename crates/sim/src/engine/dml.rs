//! UPDATE and DELETE: which rows they change, which locks they need, what they refuse.
//!
//! A statement that meets a busy lock changes nothing and says so; it is run again from its
//! beginning when the lock is free, and keeps the locks it has taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::care::Care;
use super::locks::{Actor, LockName, Locked};
use super::scan::Scan;
use super::{Engine, Row, RowKey, StatementChanges, Table};
use crate::binlog::{RowChange, RowsKind};
use crate::expr::{Expr, Row as ColumnSource};
use crate::operation::{
    ColumnDefinition, LockMode, LockPatience, Pick, SqlError, TableDefinition, Warning,
};
use crate::value::Value;

/// What a statement came to.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// It ran.
    Done(Effect),
    /// It must wait for this lock.
    Blocked(LockName),
}

/// The numbers of a statement that ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Rows changed, as the client is told.
    pub changed: u64,
    /// Rows the filter kept.
    pub matched: u64,
    /// The first generated AUTO_INCREMENT value.
    pub insert_id: Option<i128>,
    /// Rows that were there already.
    pub duplicates: u64,
    /// What INSERT IGNORE passed over.
    pub warnings: Vec<Warning>,
}

/// A row under its column names.
pub(super) struct NamedRow<'a> {
    pub(super) columns: &'a [ColumnDefinition],
    pub(super) values: &'a [Value],
}

impl ColumnSource for NamedRow<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        let index = column_index(self.columns, name)?;
        Some(self.values[index].clone())
    }
}

impl Engine {
    /// UPDATE.
    pub(crate) fn update(
        &mut self,
        actor: Actor,
        target: (&str, &str),
        (assignments, care): (&[(String, Expr)], Care),
        (filter, pick): (Option<&Expr>, &Pick),
        default_db: &str,
    ) -> Result<Attempt, SqlError> {
        let table = match self.open_table(actor, target)? {
            Ok(table) => table,
            Err(lock) => return Ok(Attempt::Blocked(lock)),
        };
        let definition = table.definition.clone();
        let mut targets = Vec::new();
        for (name, expr) in assignments {
            targets.push((known_column(&definition, name)?, expr));
        }
        for (_, expr) in assignments {
            check_columns(&definition, expr, "field list")?;
        }
        check_choice(&definition, filter, pick)?;
        let scan = Scan {
            filter,
            pick: Some(pick),
            mode: LockMode::Exclusive,
            patience: LockPatience::Wait,
            is_update: true,
        };
        let found = match self.matching(actor, &table, scan)? {
            Ok(found) => found,
            Err(lock) => return Ok(Attempt::Blocked(lock)),
        };
        let mut effect = Effect {
            matched: found.len() as u64,
            ..Effect::default()
        };
        let mut changes = Vec::new();
        // Keys as this statement leaves them so far: there, or not any more.
        let mut left: BTreeMap<RowKey, bool> = BTreeMap::new();
        for (number, (key, before)) in (1..).zip(found) {
            let mut after = before.to_vec();
            for (index, expr) in &targets {
                let source = NamedRow {
                    columns: &definition.columns,
                    values: &after,
                };
                let (value, mistakes) = expr.evaluate_strictly(&source).map_err(in_field_list)?;
                care.meet(mistakes, &mut effect.warnings)?;
                let column = &definition.columns[*index];
                after[*index] = care.stored(column, value, number, &mut effect.warnings)?;
            }
            if after[..] == before[..] {
                continue;
            }
            let new_key = RowKey::of(&definition, &after).unwrap_or_else(|| key.clone());
            if new_key != key {
                if let Some(lock) = self.lock_new_row(actor, &table, &new_key) {
                    return Ok(Attempt::Blocked(lock));
                }
                let there = left.get(&new_key).copied();
                if there.unwrap_or_else(|| self.current(actor, &table, &new_key).is_some()) {
                    return Err(duplicate_entry(&definition, &after));
                }
                left.insert(key.clone(), false);
                left.insert(new_key.clone(), true);
            }
            changes.push(RowChange {
                key,
                before: Some(before),
                after: Some((new_key, after.into())),
            });
        }
        effect.changed = changes.len() as u64;
        self.note_numbers(&table, &changes);
        self.keep(
            actor,
            target.0,
            &table,
            RowsKind::Update,
            changes,
            default_db,
        );
        Ok(Attempt::Done(effect))
    }

    /// AUTO_INCREMENT goes on behind a larger number that an UPDATE has written.
    fn note_numbers(&mut self, table: &Table, changes: &[RowChange]) {
        let mut columns = table.definition.columns.iter();
        let Some(index) = columns.position(|column| column.auto_increment) else {
            return;
        };
        for change in changes {
            if let (Some(before), Some((_, after))) = (&change.before, &change.after)
                && before[index] != after[index]
                && let Value::Int(number) = after[index]
            {
                self.note_auto_increment(table, number);
            }
        }
    }

    /// DELETE.
    pub(crate) fn delete(
        &mut self,
        actor: Actor,
        target: (&str, &str),
        (filter, pick): (Option<&Expr>, &Pick),
        default_db: &str,
    ) -> Result<Attempt, SqlError> {
        let table = match self.open_table(actor, target)? {
            Ok(table) => table,
            Err(lock) => return Ok(Attempt::Blocked(lock)),
        };
        check_choice(&table.definition, filter, pick)?;
        let scan = Scan {
            filter,
            pick: Some(pick),
            mode: LockMode::Exclusive,
            patience: LockPatience::Wait,
            is_update: false,
        };
        let found = match self.matching(actor, &table, scan)? {
            Ok(found) => found,
            Err(lock) => return Ok(Attempt::Blocked(lock)),
        };
        let change = |(key, before)| RowChange {
            key,
            before: Some(before),
            after: None,
        };
        let changes: Vec<_> = found.into_iter().map(change).collect();
        let effect = Effect {
            changed: changes.len() as u64,
            matched: changes.len() as u64,
            ..Effect::default()
        };
        self.keep(
            actor,
            target.0,
            &table,
            RowsKind::Delete,
            changes,
            default_db,
        );
        Ok(Attempt::Done(effect))
    }

    /// The current version of a row for a writer: its own, else the committed one.
    pub(crate) fn current(&self, actor: Actor, table: &Table, key: &RowKey) -> Option<Row> {
        let transaction = self.transaction(actor);
        match transaction.and_then(|transaction| transaction.own_version(table.id, key)) {
            Some(own) => own.clone(),
            None => table.rows.get(key).cloned(),
        }
    }

    /// Takes the row's lock; gives back its name if somebody else holds it.
    pub(crate) fn lock_row(
        &mut self,
        actor: Actor,
        table: &Table,
        key: &RowKey,
    ) -> Option<LockName> {
        let name = LockName::Row(table.id, key.clone());
        self.lock(actor, name)
    }

    /// The place of a new row: nobody has locked the gap, and nobody else writes the same key.
    pub(super) fn lock_new_row(
        &mut self,
        actor: Actor,
        table: &Table,
        key: &RowKey,
    ) -> Option<LockName> {
        let place = LockName::InsertIntention(table.id, key.clone());
        self.lock(actor, place)
            .or_else(|| self.lock_row(actor, table, key))
    }

    /// Takes a lock; gives back its name if somebody else holds it.
    pub(crate) fn lock(&mut self, actor: Actor, name: LockName) -> Option<LockName> {
        match self.locks_mut().take(actor, &name) {
            Locked::Taken | Locked::Held => None,
            Locked::Busy => Some(name),
        }
    }

    pub(crate) fn open_table(
        &mut self,
        actor: Actor,
        (db, name): (&str, &str),
    ) -> Result<Result<Arc<Table>, LockName>, SqlError> {
        let lock = LockName::TableWrite(db.to_owned(), name.to_owned());
        if let Some(lock) = self.lock(actor, lock) {
            return Ok(Err(lock));
        }
        Ok(Ok(self.table(db, name)?.clone()))
    }

    /// Records what a statement changed in the actor's transaction.
    pub(crate) fn keep(
        &mut self,
        actor: Actor,
        db: &str,
        table: &Table,
        kind: RowsKind,
        changes: Vec<RowChange>,
        default_db: &str,
    ) {
        if changes.is_empty() {
            return;
        }
        let statement = StatementChanges {
            db: db.to_owned(),
            table_id: table.id,
            table: table.definition.clone(),
            kind,
            changes,
            default_db: default_db.to_owned(),
        };
        if let Some(transaction) = self.transaction_mut(actor) {
            transaction.add(statement);
        }
    }
}

/// The value of an expression in a statement that writes; a mistake in it is an error.
pub(super) fn strictly(expr: &Expr, row: &dyn ColumnSource) -> Result<Value, SqlError> {
    let (value, mistakes) = expr.evaluate_strictly(row)?;
    match mistakes.first() {
        Some(mistake) => Err(mistake.error()),
        None => Ok(value),
    }
}

pub(super) fn known_column(table: &TableDefinition, name: &str) -> Result<usize, SqlError> {
    column_index(&table.columns, name).ok_or_else(|| {
        let text = format!("Unknown column '{name}' in 'field list'");
        SqlError::new(1054, "42S22", text)
    })
}

/// 1054 for columns that are not there, even where no row is looked at.
fn check_columns(table: &TableDefinition, expr: &Expr, clause: &str) -> Result<(), SqlError> {
    let is_unknown = |name: &str| column_index(&table.columns, name).is_none();
    match expr.find_column(&is_unknown) {
        Some(name) => {
            let text = format!("Unknown column '{name}' in '{clause}'");
            Err(SqlError::new(1054, "42S22", text))
        }
        None => Ok(()),
    }
}

fn check_choice(
    table: &TableDefinition,
    filter: Option<&Expr>,
    pick: &Pick,
) -> Result<(), SqlError> {
    if let Some(filter) = filter {
        check_columns(table, filter, "where clause")?;
    }
    pick.order
        .iter()
        .try_for_each(|(expr, _)| check_columns(table, expr, "order clause"))
}

pub(super) fn column_index(columns: &[ColumnDefinition], name: &str) -> Option<usize> {
    let same = |column: &ColumnDefinition| column.name.eq_ignore_ascii_case(name);
    columns.iter().position(same)
}

/// The same error, said of the field list instead of the WHERE clause.
pub(super) fn in_field_list(mut error: SqlError) -> SqlError {
    if error.code == 1054 {
        error.message = error.message.replace("'where clause'", "'field list'");
    }
    error
}

pub(super) fn duplicate_entry(table: &TableDefinition, row: &[Value]) -> SqlError {
    let values = table.primary_key.iter().map(|index| match &row[*index] {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    });
    let entry = values.collect::<Vec<_>>().join("-");
    let text = format!("Duplicate entry '{entry}' for key '{}.PRIMARY'", table.name);
    SqlError::new(1062, "23000", text)
}
