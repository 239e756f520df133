//! Functions whose result depends on their arguments alone.

use std::cmp::Ordering;

use super::{Expr, Row};
use crate::operation::SqlError;
use crate::value::{Number, Value, collate};

/// Whether there is a function of this name (in any case).
pub fn is_function(name: &str) -> bool {
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

const NAMES: &[&str] = &[
    "ABS",
    "ASCII",
    "CASE",
    "CEIL",
    "CEILING",
    "CHAR_LENGTH",
    "CHARACTER_LENGTH",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "FLOOR",
    "GREATEST",
    "GTID_SUBSET",
    "GTID_SUBTRACT",
    "HEX",
    "IF",
    "IFNULL",
    "INSTR",
    "ISNULL",
    "LCASE",
    "LEAST",
    "LEFT",
    "LENGTH",
    "LOCATE",
    "LOWER",
    "LPAD",
    "LTRIM",
    "MID",
    "MOD",
    "NULLIF",
    "OCTET_LENGTH",
    "REPEAT",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "ROUND",
    "RPAD",
    "RTRIM",
    "SIGN",
    "STRCMP",
    "SUBSTR",
    "SUBSTRING",
    "SUBSTRING_INDEX",
    "TRIM",
    "TRUNCATE",
    "UCASE",
    "UPPER",
];

/// Calls a function.
///
/// # Errors
/// 1305 for a name that is none, 1582 for a wrong number of arguments.
pub(super) fn call(name: &str, arguments: &[Expr], row: &dyn Row) -> Result<Value, SqlError> {
    let upper = name.to_ascii_uppercase();
    if let Some(value) = conditional(&upper, arguments, row)? {
        return Ok(value);
    }
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(argument.evaluate(row)?);
    }
    if !is_function(&upper) {
        return Err(SqlError::new(
            1305,
            "42000",
            format!("FUNCTION {name} does not exist"),
        ));
    }
    gtid(&upper, &values)
        .or_else(|| numeric(&upper, &values))
        .or_else(|| textual(&upper, &values))
        .ok_or_else(|| {
            SqlError::new(
                1582,
                "42000",
                format!("Incorrect parameter count in the call to native function '{name}'"),
            )
        })?
}

/// Functions that do not evaluate all of their arguments.
fn conditional(name: &str, arguments: &[Expr], row: &dyn Row) -> Result<Option<Value>, SqlError> {
    let value = match (name, arguments) {
        ("IF", [condition, yes, no]) => {
            if condition.holds(row)? {
                yes.evaluate(row)?
            } else {
                no.evaluate(row)?
            }
        }
        ("IFNULL", [first, second]) => match first.evaluate(row)? {
            Value::Null => second.evaluate(row)?,
            value => value,
        },
        ("COALESCE", [_, ..]) => {
            for argument in arguments {
                let value = argument.evaluate(row)?;
                if !value.is_null() {
                    return Ok(Some(value));
                }
            }
            Value::Null
        }
        ("CASE", _) => case(arguments, row)?,
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// Pairs of condition and result; an odd last argument is ELSE.
fn case(arguments: &[Expr], row: &dyn Row) -> Result<Value, SqlError> {
    for pair in arguments.chunks(2) {
        match pair {
            [condition, result] if condition.holds(row)? => return result.evaluate(row),
            [otherwise] => return otherwise.evaluate(row),
            _ => {}
        }
    }
    Ok(Value::Null)
}

type Called = Option<Result<Value, SqlError>>;

fn numeric(name: &str, values: &[Value]) -> Called {
    let value = match (name, values) {
        ("ABS", [v]) => v.to_number().map(|n| {
            let negative = n.compare(crate::value::Number::ZERO) == Ordering::Less;
            (if negative { n.negated() } else { n }).to_value()
        }),
        ("SIGN", [v]) => v.to_number().map(|n| {
            Value::Int(match n.compare(crate::value::Number::ZERO) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })
        }),
        ("CEIL" | "CEILING", [v]) => v.to_number().map(|n| {
            let down = n.truncated();
            let is_above = n.compare(down.into()) == Ordering::Greater;
            Value::Int(down + i128::from(is_above))
        }),
        ("FLOOR", [v]) => v.to_number().map(|n| {
            let cut = n.truncated();
            let is_below = n.compare(cut.into()) == Ordering::Less;
            Value::Int(cut - i128::from(is_below))
        }),
        ("ROUND", [v]) => v.to_number().map(|n| Value::Int(n.rounded())),
        ("ROUND", [v, digits]) => both(v.to_number(), digits.to_number())
            .map(|(n, digits)| rounded(v, n, digits.truncated())),
        ("TRUNCATE", [v, digits]) => {
            both(v.to_number(), digits.to_number()).map(|(n, digits)| cut(v, n, digits.truncated()))
        }
        ("MOD", [a, b]) => both(a.to_number(), b.to_number())
            .and_then(|(a, b)| a.remainder(b))
            .map(|n| n.to_value()),
        ("GREATEST", [_, _, ..]) => extreme(values, Ordering::Greater),
        ("LEAST", [_, _, ..]) => extreme(values, Ordering::Less),
        ("ISNULL", [v]) => Some(Value::of_bool(v.is_null())),
        ("NULLIF", [a, b]) => {
            if a.compare(b) == Some(Ordering::Equal) {
                None
            } else {
                Some(a.clone())
            }
        }
        ("STRCMP", [a, b]) => both(a.to_text(), b.to_text()).map(|(a, b)| {
            Value::Int(match collate(&a, &b) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            })
        }),
        _ => return None,
    };
    Some(Ok(value.unwrap_or(Value::Null)))
}

