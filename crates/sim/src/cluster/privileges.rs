//! What a session may do: the privileges a statement needs.
//!
//! Static global privileges hold as they were when the client connected, those on the default database
//! as they were at USE; all others are looked up when a statement runs.

use crate::accounts::{Account, AccountChange, AccountName, GrantObject, Privilege, Privileges};
use crate::cluster::Cluster;
use crate::operation::{LoggedEffect, OnDuplicate, Operation, SqlError};
use crate::server::Server;
use crate::{ServerIndex, SessionKey};

impl Server {
    fn account(&self, session: SessionKey) -> Option<&Account> {
        let session = self.sessions.get(&session)?;
        self.engine.accounts().get(&session.account)
    }

    /// Privileges on everything.
    pub(crate) fn privileges(&self, session: SessionKey) -> Privileges {
        let fixed = self.sessions.get(&session).map(|state| state.privileges);
        let live = self.account(session).map(|account| account.global);
        let dynamic = live.unwrap_or_default().dynamic();
        fixed.unwrap_or_default().union(dynamic)
    }

    /// Privileges on a table, or on a database.
    pub(crate) fn privileges_on(
        &self,
        session: SessionKey,
        db: &str,
        table: Option<&str>,
    ) -> Privileges {
        let global = self.privileges(session).fixed();
        let Some(state) = self.sessions.get(&session) else {
            return Privileges::default();
        };
        // What a session may do in its own database it knows, even when its account is gone.
        let account = self.account(session);
        let on_database = match state.db.as_deref() == Some(db) {
            true => state.db_privileges,
            false => account.map_or_else(Privileges::default, |account| account.on_database(db)),
        };
        let on_table = account
            .zip(table)
            .map(|(account, table)| account.on_table(db, table));
        global
            .union(on_database)
            .union(on_table.unwrap_or_default())
    }

    /// Whether a session may make this database its default one, and sees it listed.
    pub(crate) fn knows_database(&self, session: SessionKey, db: &str) -> bool {
        let lower = db.to_ascii_lowercase();
        if matches!(lower.as_str(), "information_schema" | "performance_schema") {
            return true;
        }
        let on_all = Privileges::of_level(crate::accounts::Level::Database);
        let on_all = on_all.with(Privilege::SHOW_DATABASES);
        if !self.privileges(session).both(on_all).is_empty() {
            return true;
        }
        self.account(session)
            .is_some_and(|account| account.knows_database(db))
    }
}

impl Cluster {
    /// Privileges of a session on everything.
    pub fn privileges(&self, session: SessionKey) -> Privileges {
        self.of_session(session, |server| server.privileges(session))
    }

    /// Privileges of a session on a table, or on a database.
    pub fn privileges_on(&self, session: SessionKey, db: &str, table: Option<&str>) -> Privileges {
        self.of_session(session, |server| server.privileges_on(session, db, table))
    }

    /// Whether a session sees this database.
    pub fn knows_database(&self, session: SessionKey, db: &str) -> bool {
        self.of_session(session, |server| server.knows_database(session, db))
    }

    /// The user a session's client named, and the account it was taken for.
    pub fn session_account(&self, session: SessionKey) -> (String, AccountName) {
        self.of_session(session, |server| {
            let state = server.sessions.get(&session);
            state.map_or_else(Default::default, |state| {
                (state.user.clone(), state.account.clone())
            })
        })
    }

    fn of_session<T: Default>(&self, session: SessionKey, f: impl FnOnce(&Server) -> T) -> T {
        let server = self.session_server(session);
        server.map_or_else(T::default, |ix| f(self.server(ix)))
    }

    /// Refuses what the session may not do.
    pub(crate) fn check_privileges(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> Result<(), SqlError> {
        let server = self.server(ix);
        let held = server.privileges(session);
        if held
            .minus(Privileges::ALL)
            .contains(Privilege::GRANT_OPTION)
            && Privileges::ALL.minus(held).is_empty()
        {
            return Ok(());
        }
        if matches!(
            operation,
            Operation::Insert { .. }
                | Operation::Update { .. }
                | Operation::Delete { .. }
                | Operation::CreateDatabase { .. }
                | Operation::DropDatabase { .. }
                | Operation::CreateTable { .. }
                | Operation::DropTables { .. }
                | Operation::TruncateTable { .. }
                | Operation::AlterTable { .. }
                | Operation::Account { .. }
        ) {
            self.refuse_when_read_only(ix, session)?;
        }
        let check = Check {
            server,
            session,
            held,
        };
        check.operation(operation)
    }
}

/// A session that may not do everything.
struct Check<'a> {
    server: &'a Server,
    session: SessionKey,
    held: Privileges,
}

