//! Accounts of a server: who may connect, and what each of them may do.
//!
//! The tables of `mysql` that GRANT changes, as data. They replicate as statements do; what a statement
//! needs is decided by [`crate::cluster`].

pub mod privilege;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use privilege::{Level, Privilege, Privileges};

use crate::operation::SqlError;

/// An account. They sort by host first, as `mysql.user` does.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountName {
    /// `%`, `localhost`, …
    pub host: String,
    /// User.
    pub user: String,
}

impl AccountName {
    /// `user`@`host`
    pub fn new(user: &str, host: &str) -> AccountName {
        AccountName {
            host: host.to_owned(),
            user: user.to_owned(),
        }
    }
}

/// As error messages and the binary log name it.
impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'@'{}'", self.user, self.host)
    }
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its password; empty if none.
    pub password: String,
    /// ACCOUNT LOCK
    pub is_locked: bool,
    /// Privileges on everything.
    pub global: Privileges,
    /// Dynamic privileges it may give to others.
    pub grantable: Privileges,
    /// Privileges on databases.
    pub databases: BTreeMap<String, Privileges>,
    /// Privileges on tables, by database and name.
    pub tables: BTreeMap<(String, String), Privileges>,
}

/// What CREATE USER and ALTER USER say of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOptions {
    /// IDENTIFIED BY
    pub password: Option<String>,
    /// ACCOUNT LOCK, ACCOUNT UNLOCK
    pub is_locked: Option<bool>,
}

/// What privileges are on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantObject {
    /// `*.*`
    Global,
    /// `db.*`
    Database(String),
    /// `db.table`
    Table(String, String),
}

/// An account statement.
#[allow(missing_docs, reason = "fields say what the statement says")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountChange {
    /// CREATE USER; lenient with IF NOT EXISTS.
    Create {
        accounts: Vec<(AccountName, AccountOptions)>,
        is_lenient: bool,
    },
    /// ALTER USER, SET PASSWORD; lenient with IF EXISTS.
    Alter {
        accounts: Vec<(AccountName, AccountOptions)>,
        is_lenient: bool,
    },
    /// DROP USER
    Drop {
        accounts: Vec<AccountName>,
        is_lenient: bool,
    },
    /// RENAME USER
    Rename(Vec<(AccountName, AccountName)>),
    /// GRANT
    Grant {
        privileges: Privileges,
        on: GrantObject,
        accounts: Vec<AccountName>,
    },
    /// REVOKE; `None` is REVOKE ALL PRIVILEGES, GRANT OPTION.
    Revoke {
        privileges: Privileges,
        on: Option<GrantObject>,
        accounts: Vec<AccountName>,
    },
}

/// All accounts of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts(BTreeMap<AccountName, Account>);

/// The accounts of a new server, with the one for replication.
impl Default for Accounts {
    fn default() -> Accounts {
        let local = ["mysql.infoschema", "mysql.session", "mysql.sys", "root"];
        let mut accounts: BTreeMap<AccountName, Account> = local
            .map(|user| (AccountName::new(user, "localhost"), Account::default()))
            .into();
        if let Some(root) = accounts.get_mut(&AccountName::new("root", "localhost")) {
            root.global = Privileges::ALL.with(Privilege::GRANT_OPTION);
            root.grantable = Privileges::DYNAMIC;
        }
        for user in &local[..3] {
            if let Some(account) = accounts.get_mut(&AccountName::new(user, "localhost")) {
                account.is_locked = true;
            }
        }
        let replication = Account {
            password: "repl".to_owned(),
            global: Privileges::of(&[Privilege::REPLICATION_SLAVE]),
            ..Account::default()
        };
        accounts.insert(AccountName::new("repl", "%"), replication);
        Accounts(accounts)
    }
}

impl Accounts {
    /// All of them, by host and user.
    pub fn iter(&self) -> impl Iterator<Item = (&AccountName, &Account)> {
        self.0.iter()
    }

    /// One of them.
    pub fn get(&self, name: &AccountName) -> Option<&Account> {
        self.0.get(name)
    }

    /// The account a client of this user, from the server's own machine, is taken for.
    ///
    /// # Errors
    /// 1045 when there is none or the password is wrong, 3118 when it is locked.
    pub fn authenticate(&self, user: &str, password: &str) -> Result<&AccountName, SqlError> {
        let matches = |(name, _): &(&AccountName, &Account)| {
            name.user == user && host_matches(&name.host, "localhost")
        };
        // The most particular host counts: one without wildcards before one with.
        let mut found = self.0.iter().filter(matches);
        let found = found
            .clone()
            .find(|(name, _)| !name.host.contains('%'))
            .or(found.next());
        match found {
            Some((name, account)) if account.password == password => {
                if account.is_locked {
                    let text =
                        format!("Access denied for user '{user}'@'localhost'. Account is locked.");
                    return Err(SqlError::new(3118, "HY000", text));
                }
                Ok(name)
            }
            _ => Err(wrong_password(user, !password.is_empty())),
        }
    }