fn textual(name: &str, values: &[Value]) -> Called {
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        texts.push(value.to_text());
    }
    if name == "CONCAT_WS" && !texts.is_empty() {
        let parts: Vec<&str> = texts[1..].iter().flatten().map(String::as_str).collect();
        let joined = texts[0].as_ref().map(|by| Value::Text(parts.join(by)));
        return Some(Ok(joined.unwrap_or(Value::Null)));
    }
    let some: Option<Vec<&str>> = texts.iter().map(Option::as_deref).collect();
    let Some(texts) = some else {
        // Every function of texts is NULL when one of its arguments is.
        return Some(Ok(Value::Null));
    };
    let number = |index: usize| {
        values
            .get(index)
            .and_then(Value::to_number)
            .map_or(0, crate::value::Number::rounded)
    };
    let value = match (name, &texts[..]) {
        ("CONCAT", [_, ..]) => Value::Text(texts.concat()),
        ("UPPER" | "UCASE", [t]) => Value::Text(t.to_uppercase()),
        ("LOWER" | "LCASE", [t]) => Value::Text(t.to_lowercase()),
        ("LENGTH" | "OCTET_LENGTH", [t]) => Value::Int(t.len() as i128),
        ("CHAR_LENGTH" | "CHARACTER_LENGTH", [t]) => Value::Int(t.chars().count() as i128),
        ("ASCII", [t]) => Value::Int(t.bytes().next().unwrap_or(0).into()),
        ("REVERSE", [t]) => Value::Text(t.chars().rev().collect()),
        ("TRIM", [t]) => Value::Text(t.trim_matches(' ').to_owned()),
        ("LTRIM", [t]) => Value::Text(t.trim_start_matches(' ').to_owned()),
        ("RTRIM", [t]) => Value::Text(t.trim_end_matches(' ').to_owned()),
        ("REPLACE", [t, "", _]) => Value::Text((*t).to_owned()),
        ("REPLACE", [t, from, to]) => Value::Text(t.replace(from, to)),
        ("REPEAT", [t, _]) => Value::Text(t.repeat(number(1).clamp(0, 65_536) as usize)),
        ("HEX", [t]) => Value::Text(hex(&values[0], t)),
        ("LEFT", [t, _]) => substring(t, 1, Some(number(1))),
        ("RIGHT", [t, _]) => {
            let skipped = (t.chars().count() as i128 - number(1).max(0)).max(0);
            substring(t, skipped + 1, None)
        }
        ("SUBSTRING" | "SUBSTR" | "MID", [t, _]) => substring(t, number(1), None),
        ("SUBSTRING" | "SUBSTR" | "MID", [t, _, _]) => substring(t, number(1), Some(number(2))),
        ("SUBSTRING_INDEX", [t, by, _]) => Value::Text(substring_index(t, by, number(2))),
        ("LPAD", [t, _, pad]) => Value::Text(padded(t, number(1), pad, true)),
        ("RPAD", [t, _, pad]) => Value::Text(padded(t, number(1), pad, false)),
        ("INSTR", [t, part]) | ("LOCATE", [part, t]) => Value::Int(position(t, part)),
        _ => return None,
    };
    Some(Ok(value))
}

