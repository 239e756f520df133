//! ALTER TABLE: a new definition, and the rows in their new form.

use std::sync::Arc;

use super::column::{cut_off, stored};
use super::{RowKey, Table};
use crate::operation::{
    ColumnDefinition, ColumnKind, ColumnPlace, SqlError, TableChange, TableDefinition,
};
use crate::shared_map::SharedMap;
use crate::value::Value;

/// What a table becomes.
#[derive(Clone, Debug)]
pub(crate) struct Altered {
    pub(crate) table: Table,
    /// Rows that had to be copied; the others change where they are.
    pub(crate) copied: u64,
}

/// A column and where its values come from.
struct Column {
    definition: ColumnDefinition,
    old: Option<usize>,
}

/// Applies the parts of an ALTER TABLE in order.
///
/// # Errors
/// 1054, 1060, 1068, 1072, 1091.
pub(crate) fn alter(table: &Table, changes: &[TableChange]) -> Result<Altered, SqlError> {
    let old = &table.definition;
    let columns = old.columns.iter().cloned().enumerate();
    let mut columns: Vec<Column> = columns
        .map(|(index, definition)| Column {
            definition,
            old: Some(index),
        })
        .collect();
    let key_names = old.primary_key.iter();
    let mut key: Vec<String> = key_names
        .map(|index| old.columns[*index].name.clone())
        .collect();
    let mut copies = false;
    for change in changes {
        copies |= make(&mut columns, &mut key, change, &old.name)?;
    }
    let mut primary_key = Vec::new();
    for name in &key {
        match position(&columns, name) {
            Some(index) => {
                columns[index].definition.nullable = false;
                primary_key.push(index);
            }
            None => {
                let text = format!("Key column '{name}' doesn't exist in table");
                return Err(SqlError::new(1072, "42000", text));
            }
        }
    }
    let definition = TableDefinition {
        name: old.name.clone(),
        columns: columns
            .iter()
            .map(|column| column.definition.clone())
            .collect(),
        primary_key,
    };
    let mut rows = SharedMap::new();
    for (number, (old_key, row)) in (1..).zip(table.rows.iter()) {
        let values = columns.iter().map(|column| match column.old {
            Some(index) => converted(&row[index], &column.definition, number),
            None => Ok(filler(&column.definition)),
        });
        let values = values.collect::<Result<Vec<Value>, SqlError>>()?;
        let key = RowKey::of(&definition, &values).unwrap_or_else(|| old_key.clone());
        rows.insert(key, values.into());
    }
    let copied = if copies { rows.len() as u64 } else { 0 };
    let table = Table {
        id: table.id,
        definition: Arc::new(definition),
        rows,
    };
    Ok(Altered { table, copied })
}

/// One part. Whether rows have to be copied for it.
fn make(
    columns: &mut Vec<Column>,
    key: &mut Vec<String>,
    change: &TableChange,
    table: &str,
) -> Result<bool, SqlError> {
    match change {
        TableChange::AddColumn { column, place } => {
            refuse_duplicate(columns, &column.name)?;
            let new = Column {
                definition: column.clone(),
                old: None,
            };
            insert(columns, new, place, table)?;
        }
        TableChange::DropColumn(name) => {
            let Some(index) = position(columns, name) else {
                return Err(cannot_drop(name));
            };
            columns.remove(index);
            key.retain(|column| !column.eq_ignore_ascii_case(name));
        }
        TableChange::ChangeColumn {
            name,
            column,
            place,
        } => {
            let Some(index) = position(columns, name) else {
                return Err(unknown_column(name, table));
            };
            if !name.eq_ignore_ascii_case(&column.name) {
                refuse_duplicate(columns, &column.name)?;
                rename_in_key(key, name, &column.name);
            }
            let changed = Column {
                definition: column.clone(),
                old: columns[index].old,
            };
            let copies = !fits_in_place(columns[index].definition.kind, column.kind);
            match place {
                ColumnPlace::Default => columns[index] = changed,
                ColumnPlace::First | ColumnPlace::After(_) => {
                    columns.remove(index);
                    insert(columns, changed, place, table)?;
                }
            }
            return Ok(copies);
        }
        TableChange::RenameColumn { from, to } => {
            let Some(index) = position(columns, from) else {
                return Err(unknown_column(from, table));
            };
            if !from.eq_ignore_ascii_case(to) {
                refuse_duplicate(columns, to)?;
            }
            columns[index].definition.name.clone_from(to);
            rename_in_key(key, from, to);
        }
        TableChange::AddPrimaryKey(names) => {
            if !key.is_empty() {
                let text = "Multiple primary key defined";
                return Err(SqlError::new(1068, "42000", text));
            }
            key.clone_from(names);
        }
        TableChange::DropPrimaryKey => {
            if key.is_empty() {
                return Err(cannot_drop("PRIMARY"));
            }
            key.clear();
            return Ok(true);
        }
        TableChange::Other => {}
    }
    Ok(false)
}

fn insert(
    columns: &mut Vec<Column>,
    new: Column,
    place: &ColumnPlace,
    table: &str,
) -> Result<(), SqlError> {
    let index = match place {
        ColumnPlace::Default => columns.len(),
        ColumnPlace::First => 0,
        ColumnPlace::After(name) => match position(columns, name) {
            Some(index) => index + 1,
            None => return Err(unknown_column(name, table)),
        },
    };
    columns.insert(index, new);
    Ok(())
}

fn position(columns: &[Column], name: &str) -> Option<usize> {
    let same = |column: &Column| column.definition.name.eq_ignore_ascii_case(name);
    columns.iter().position(same)
}

fn rename_in_key(key: &mut [String], from: &str, to: &str) {
    for column in key {
        if column.eq_ignore_ascii_case(from) {
            to.clone_into(column);
        }
    }
}

fn refuse_duplicate(columns: &[Column], name: &str) -> Result<(), SqlError> {
    if position(columns, name).is_none() {
        return Ok(());
    }
    let text = format!("Duplicate column name '{name}'");
    Err(SqlError::new(1060, "42S21", text))
}

fn cannot_drop(name: &str) -> SqlError {
    let text = format!("Can't DROP '{name}'; check that column/key exists");
    SqlError::new(1091, "42000", text)
}

fn unknown_column(name: &str, table: &str) -> SqlError {
    let text = format!("Unknown column '{name}' in '{table}'");
    SqlError::new(1054, "42S22", text)
}

/// Whether old values need no copy: the same type, or a longer text of the same kind.
fn fits_in_place(old: ColumnKind, new: ColumnKind) -> bool {
    match (old, new) {
        (ColumnKind::VarChar(old), ColumnKind::VarChar(new)) => {
            old <= new && (255 < old * 4) == (255 < new * 4)
        }
        _ => old == new,
    }
}

/// A value in a column that changed its type.
fn converted(value: &Value, column: &ColumnDefinition, row: usize) -> Result<Value, SqlError> {
    stored(column, value.clone(), row).map_err(|error| match error.code {
        1048 | 1406 => cut_off(&column.name, row),
        _ => error,
    })
}

/// What rows have in a column that is new.
fn filler(column: &ColumnDefinition) -> Value {
    let empty = match column.kind.is_number() {
        true => Value::Int(0),
        false => Value::Text(String::new()),
    };
    match (&column.default, column.nullable) {
        (Some(default), _) => stored(column, default.clone(), 1).unwrap_or(empty),
        (None, true) => Value::Null,
        (None, false) => stored(column, empty.clone(), 1).unwrap_or(empty),
    }
}
