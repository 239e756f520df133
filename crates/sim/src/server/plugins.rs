//! The semisynchronous plugins of a server: the core's machines, and how they are listed.

use semisync_core::replica::{Replica, ReplicaConfig};
use semisync_core::source::{AckCounting, Source, SourceConfig};
use semisync_core::variables::{Family, NamedVariable, StatusVariable, SystemVariable, Value};
use semisync_core::{Generation, Naming};

use crate::inspect::PluginRow;
use crate::server::Server;
use crate::variables::Setting;

/// The source plugin, loaded.
#[derive(Clone, Debug)]
pub(crate) struct SourcePlugin {
    pub(crate) machine: Source,
    pub(crate) naming: Naming,
    /// The ACK receiver runs.
    pub(crate) reads_acks: bool,
    /// Uninstalled while a session was inside: gone when that session leaves.
    pub(crate) is_deleted: bool,
}

/// The replica plugin, loaded.
#[derive(Clone, Debug)]
pub(crate) struct ReplicaPlugin {
    pub(crate) machine: Replica,
    pub(crate) naming: Naming,
}

impl SourcePlugin {
    pub(crate) fn new(
        generation: Generation,
        naming: Naming,
        counting: AckCounting,
    ) -> SourcePlugin {
        let config = SourceConfig {
            generation,
            counting,
            ..SourceConfig::default()
        };
        SourcePlugin {
            machine: Source::new(config),
            naming,
            reads_acks: false,
            is_deleted: false,
        }
    }
}

impl ReplicaPlugin {
    pub(crate) fn new(generation: Generation, naming: Naming) -> ReplicaPlugin {
        let config = ReplicaConfig {
            generation,
            ..ReplicaConfig::default()
        };
        ReplicaPlugin {
            machine: Replica::new(config),
            naming,
        }
    }
}

impl Server {
    /// The plugin and words of a name as typed, if servers of this series have it.
    pub(crate) fn known_plugin(&self, name: &str) -> Option<(Family, Naming)> {
        let namings = self.generation.namings().iter();
        let all = namings.flat_map(|naming| FAMILIES.map(|family| (family, *naming)));
        let mut all = all;
        all.find(|(family, naming)| family.plugin_name(*naming).eq_ignore_ascii_case(name))
    }

    /// The plugin and words of a library file, if servers of this series have it.
    pub(crate) fn known_library(&self, library: &str) -> Option<(Family, Naming)> {
        let namings = self.generation.namings().iter();
        let mut all = namings.flat_map(|naming| FAMILIES.map(|family| (family, *naming)));
        all.find(|(family, naming)| family.library_name(*naming) == library)
    }

    /// The words with which the plugin of this family is loaded.
    pub(crate) fn loaded(&self, family: Family) -> Option<Naming> {
        match family {
            Family::Source => self.source_plugin.as_ref().map(|plugin| plugin.naming),
            Family::Replica => self.replica_plugin.as_ref().map(|plugin| plugin.naming),
        }
    }

    /// Whether a plugin of this family is loaded and not on its way out.
    pub(crate) fn is_active(&self, family: Family) -> bool {
        match family {
            Family::Source => self
                .source_plugin
                .as_ref()
                .is_some_and(|plugin| !plugin.is_deleted),
            Family::Replica => self.replica_plugin.is_some(),
        }
    }

    /// A variable of a loaded plugin, by any spelling.
    pub(crate) fn plugin_variable(&self, name: &str) -> Option<NamedVariable> {
        let named = semisync_core::variables::find_system_variable(self.generation, name)?;
        let family = named.variable.family;
        let is_there = self.is_active(family) && self.loaded(family) == Some(named.naming);
        is_there.then_some(named)
    }

    /// The value of a variable of a loaded plugin.
    pub(crate) fn plugin_value(&self, variable: &SystemVariable) -> Option<Value> {
        let source = self.source_plugin.as_ref();
        let replica = self.replica_plugin.as_ref();
        match variable.family {
            Family::Source => source.and_then(|plugin| variable.source_value(&plugin.machine)),
            Family::Replica => replica.and_then(|plugin| variable.replica_value(&plugin.machine)),
        }
    }

    /// All variables of loaded plugins with their values.
    pub(crate) fn plugin_settings(&self) -> Vec<(&'static str, Setting)> {
        let mut settings = Vec::new();
        for family in FAMILIES
            .into_iter()
            .filter(|family| self.is_active(*family))
        {
            let Some(naming) = self.loaded(family) else {
                continue;
            };
            for variable in SystemVariable::of_family(family, self.generation) {
                if let Some(value) = self.plugin_value(variable) {
                    settings.push((variable.name(naming), setting_of(value)));
                }
            }
        }
        settings
    }

    /// Status variables of loaded plugins.
    pub(crate) fn plugin_status(&self) -> Vec<(String, String)> {
        let mut rows = Vec::new();
        for family in FAMILIES
            .into_iter()
            .filter(|family| self.is_active(*family))
        {
            let Some(naming) = self.loaded(family) else {
                continue;
            };
            for variable in StatusVariable::of_family(family) {
                let source = self.source_plugin.as_ref();
                let replica = self.replica_plugin.as_ref();
                let value = source
                    .and_then(|plugin| variable.source_value(&plugin.machine))
                    .or_else(|| replica.and_then(|plugin| variable.replica_value(&plugin.machine)));
                if let Some(value) = value {
                    rows.push((variable.name(naming).to_owned(), value.to_string()));
                }
            }
        }
        rows.sort();
        rows
    }

    /// Rows of INFORMATION_SCHEMA.PLUGINS, in the order servers list them.
    pub(crate) fn plugin_listing(&self) -> Vec<PluginRow> {
        let mut rows = super::built_in_plugins::rows();
        for (family, naming) in &self.install_order {
            let (family, naming) = (*family, *naming);
            let status = match self.is_active(family) {
                true => "ACTIVE",
                false => "DELETED",
            };
            let mut row = semisync_row(family, naming, status);
            if let Some(option) = self.load_options.get(&*row.name) {
                row.load_option = (*option).to_owned();
            }
            rows.push(row);
        }
        rows
    }
}

pub(crate) fn setting_of(value: Value) -> Setting {
    match value {
        Value::Bool(value) => Setting::Bool(value),
        Value::Integer(value) => Setting::Int(i128::from(value)),
        Value::WaitPoint(value) => Setting::Text(value.as_str().to_owned()),
    }
}

fn semisync_row(family: Family, naming: Naming, status: &str) -> PluginRow {
    let side = match (family, naming) {
        (Family::Source, Naming::SourceReplica) => "Source-side",
        (Family::Replica, Naming::SourceReplica) => "Replica-side",
        (Family::Source, Naming::MasterSlave) => "Master-side",
        (Family::Replica, Naming::MasterSlave) => "Slave-side",
    };
    PluginRow {
        name: family.plugin_name(naming).to_owned(),
        version: "1.0".to_owned(),
        status: status.to_owned(),
        kind: "REPLICATION".to_owned(),
        kind_version: "4.0".to_owned(),
        library: Some(family.library_name(naming).to_owned()),
        library_version: Some("1.11".to_owned()),
        author: "Oracle Corporation".to_owned(),
        description: format!("{side} semi-synchronous replication."),
        license: "GPL".to_owned(),
        load_option: "ON".to_owned(),
    }
}

pub(crate) const FAMILIES: [Family; 2] = [Family::Source, Family::Replica];