fn gtid(name: &str, values: &[Value]) -> Called {
    if !name.starts_with("GTID_") {
        return None;
    }
    let (a, b) = match values {
        [a, b] => match both(a.to_text(), b.to_text()) {
            Some(texts) => texts,
            None => return Some(Ok(Value::Null)),
        },
        _ => return None,
    };
    let parse = |text: &str| {
        text.parse::<crate::gtid::GtidSet>()
            .map_err(|_| malformed(text))
    };
    let sets = parse(&a).and_then(|a| Ok((a, parse(&b)?)));
    let value = sets.map(|(a, b)| match name {
        "GTID_SUBSET" => Value::of_bool(a.is_subset(&b)),
        _ => Value::Text(a.subtract(&b).to_string()),
    });
    Some(value)
}

/// 1772, with the place where the text goes wrong.
fn malformed(text: &str) -> SqlError {
    let shown = match first_mistake(text.as_bytes()) {
        Some((0, expected)) => {
            format!("{expected} at the beginning of the string: \"{text}\"")
        }
        Some((at, expected)) if text.is_char_boundary(at) => {
            let (before, after) = text.split_at(at);
            let count = before.chars().count();
            let skipped = count.saturating_sub(SHOWN_BEFORE_MISTAKE);
            let dots = if skipped == 0 { "" } else { "..." };
            let before: String = before.chars().skip(skipped).collect();
            format!(
                "{expected} after {at} characters, marked by [HERE] in: \"{dots}{before}[HERE]{after}\""
            )
        }
        _ => text.to_owned(),
    };
    let text = format!("Malformed GTID set specification '{shown}'.");
    SqlError::new(1772, "HY000", text)
}

/// Where a GTID set stops being one, and what should stand there.
fn first_mistake(text: &[u8]) -> Option<(usize, &'static str)> {
    let mut at = 0;
    let blank = |at: usize| {
        text[at..]
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count()
    };
    loop {
        at += blank(at);
        for byte in 0..16 {
            if matches!(byte, 4 | 6 | 8 | 10) && text.get(at) == Some(&b'-') {
                at += 1;
            }
            let pair = text.get(at..at + 2);
            let Some(pair) = pair else {
                return Some((at, "Expected at least two hex digits"));
            };
            let wrong = pair.iter().position(|digit| !digit.is_ascii_hexdigit());
            if let Some(wrong) = wrong {
                return Some((at + wrong, "Expected hex digit"));
            }
            at += 2;
        }
        while text.get(at + blank(at)) == Some(&b':') {
            at += blank(at) + 1;
            for is_end in [false, true] {
                let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
                if digits == 0 {
                    return Some((at, "Expected number"));
                }
                if !is_end && text[at..at + digits].iter().all(|digit| *digit == b'0') {
                    return Some((at, "Interval start out of range"));
                }
                at += digits;
                if is_end || text.get(at) != Some(&b'-') {
                    break;
                }
                at += 1;
            }
        }
        at += blank(at);
        if text.get(at) != Some(&b',') {
            return None;
        }
        at += 1;
    }
}

