//! Names that fit where the cursor is: what the grammar takes there, and what this server has now.

use super::{SessionAddress, Workbench};
use crate::parser::expected_after;

impl Workbench {
    pub(super) fn completions(&self, at: SessionAddress, text: &str) -> Vec<String> {
        let text = text.rsplit(';').next().unwrap_or(text);
        let start = text
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .map_or(0, |index| {
                index + text[index..].chars().next().map_or(1, char::len_utf8)
            });
        let (before, word) = text.split_at(start);
        let mut found: Vec<String> = Vec::new();
        let in_quotes = before.matches('\'').count() % 2 == 1;
        if !in_quotes {
            let keywords = expected_after(before, self.generation(at));
            found.extend(keywords.into_iter().map(str::to_owned));
        }
        found.extend(self.names_after(at, before, in_quotes));
        let fits = |name: &String| {
            name.len() > word.len()
                && name
                    .get(..word.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(word))
        };
        found.retain(fits);
        found.sort();
        found.dedup();
        found
    }

    /// Names of things this server has now.
    fn names_after(&self, at: SessionAddress, before: &str, in_quotes: bool) -> Vec<String> {
        let upper = before
            .trim_end_matches([' ', '\'', '\n'])
            .to_ascii_uppercase();
        let last = upper
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '@'))
            .next()
            .unwrap_or_default()
            .to_owned();
        if in_quotes {
            return match last.as_str() {
                "LIKE" if upper.contains("STATUS") => self.status_names(at),
                "LIKE" => self.variable_names(at),
                "SONAME" => self.libraries(&upper),
                "IN" => {
                    let files = self.cluster.binlog_files(at.server).into_iter();
                    files.map(|file| file.name).collect()
                }
                _ if upper.ends_with("VARIABLE_NAME =") => self.status_names(at),
                _ => Vec::new(),
            };
        }
        if before.ends_with("@@") || upper.ends_with("@@GLOBAL.") || upper.ends_with("@@SESSION.") {
            return self.variable_names(at);
        }
        match last.as_str() {
            "GLOBAL" | "SESSION" | "PERSIST" | "PERSIST_ONLY" | "SET" => self.variable_names(at),
            "FROM" | "INTO" | "UPDATE" | "TABLE" | "DESCRIBE" | "DESC" => self.table_names(at),
            "USE" | "DATABASE" => self.cluster.databases(at.server),
            "PLUGIN" => self.plugin_names(at, &upper),
            _ => Vec::new(),
        }
    }

    fn variable_names(&self, at: SessionAddress) -> Vec<String> {
        let rows = self.cluster.global_variables(at.server).into_iter();
        rows.map(|row| row.name).collect()
    }

    fn status_names(&self, at: SessionAddress) -> Vec<String> {
        let rows = self.cluster.status_variables(at.server).into_iter();
        rows.map(|(name, _)| name).collect()
    }

    fn table_names(&self, at: SessionAddress) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for schema in ["information_schema", "performance_schema"] {
            names.push(schema.to_owned());
            for table in crate::tables::system_tables(schema).unwrap_or_default() {
                names.push(format!("{schema}.{table}"));
            }
        }
        let database = self
            .clients
            .get(&at)
            .and_then(|client| client.database.clone());
        for db in self.cluster.databases(at.server) {
            for table in self.cluster.tables(at.server, &db).unwrap_or_default() {
                if database.as_ref() == Some(&db) {
                    names.push(table.clone());
                }
                names.push(format!("{db}.{table}"));
            }
        }
        names
    }

    fn plugin_names(&self, at: SessionAddress, upper: &str) -> Vec<String> {
        let installed = self.cluster.plugins(at.server);
        let ours = |name: &str| installed.iter().any(|plugin| plugin.name == name);
        if upper.starts_with("UN") {
            let dynamic = installed.iter().filter(|plugin| plugin.library.is_some());
            return dynamic.map(|plugin| plugin.name.clone()).collect();
        }
        let names = match self.generation(at) {
            semisync_core::Generation::V5_5 => OLD_PLUGINS.to_vec(),
            semisync_core::Generation::V8_4 => [OLD_PLUGINS, NEW_PLUGINS].concat(),
            semisync_core::Generation::V9_7 => NEW_PLUGINS.to_vec(),
        };
        names
            .into_iter()
            .filter(|name| !ours(name))
            .map(str::to_owned)
            .collect()
    }

    fn libraries(&self, upper: &str) -> Vec<String> {
        let side = ["SOURCE", "REPLICA", "MASTER", "SLAVE"];
        let side = side
            .into_iter()
            .find(|side| upper.contains(&format!("RPL_SEMI_SYNC_{side}")));
        side.map(|side| format!("semisync_{}.so", side.to_ascii_lowercase()))
            .into_iter()
            .collect()
    }
}

const NEW_PLUGINS: &[&str] = &["rpl_semi_sync_source", "rpl_semi_sync_replica"];
const OLD_PLUGINS: &[&str] = &["rpl_semi_sync_master", "rpl_semi_sync_slave"];