    /// Makes a change that was checked.
    pub(crate) fn apply(&mut self, change: &AccountChange) {
        match change {
            AccountChange::Create { accounts, .. } => {
                for (name, options) in accounts {
                    self.0.entry(name.clone()).or_insert_with(|| Account {
                        password: options.password.clone().unwrap_or_default(),
                        is_locked: options.is_locked.unwrap_or(false),
                        ..Account::default()
                    });
                }
            }
            AccountChange::Alter { accounts, .. } => {
                for (name, options) in accounts {
                    if let Some(account) = self.0.get_mut(name) {
                        if let Some(password) = &options.password {
                            account.password.clone_from(password);
                        }
                        account.is_locked = options.is_locked.unwrap_or(account.is_locked);
                    }
                }
            }
            AccountChange::Drop { accounts, .. } => {
                for name in accounts {
                    self.0.remove(name);
                }
            }
            AccountChange::Rename(pairs) => {
                for (from, to) in pairs {
                    if let Some(account) = self.0.remove(from) {
                        self.0.insert(to.clone(), account);
                    }
                }
            }
            AccountChange::Grant {
                privileges,
                on,
                accounts,
            } => {
                for name in accounts {
                    if let Some(account) = self.0.get_mut(name) {
                        account.grant(*privileges, on);
                    }
                }
            }
            AccountChange::Revoke {
                privileges,
                on,
                accounts,
            } => {
                for name in accounts {
                    if let Some(account) = self.0.get_mut(name) {
                        account.revoke(*privileges, on.as_ref());
                    }
                }
            }
        }
    }
}

impl Account {
    /// What it may do with all tables of a database.
    pub fn on_database(&self, db: &str) -> Privileges {
        self.databases.get(db).copied().unwrap_or_default()
    }

    /// What was granted on a table by itself.
    pub fn on_table(&self, db: &str, table: &str) -> Privileges {
        let key = (db.to_owned(), table.to_owned());
        self.tables.get(&key).copied().unwrap_or_default()
    }

    /// Whether it may do anything in a database.
    pub fn knows_database(&self, db: &str) -> bool {
        self.databases.contains_key(db) || self.tables.keys().any(|(known, _)| known == db)
    }

    fn grant(&mut self, privileges: Privileges, on: &GrantObject) {
        match on {
            GrantObject::Global => {
                if privileges.contains(Privilege::GRANT_OPTION) {
                    self.grantable = self.grantable.union(privileges.dynamic());
                }
                // With dynamic privileges alone, the option is theirs.
                let only_dynamic = privileges.without(Privilege::GRANT_OPTION).fixed();
                let is_theirs = only_dynamic.is_empty() && !privileges.dynamic().is_empty();
                let global = match is_theirs {
                    true => privileges.without(Privilege::GRANT_OPTION),
                    false => privileges,
                };
                self.global = self.global.union(global);
            }
            GrantObject::Database(db) => {
                let entry = self.databases.entry(db.clone()).or_default();
                *entry = entry.union(privileges);
            }
            GrantObject::Table(db, table) => {
                let entry = self.tables.entry((db.clone(), table.clone())).or_default();
                *entry = entry.union(privileges);
            }
        }
    }

    fn revoke(&mut self, privileges: Privileges, on: Option<&GrantObject>) {
        match on {
            None => {
                self.global = Privileges::default();
                self.grantable = Privileges::default();
                self.databases.clear();
                self.tables.clear();
            }
            Some(GrantObject::Global) => {
                self.global = self.global.minus(privileges);
                self.grantable = self.grantable.minus(privileges);
                if privileges.contains(Privilege::GRANT_OPTION) {
                    self.grantable = Privileges::default();
                }
            }
            Some(GrantObject::Database(db)) => {
                if let Some(entry) = self.databases.get_mut(db) {
                    *entry = entry.minus(privileges);
                }
                self.databases.retain(|_, entry| !entry.is_empty());
            }
            Some(GrantObject::Table(db, table)) => {
                if let Some(entry) = self.tables.get_mut(&(db.clone(), table.clone())) {
                    *entry = entry.minus(privileges);
                }
                self.tables.retain(|_, entry| !entry.is_empty());
            }
        }
    }

