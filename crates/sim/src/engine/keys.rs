//! What a filter says of the primary key: one row, or a range of rows.

use std::cmp::Ordering;

use super::RowKey;
use super::column::stored;
use crate::expr::{BinaryOp, Expr};
use crate::operation::TableDefinition;
use crate::value::Value;

/// The key that `filter` asks for, if it compares every column of the primary key with a value.
pub(super) fn point(table: &TableDefinition, filter: &Expr) -> Option<RowKey> {
    let mut row = vec![Value::Null; table.columns.len()];
    let mut given = vec![false; table.columns.len()];
    for (index, op, value) in comparisons(table, filter) {
        if op == BinaryOp::Equal {
            row[index] = value;
            given[index] = true;
        }
    }
    let is_whole = table.primary_key.iter().all(|index| given[*index]);
    is_whole.then(|| RowKey::of(table, &row)).flatten()
}

/// One end of a range: values of the first columns of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    key: RowKey,
    is_included: bool,
}

/// The range in which a filter can find rows.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyRange {
    low: Option<End>,
    high: Option<End>,
}

impl KeyRange {
    /// The range of one key.
    pub(super) fn of_key(key: &RowKey) -> KeyRange {
        let end = End {
            key: key.clone(),
            is_included: true,
        };
        KeyRange {
            low: Some(end.clone()),
            high: Some(end),
        }
    }

    /// What comparisons of the key's first column with values, joined by AND, leave.
    pub(super) fn of_filter(table: &TableDefinition, filter: Option<&Expr>) -> KeyRange {
        let mut range = KeyRange::default();
        let (Some(filter), Some(first)) = (filter, table.primary_key.first()) else {
            return range;
        };
        for (index, op, value) in comparisons(table, filter) {
            if index != *first {
                continue;
            }
            let mut row = vec![Value::Null; table.columns.len()];
            row[index] = value;
            let Some(RowKey(mut key)) = RowKey::of(table, &row) else {
                continue;
            };
            key.truncate(1);
            let end = |is_included| End {
                key: RowKey(key.clone()),
                is_included,
            };
            match op {
                BinaryOp::Equal => {
                    range.raise_low(end(true));
                    range.lower_high(end(true));
                }
                BinaryOp::Greater => range.raise_low(end(false)),
                BinaryOp::GreaterOrEqual => range.raise_low(end(true)),
                BinaryOp::Less => range.lower_high(end(false)),
                BinaryOp::LessOrEqual => range.lower_high(end(true)),
                _ => {}
            }
        }
        range
    }

    pub(super) fn contains(&self, key: &RowKey) -> bool {
        !self.is_above(key) && !self.is_below(key)
    }

    /// Whether all of the range lies above `key`.
    pub(super) fn is_above(&self, key: &RowKey) -> bool {
        self.low.as_ref().is_some_and(|low| match low.compare(key) {
            Ordering::Less => true,
            Ordering::Equal => !low.is_included,
            Ordering::Greater => false,
        })
    }

    /// Whether all of the range lies below `key`.
    pub(super) fn is_below(&self, key: &RowKey) -> bool {
        self.high
            .as_ref()
            .is_some_and(|high| match high.compare(key) {
                Ordering::Greater => true,
                Ordering::Equal => !high.is_included,
                Ordering::Less => false,
            })
    }

    fn raise_low(&mut self, end: End) {
        if self.low.as_ref().is_none_or(|low| low.key <= end.key) {
            self.low = Some(end);
        }
    }

    fn lower_high(&mut self, end: End) {
        if self.high.as_ref().is_none_or(|high| end.key <= high.key) {
            self.high = Some(end);
        }
    }
}

impl End {
    /// How the first values of `key` stand to this end.
    fn compare(&self, key: &RowKey) -> Ordering {
        let first = &key.0[..self.key.0.len().min(key.0.len())];
        first.cmp(&self.key.0[..])
    }
}

/// Comparisons of columns with values that a filter joins by AND, with the column on the left.
fn comparisons(table: &TableDefinition, filter: &Expr) -> Vec<(usize, BinaryOp, Value)> {
    let Expr::Binary(op, left, right) = filter else {
        return Vec::new();
    };
    if *op == BinaryOp::And {
        let mut all = comparisons(table, left);
        all.extend(comparisons(table, right));
        return all;
    }
    let (name, value, op) = match (&**left, &**right) {
        (Expr::Column(name), Expr::Literal(value)) => (name, value, *op),
        (Expr::Literal(value), Expr::Column(name)) => (name, value, turned(*op)),
        _ => return Vec::new(),
    };
    let mut columns = table.columns.iter();
    let index = columns.position(|column| column.name.eq_ignore_ascii_case(name));
    let value = index.and_then(|index| {
        let value = stored(&table.columns[index], value.clone(), 1).ok()?;
        Some((index, op, value))
    });
    value.into_iter().collect()
}

/// The same comparison read from right to left.
fn turned(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessOrEqual => BinaryOp::GreaterOrEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterOrEqual => BinaryOp::LessOrEqual,
        other => other,
    }
}
