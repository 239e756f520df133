//! What a SET statement or an option file may give a system variable, and what it tells a machine.
//!
//! The outcomes are those of the server's default check functions for plugin variables
//! (`check_func_bool`, `check_func_int`, `check_func_enum` in `sql_plugin_var.cc`).

use alloc::format;
use alloc::string::{String, ToString};
use core::error::Error;
use core::fmt;

use super::system::{NamedVariable, SystemVariable, SystemVariableId, Value, VariableKind};
use crate::replica;
use crate::source::{self, WaitPoint};

/// The value on the right side of a SET statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetValue {
    /// `TRUE` or `FALSE`: the integers 1 and 0. (`ON` and `OFF` are texts.)
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A number with a fraction or an exponent; no variable takes one.
    Float,
    /// A string or a bare word.
    Text(String),
    /// `NULL`.
    Null,
}

/// A value that can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetOutcome {
    /// What is stored.
    pub value: Value,
    /// Whether it was out of range and moved to the bound: warning 1292,
    /// [`NamedVariable::truncation_warning`].
    pub truncated: bool,
}

/// Why a SET statement fails. `Display` is the server's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// 1232: a variable of another type.
    WrongType {
        /// The variable's name.
        name: &'static str,
    },
    /// 1231: not one of the values.
    WrongValue {
        /// The variable's name.
        name: &'static str,
        /// The value, as printed.
        value: String,
    },
}

/// Why a server does not start with an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// An integer option with a value that is none.
    NotAnInteger {
        /// The text given.
        value: String,
    },
    /// A word that the option does not have.
    UnknownWord {
        /// The text given.
        value: String,
    },
    /// The option needs a value.
    ValueMissing,
}

/// What a new value tells a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// For the source machine.
    Source(source::Input),
    /// For the replica machine.
    Replica(replica::Input),
}

/// Number of the truncation warning.
pub const ER_TRUNCATED_WRONG_VALUE: u32 = 1292;

impl NamedVariable {
    /// What `SET GLOBAL variable = value` stores. `strict`: sql_mode has STRICT_ALL_TABLES;
    /// then a value out of range is an error. STRICT_TRANS_TABLES changes nothing.
    pub fn check(&self, value: &SetValue, strict: bool) -> Result<SetOutcome, SetError> {
        if *value == SetValue::Float {
            return Err(self.wrong_type());
        }
        match self.variable.kind {
            VariableKind::Bool { .. } => {
                let index = self.index_of(value, &["OFF", "ON"])?;
                Ok(SetOutcome::exact(Value::Bool(index == 1)))
            }
            VariableKind::Enum { words, .. } => {
                let index = self.index_of(value, words)?;
                Ok(SetOutcome::exact(Value::WaitPoint(wait_point(index))))
            }
            VariableKind::UnsignedLong { min, max, .. } => self.integer(value, min, max, strict),
            VariableKind::UnsignedInt { min, max, .. } => {
                self.integer(value, u64::from(min), u64::from(max), strict)
            }
        }
    }

    /// Text of warning 1292 for a value that was moved to a bound.
    pub fn truncation_warning(&self, value: &SetValue) -> String {
        let name = self.name();
        format!("Truncated incorrect {name} value: '{value}'")
    }

    fn integer(
        &self,
        value: &SetValue,
        min: u64,
        max: u64,
        strict: bool,
    ) -> Result<SetOutcome, SetError> {
        let given = match value {
            SetValue::Bool(value) => i128::from(*value),
            SetValue::Int(value) if i128::from(u64::MAX) < *value => return Err(self.wrong_type()),
            SetValue::Int(value) => *value,
            SetValue::Float | SetValue::Text(_) | SetValue::Null => return Err(self.wrong_type()),
        };
        let stored = given.clamp(i128::from(min), i128::from(max));
        let truncated = stored != given;
        if truncated && strict {
            return Err(self.wrong_value(value));
        }
        Ok(SetOutcome {
            value: Value::Integer(stored as u64),
            truncated,
        })
    }

    fn index_of(&self, value: &SetValue, words: &[&str]) -> Result<usize, SetError> {
        let index = match value {
            SetValue::Text(text) => find_word(text, words),
            SetValue::Bool(value) => Some(usize::from(*value)),
            SetValue::Int(value) => usize::try_from(*value).ok(),
            SetValue::Float | SetValue::Null => None,
        };
        let index = index.filter(|index| *index < words.len());
        index.ok_or_else(|| self.wrong_value(value))
    }

    fn wrong_type(&self) -> SetError {
        SetError::WrongType { name: self.name() }
    }

    fn wrong_value(&self, value: &SetValue) -> SetError {
        SetError::WrongValue {
            name: self.name(),
            value: value.to_string(),
        }
    }
}

impl SystemVariable {
    /// What a line of an option file or an argument of the command line gives. `None` is an option
    /// without a value. Numbers may end in K, M, G, T, P or E; those out of range are moved to the
    /// bound.
    pub fn parse_option(&self, text: Option<&str>) -> Result<Value, OptionError> {
        match (self.kind, text) {
            (VariableKind::Bool { .. }, None) => Ok(Value::Bool(true)),
            // The server warns of any other word and takes OFF.
            (VariableKind::Bool { .. }, Some(text)) => {
                let words = ["1", "on", "true"];
                let is_on = words.iter().any(|word| word.eq_ignore_ascii_case(text));
                Ok(Value::Bool(is_on))
            }
            (_, None) => Err(OptionError::ValueMissing),
            (VariableKind::UnsignedLong { min, max, .. }, Some(text)) => {
                Ok(Value::Integer(integer_option(text)?.clamp(min, max)))
            }
            (VariableKind::UnsignedInt { min, max, .. }, Some(text)) => {
                let value = integer_option(text)?;
                Ok(Value::Integer(value.clamp(u64::from(min), u64::from(max))))
            }
            (VariableKind::Enum { words, .. }, Some(text)) => {
                let index = find_word(text, words);
                let index = index.or_else(|| text.parse().ok());
                match index.filter(|index| *index < words.len()) {
                    Some(index) => Ok(Value::WaitPoint(wait_point(index))),
                    None => Err(OptionError::UnknownWord { value: text.into() }),
                }
            }
        }
    }

