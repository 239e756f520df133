//! How careful a statement that writes is: what it refuses, and what it stores in place of a value that
//! does not fit.
//!
//! The modes of `sql_mode` and IGNORE decide it; what a type can keep is `column`'s.

use super::column::{
    begins_with_number, cut_off, empty_text, has_form_of_date, nearest, stored, stored_noting,
};
use crate::expr::Mistake;
use crate::operation::{ColumnDefinition, ColumnKind, SqlError, Warning, WarningLevel};
use crate::value::{Number, Value};

/// What a session's `sql_mode` makes of values that do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Care {
    /// They are errors; otherwise they are adjusted, with a warning.
    pub(super) is_strict: bool,
    /// A division by zero is worth saying.
    notes_division: bool,
    /// NULL is an error where it cannot be.
    refuses_null: bool,
}

impl Care {
    /// As `sql_mode` says.
    pub(crate) fn of(sql_mode: &str) -> Care {
        let mut modes = sql_mode.split(',');
        let is_strict = modes.any(|mode| {
            ["STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL"].contains(&mode)
        });
        Care {
            is_strict,
            notes_division: sql_mode.contains("ERROR_FOR_DIVISION_BY_ZERO"),
            refuses_null: is_strict,
        }
    }

    /// For IGNORE.
    pub(super) fn ignoring(self) -> Care {
        Care {
            is_strict: false,
            refuses_null: false,
            ..self
        }
    }

    /// For a single row.
    pub(super) fn refusing_null(self) -> Care {
        Care {
            refuses_null: true,
            ..self
        }
    }

    /// Mistakes in an expression.
    pub(super) fn meet(
        self,
        mistakes: Vec<Mistake>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), SqlError> {
        for mistake in mistakes {
            if mistake == Mistake::DivisionByZero && !self.notes_division {
                continue;
            }
            let error = mistake.error();
            if self.is_strict {
                return Err(error);
            }
            warnings.push(warning(error.code, error.message));
        }
        Ok(())
    }

    /// A value as the column keeps it.
    pub(super) fn stored(
        self,
        column: &ColumnDefinition,
        value: Value,
        row: usize,
        warnings: &mut Vec<Warning>,
    ) -> Result<Value, SqlError> {
        match stored_noting(column, value.clone(), row, warnings) {
            Err(error) if self.is_strict || error.code == 1048 && self.refuses_null => Err(error),
            Err(error) => {
                let (value, text) = adjusted(column, value, error, row);
                warnings.push(text);
                Ok(value)
            }
            kept => kept,
        }
    }
}

/// What is stored in place of a value that is refused, and what is said of it.
fn adjusted(
    column: &ColumnDefinition,
    value: Value,
    error: SqlError,
    row: usize,
) -> (Value, Warning) {
    let name = &column.name;
    let truncated = cut_off(name, row).message;
    let kept = match (error.code, column.kind) {
        (1406, ColumnKind::Char(limit) | ColumnKind::VarChar(limit)) => {
            let text = value.to_text().unwrap_or_default();
            let kept = text.chars().take(limit as usize).collect();
            return (Value::Text(kept), warning(1265, truncated));
        }
        (1292, _) if value.to_text().is_some_and(|text| has_form_of_date(&text)) => {
            let text = format!("Out of range value for column '{name}' at row {row}");
            return (empty(column), warning(1264, text));
        }
        (1292, _) => return (empty(column), warning(1265, truncated)),
        (1264, _) => nearest(column, &value),
        (1265 | 1366, kind) if kind.is_number() => {
            let text = value.to_text().unwrap_or_default();
            let leading = Number::leading(&text).to_value();
            let kept = stored(column, leading.clone(), row);
            let kept = kept.unwrap_or_else(|_| nearest(column, &leading));
            if error.code == 1366 && begins_with_number(&text) {
                let mut note = warning(1265, truncated);
                note.level = WarningLevel::Note;
                return (kept, note);
            }
            kept
        }
        _ => empty(column),
    };
    (kept, warning(error.code, error.message))
}

/// The value a column has for want of a better one.
pub(super) fn empty(column: &ColumnDefinition) -> Value {
    match column.kind.is_number() {
        true => stored(column, Value::Int(0), 1).unwrap_or(Value::Int(0)),
        false => Value::Text(empty_text(column.kind).to_owned()),
    }
}

pub(super) fn warning(code: u16, message: String) -> Warning {
    Warning {
        level: WarningLevel::Warning,
        code,
        message,
    }
}
