//! INSTALL PLUGIN and UNINSTALL PLUGIN, and loading plugins when a server starts.

use semisync_core::Naming;
use semisync_core::log::LogMessage;
use semisync_core::replica;
use semisync_core::variables::{Family, NamedVariable, SystemVariable, SystemVariableId};

use crate::cluster::Cluster;
use crate::operation::{OkPacket, SqlError, Warning, WarningLevel};
use crate::server::error_log::Line;
use crate::server::plugins::{ReplicaPlugin, SourcePlugin};
use crate::trace::{Lane, TraceKind};
use crate::variables::ordinary;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    pub(crate) fn install_plugin(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        name: &str,
        library: &str,
    ) -> Result<(), SqlError> {
        let server = self.server(ix);
        if is_listed(server, name) {
            let text = format!("Function '{name}' already exists");
            return Err(SqlError::new(1125, "HY000", text));
        }
        if library.contains('/') {
            let text = "No paths allowed for shared library";
            return Err(SqlError::new(1124, "HY000", text));
        }
        let Some(found) = server.known_library(library) else {
            let path = format!(
                "{}{library}",
                server.global(ordinary!("plugin_dir")).shown()
            );
            let reason = match library {
                "" => "cannot read file data: Is a directory",
                _ => "cannot open shared object file: No such file or directory",
            };
            let text = format!("Can't open shared library '{path}' (errno: 11 {path}: {reason})");
            return Err(SqlError::new(1126, "HY000", text));
        };
        if server.known_plugin(name) != Some(found) {
            let text = format!("Can't find symbol '{name}' in library");
            return Err(SqlError::new(1127, "HY000", text));
        }
        let (family, naming) = found;
        let canonical = family.plugin_name(naming);
        if let Some(other) = server.loaded(family) {
            return Err(self.refuse_second_generation(ix, canonical, family.plugin_name(other)));
        }
        self.server_mut(ix)
            .plugin_rows
            .insert(name.to_owned(), library.to_owned());
        self.load_plugin(ix, family, naming);
        let mut answer = OkPacket::default();
        if naming == Naming::MasterSlave && self.server(ix).generation.namings().len() == 2 {
            let new = family.plugin_name(Naming::SourceReplica);
            answer.warnings.push(Warning {
                level: WarningLevel::Note,
                code: 1287,
                message: format!(
                    "'{canonical}' is deprecated and will be removed in a future release. Please \
                     use {new} instead"
                ),
            });
        }
        self.statement_ends_ok(ix, session, answer);
        Ok(())
    }

    /// Makes the machine of a plugin and gives it the values of option file and mysqld-auto.cnf.
    pub(crate) fn load_plugin(&mut self, ix: ServerIndex, family: Family, naming: Naming) {
        let server = self.server_mut(ix);
        let generation = server.generation;
        server.install_order.push((family, naming));
        match family {
            Family::Source => {
                let plugin = SourcePlugin::new(generation, naming, server.counting);
                server.source_plugin = Some(plugin);
            }
            Family::Replica => {
                server.replica_plugin = Some(ReplicaPlugin::new(generation, naming));
            }
        }
        let kind = TraceKind::PluginInstalled {
            name: family.plugin_name(naming).to_owned(),
        };
        self.mark(Lane::Server(ix), None, kind);
        match family {
            Family::Source => {
                self.drain_source(ix);
            }
            Family::Replica => {
                self.drain_replica(ix);
            }
        }
        // Enabling comes last, when the rest of the configuration stands.
        let is_switch = |variable: &SystemVariable| {
            matches!(
                variable.id,
                SystemVariableId::SourceEnabled | SystemVariableId::ReplicaEnabled
            )
        };
        let mut variables: Vec<_> = SystemVariable::of_family(family, generation).collect();
        variables.sort_by_key(|variable| is_switch(variable));
        for variable in variables {
            let named = NamedVariable { variable, naming };
            let server = self.server(ix);
            let persisted = server.persisted_value(named.name());
            let persisted = persisted.map(|text| Some(text.to_owned()));
            let option = || server.plugin_options.get(named.name()).cloned();
            let Some(text) = persisted.or_else(option) else {
                continue;
            };
            if let Ok(value) = variable.parse_option(text.as_deref()) {
                self.plugin_variable_set(ix, named, value);
            }
        }
    }

    pub(crate) fn uninstall_plugin(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        name: &str,
    ) -> Result<(), SqlError> {
        let server = self.server(ix);
        let loaded = server.known_plugin(name).filter(|(family, naming)| {
            server.loaded(*family) == Some(*naming) && server.is_active(*family)
        });
        let Some((family, naming)) = loaded else {
            if is_listed(server, name) && server.known_plugin(name).is_none() {
                let text = "Built-in plugins cannot be deleted";
                return Err(SqlError::new(1619, "HY000", text));
            }
            let text = format!("PLUGIN {name} does not exist");
            return Err(SqlError::new(1305, "42000", text));
        };
        let canonical = family.plugin_name(naming).to_owned();
        if server.load_options.get(&*canonical) == Some(&"FORCE_PLUS_PERMANENT") {
            let text =
                format!("Plugin '{canonical}' is force_plus_permanent and can not be unloaded");
            return Err(SqlError::new(1702, "HY000", text));
        }
        let may_go = match family {
            Family::Source => server
                .source_plugin
                .as_ref()
                .is_none_or(|plugin| plugin.machine.can_uninstall()),
            Family::Replica => server
                .replica_plugin
                .as_ref()
                .is_none_or(|plugin| plugin.machine.can_uninstall()),
        };
        if !may_go {
            return Err(in_use(family, &canonical));
        }
        let mut answer = OkPacket::default();
        let server = self.server_mut(ix);
        server
            .plugin_rows
            .retain(|row, _| !row.eq_ignore_ascii_case(&canonical));
        let is_busy = family == Family::Source && !server.waits.is_empty();
        if is_busy {
            if let Some(plugin) = server.source_plugin.as_mut() {
                plugin.is_deleted = true;
            }
            answer.warnings.push(Warning {
                level: WarningLevel::Warning,
                code: 1620,
                message: "Plugin is busy and will be uninstalled on shutdown".to_owned(),
            });
        } else {
            self.unload_plugin(ix, family);
        }
        let kind = TraceKind::PluginUninstalled { name: canonical };
        self.mark(Lane::Server(ix), None, kind);
        self.statement_ends_ok(ix, session, answer);
        Ok(())
    }

    /// A deleted source plugin goes when the last session has left its hooks.
    pub(crate) fn deinit_deleted_plugin(&mut self, ix: ServerIndex) {
        let server = self.server(ix);
        let is_deleted = server
            .source_plugin
            .as_ref()
            .is_some_and(|plugin| plugin.is_deleted);
        if is_deleted && server.waits.is_empty() {
            self.unload_plugin(ix, Family::Source);
        }
    }

    fn unload_plugin(&mut self, ix: ServerIndex, family: Family) {
        let order = &mut self.server_mut(ix).install_order;
        order.retain(|(loaded, _)| *loaded != family);
        match family {
            Family::Source => {
                let Some(plugin) = self.server_mut(ix).source_plugin.take() else {
                    return;
                };
                let name = family.plugin_name(plugin.naming);
                let text = format!("Shutting down plugin '{name}'");
                self.log(ix, Line::note(10733, "Server", text));
                if plugin.machine.is_enabled() {
                    self.log_core(ix, &LogMessage::AckReceiverStopping);
                }
                self.log_core(ix, &LogMessage::Unregistered);
            }
            Family::Replica => {
                if let Some(plugin) = self.server_mut(ix).replica_plugin.take() {
                    let name = family.plugin_name(plugin.naming);
                    let text = format!("Shutting down plugin '{name}'");
                    self.log(ix, Line::note(10733, "Server", text));
                }
            }
        }
    }

    fn refuse_second_generation(&mut self, ix: ServerIndex, new: &str, old: &str) -> SqlError {
        let message =
            format!("Cannot install the {new} plugin when the {old} plugin is installed.");
        self.log(ix, Line::error(13766, "Repl", message.clone()));
        let text =
            format!("Can't initialize function '{new}'; Plugin initialization function failed.");
        let mut error = SqlError::new(1123, "HY000", text);
        error.warnings.push(Warning {
            level: WarningLevel::Error,
            code: 4045,
            message,
        });
        error
    }

    /// Tells the core's replica machine what happened; the answer is what the receiver must do.
    pub(crate) fn replica_input(
        &mut self,
        ix: ServerIndex,
        input: replica::Input,
    ) -> Vec<replica::Output> {
        let now = self.world.now;
        let Some(plugin) = self.server_mut(ix).replica_plugin.as_mut() else {
            return Vec::new();
        };
        plugin.machine.handle(now, input);
        self.drain_replica(ix)
    }

    fn drain_replica(&mut self, ix: ServerIndex) -> Vec<replica::Output> {
        let mut orders = Vec::new();
        loop {
            let plugin = self.server_mut(ix).replica_plugin.as_mut();
            match plugin.and_then(|plugin| plugin.machine.poll_output()) {
                None => return orders,
                Some(replica::Output::Log(message)) => self.log_core(ix, &message),
                Some(order) => orders.push(order),
            }
        }
    }
}

fn is_listed(server: &crate::server::Server, name: &str) -> bool {
    let rows = server.plugin_listing();
    rows.iter().any(|row| row.name.eq_ignore_ascii_case(name))
}

fn in_use(family: Family, name: &str) -> SqlError {
    let reason = match family {
        Family::Source => "Stop any active semisynchronous replicas of this source first.",
        Family::Replica => "Stop any active semisynchronous I/O threads on this replica first.",
    };
    let text = |reason: &str| format!("Plugin '{name}' cannot be uninstalled now. {reason}");
    let mut error = SqlError::new(1883, "HY000", text(reason));
    error.warnings.push(Warning {
        level: WarningLevel::Error,
        code: 1883,
        message: text("Plugin is still in use."),
    });
    error
}
