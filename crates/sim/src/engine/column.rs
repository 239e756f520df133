//! What a column stores: a value as its type keeps it, or the error that refuses it.

use crate::operation::{ColumnDefinition, ColumnKind, SqlError, Warning, WarningLevel};
use crate::value::{Number, Value};

/// A value as the column keeps it.
pub(super) fn stored(
    column: &ColumnDefinition,
    value: Value,
    row: usize,
) -> Result<Value, SqlError> {
    stored_noting(column, value, row, &mut Vec::new())
}

/// A value as the column keeps it, with a note if something of it was cut off.
pub(super) fn stored_noting(
    column: &ColumnDefinition,
    value: Value,
    row: usize,
    notes: &mut Vec<Warning>,
) -> Result<Value, SqlError> {
    let name = &column.name;
    if value.is_null() {
        if column.nullable {
            return Ok(Value::Null);
        }
        let text = format!("Column '{name}' cannot be null");
        return Err(SqlError::new(1048, "23000", text));
    }
    if let Some((least, most)) = integer_range(column.kind) {
        let number = whole_number(column, &value, row)?;
        if column.kind == ColumnKind::Year && number == 0 {
            // Year zero has four digits.
            return Ok(Value::Text("0000".to_owned()));
        }
        return match least <= number && number <= most {
            true => Ok(Value::Int(number)),
            false => Err(out_of_range(name, row)),
        };
    }
    let text = value.to_text().unwrap_or_default();
    let kept = match column.kind {
        ColumnKind::Decimal(digits, scale) => {
            let given = number(column, &text, "decimal", row)?;
            let number = given.with_scale(u32::from(scale));
            if u32::from(digits) < number.digit_count().max(u32::from(scale)) {
                return Err(out_of_range(name, row));
            }
            if number.compare(given).is_ne() {
                notes.push(truncated(name, row));
            }
            return Ok(Value::Decimal(number));
        }
        ColumnKind::Float | ColumnKind::Double => {
            let word = match column.kind {
                ColumnKind::Float => "float",
                _ => "double",
            };
            return number(column, &text, word, row).map(|it| Value::Double(it.shortest()));
        }
        ColumnKind::Enum => word(column, &value).ok_or_else(|| cut_off(name, row))?,
        ColumnKind::Date => {
            let (date, time) =
                read_date_time(&text).ok_or_else(|| incorrect("date", column, &text, row))?;
            if time != "00:00:00" {
                let SqlError { code, message, .. } = incorrect("date", column, &text, row);
                notes.push(note(code, message));
            }
            date
        }
        ColumnKind::DateTime | ColumnKind::Timestamp => read_date_time(&text)
            .map(|(date, time)| format!("{date} {time}"))
            .ok_or_else(|| incorrect("datetime", column, &text, row))?,
        ColumnKind::Time => time(&text).ok_or_else(|| incorrect("time", column, &text, row))?,
        kind => return limited(name, kind, text, row, notes),
    };
    Ok(Value::Text(kept))
}

/// A text that is not too long. Blanks at its end are no part of a CHAR, and do not make a text too
/// long.
fn limited(
    name: &str,
    kind: ColumnKind,
    mut text: String,
    row: usize,
    notes: &mut Vec<Warning>,
) -> Result<Value, SqlError> {
    if let ColumnKind::Char(_) = kind {
        text.truncate(text.trim_end_matches(' ').len());
    }
    if let ColumnKind::VarChar(limit) = kind
        && let Some((at, _)) = text.char_indices().nth(limit as usize)
        && text[at..].bytes().all(|byte| byte == b' ')
    {
        text.truncate(at);
        notes.push(truncated(name, row));
    }
    let (length, limit) = match kind {
        ColumnKind::Char(limit) | ColumnKind::VarChar(limit) => {
            (text.chars().count(), limit as usize)
        }
        ColumnKind::TinyText => (text.len(), 255),
        ColumnKind::MediumText | ColumnKind::LongText => (0, 0),
        _ => (text.len(), 65_535),
    };
    if limit < length {
        let text = format!("Data too long for column '{name}' at row {row}");
        return Err(SqlError::new(1406, "22001", text));
    }
    Ok(Value::Text(text))
}

fn truncated(name: &str, row: usize) -> Warning {
    note(
        1265,
        format!("Data truncated for column '{name}' at row {row}"),
    )
}

/// 1265
pub(super) fn cut_off(name: &str, row: usize) -> SqlError {
    let text = format!("Data truncated for column '{name}' at row {row}");
    SqlError::new(1265, "01000", text)
}

