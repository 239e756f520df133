//! The variables a server shows: ordinary ones, computed ones, and those of its plugins.

use semisync_core::Generation;

use crate::SessionKey;
use crate::inspect::{VariableReach, VariableRow};
use crate::server::Server;
use crate::variables::catalogue::old_name;
use crate::variables::{Ordinary, Reach, Setting};

impl Server {
    /// The variables of the server, or as one of its sessions sees them.
    pub(crate) fn variable_rows(&self, session: Option<SessionKey>) -> Vec<VariableRow> {
        let mut rows = Vec::new();
        for variable in Ordinary::all() {
            let definition = variable.definition();
            let scope = match definition.reach {
                Reach::Global => VariableReach::Global,
                Reach::Both => VariableReach::Both,
                Reach::Session => VariableReach::Session,
            };
            if session.is_none() && scope == VariableReach::Session {
                continue;
            }
            let setting = match (self.computed(definition.name, session), session) {
                (Some(setting), _) => setting,
                (None, Some(session)) => self.session_value(session, variable).into_owned(),
                (None, None) => self.global(variable).into_owned(),
            };
            if let Some(old) = old_name(definition.name)
                && self.generation != Generation::V5_5
            {
                rows.push(row(&old, &setting, scope));
            }
            rows.push(row(definition.name, &setting, scope));
        }
        for (name, setting) in self.plugin_settings() {
            rows.push(row(name, &setting, VariableReach::Global));
        }
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows
    }

    /// Variables that show the state of something else.
    fn computed(&self, name: &str, session: Option<SessionKey>) -> Option<Setting> {
        let text = match name {
            "gtid_owned" => self.owned(session),
            "gtid_executed" => self.gtid_executed.to_string(),
            "gtid_purged" => self.purged().to_string(),
            _ => return None,
        };
        Some(Setting::Text(text))
    }

    /// The identifier a session owns; or all that are owned, each with the owner's number.
    fn owned(&self, session: Option<SessionKey>) -> String {
        if let Some(session) = session {
            let state = self.sessions.get(&session);
            let owned = state.and_then(|state| state.owned_gtid);
            return owned.map_or_else(String::new, |gtid| gtid.to_string());
        }
        let owners = self.sessions.values().filter_map(|state| {
            let gtid = state.owned_gtid?;
            Some(format!("{gtid}#{}", state.processlist_id))
        });
        owners.collect::<Vec<_>>().join(",\n")
    }

    pub(crate) fn purged(&self) -> crate::gtid::GtidSet {
        let mut purged = self.binlog.purged();
        purged.union(&self.executed_elsewhere);
        purged
    }
}

fn row(name: &str, setting: &Setting, scope: VariableReach) -> VariableRow {
    VariableRow {
        name: name.to_owned(),
        shown: setting.shown(),
        value: setting.value(),
        scope,
    }
}