/// Characters shown before the place of a mistake.
const SHOWN_BEFORE_MISTAKE: usize = 11;

fn both<A, B>(a: Option<A>, b: Option<B>) -> Option<(A, B)> {
    a.zip(b)
}

fn extreme(values: &[Value], wanted: Ordering) -> Option<Value> {
    let mut best = values.first()?;
    for value in values {
        if value.compare(best)? == wanted {
            best = value;
        }
    }
    Some(best.clone())
}

/// To so many digits behind the point, or before it.
fn rounded(value: &Value, number: Number, digits: i128) -> Value {
    let digits = digits.clamp(-30, 30) as i32;
    if digits < 0 {
        let unit = Number::from(10_i128.pow(digits.unsigned_abs()));
        let tens = number.divided_by(unit).map_or(0, Number::rounded);
        return Number::from(tens).times(unit).to_value();
    }
    let digits = digits.unsigned_abs().min(number.scale());
    match value {
        Value::Text(_) | Value::Double(_) => Value::Double(number.with_scale(digits).shortest()),
        Value::Null | Value::Int(_) | Value::Decimal(_) => number.with_scale(digits).to_value(),
    }
}

/// TRUNCATE: what is behind the digits is cut off, nothing is rounded.
fn cut(value: &Value, number: Number, digits: i128) -> Value {
    let digits = digits.clamp(-30, 30) as i32;
    let unit = Number::from(10_i128.pow(digits.unsigned_abs().min(18)));
    if digits <= 0 {
        let whole = number.divided_by(unit).map_or(0, Number::truncated);
        return Number::from(whole).times(unit).to_value();
    }
    if number.scale() <= digits.unsigned_abs() {
        return value.clone();
    }
    let whole = Number::from(number.times(unit).truncated());
    let kept = whole.divided_by(unit).unwrap_or(whole);
    match value {
        Value::Text(_) | Value::Double(_) => Value::Double(kept.shortest()),
        Value::Null | Value::Int(_) | Value::Decimal(_) => {
            kept.with_scale(digits.unsigned_abs()).to_value()
        }
    }
}

fn substring(text: &str, from: i128, length: Option<i128>) -> Value {
    let count = text.chars().count() as i128;
    let start = match from {
        0 => count,
        from if from < 0 => count + from,
        from => from - 1,
    };
    if start < 0 || start >= count {
        return Value::Text(String::new());
    }
    let length = length.unwrap_or(count).max(0);
    Value::Text(
        text.chars()
            .skip(start as usize)
            .take(length as usize)
            .collect(),
    )
}

fn substring_index(text: &str, by: &str, count: i128) -> String {
    if by.is_empty() || count == 0 {
        return String::new();
    }
    let parts: Vec<&str> = text.split(by).collect();
    let wanted = (count.unsigned_abs().min(parts.len() as u128)) as usize;
    if count > 0 {
        parts[..wanted].join(by)
    } else {
        parts[parts.len() - wanted..].join(by)
    }
}

fn padded(text: &str, length: i128, pad: &str, left: bool) -> String {
    let length = length.clamp(0, 65_536) as usize;
    let have = text.chars().count();
    if have >= length {
        return text.chars().take(length).collect();
    }
    let fill: String = pad.chars().cycle().take(length - have).collect();
    if left {
        format!("{fill}{text}")
    } else {
        format!("{text}{fill}")
    }
}

fn position(text: &str, part: &str) -> i128 {
    let (text, part) = (text.to_lowercase(), part.to_lowercase());
    match text.find(&part) {
        Some(at) => text[..at].chars().count() as i128 + 1,
        None => 0,
    }
}

fn hex(value: &Value, text: &str) -> String {
    match value {
        Value::Int(number) => format!("{number:X}"),
        _ => text.bytes().map(|byte| format!("{byte:02X}")).collect(),
    }
}
