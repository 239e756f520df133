//! INSERT and REPLACE: new rows, and what becomes of rows whose key is there already.

use std::collections::BTreeMap;

use super::care::{Care, empty, warning};
use super::column::{greatest, stored, stored_noting};
use super::dml::{
    Attempt, Effect, NamedRow, column_index, duplicate_entry, in_field_list, known_column, strictly,
};
use super::locks::Actor;
use super::{Engine, Row, RowKey, Table};
use crate::binlog::{RowChange, RowsKind};
use crate::expr::{Expr, Row as ColumnSource};
use crate::operation::{ColumnDefinition, ColumnKind, OnDuplicate, SqlError, TableDefinition};
use crate::value::Value;

/// What an INSERT says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insertion<'a> {
    pub(crate) columns: &'a [String],
    pub(crate) rows: &'a [Vec<Expr>],
    pub(crate) on_duplicate: &'a OnDuplicate,
    pub(crate) is_select: bool,
    pub(crate) care: Care,
}

/// The row that is there, and under `VALUES(name)` the one that was to be inserted.
struct BothRows<'a> {
    columns: &'a [ColumnDefinition],
    old: &'a [Value],
    new: &'a [Value],
}

impl ColumnSource for BothRows<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        let new = name
            .strip_prefix("VALUES(")
            .and_then(|rest| rest.strip_suffix(')'));
        let (row, name) = match new {
            Some(name) => (self.new, name),
            None => (self.old, name),
        };
        Some(row[column_index(self.columns, name)?].clone())
    }
}

impl Engine {
    /// INSERT, REPLACE.
    pub(crate) fn insert(
        &mut self,
        actor: Actor,
        target: (&str, &str),
        insertion: Insertion<'_>,
        default_db: &str,
    ) -> Result<Attempt, SqlError> {
        let table = match self.open_table(actor, target)? {
            Ok(table) => table,
            Err(lock) => return Ok(Attempt::Blocked(lock)),
        };
        let targets = insert_columns(&table.definition, insertion.columns)?;
        let care = match insertion.on_duplicate {
            OnDuplicate::Ignore => insertion.care.ignoring(),
            // One row alone is refused for its NULL in every mode.
            _ if insertion.rows.len() == 1 && !insertion.is_select => {
                insertion.care.refusing_null()
            }
            _ => insertion.care,
        };
        let mut effect = Effect::default();
        let mut changes: Vec<RowChange> = Vec::new();
        // Rows as this statement leaves them so far.
        let mut left: BTreeMap<RowKey, Row> = BTreeMap::new();
        for (number, exprs) in (1..).zip(insertion.rows) {
            let mut row = self.new_row(&table, &targets, exprs, number, &mut effect, care)?;
            let key = match RowKey::of(&table.definition, &row) {
                Some(key) => key,
                None => RowKey(vec![Value::Int(self.next_hidden_row(&table))]),
            };
            if let Some(lock) = self.lock_new_row(actor, &table, &key) {
                return Ok(Attempt::Blocked(lock));
            }
            let there = left.get(&key).cloned();
            let there = there.or_else(|| self.current(actor, &table, &key));
            let change = match there {
                None => {
                    row.shrink_to_fit();
                    effect.changed += 1;
                    Some(RowChange {
                        key: key.clone(),
                        before: None,
                        after: Some((key, row.into())),
                    })
                }
                Some(old) => {
                    let definition = &table.definition;
                    let on_duplicate = insertion.on_duplicate;
                    duplicate(
                        definition,
                        on_duplicate,
                        (key, old),
                        row,
                        number,
                        &mut effect,
                    )?
                }
            };
            let Some(change) = change else {
                continue;
            };
            if let Some((key, row)) = &change.after {
                left.insert(key.clone(), row.clone());
            }
            changes.push(change);
        }
        effect.matched = insertion.rows.len() as u64;
        if insertion.is_select && effect.insert_id.is_some() {
            self.waste_auto_increment(&table, insertion.rows.len());
        }
        if let OnDuplicate::Update { deprecated, .. } = insertion.on_duplicate {
            let text = "'VALUES function' is deprecated and will be removed in a future release. \
                        Please use an alias (INSERT INTO ... VALUES (...) AS alias) and replace \
                        VALUES(col) in the ON DUPLICATE KEY UPDATE clause with alias.col instead";
            let warnings = (0..*deprecated).map(|_| warning(1287, text.to_owned()));
            effect.warnings.extend(warnings);
        }
        self.keep(
            actor,
            target.0,
            &table,
            RowsKind::Write,
            changes,
            default_db,
        );
        Ok(Attempt::Done(effect))
    }

