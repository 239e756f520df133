//! CREATE USER, GRANT and the like: what they refuse, how they are logged.

use crate::accounts::{
    AccountChange, AccountName, Accounts, GrantObject, Level, Privilege, Privileges,
};
use crate::binlog::DdlAction;
use crate::cluster::Cluster;
use crate::commit::LoggedText;
use crate::operation::{OkPacket, SqlError, Warning, WarningLevel};
use crate::{ServerIndex, SessionKey};

impl Cluster {
    pub(crate) fn run_account_statement(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        change: &AccountChange,
        text: &str,
    ) -> Result<(), SqlError> {
        let engine = &self.server(ix).engine;
        if let AccountChange::Grant {
            privileges,
            on: GrantObject::Table(db, table),
            ..
        } = change
            && !privileges.contains(Privilege::CREATE)
            && !SYSTEM_SCHEMAS_WITH_TABLES.contains(&db.as_str())
        {
            engine.table(db, table)?;
        }
        let warnings = check(engine.accounts(), change)?;
        let second_db = match change {
            AccountChange::Grant { on, .. } | AccountChange::Revoke { on: Some(on), .. } => {
                on.database().filter(|db| *db != "mysql")
            }
            _ => None,
        };
        let logged = LoggedText {
            text: text.to_owned(),
            default_db: None,
            object_db: Some("mysql".to_owned()),
            has_xid: true,
            extra: extra_of(change, engine.accounts())
                + second_db.map_or(0, |db| 1 + db.len() as u64),
        };
        if let Some(running) = self.running_mut(ix, session) {
            running.answer = OkPacket {
                warnings,
                ..OkPacket::default()
            };
        }
        let action = DdlAction::Accounts(std::sync::Arc::new(change.clone()));
        self.open_statement_transaction(ix, session, Some(action));
        self.commit_session(ix, session, Some(logged));
        Ok(())
    }
}

impl GrantObject {
    /// The database it is in.
    pub(crate) fn database(&self) -> Option<&str> {
        match self {
            GrantObject::Global => None,
            GrantObject::Database(db) | GrantObject::Table(db, _) => Some(db),
        }
    }
}

/// What is wrong with a change, or the notes it comes with.
fn check(accounts: &Accounts, change: &AccountChange) -> Result<Vec<Warning>, SqlError> {
    match change {
        AccountChange::Create {
            accounts: created,
            is_lenient,
        } => {
            let there = created.iter().map(|(name, _)| name);
            let there = there.filter(|name| accounts.get(name).is_some());
            let note = |name: &AccountName| (3163, format!("{name} already exists."));
            let reason = " (User account already exists)";
            unless_none(there.collect(), *is_lenient, "CREATE USER", reason, note)
        }
        AccountChange::Alter {
            accounts: altered,
            is_lenient,
        } => {
            let names = altered.iter().map(|(name, _)| name);
            missing(accounts, names, *is_lenient, "ALTER USER")
        }
        AccountChange::Drop {
            accounts: dropped,
            is_lenient,
        } => missing(accounts, dropped.iter(), *is_lenient, "DROP USER"),
        AccountChange::Rename(pairs) => {
            let failed = pairs
                .iter()
                .filter(|(from, to)| accounts.get(from).is_none() || accounts.get(to).is_some());
            let failed: Vec<_> = failed.map(|(from, _)| from).collect();
            unless_none(failed, false, "RENAME USER", "", |_| (0, String::new()))
        }
        AccountChange::Grant {
            privileges,
            accounts: names,
            ..
        } => {
            if names.iter().any(|name| accounts.get(name).is_none()) {
                let text = "You are not allowed to create a user with GRANT";
                return Err(SqlError::new(1410, "42000", text));
            }
            let is_super = privileges.contains(Privilege::SUPER) && privileges.names().count() == 1;
            let warning = Warning {
                level: WarningLevel::Warning,
                code: 1287,
                message: "The SUPER privilege identifier is deprecated".to_owned(),
            };
            Ok(is_super.then_some(warning).into_iter().collect())
        }
        AccountChange::Revoke {
            privileges,
            on,
            accounts: from,
        } => {
            for name in from {
                check_revoke(accounts, name, *privileges, on.as_ref())?;
            }
            Ok(Vec::new())
        }
    }
}

