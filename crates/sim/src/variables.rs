//! System variables of a server and its sessions: what exists, what it is set to, what SET refuses.
//!
//! The ordinary variables are in [`catalogue`]; those of the semisynchronous plugins come from
//! `semisync_core::variables` and exist only while their plugin is installed. What a change causes
//! is decided by the server.

pub mod catalogue;

pub mod check;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use catalogue::{Definition, Kind, Ordinary, Reach};

use crate::value::Value;

/// What a variable is set to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Setting {
    /// ON or OFF.
    Bool(bool),
    /// A number.
    Int(i128),
    /// A word of an enumeration, or any text.
    Text(String),
    /// NULL
    Null,
}

/// Values set in one place (server, or session); what is not set has its default. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// In the order of the catalogue.
    values: Arc<Vec<(Ordinary, Setting)>>,
}

impl Settings {
    /// The value set here, if any.
    pub fn get(&self, variable: Ordinary) -> Option<&Setting> {
        // A server that has started has a value for every variable.
        match self.values.get(variable.place()) {
            Some((there, setting)) if *there == variable => Some(setting),
            _ => {
                let index = self.find(variable).ok()?;
                Some(&self.values[index].1)
            }
        }
    }

    pub(crate) fn set(&mut self, variable: Ordinary, value: Setting) {
        let index = self.find(variable);
        let values = Arc::make_mut(&mut self.values);
        match index {
            Ok(index) => values[index].1 = value,
            Err(index) => values.insert(index, (variable, value)),
        }
    }

    fn find(&self, variable: Ordinary) -> Result<usize, usize> {
        self.values
            .binary_search_by_key(&variable, |(there, _)| *there)
    }
}

/// An ordinary variable by its name, which the compiler looks up.
macro_rules! ordinary {
    ($name:expr) => {
        const { $crate::variables::Ordinary::named($name) }
    };
}

pub(crate) use ordinary;

impl Setting {
    /// As SHOW VARIABLES prints it.
    pub fn shown(&self) -> String {
        match self {
            Setting::Bool(true) => "ON".to_owned(),
            Setting::Bool(false) => "OFF".to_owned(),
            Setting::Int(value) => value.to_string(),
            Setting::Text(text) => text.clone(),
            Setting::Null => String::new(),
        }
    }

    /// As `SELECT @@name` returns it.
    pub fn value(&self) -> Value {
        match self {
            Setting::Bool(value) => Value::Int(i128::from(*value)),
            Setting::Int(value) => Value::Int(*value),
            Setting::Text(text) => Value::Text(text.clone()),
            Setting::Null => Value::Null,
        }
    }

    /// The number, 0 if it is none.
    pub(crate) fn as_u64(&self) -> u64 {
        match self {
            Setting::Bool(value) => u64::from(*value),
            Setting::Int(value) => u64::try_from(*value).unwrap_or(0),
            Setting::Text(_) | Setting::Null => 0,
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        match self {
            Setting::Bool(value) => *value,
            Setting::Int(value) => *value != 0,
            Setting::Text(text) => text.eq_ignore_ascii_case("ON"),
            Setting::Null => false,
        }
    }
}