    fn new_row(
        &mut self,
        table: &Table,
        targets: &[usize],
        exprs: &[Expr],
        number: usize,
        effect: &mut Effect,
        care: Care,
    ) -> Result<Vec<Value>, SqlError> {
        if exprs.len() != targets.len() {
            let text = format!("Column count doesn't match value count at row {number}");
            return Err(SqlError::new(1136, "21S01", text));
        }
        let columns = &table.definition.columns;
        let mut given: Vec<Option<Value>> = vec![None; columns.len()];
        let nothing = NamedRow {
            columns: &[],
            values: &[],
        };
        for (index, expr) in targets.iter().zip(exprs) {
            let evaluated = expr.evaluate_strictly(&nothing);
            let (value, mistakes) = evaluated.map_err(in_field_list)?;
            care.meet(mistakes, &mut effect.warnings)?;
            given[*index] = Some(value);
        }
        let mut row = Vec::with_capacity(columns.len());
        let mut generates = None;
        for (column, value) in columns.iter().zip(given) {
            let value = match value {
                None | Some(Value::Null | Value::Int(0)) if column.auto_increment => {
                    generates = Some(row.len());
                    Value::Int(0)
                }
                Some(value) => value,
                None => match (&column.default, column.nullable) {
                    (Some(default), _) => default.clone(),
                    (None, true) => Value::Null,
                    (None, false) if column.kind == ColumnKind::Enum => column
                        .words
                        .first()
                        .map_or(Value::Null, |word| Value::Text(word.clone())),
                    (None, false) if !care.is_strict => {
                        let text = format!("Field '{}' doesn't have a default value", column.name);
                        effect.warnings.push(warning(1364, text));
                        empty(column)
                    }
                    (None, false) => {
                        let text = format!("Field '{}' doesn't have a default value", column.name);
                        return Err(SqlError::new(1364, "HY000", text));
                    }
                },
            };
            row.push(care.stored(column, value, number, &mut effect.warnings)?);
        }
        // A row that is refused uses up no number.
        if let Some(index) = generates {
            // Behind the largest number there is it comes again.
            let generated = self
                .next_auto_increment(table)
                .min(greatest(&columns[index]));
            effect.insert_id.get_or_insert(generated);
            row[index] = stored(&columns[index], Value::Int(generated), number)?;
        }
        for (column, value) in columns.iter().zip(&row) {
            if let (true, Value::Int(value)) = (column.auto_increment, value) {
                self.note_auto_increment(table, *value);
            }
        }
        Ok(row)
    }
}

/// What becomes of a row whose key is there; nothing for a row that stays as it is.
fn duplicate(
    table: &TableDefinition,
    on_duplicate: &OnDuplicate,
    (key, old): (RowKey, Row),
    row: Vec<Value>,
    number: usize,
    effect: &mut Effect,
) -> Result<Option<RowChange>, SqlError> {
    let after = match on_duplicate {
        OnDuplicate::Fail => return Err(duplicate_entry(table, &row)),
        OnDuplicate::Ignore => {
            effect.duplicates += 1;
            let message = duplicate_entry(table, &row).message;
            effect.warnings.push(warning(1062, message));
            return Ok(None);
        }
        OnDuplicate::Replace => {
            let is_same = row[..] == old[..];
            effect.changed += if is_same { 1 } else { 2 };
            effect.duplicates += u64::from(!is_same);
            row
        }
        OnDuplicate::Update { assignments, .. } => {
            let mut after = old.to_vec();
            for (name, expr) in assignments {
                let index = known_column(table, name)?;
                let source = BothRows {
                    columns: &table.columns,
                    old: &after,
                    new: &row,
                };
                let value = strictly(expr, &source).map_err(in_field_list)?;
                after[index] =
                    stored_noting(&table.columns[index], value, number, &mut effect.warnings)?;
            }
            let is_same = after[..] == old[..];
            effect.changed += if is_same { 0 } else { 2 };
            effect.duplicates += u64::from(!is_same);
            after
        }
    };
    if after[..] == old[..] {
        return Ok(None);
    }
    let new_key = RowKey::of(table, &after).unwrap_or_else(|| key.clone());
    Ok(Some(RowChange {
        key,
        before: Some(old),
        after: Some((new_key, after.into())),
    }))
}

fn insert_columns(table: &TableDefinition, names: &[String]) -> Result<Vec<usize>, SqlError> {
    if names.is_empty() {
        return Ok((0..table.columns.len()).collect());
    }
    let mut indexes = Vec::new();
    for name in names {
        let index = known_column(table, name)?;
        if indexes.contains(&index) {
            let text = format!("Column '{name}' specified twice");
            return Err(SqlError::new(1110, "42000", text));
        }
        indexes.push(index);
    }
    Ok(indexes)
}