/// A text with a number at its beginning, whatever follows.
pub(super) fn begins_with_number(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches(['-', '+', '.']);
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// A text with the form of a date, of a day that there is or not.
pub(super) fn has_form_of_date(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or(text);
    let mut parts = date.split('-');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    date.contains('-') && parts.clone().count() == 3 && parts.all(is_number)
}

fn note(code: u16, message: String) -> Warning {
    Warning {
        level: WarningLevel::Note,
        code,
        message,
    }
}

fn whole_number(column: &ColumnDefinition, value: &Value, row: usize) -> Result<i128, SqlError> {
    let number = match value {
        Value::Int(number) => *number,
        Value::Text(text) if begins_with_number(text) && !Number::is_text_of_one(text) => {
            return Err(cut_off(&column.name, row));
        }
        Value::Text(text) => number(column, text, "integer", row)?.rounded(),
        Value::Decimal(number) | Value::Double(number) => number.rounded(),
        Value::Null => 0,
    };
    Ok(match (column.kind, number) {
        (ColumnKind::Year, 0) if !matches!(value, Value::Text(text) if text.trim() != "0000") => 0,
        (ColumnKind::Year, 0..=69) => number + 2000,
        (ColumnKind::Year, 70..=99) => number + 1900,
        _ => number,
    })
}

/// The number a text is; 1366 if it is none.
fn number(
    column: &ColumnDefinition,
    text: &str,
    what: &str,
    row: usize,
) -> Result<Number, SqlError> {
    if Number::is_text_of_one(text) {
        return Ok(Number::leading(text));
    }
    let text = format!(
        "Incorrect {what} value: '{text}' for column '{}' at row {row}",
        column.name
    );
    Err(SqlError::new(1366, "HY000", text))
}

fn out_of_range(name: &str, row: usize) -> SqlError {
    let text = format!("Out of range value for column '{name}' at row {row}");
    SqlError::new(1264, "22003", text)
}

/// 1292
fn incorrect(what: &str, column: &ColumnDefinition, text: &str, row: usize) -> SqlError {
    let text = format!(
        "Incorrect {what} value: '{text}' for column '{}' at row {row}",
        column.name
    );
    SqlError::new(1292, "22007", text)
}

/// The word of an ENUM that a value names, or that has its number.
fn word(column: &ColumnDefinition, value: &Value) -> Option<String> {
    let mut words = column.words.iter();
    match value {
        Value::Int(number) => {
            let index = usize::try_from(*number).ok()?.checked_sub(1)?;
            words.nth(index).cloned()
        }
        _ => {
            let text = value.to_text()?;
            words
                .find(|word| word.to_lowercase() == text.to_lowercase())
                .cloned()
        }
    }
}

/// Date and time as they are kept, from `2026-1-5 1:2:3` or `20260105010203`.
pub fn read_date_time(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<u32> = if digits && matches!(text.len(), 8 | 14) {
        let mut parts = vec![text[..4].parse().ok()?];
        for at in (4..text.len()).step_by(2) {
            parts.push(text[at..at + 2].parse().ok()?);
        }
        parts
    } else {
        let whole = text.split('.').next().unwrap_or(text);
        let parts = whole.split(['-', '/', ' ', 'T', ':']);
        parts.map(str::parse).collect::<Result<_, _>>().ok()?
    };
    let [year, month, day, rest @ ..] = &parts[..] else {
        return None;
    };
    let year = match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        year => *year,
    };
    let part = |index| rest.get(index).copied().unwrap_or(0);
    let (hour, minute, second) = (part(0), part(1), part(2));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    };
    let is_right = (1..=12).contains(month)
        && (1..=days).contains(day)
        && year <= 9999
        && hour < 24
        && minute < 60
        && second < 60
        && rest.len() <= 3;
    is_right.then(|| {
        let date = format!("{year:04}-{month:02}-{day:02}");
        (date, format!("{hour:02}:{minute:02}:{second:02}"))
    })
}

/// A time of day or a span, as it is kept.
fn time(text: &str) -> Option<String> {
    let (sign, rest) = match text.trim().strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.trim()),
    };
    let parts: Vec<u32> = rest
        .split(':')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute, second] => (hour, minute, second),
        [hour, minute] => (hour, minute, 0),
        [packed] => (packed / 10_000, packed / 100 % 100, packed % 100),
        _ => return None,
    };
    let is_right = hour < 839 && minute < 60 && second < 60;
    is_right.then(|| format!("{sign}{hour:02}:{minute:02}:{second:02}"))
}

/// What a column that is no number keeps for want of a value.
pub(super) fn empty_text(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Date => "0000-00-00",
        ColumnKind::Time => "00:00:00",
        ColumnKind::DateTime | ColumnKind::Timestamp => "0000-00-00 00:00:00",
        _ => "",
    }
}

