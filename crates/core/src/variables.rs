//! The catalogue of system and status variables: one table for every generation of names.
//!
//! Plugin descriptors, `SHOW VARIABLES`, `SHOW STATUS`, the page and the docs are made from it.
//! [`system`] has the system variables, [`set`] what a SET statement or an option file may give
//! them and what that tells a machine, [`status`] the status variables of the stock plugins,
//! [`observed`] those that only ours have. Nothing here keeps a value.

pub mod system;

pub mod set;

pub mod status;

pub mod observed;

#[cfg(test)]
mod tests;

pub use observed::{OBSERVED_VARIABLES, ObservedValue, ObservedVariable, WallClock};
pub use set::{Effect, OptionError, SetError, SetOutcome, SetValue};
pub use status::{STATUS_VARIABLES, StatusKind, StatusValue, StatusVariable};
pub use system::{
    NamedVariable, SYSTEM_VARIABLES, SystemVariable, SystemVariableId, TakesEffect, Unit, Value,
    VariableKind,
};

use crate::{Generation, Naming};

/// Which of the two plugins a variable belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Family {
    /// The source plugin.
    Source,
    /// The replica plugin.
    Replica,
}

impl Family {
    /// The plugin's name, which is also what its variables' names begin with.
    pub const fn plugin_name(self, naming: Naming) -> &'static str {
        match (self, naming) {
            (Family::Source, Naming::SourceReplica) => "rpl_semi_sync_source",
            (Family::Source, Naming::MasterSlave) => "rpl_semi_sync_master",
            (Family::Replica, Naming::SourceReplica) => "rpl_semi_sync_replica",
            (Family::Replica, Naming::MasterSlave) => "rpl_semi_sync_slave",
        }
    }

    /// The plugin's library in the plugin directory.
    pub const fn library_name(self, naming: Naming) -> &'static str {
        match (self, naming) {
            (Family::Source, Naming::SourceReplica) => "semisync_source.so",
            (Family::Source, Naming::MasterSlave) => "semisync_master.so",
            (Family::Replica, Naming::SourceReplica) => "semisync_replica.so",
            (Family::Replica, Naming::MasterSlave) => "semisync_slave.so",
        }
    }
}

/// Finds a system variable by any spelling a server of this generation accepts: upper or lower
/// case, dashes or underscores.
pub fn find_system_variable(generation: Generation, name: &str) -> Option<NamedVariable> {
    let known = SYSTEM_VARIABLES
        .iter()
        .filter(|variable| variable.since <= generation);
    let named = known.flat_map(|variable| {
        let namings = generation.namings().iter();
        namings.map(|naming| NamedVariable {
            variable,
            naming: *naming,
        })
    });
    let mut named = named;
    named.find(|named| is_same_name(named.name(), name))
}

/// Finds a status variable by any spelling a server of this generation accepts.
pub fn find_status_variable(
    generation: Generation,
    name: &str,
) -> Option<(&'static StatusVariable, Naming)> {
    let named = STATUS_VARIABLES.iter().flat_map(|variable| {
        let namings = generation.namings().iter();
        namings.map(move |naming| (variable, *naming))
    });
    let mut named = named;
    named.find(|(variable, naming)| variable.name(*naming).eq_ignore_ascii_case(name))
}

fn is_same_name(name: &str, spelled: &str) -> bool {
    let fold = |byte: u8| match byte {
        b'-' => b'_',
        other => other.to_ascii_lowercase(),
    };
    name.bytes().map(fold).eq(spelled.bytes().map(fold))
}