    /// What a machine is told when the variable has this value.
    ///
    /// # Panics
    ///
    /// When the value is of another variable's type: it must come from this variable's check.
    pub fn effect(&self, value: Value) -> Effect {
        use source::Input;
        match self.id {
            SystemVariableId::SourceEnabled => Effect::Source(Input::EnabledSet(value.bool())),
            SystemVariableId::SourceTimeout => Effect::Source(Input::TimeoutSet(value.integer())),
            SystemVariableId::SourceWaitNoReplica => {
                Effect::Source(Input::WaitNoReplicaSet(value.bool()))
            }
            SystemVariableId::SourceTraceLevel => {
                Effect::Source(Input::TraceLevelSet(value.integer()))
            }
            SystemVariableId::SourceWaitPoint => {
                Effect::Source(Input::WaitPointSet(value.wait_point()))
            }
            SystemVariableId::SourceWaitForReplicaCount => {
                let count = u16::try_from(value.integer()).unwrap_or(u16::MAX);
                Effect::Source(Input::WaitForReplicaCountSet(count))
            }
            SystemVariableId::ReplicaEnabled => {
                Effect::Replica(replica::Input::EnabledSet(value.bool()))
            }
            SystemVariableId::ReplicaTraceLevel => {
                Effect::Replica(replica::Input::TraceLevelSet(value.integer()))
            }
        }
    }
}

impl Value {
    /// The value of a bool variable.
    ///
    /// # Panics
    ///
    /// When it is of another type. So do its siblings.
    #[track_caller]
    pub fn bool(self) -> bool {
        match self {
            Value::Bool(value) => value,
            Value::Integer(_) | Value::WaitPoint(_) => panic!("{self:?} is no bool"),
        }
    }

    /// The value of an integer variable.
    #[track_caller]
    pub fn integer(self) -> u64 {
        match self {
            Value::Integer(value) => value,
            Value::Bool(_) | Value::WaitPoint(_) => panic!("{self:?} is no integer"),
        }
    }

    /// The value of the wait point.
    #[track_caller]
    pub fn wait_point(self) -> WaitPoint {
        match self {
            Value::WaitPoint(value) => value,
            Value::Bool(_) | Value::Integer(_) => panic!("{self:?} is no wait point"),
        }
    }
}

impl SetOutcome {
    const fn exact(value: Value) -> SetOutcome {
        SetOutcome {
            value,
            truncated: false,
        }
    }
}

impl SetError {
    /// The server's error number.
    pub const fn number(&self) -> u32 {
        match self {
            SetError::WrongType { .. } => 1232,
            SetError::WrongValue { .. } => 1231,
        }
    }

    /// The SQLSTATE.
    pub const fn sqlstate(&self) -> &'static str {
        "42000"
    }
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetError::WrongType { name } => {
                write!(f, "Incorrect argument type to variable '{name}'")
            }
            SetError::WrongValue { name, value } => {
                write!(
                    f,
                    "Variable '{name}' can't be set to the value of '{value}'"
                )
            }
        }
    }
}

impl Error for SetError {}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionError::NotAnInteger { value } => write!(f, "'{value}' is not an integer"),
            OptionError::UnknownWord { value } => write!(f, "'{value}' is not one of its words"),
            OptionError::ValueMissing => f.write_str("it needs a value"),
        }
    }
}

impl Error for OptionError {}

/// As error messages print it.
impl fmt::Display for SetValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetValue::Bool(value) => u8::from(*value).fmt(f),
            SetValue::Int(value) => value.fmt(f),
            SetValue::Float => f.write_str("a fraction"),
            SetValue::Text(text) => f.write_str(text),
            SetValue::Null => f.write_str("NULL"),
        }
    }
}

fn find_word(text: &str, words: &[&str]) -> Option<usize> {
    words
        .iter()
        .position(|word| word.eq_ignore_ascii_case(text))
}

fn integer_option(text: &str) -> Result<u64, OptionError> {
    let not_an_integer = || OptionError::NotAnInteger { value: text.into() };
    let shift = match text.bytes().last() {
        Some(b'k' | b'K') => 10,
        Some(b'm' | b'M') => 20,
        Some(b'g' | b'G') => 30,
        Some(b't' | b'T') => 40,
        Some(b'p' | b'P') => 50,
        Some(b'e' | b'E') => 60,
        Some(_) | None => 0,
    };
    let digits = match shift {
        0 => text,
        _ => &text[..text.len() - 1],
    };
    // A negative number is below every minimum.
    if let Some(negative) = digits.strip_prefix('-') {
        return match negative.parse::<u64>() {
            Ok(_) => Ok(0),
            Err(_) => Err(not_an_integer()),
        };
    }
    let value: u64 = digits.parse().map_err(|_| not_an_integer())?;
    Ok(value.saturating_mul(1 << shift))
}

const fn wait_point(index: usize) -> WaitPoint {
    match index {
        0 => WaitPoint::AfterSync,
        _ => WaitPoint::AfterCommit,
    }
}