    /// The rows of SHOW GRANTS.
    pub fn grants(&self, name: &AccountName) -> Vec<String> {
        let line = |names: String, on: &str, has_option: bool| {
            let option = if has_option { " WITH GRANT OPTION" } else { "" };
            let (user, host) = (&name.user, &name.host);
            format!("GRANT {names} ON {on} TO `{user}`@`{host}`{option}")
        };
        let listed = |set: Privileges, level: Level| match set.without(Privilege::GRANT_OPTION) {
            set if set.is_empty() => "USAGE".to_owned(),
            set if Level::Global < level && set == Privileges::of_level(level) => {
                "ALL PRIVILEGES".to_owned()
            }
            set => set.names().collect::<Vec<_>>().join(", "),
        };
        let has_option = |set: Privileges| set.contains(Privilege::GRANT_OPTION);
        let global = self.global.fixed();
        let mut rows = vec![line(
            listed(global, Level::Global),
            "*.*",
            has_option(global),
        )];
        let dynamic = self.global.dynamic();
        for (set, option) in [
            (dynamic.minus(self.grantable), false),
            (dynamic.both(self.grantable), true),
        ] {
            if !set.is_empty() {
                let names = set.names().collect::<Vec<_>>().join(",");
                rows.push(line(names, "*.*", option));
            }
        }
        for (db, set) in &self.databases {
            let names = listed(*set, Level::Database);
            rows.push(line(names, &format!("`{db}`.*"), has_option(*set)));
        }
        for ((db, table), set) in &self.tables {
            let names = listed(*set, Level::Table);
            rows.push(line(names, &format!("`{db}`.`{table}`"), has_option(*set)));
        }
        rows
    }
}

/// 1045
pub(crate) fn wrong_password(user: &str, has_password: bool) -> SqlError {
    let word = if has_password { "YES" } else { "NO" };
    let text = format!("Access denied for user '{user}'@'localhost' (using password: {word})");
    SqlError::new(1045, "28000", text)
}

/// Whether an account's host takes in this one.
fn host_matches(pattern: &str, host: &str) -> bool {
    pattern.eq_ignore_ascii_case(host) || crate::expr::is_like(host, pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(privileges: &[Privilege], on: GrantObject) -> AccountChange {
        AccountChange::Grant {
            privileges: Privileges::of(privileges),
            on,
            accounts: vec![AccountName::new("a", "%")],
        }
    }

    fn with_account() -> Accounts {
        let mut accounts = Accounts::default();
        accounts.apply(&AccountChange::Create {
            accounts: vec![(AccountName::new("a", "%"), AccountOptions::default())],
            is_lenient: false,
        });
        accounts
    }

    #[test]
    fn grants_are_listed_from_the_whole_server_down_to_tables() {
        let mut accounts = with_account();
        let table = GrantObject::Table("lab".to_owned(), "t".to_owned());
        accounts.apply(&grant(&[Privilege::INSERT, Privilege::SELECT], table));
        accounts.apply(&grant(
            &[Privilege::SYSTEM_VARIABLES_ADMIN],
            GrantObject::Global,
        ));
        let name = AccountName::new("a", "%");
        let rows = accounts.get(&name).expect("it was created").grants(&name);
        assert_eq!(
            rows,
            [
                "GRANT USAGE ON *.* TO `a`@`%`",
                "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO `a`@`%`",
                "GRANT SELECT, INSERT ON `lab`.`t` TO `a`@`%`",
            ]
        );
    }

    #[test]
    fn a_wrong_password_and_a_locked_account_are_refused() {
        let mut accounts = with_account();
        assert_eq!(
            accounts.authenticate("a", "").map(ToString::to_string),
            Ok("'a'@'%'".to_owned())
        );
        let refused = |accounts: &Accounts, user, password| {
            accounts
                .authenticate(user, password)
                .map_err(|error| error.code)
                .err()
        };
        assert_eq!(refused(&accounts, "a", "x"), Some(1045));
        assert_eq!(refused(&accounts, "nobody", ""), Some(1045));
        assert_eq!(refused(&accounts, "repl", "repl"), None);
        let options = AccountOptions {
            is_locked: Some(true),
            ..AccountOptions::default()
        };
        accounts.apply(&AccountChange::Alter {
            accounts: vec![(AccountName::new("a", "%"), options)],
            is_lenient: false,
        });
        assert_eq!(refused(&accounts, "a", ""), Some(3118));
    }
}