/// The least or greatest number of the column, for one that is beyond it.
pub(super) fn nearest(column: &ColumnDefinition, value: &Value) -> Value {
    let number = value.to_number().unwrap_or(Number::ZERO);
    let is_below = number.compare(Number::ZERO).is_lt();
    if column.kind == ColumnKind::Year {
        return Value::Text("0000".to_owned());
    }
    if let Some((least, most)) = integer_range(column.kind) {
        return Value::Int(if is_below { least } else { most });
    }
    let ColumnKind::Decimal(digits, scale) = column.kind else {
        return value.clone();
    };
    let most = Number::from(10_i128.pow(u32::from(digits)) - 1);
    let unit = Number::from(10_i128.pow(u32::from(scale)));
    let most = most.divided_by(unit).unwrap_or(most);
    let most = most.with_scale(u32::from(scale));
    Value::Decimal(if is_below { most.negated() } else { most })
}

/// The largest integer it can keep.
pub(super) fn greatest(column: &ColumnDefinition) -> i128 {
    integer_range(column.kind).map_or(i128::MAX, |(_, most)| most)
}

fn integer_range(kind: ColumnKind) -> Option<(i128, i128)> {
    let signed = |bits: u32| Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1));
    match kind {
        ColumnKind::TinyInt | ColumnKind::Bool => signed(8),
        ColumnKind::SmallInt => signed(16),
        ColumnKind::MediumInt => signed(24),
        ColumnKind::Int => signed(32),
        ColumnKind::BigInt => signed(64),
        ColumnKind::Unsigned(bytes) => Some((0, (1 << (8 * u32::from(bytes))) - 1)),
        ColumnKind::Year => Some((1901, 2155)),
        ColumnKind::Decimal(..)
        | ColumnKind::Float
        | ColumnKind::Double
        | ColumnKind::Enum
        | ColumnKind::Char(_)
        | ColumnKind::VarChar(_)
        | ColumnKind::TinyText
        | ColumnKind::Text
        | ColumnKind::MediumText
        | ColumnKind::LongText
        | ColumnKind::Blob
        | ColumnKind::Time
        | ColumnKind::DateTime
        | ColumnKind::Timestamp
        | ColumnKind::Date => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: ColumnKind, value: impl Into<Value>, expected: Result<&str, u16>) {
        let column = ColumnDefinition {
            name: "c".to_owned(),
            kind,
            nullable: true,
            default: None,
            auto_increment: false,
            words: vec!["x".to_owned(), "Y".to_owned()],
        };
        let kept = stored(&column, value.into(), 1);
        let kept = kept
            .map(|value| value.to_string())
            .map_err(|error| error.code);
        assert_eq!(kept, expected.map(str::to_owned));
    }

    #[test]
    fn values_are_kept_as_the_type_says() {
        check(ColumnKind::Decimal(5, 1), "12.34", Ok("12.3"));
        check(ColumnKind::Decimal(5, 1), 7, Ok("7.0"));
        check(ColumnKind::Decimal(10, 0), "2.5", Ok("3"));
        check(ColumnKind::Double, "2.50", Ok("2.5"));
        check(ColumnKind::Float, "1e10", Ok("10000000000"));
        check(ColumnKind::Unsigned(1), 255, Ok("255"));
        check(
            ColumnKind::Unsigned(8),
            u64::MAX as i128,
            Ok("18446744073709551615"),
        );
        check(ColumnKind::Enum, "y", Ok("Y"));
        check(ColumnKind::Enum, 1, Ok("x"));
        check(ColumnKind::Year, 26, Ok("2026"));
        check(ColumnKind::Date, "2026-1-5", Ok("2026-01-05"));
        check(
            ColumnKind::DateTime,
            "2026-01-05",
            Ok("2026-01-05 00:00:00"),
        );
        check(
            ColumnKind::DateTime,
            20_260_102_030_405,
            Ok("2026-01-02 03:04:05"),
        );
        check(ColumnKind::Time, "25:00", Ok("25:00:00"));
    }

    #[test]
    fn values_that_do_not_fit_are_refused_with_their_numbers() {
        check(ColumnKind::Decimal(5, 1), 99_999, Err(1264));
        check(ColumnKind::Decimal(5, 1), "x", Err(1366));
        check(ColumnKind::Unsigned(1), -1, Err(1264));
        check(ColumnKind::TinyInt, 128, Err(1264));
        check(ColumnKind::Int, "abc", Err(1366));
        check(ColumnKind::Enum, "z", Err(1265));
        check(ColumnKind::Date, "2026-13-01", Err(1292));
        check(ColumnKind::Date, "2026-02-29", Err(1292));
        check(ColumnKind::VarChar(2), "abc", Err(1406));
    }
}
