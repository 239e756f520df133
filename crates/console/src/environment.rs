//! Where a statement is evaluated: a server, a session on it, and what the session remembers.

use std::collections::BTreeMap;

use semisync_core::{Generation, Instant};
use semisync_sim::accounts::{AccountName, Privilege};
use semisync_sim::inspect::{ProcessRow, VariableReach, VariableRow};
use semisync_sim::operation::{Warning, WarningLevel};
use semisync_sim::{Cluster, ServerIndex, SessionKey, SqlError, Value, command_denied, needs};

use crate::deprecated::todays_name;
use crate::statement::SystemScope;

/// What a session remembers between statements and forgets when its connection is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionMemory {
    pub(crate) user_variables: BTreeMap<String, Value>,
    /// Prepared statements: their text.
    pub(crate) prepared: BTreeMap<String, String>,
    /// For SHOW WARNINGS.
    pub(crate) warnings: Vec<Warning>,
    pub(crate) row_count: i128,
    pub(crate) found_rows: i128,
}

impl SessionMemory {
    /// A user variable; NULL when it was never set. Names ignore case.
    pub(crate) fn user_variable(&self, name: &str) -> Value {
        self.user_variables
            .get(&name.to_ascii_lowercase())
            .cloned()
            .unwrap_or(Value::Null)
    }

    pub(crate) fn set_user_variable(&mut self, name: &str, value: Value) {
        self.user_variables.insert(name.to_ascii_lowercase(), value);
    }

    pub(crate) fn errors(&self) -> usize {
        let is_error = |warning: &&Warning| warning.level == WarningLevel::Error;
        self.warnings.iter().filter(is_error).count()
    }
}

/// A place to evaluate at, now.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) server: ServerIndex,
    pub(crate) session: SessionKey,
    pub(crate) memory: &'a SessionMemory,
    /// The statement, for the processlist.
    pub(crate) text: &'a str,
    /// Values for `?`.
    pub(crate) arguments: &'a [Value],
    /// What SLEEP or WAIT_FOR_EXECUTED_GTID_SET came to, when the statement did that.
    pub(crate) waited: Option<&'a Value>,
}

impl Environment<'_> {
    pub(crate) fn now(&self) -> Instant {
        self.cluster.now()
    }

    pub(crate) fn generation(&self) -> Generation {
        self.cluster.generation(self.server)
    }

    /// The processlist; the statement that asks is still running, with this state.
    pub(crate) fn processlist(&self, own_state: &str) -> Vec<ProcessRow> {
        let own = self.cluster.connection(self.session);
        let own = own.map(|connection| connection.processlist_id);
        let mut rows = self.cluster.processlist(self.server);
        let (user, _) = self.cluster.session_account(self.session);
        if !self
            .cluster
            .privileges(self.session)
            .contains(Privilege::PROCESS)
        {
            rows.retain(|row| row.user == user);
        }
        for row in rows.iter_mut().filter(|row| Some(row.id) == own) {
            row.command = "Query".to_owned();
            row.time = 0;
            row.state = Some(own_state.to_owned());
            row.info = Some(self.text.to_owned());
        }
        rows
    }

    /// An account as written; the session's own if none was.
    pub(crate) fn account_or_own(&self, written: AccountName) -> AccountName {
        match written == AccountName::default() {
            true => self.cluster.session_account(self.session).1,
            false => written,
        }
    }

    /// Refuses a command on a table without these privileges.
    ///
    /// # Errors
    /// 1142
    pub(crate) fn require_on(
        &self,
        (db, table): (&str, &str),
        command: &str,
        wanted: Privilege,
    ) -> Result<(), SqlError> {
        let held = self.cluster.privileges_on(self.session, db, Some(table));
        if held.contains(wanted) {
            return Ok(());
        }
        let (_, account) = self.cluster.session_account(self.session);
        Err(command_denied(command, &account, table))
    }

    /// Refuses what needs one of these privileges.
    ///
    /// # Errors
    /// 1227
    pub(crate) fn require_one(&self, wanted: &[Privilege]) -> Result<(), SqlError> {
        if self.cluster.privileges(self.session).contains_any(wanted) {
            return Ok(());
        }
        let names: Vec<&str> = wanted.iter().map(|privilege| privilege.name()).collect();
        Err(needs(&names.join(", ")))
    }

    /// The default database.
    pub(crate) fn database(&self) -> Option<String> {
        self.cluster.connection(self.session)?.database
    }

    /// The database of a table: as written, else the default one.
    ///
    /// # Errors
    /// 1046 without either.
    pub(crate) fn database_of(&self, written: Option<&str>) -> Result<String, SqlError> {
        match written {
            Some(db) => Ok(db.to_owned()),
            None => self.database().ok_or_else(no_database),
        }
    }

    /// The value of `@@name`.
    ///
    /// # Errors
    /// 1193 for an unknown variable, 1238 when it has no value in that scope.
    pub(crate) fn system_variable(
        &self,
        scope: SystemScope,
        name: &str,
    ) -> Result<Value, SqlError> {
        let lower =
            todays_name(name, self.generation()).unwrap_or_else(|| name.to_ascii_lowercase());
        match lower.as_str() {
            "warning_count" => return Ok(Value::Int(self.memory.warnings.len() as i128)),
            "error_count" => return Ok(Value::Int(self.memory.errors() as i128)),
            _ => {}
        }
        let rows = match scope {
            SystemScope::Global => self.cluster.global_variables(self.server),
            SystemScope::Either | SystemScope::Session => {
                self.cluster.session_variables(self.session)
            }
        };
        let found = rows.into_iter().find(|row| row.name == lower);
        let row = match found {
            Some(row) => row,
            None => self.unknown_variable(scope, &lower, name)?,
        };
        match (scope, row.scope) {
            (SystemScope::Session, VariableReach::Global) => Err(wrong_scope(name, "GLOBAL")),
            (SystemScope::Global, VariableReach::Session) => Err(wrong_scope(name, "SESSION")),
            _ => Ok(row.value),
        }
    }

    /// A variable that is only in the other list has no value in this scope.
    fn unknown_variable(
        &self,
        scope: SystemScope,
        lower: &str,
        name: &str,
    ) -> Result<VariableRow, SqlError> {
        let other = match scope {
            SystemScope::Global => self.cluster.session_variables(self.session),
            SystemScope::Either | SystemScope::Session => {
                self.cluster.global_variables(self.server)
            }
        };
        other
            .into_iter()
            .find(|row| row.name == lower)
            .ok_or_else(|| unknown_system_variable(name))
    }
}

/// 1193
pub(crate) fn unknown_system_variable(name: &str) -> SqlError {
    SqlError::new(1193, "HY000", format!("Unknown system variable '{name}'"))
}

/// 1046
pub(crate) fn no_database() -> SqlError {
    SqlError::new(1046, "3D000", "No database selected")
}

fn wrong_scope(name: &str, scope: &str) -> SqlError {
    SqlError::new(
        1238,
        "HY000",
        format!("Variable '{name}' is a {scope} variable"),
    )
}
