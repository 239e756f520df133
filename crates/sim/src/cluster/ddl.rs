//! CREATE, DROP and TRUNCATE: what they check, which locks they take, how they are logged.

use std::sync::Arc;

use crate::binlog::DdlAction;
use crate::cluster::Cluster;
use crate::cluster::statements::SYSTEM_DATABASES;
use crate::commit::LoggedText;
use crate::engine::alter::alter;
use crate::engine::{Actor, LockName};
use crate::operation::{
    ColumnKind, OkPacket, Operation, SqlError, TableDefinition, Warning, WarningLevel,
};
use crate::{ServerIndex, SessionKey};

/// A DDL statement that may run.
struct Plan {
    /// `None` if there is nothing to do (IF EXISTS, IF NOT EXISTS); it is logged all the same.
    action: Option<DdlAction>,
    logged: LoggedText,
    affected_rows: u64,
    info: Option<String>,
    warnings: Vec<Warning>,
}

impl Cluster {
    pub(crate) fn run_ddl(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> Result<(), SqlError> {
        let tables = tables_of(self, ix, operation);
        let actor = Actor::Session(session);
        for (db, table) in &tables {
            let name = LockName::TableExclusive(db.clone(), table.clone());
            if let Some(lock) = self.server_mut(ix).engine.lock(actor, name) {
                self.wait_for_lock(ix, session, lock);
                return Ok(());
            }
        }
        let plan = match self.plan_ddl(ix, session, operation) {
            Ok(plan) => plan,
            Err(error) => {
                self.server_mut(ix).engine.rollback(actor);
                return Err(error);
            }
        };
        if let Some(running) = self.running_mut(ix, session) {
            running.answer = OkPacket {
                affected_rows: plan.affected_rows,
                info: plan.info,
                warnings: plan.warnings,
            };
        }
        if let Some(DdlAction::DropDatabase(name)) = &plan.action {
            self.leave_database(ix, session, name);
        }
        self.open_statement_transaction(ix, session, plan.action);
        self.commit_session(ix, session, Some(plan.logged));
        Ok(())
    }

    fn plan_ddl(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> Result<Plan, SqlError> {
        match operation {
            Operation::CreateDatabase {
                name,
                if_not_exists,
                text,
            } => self.plan_create_database(ix, name, *if_not_exists, text),
            Operation::DropDatabase {
                name,
                if_exists,
                text,
            } => self.plan_drop_database(ix, name, *if_exists, text),
            Operation::CreateTable {
                db,
                table,
                if_not_exists,
                is_like,
                text,
            } => {
                let mut plan = self.plan_create_table(ix, (db, table), *if_not_exists, text)?;
                if *is_like {
                    plan.logged.object_db = None;
                }
                Ok(plan)
            }
            Operation::DropTables { tables, if_exists } => {
                self.plan_drop_tables(ix, session, tables, *if_exists)
            }
            Operation::TruncateTable { db, table, text } => {
                self.server(ix).engine.table(db, table)?;
                let action = DdlAction::TruncateTable {
                    db: db.clone(),
                    table: table.clone(),
                };
                let mut plan = Plan::new(Some(action), db, text, 0);
                plan.logged.object_db = None;
                Ok(plan)
            }
            Operation::AlterTable {
                db,
                table,
                changes,
                text,
            } => {
                let found = self.server(ix).engine.table(db, table)?;
                let altered = alter(found, changes)?;
                let action = DdlAction::AlterTable {
                    db: db.clone(),
                    table: table.clone(),
                    changes: Arc::new(changes.clone()),
                };
                // CREATE INDEX and DROP INDEX do without.
                let is_alter = text
                    .get(..5)
                    .is_some_and(|verb| verb.eq_ignore_ascii_case("ALTER"));
                let extra = if is_alter { CREATE_TABLE_EXTRA } else { 0 };
                let mut plan = Plan::new(Some(action), db, text, extra);
                plan.affected_rows = altered.copied;
                plan.info = Some(format!(
                    "Records: {}  Duplicates: 0  Warnings: 0",
                    altered.copied
                ));
                Ok(plan)
            }
            other => unreachable!("{other:?} is no DDL"),
        }
    }

    fn plan_create_database(
        &self,
        ix: ServerIndex,
        name: &str,
        if_not_exists: bool,
        text: &str,
    ) -> Result<Plan, SqlError> {
        let is_system = SYSTEM_DATABASES.contains(&name.to_ascii_lowercase().as_str());
        let exists = is_system || self.server(ix).engine.databases().contains_key(name);
        let message = format!("Can't create database '{name}'; database exists");
        let mut plan = match (exists, if_not_exists) {
            (false, _) => {
                let action = DdlAction::CreateDatabase(name.to_owned());
                Plan::new(Some(action), name, text, CREATE_DATABASE_EXTRA)
            }
            (true, true) => Plan::nothing(name, text, CREATE_DATABASE_EXTRA, note(1007, message)),
            (true, false) => return Err(SqlError::new(1007, "HY000", message)),
        };
        plan.affected_rows = 1;
        plan.logged.default_db = Some(name.to_owned());
        Ok(plan)
    }

    fn plan_drop_database(
        &self,
        ix: ServerIndex,
        name: &str,
        if_exists: bool,
        text: &str,
    ) -> Result<Plan, SqlError> {
        let message = format!("Can't drop database '{name}'; database doesn't exist");
        let mut plan = match (self.server(ix).engine.databases().get(name), if_exists) {
            (Some(database), _) => {
                let action = DdlAction::DropDatabase(name.to_owned());
                let mut plan = Plan::new(Some(action), name, text, 0);
                plan.affected_rows = database.len() as u64;
                plan
            }
            (None, true) => Plan::nothing(name, text, 0, note(1008, message)),
            (None, false) => return Err(SqlError::new(1008, "HY000", message)),
        };
        plan.logged.default_db = Some(name.to_owned());
        Ok(plan)
    }

    fn plan_create_table(
        &self,
        ix: ServerIndex,
        (db, table): (&str, &TableDefinition),
        if_not_exists: bool,
        text: &str,
    ) -> Result<Plan, SqlError> {
        let Some(database) = self.server(ix).engine.databases().get(db) else {
            return Err(crate::engine::unknown_database(db));
        };
        let message = format!("Table '{}' already exists", table.name);
        match (database.contains_key(&table.name), if_not_exists) {
            (false, _) => {
                check_definition(table)?;
                let has_timestamp = table
                    .columns
                    .iter()
                    .any(|column| column.kind == ColumnKind::Timestamp);
                let extra = CREATE_TABLE_EXTRA + if has_timestamp { TIMESTAMP_EXTRA } else { 0 };
                let action = DdlAction::CreateTable {
                    db: db.to_owned(),
                    table: Arc::new(table.clone()),
                };
                Ok(Plan::new(Some(action), db, text, extra))
            }
            (true, true) => Ok(Plan::nothing(
                db,
                text,
                CREATE_TABLE_EXTRA,
                note(1050, message),
            )),
            (true, false) => Err(SqlError::new(1050, "42S01", message)),
        }
    }

    fn plan_drop_tables(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        tables: &[(String, String)],
        if_exists: bool,
    ) -> Result<Plan, SqlError> {
        let server = self.server(ix);
        let state = server.sessions.get(&session);
        let default_db = state.and_then(|state| state.db.as_deref());
        let (mut named, mut there, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for (db, table) in tables {
            named.push(match default_db == Some(db) {
                true => format!("`{table}`"),
                false => format!("`{db}`.`{table}`"),
            });
            match server.engine.table(db, table) {
                Ok(_) => there.push((db.clone(), table.clone())),
                Err(error) if error.code == 1049 => return Err(error),
                Err(_) => missing.push(format!("{db}.{table}")),
            }
        }
        if !if_exists && !missing.is_empty() {
            let text = format!("Unknown table '{}'", missing.join(","));
            return Err(SqlError::new(1051, "42S02", text));
        }
        let condition = if if_exists { "IF EXISTS " } else { "" };
        let named = named.join(",");
        let text = format!("DROP TABLE {condition}{named} /* generated by server */");
        let mut dbs: Vec<&str> = tables.iter().map(|(db, _)| db.as_str()).collect();
        dbs.sort_unstable();
        dbs.dedup();
        let first = dbs.first().copied().unwrap_or_default();
        let extra = dbs.iter().skip(1).map(|db| 1 + db.len() as u64).sum();
        let action = (!there.is_empty()).then_some(DdlAction::DropTables(there));
        let mut plan = Plan::new(action, first, &text, extra);
        let notes = missing
            .into_iter()
            .map(|table| note(1051, format!("Unknown table '{table}'")));
        plan.warnings = notes.collect();
        Ok(plan)
    }

    /// A session whose default database is dropped has none any more.
    fn leave_database(&mut self, ix: ServerIndex, session: SessionKey, name: &str) {
        if let Some(state) = self.session_mut(ix, session)
            && state.db.as_deref() == Some(name)
        {
            state.db = None;
        }
    }
}

impl Plan {
    fn new(action: Option<DdlAction>, db: &str, text: &str, extra: u64) -> Plan {
        Plan {
            logged: LoggedText {
                text: text.to_owned(),
                default_db: None,
                object_db: Some(db.to_owned()),
                has_xid: action.is_some(),
                extra,
            },
            action,
            affected_rows: 0,
            info: None,
            warnings: Vec::new(),
        }
    }

    fn nothing(db: &str, text: &str, extra: u64, warning: Warning) -> Plan {
        let mut plan = Plan::new(None, db, text, extra);
        plan.warnings.push(warning);
        plan
    }
}

fn tables_of(cluster: &Cluster, ix: ServerIndex, operation: &Operation) -> Vec<(String, String)> {
    match operation {
        Operation::CreateTable { db, table, .. } => vec![(db.clone(), table.name.clone())],
        Operation::DropTables { tables, .. } => tables.clone(),
        Operation::TruncateTable { db, table, .. } | Operation::AlterTable { db, table, .. } => {
            vec![(db.clone(), table.clone())]
        }
        Operation::DropDatabase { name, .. } => {
            let databases = cluster.server(ix).engine.databases();
            let tables = databases.get(name).into_iter().flat_map(|db| db.keys());
            tables.map(|table| (name.clone(), table.clone())).collect()
        }
        _ => Vec::new(),
    }
}

fn check_definition(table: &TableDefinition) -> Result<(), SqlError> {
    for (index, column) in table.columns.iter().enumerate() {
        let mut before = table.columns[..index].iter();
        if before.any(|other| other.name.eq_ignore_ascii_case(&column.name)) {
            let text = format!("Duplicate column name '{}'", column.name);
            return Err(SqlError::new(1060, "42S21", text));
        }
    }
    Ok(())
}

fn note(code: u16, message: String) -> Warning {
    Warning {
        level: WarningLevel::Note,
        code,
        message,
    }
}

/// Bytes that say which default encryption a database has.
const CREATE_DATABASE_EXTRA: u64 = 2;

/// Bytes of the primary key requirement.
const CREATE_TABLE_EXTRA: u64 = 2;

/// Bytes of explicit_defaults_for_timestamp.
const TIMESTAMP_EXTRA: u64 = 2;