impl Check<'_> {
    fn operation(&self, operation: &Operation) -> Result<(), SqlError> {
        use Privilege as P;
        match operation {
            Operation::UseDatabase(db) => self.use_database(db),
            Operation::CreateDatabase { name, .. } => self.on_database(P::CREATE, name),
            Operation::DropDatabase { name, .. } => self.on_database(P::DROP, name),
            Operation::CreateTable { db, table, .. } => {
                self.on_table("CREATE", &[P::CREATE], db, &table.name)
            }
            Operation::DropTables { tables, .. } => tables
                .iter()
                .try_for_each(|(db, table)| self.on_table("DROP", &[P::DROP], db, table)),
            Operation::TruncateTable { db, table, .. } => {
                self.on_table("DROP", &[P::DROP], db, table)
            }
            Operation::AlterTable { db, table, .. } => {
                self.on_table("ALTER", &[P::ALTER], db, table)
            }
            Operation::ReadRows {
                db,
                table,
                locking: Some(_),
                ..
            } => self.on_table("SELECT", &[P::SELECT], db, table),
            Operation::FlushTablesWithReadLock => {
                self.one_of(&[P::RELOAD, P::FLUSH_TABLES], " or ")
            }
            Operation::Insert {
                db,
                table,
                on_duplicate,
                ..
            } => match on_duplicate {
                OnDuplicate::Fail | OnDuplicate::Ignore => {
                    self.on_table("INSERT", &[P::INSERT], db, table)
                }
                OnDuplicate::Replace => {
                    self.on_table("INSERT, DELETE", &[P::INSERT, P::DELETE], db, table)
                }
                OnDuplicate::Update { .. } => {
                    self.on_table("INSERT, UPDATE", &[P::INSERT, P::UPDATE], db, table)
                }
            },
            Operation::Update {
                db, table, filter, ..
            } => {
                self.on_table("UPDATE", &[P::UPDATE], db, table)?;
                self.filter(P::UPDATE, db, table, filter.as_ref())
            }
            Operation::Delete {
                db, table, filter, ..
            } => {
                self.on_table("DELETE", &[P::DELETE], db, table)?;
                self.filter(P::DELETE, db, table, filter.as_ref())
            }
            Operation::InstallPlugin { .. } => {
                self.on_table("INSERT", &[P::INSERT], "mysql", "plugin")
            }
            Operation::UninstallPlugin { .. } => {
                self.on_table("DELETE", &[P::DELETE], "mysql", "plugin")
            }
            Operation::ChangeReplicationSource { .. }
            | Operation::StartReplica { .. }
            | Operation::StartReplicaUntil { .. }
            | Operation::StopReplica { .. } => {
                self.one_of(&[P::SUPER, P::REPLICATION_SLAVE_ADMIN], " or ")
            }
            Operation::ResetReplica { .. } | Operation::FlushBinaryLogs | Operation::FlushLogs => {
                self.one_of(&[P::RELOAD], "")
            }
            Operation::ResetBinaryLogs { .. } => self.one_of(&[P::RELOAD, P::FLUSH_TABLES], " or "),
            Operation::PurgeBinaryLogs { .. } | Operation::PurgeBinaryLogsBefore { .. } => {
                self.one_of(&[P::SUPER, P::BINLOG_ADMIN], " or ")
            }
            Operation::Shutdown { .. } => self.one_of(&[P::SHUTDOWN], ""),
            Operation::LoggedStatement { effect, text } => self.flush(*effect, text),
            Operation::Account { change, .. } => self.account_change(change),
            // SET and KILL look at what they are about first; reading is checked by who reads.
            Operation::SetVariables(_)
            | Operation::Kill { .. }
            | Operation::Read
            | Operation::ReadBinaryLog
            | Operation::ReadRows { locking: None, .. }
            | Operation::UnlockTables
            | Operation::StartTransaction { .. }
            | Operation::Savepoint(_)
            | Operation::RollbackTo(_)
            | Operation::ReleaseSavepoint(_)
            | Operation::Begin
            | Operation::Commit
            | Operation::Rollback
            | Operation::ResetPersist { .. }
            | Operation::Sleep { .. }
            | Operation::AwaitTransactions { .. }
            | Operation::AwaitPosition { .. } => Ok(()),
        }
    }

    fn account(&self) -> AccountName {
        let state = self.server.sessions.get(&self.session);
        state.map_or_else(AccountName::default, |state| state.account.clone())
    }

    fn one_of(&self, wanted: &[Privilege], between: &str) -> Result<(), SqlError> {
        if self.held.contains_any(wanted) {
            return Ok(());
        }
        let names: Vec<_> = wanted.iter().map(|privilege| privilege.name()).collect();
        Err(needs(&names.join(between)))
    }

    fn use_database(&self, db: &str) -> Result<(), SqlError> {
        if self.server.knows_database(self.session, db) {
            return Ok(());
        }
        Err(database_denied(&self.account(), db))
    }

    fn on_database(&self, privilege: Privilege, db: &str) -> Result<(), SqlError> {
        let held = self.server.privileges_on(self.session, db, None);
        if held.contains(privilege) {
            return Ok(());
        }
        Err(database_denied(&self.account(), db))
    }

    fn on_table(
        &self,
        command: &str,
        wanted: &[Privilege],
        db: &str,
        table: &str,
    ) -> Result<(), SqlError> {
        let held = self.server.privileges_on(self.session, db, Some(table));
        if wanted.iter().all(|privilege| held.contains(*privilege)) {
            return Ok(());
        }
        Err(command_denied(command, &self.account(), table))
    }

    /// A WHERE clause reads columns. Where the database's privileges are enough for the command itself,
    /// those of the table are not looked at.
    fn filter(
        &self,
        command: Privilege,
        db: &str,
        table: &str,
        filter: Option<&crate::expr::Expr>,
    ) -> Result<(), SqlError> {
        let Some(column) = filter.and_then(crate::expr::Expr::first_column) else {
            return Ok(());
        };
        let on_database = self.server.privileges_on(self.session, db, None);
        let held = match on_database.contains(command) {
            true => on_database,
            false => self.server.privileges_on(self.session, db, Some(table)),
        };
        if held.contains(Privilege::SELECT) {
            return Ok(());
        }
        let user = self.account().user;
        let text = format!(
            "SELECT command denied to user '{user}'@'localhost' for column '{column}' in table \
             '{table}'"
        );
        Err(SqlError::new(1143, "42000", text))
    }

    fn flush(&self, effect: LoggedEffect, text: &str) -> Result<(), SqlError> {
        use Privilege as P;
        let special = match effect {
            LoggedEffect::FlushStatus => Some(P::FLUSH_STATUS),
            LoggedEffect::FlushPrivileges => Some(P::FLUSH_PRIVILEGES),
            LoggedEffect::None | LoggedEffect::Recreate | LoggedEffect::FlushRelayLogs => {
                let upper = text.to_ascii_uppercase();
                let mut words = upper.split_whitespace().skip(1);
                match words.next() {
                    Some("TABLE" | "TABLES") => Some(P::FLUSH_TABLES),
                    Some("USER_RESOURCES") => Some(P::FLUSH_USER_RESOURCES),
                    Some("OPTIMIZER_COSTS") => Some(P::FLUSH_OPTIMIZER_COSTS),
                    _ => None,
                }
            }
        };
        match special {
            Some(special) => self.one_of(&[P::RELOAD, special], " or "),
            None => self.one_of(&[P::RELOAD], ""),
        }
    }

    fn account_change(&self, change: &AccountChange) -> Result<(), SqlError> {
        let own = self.account();
        match change {
            AccountChange::Alter { accounts, .. }
                if accounts
                    .iter()
                    .all(|(name, options)| *name == own && options.is_locked.is_none()) =>
            {
                Ok(())
            }
            AccountChange::Create { .. }
            | AccountChange::Alter { .. }
            | AccountChange::Drop { .. }
            | AccountChange::Rename(_) => self.one_of(&[Privilege::CREATE_USER], ""),
            AccountChange::Grant { privileges, on, .. } => self.may_grant(*privileges, Some(on)),
            AccountChange::Revoke { privileges, on, .. } => {
                self.may_grant(*privileges, on.as_ref())
            }
        }
    }

    /// Who grants needs what is granted, and GRANT OPTION.
    fn may_grant(&self, given: Privileges, on: Option<&GrantObject>) -> Result<(), SqlError> {
        let wanted = given.with(Privilege::GRANT_OPTION);
        let account = self.account();
        match on {
            None => self.one_of(&[Privilege::CREATE_USER], ""),
            Some(GrantObject::Global) => {
                let stored = self.server.engine.accounts().get(&account);
                let grantable = stored.map_or(Privileges::default(), |stored| stored.grantable);
                let held = self.held.fixed().union(grantable);
                if wanted.minus(held).is_empty() {
                    return Ok(());
                }
                let has_password = stored.is_some_and(|stored| !stored.password.is_empty());
                Err(crate::accounts::wrong_password(&account.user, has_password))
            }
            Some(GrantObject::Database(db)) => {
                let held = self.server.privileges_on(self.session, db, None);
                match wanted.minus(held).is_empty() {
                    true => Ok(()),
                    false => Err(database_denied(&account, db)),
                }
            }
            Some(GrantObject::Table(db, table)) => {
                let held = self.server.privileges_on(self.session, db, Some(table));
                match wanted.minus(held).is_empty() {
                    true => Ok(()),
                    false => {
                        let missing = wanted.minus(held).without(Privilege::GRANT_OPTION);
                        let missing: Vec<_> = missing.names().collect();
                        let command = match &missing[..] {
                            [] => "GRANT".to_owned(),
                            names => names.join(", "),
                        };
                        Err(command_denied(&command, &account, table))
                    }
                }
            }
        }
    }
}

/// 1227
pub fn needs(privileges: &str) -> SqlError {
    let text = format!(
        "Access denied; you need (at least one of) the {privileges} privilege(s) for this operation"
    );
    SqlError::new(1227, "42000", text)
}

/// 1142; it names the host the client comes from, not that of the account.
pub fn command_denied(command: &str, account: &AccountName, table: &str) -> SqlError {
    let user = &account.user;
    let text = format!("{command} command denied to user '{user}'@'localhost' for table '{table}'");
    SqlError::new(1142, "42000", text)
}

/// 1044
pub fn database_denied(account: &AccountName, db: &str) -> SqlError {
    let text = format!("Access denied for user {account} to database '{db}'");
    SqlError::new(1044, "42000", text)
}