fn check_revoke(
    accounts: &Accounts,
    name: &AccountName,
    privileges: Privileges,
    on: Option<&GrantObject>,
) -> Result<(), SqlError> {
    let account = accounts.get(name);
    let has_some = account.is_some_and(|account| match on {
        Some(GrantObject::Global) | None => true,
        Some(GrantObject::Database(db)) => account.databases.contains_key(db),
        Some(GrantObject::Table(db, table)) => {
            let granted = account.on_table(db, table);
            // ALL is what there is.
            let is_all = privileges == Privileges::of_level(Level::Table);
            privileges.minus(granted).is_empty() || is_all && !granted.is_empty()
        }
    });
    match on {
        _ if has_some => Ok(()),
        Some(GrantObject::Table(_, table)) if account.is_some() => {
            let (user, host) = (&name.user, &name.host);
            let text = format!(
                "There is no such grant defined for user '{user}' on host '{host}' on table \
                 '{table}'"
            );
            Err(SqlError::new(1147, "42000", text))
        }
        _ => Err(no_such_grant(name)),
    }
}

/// 1141
pub fn no_such_grant(name: &AccountName) -> SqlError {
    let (user, host) = (&name.user, &name.host);
    let text = format!("There is no such grant defined for user '{user}' on host '{host}'");
    SqlError::new(1141, "42000", text)
}

fn missing<'a>(
    accounts: &Accounts,
    names: impl Iterator<Item = &'a AccountName>,
    is_lenient: bool,
    verb: &str,
) -> Result<Vec<Warning>, SqlError> {
    let missing = names.filter(|name| accounts.get(name).is_none());
    let note = |name: &AccountName| (3162, format!("{name} does not exist."));
    let reason = " (User account does not exist)";
    unless_none(missing.collect(), is_lenient, verb, reason, note)
}

/// 1396 for accounts that stand in the way, or notes if the statement is lenient.
fn unless_none(
    names: Vec<&AccountName>,
    is_lenient: bool,
    verb: &str,
    reason: &str,
    note: impl Fn(&AccountName) -> (u16, String),
) -> Result<Vec<Warning>, SqlError> {
    if !is_lenient && !names.is_empty() {
        let list: Vec<String> = names.iter().map(ToString::to_string).collect();
        let list = list.join(",");
        let text = format!("Operation {verb} failed for {list}{reason}");
        return Err(SqlError::new(1396, "HY000", text));
    }
    let notes = names.into_iter().map(|name| {
        let (code, text) = note(name);
        Warning {
            level: WarningLevel::Note,
            code,
            message: format!("Authorization ID {text}"),
        }
    });
    Ok(notes.collect())
}

/// Bytes a kind of statement adds to its event.
fn extra_of(change: &AccountChange, there: &Accounts) -> u64 {
    match change {
        AccountChange::Grant { .. } | AccountChange::Revoke { .. } => INVOKER_EXTRA,
        AccountChange::Create { accounts, .. }
            if accounts.iter().all(|(name, _)| there.get(name).is_some()) =>
        {
            // No password is set for those that are there.
            0
        }
        AccountChange::Create { accounts, .. } | AccountChange::Alter { accounts, .. }
            if accounts
                .iter()
                .any(|(_, options)| options.password.is_some()) =>
        {
            PASSWORD_EXTRA
        }
        AccountChange::Create { .. }
        | AccountChange::Alter { .. }
        | AccountChange::Drop { .. }
        | AccountChange::Rename(_) => 0,
    }
}

/// Bytes of the time zone and the time at which the password was set.
const PASSWORD_EXTRA: u64 = 12;

/// Bytes that name the account `root`@`localhost` which grants.
const INVOKER_EXTRA: u64 = 16;

/// System schemas whose tables the cluster does not store.
const SYSTEM_SCHEMAS_WITH_TABLES: [&str; 3] = ["mysql", "performance_schema", "sys"];
