//! What SET accepts for each type, and the errors and warnings it answers with.

use super::{Definition, Kind, Reach, Setting};
use crate::operation::{SetLiteral, SqlError, VariableScope, Warning, WarningLevel};

/// Checks one assignment; the value as it will be stored, and warnings.
///
/// # Errors
/// 1228, 1229, 1238 for the wrong scope, 1231 and 1232 for wrong values.
pub fn check(
    definition: &Definition,
    scope: VariableScope,
    value: Option<&SetLiteral>,
    is_strict: bool,
) -> Result<(Setting, Vec<Warning>), SqlError> {
    check_scope(definition, scope)?;
    match value {
        None => Ok((definition.default_setting(), Vec::new())),
        Some(value) => check_value(definition, value, is_strict),
    }
}

/// Whether a variable may be set in this scope.
///
/// # Errors
/// 1228, 1229, 1238.
pub fn check_scope(definition: &Definition, scope: VariableScope) -> Result<(), SqlError> {
    let name = definition.name;
    let is_session = matches!(
        scope,
        VariableScope::Session | VariableScope::NextTransaction
    );
    if !definition.is_dynamic && scope != VariableScope::PersistOnly {
        let text = format!("Variable '{name}' is a read only variable");
        return Err(SqlError::new(1238, "HY000", text));
    }
    match definition.reach {
        Reach::Global if is_session => {
            let text =
                format!("Variable '{name}' is a GLOBAL variable and should be set with SET GLOBAL");
            Err(SqlError::new(1229, "HY000", text))
        }
        Reach::Session if !is_session => {
            let text = format!(
                "Variable '{name}' is a SESSION variable and can't be used with SET GLOBAL"
            );
            Err(SqlError::new(1228, "HY000", text))
        }
        Reach::Global | Reach::Both | Reach::Session => Ok(()),
    }
}

fn check_value(
    definition: &Definition,
    value: &SetLiteral,
    is_strict: bool,
) -> Result<(Setting, Vec<Warning>), SqlError> {
    let name = definition.name;
    let setting = match (definition.kind, value) {
        (Kind::Bool | Kind::Int { .. } | Kind::Enum(_), SetLiteral::Decimal(_))
        | (Kind::Int { .. }, SetLiteral::Text(_) | SetLiteral::Word(_) | SetLiteral::Null)
        | (Kind::Text, SetLiteral::Int(_) | SetLiteral::Decimal(_)) => {
            return Err(wrong_type(name));
        }
        (Kind::Bool, SetLiteral::Int(0)) => Setting::Bool(false),
        (Kind::Bool, SetLiteral::Int(1)) => Setting::Bool(true),
        (Kind::Bool, SetLiteral::Text(text) | SetLiteral::Word(text)) => {
            match text.to_ascii_uppercase().as_str() {
                "ON" | "TRUE" => Setting::Bool(true),
                "OFF" | "FALSE" => Setting::Bool(false),
                _ => return Err(wrong_value(name, text)),
            }
        }
        (Kind::Int { min, max }, SetLiteral::Int(number)) => {
            return check_number(name, (min, max), *number, is_strict);
        }
        (Kind::Enum(words), SetLiteral::Text(text) | SetLiteral::Word(text)) => {
            match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => Setting::Text((*word).to_owned()),
                None => return Err(wrong_value(name, text)),
            }
        }
        (Kind::Enum(words), SetLiteral::Int(number)) => {
            let word = usize::try_from(*number).ok().and_then(|at| words.get(at));
            match word {
                Some(word) => Setting::Text((*word).to_owned()),
                None => return Err(wrong_value(name, &number.to_string())),
            }
        }
        (Kind::Text, SetLiteral::Text(text) | SetLiteral::Word(text)) => {
            if name == "sql_mode"
                && let Some(unknown) = unknown_mode(text)
            {
                return Err(wrong_value(name, unknown));
            }
            Setting::Text(text.clone())
        }
        (Kind::Bool, SetLiteral::Int(number)) => {
            return Err(wrong_value(name, &number.to_string()));
        }
        (Kind::Bool | Kind::Enum(_) | Kind::Text, SetLiteral::Null) => {
            return Err(wrong_value(name, "NULL"));
        }
    };
    Ok((setting, Vec::new()))
}

/// The first word of `sql_mode` that is none.
fn unknown_mode(text: &str) -> Option<&str> {
    const MODES: &[&str] = &[
        "",
        "REAL_AS_FLOAT",
        "PIPES_AS_CONCAT",
        "ANSI_QUOTES",
        "IGNORE_SPACE",
        "ONLY_FULL_GROUP_BY",
        "NO_UNSIGNED_SUBTRACTION",
        "NO_DIR_IN_CREATE",
        "ANSI",
        "NO_AUTO_VALUE_ON_ZERO",
        "NO_BACKSLASH_ESCAPES",
        "STRICT_TRANS_TABLES",
        "STRICT_ALL_TABLES",
        "NO_ZERO_IN_DATE",
        "NO_ZERO_DATE",
        "ALLOW_INVALID_DATES",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "TRADITIONAL",
        "HIGH_NOT_PRECEDENCE",
        "NO_ENGINE_SUBSTITUTION",
        "PAD_CHAR_TO_FULL_LENGTH",
        "TIME_TRUNCATE_FRACTIONAL",
    ];
    let known = |word: &str| MODES.iter().any(|mode| mode.eq_ignore_ascii_case(word));
    text.split(',').find(|word| !known(word))
}

fn check_number(
    name: &str,
    (min, max): (i128, i128),
    number: i128,
    is_strict: bool,
) -> Result<(Setting, Vec<Warning>), SqlError> {
    let stored = number.clamp(min, max);
    if stored == number {
        return Ok((Setting::Int(number), Vec::new()));
    }
    if is_strict {
        return Err(wrong_value(name, &number.to_string()));
    }
    let warning = Warning {
        level: WarningLevel::Warning,
        code: 1292,
        message: format!("Truncated incorrect {name} value: '{number}'"),
    };
    Ok((Setting::Int(stored), vec![warning]))
}

fn wrong_type(name: &str) -> SqlError {
    let text = format!("Incorrect argument type to variable '{name}'");
    SqlError::new(1232, "42000", text)
}

fn wrong_value(name: &str, value: &str) -> SqlError {
    let text = format!("Variable '{name}' can't be set to the value of '{value}'");
    SqlError::new(1231, "42000", text)
}
