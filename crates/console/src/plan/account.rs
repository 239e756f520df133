//! CREATE USER, GRANT and the like: what they mean, and the text that is logged.

use semisync_sim::accounts::{
    AccountChange, AccountName, AccountOptions, GrantObject, Level, Privilege, Privileges,
};
use semisync_sim::{Operation, SqlError};

use crate::environment::Environment;
use crate::statement::{Account, Grant};

/// Plans one.
///
/// # Errors
/// What is wrong with it on any server: 1046, 1144, 1149, 1221, 3619.
pub(super) fn plan(
    account: Account,
    typed: String,
    env: &Environment<'_>,
) -> Result<Operation, SqlError> {
    let named = |accounts: Vec<AccountName>| {
        let named = accounts.into_iter().map(|name| env.account_or_own(name));
        named.collect::<Vec<_>>()
    };
    let with_options = |accounts: Vec<(AccountName, AccountOptions)>| {
        let named = accounts.into_iter();
        let named = named.map(|(name, options)| (env.account_or_own(name), options));
        named.collect::<Vec<_>>()
    };
    let (change, text) = match account {
        Account::Create(accounts, is_lenient) => {
            let accounts = with_options(accounts);
            let head = if is_lenient {
                "CREATE USER IF NOT EXISTS "
            } else {
                "CREATE USER "
            };
            let text = logged_users(head, &accounts, true);
            (
                AccountChange::Create {
                    accounts,
                    is_lenient,
                },
                text,
            )
        }
        Account::Alter(accounts, is_lenient) => {
            let accounts = with_options(accounts);
            let head = if is_lenient {
                "ALTER USER IF EXISTS "
            } else {
                "ALTER USER "
            };
            let text = logged_users(head, &accounts, false);
            (
                AccountChange::Alter {
                    accounts,
                    is_lenient,
                },
                text,
            )
        }
        Account::SetPassword(name, password) => {
            let name = env.account_or_own(name);
            let known = env.cluster.accounts(env.server);
            if known.is_some_and(|known| known.get(&name).is_none()) {
                let text = "Can't find any matching row in the user table";
                return Err(SqlError::new(1133, "42000", text));
            }
            let options = AccountOptions {
                password: Some(password),
                is_locked: None,
            };
            let accounts = vec![(name, options)];
            let text = logged_users("ALTER USER ", &accounts, false);
            (
                AccountChange::Alter {
                    accounts,
                    is_lenient: false,
                },
                text,
            )
        }
        Account::Drop(accounts, is_lenient) => {
            let accounts = named(accounts);
            (
                AccountChange::Drop {
                    accounts,
                    is_lenient,
                },
                typed,
            )
        }
        Account::Rename(pairs) => {
            let own = |name| env.account_or_own(name);
            let pairs = pairs.into_iter().map(|(from, to)| (own(from), own(to)));
            (AccountChange::Rename(pairs.collect()), typed)
        }
        Account::Grant(grant) => {
            let Some(on) = object(&grant, env)? else {
                return Err(illegal());
            };
            let privileges = privileges(&grant, Some(&on))?;
            let text = logged_grant(&grant, &on, env);
            let accounts = named(grant.accounts);
            (
                AccountChange::Grant {
                    privileges,
                    on,
                    accounts,
                },
                text,
            )
        }
        Account::Revoke(grant) => {
            let on = object(&grant, env)?;
            let privileges = privileges(&grant, on.as_ref())?;
            let accounts = named(grant.accounts);
            (
                AccountChange::Revoke {
                    privileges,
                    on,
                    accounts,
                },
                typed,
            )
        }
    };
    Ok(Operation::Account { change, text })
}

fn object(grant: &Grant, env: &Environment<'_>) -> Result<Option<GrantObject>, SqlError> {
    let Some((db, table)) = &grant.on else {
        return Ok(None);
    };
    Ok(Some(match (db.as_deref(), table.as_str()) {
        (Some("*"), _) => GrantObject::Global,
        (Some(db), "*") => GrantObject::Database(db.to_owned()),
        (db, "*") => GrantObject::Database(env.database_of(db)?),
        (db, table) => GrantObject::Table(env.database_of(db)?, table.to_owned()),
    }))
}

/// The privileges named, if they can be granted there.
fn privileges(grant: &Grant, on: Option<&GrantObject>) -> Result<Privileges, SqlError> {
    let level = match on {
        Some(GrantObject::Global) | None => Level::Global,
        Some(GrantObject::Database(_)) => Level::Database,
        Some(GrantObject::Table(..)) => Level::Table,
    };
    let mut set = Privileges::default();
    for name in &grant.privileges {
        if matches!(name.as_str(), "ALL" | "ALL PRIVILEGES") {
            set = set.union(Privileges::of_level(level));
            continue;
        }
        if name == "USAGE" {
            continue;
        }
        let Some(privilege) = Privilege::find(name) else {
            return Err(SqlError::new(
                1149,
                "42000",
                "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use",
            ));
        };
        if privilege.level() < level {
            return Err(match level {
                _ if privilege.is_dynamic() => SqlError::new(
                    3619,
                    "HY000",
                    format!("Illegal privilege level specified for {name}"),
                ),
                Level::Database => SqlError::new(
                    1221,
                    "HY000",
                    "Incorrect usage of DB GRANT and GLOBAL PRIVILEGES",
                ),
                Level::Global | Level::Table => illegal(),
            });
        }
        set = set.with(privilege);
    }
    if grant.with_option {
        set = set.with(Privilege::GRANT_OPTION);
    }
    Ok(set)
}

/// 1144
fn illegal() -> SqlError {
    SqlError::new(
        1144,
        "42000",
        "Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used",
    )
}

/// CREATE USER and ALTER USER are logged with hashes in place of passwords.
fn logged_users(
    head: &str,
    accounts: &[(AccountName, AccountOptions)],
    names_plugin: bool,
) -> String {
    let users: Vec<String> = accounts
        .iter()
        .map(|(name, options)| {
            let mut user = quoted(name);
            if names_plugin || options.password.is_some() {
                user.push_str(" IDENTIFIED WITH 'caching_sha2_password'");
            }
            if let Some(password) = &options.password {
                user.push_str(&format!(" AS '{}'", made_up_hash(password)));
            }
            user
        })
        .collect();
    let lock = match accounts.first().and_then(|(_, options)| options.is_locked) {
        Some(true) => " ACCOUNT LOCK",
        Some(false) => " ACCOUNT UNLOCK",
        None => "",
    };
    format!("{head}{}{lock}", users.join(","))
}

/// GRANT is logged with names in full, and static privileges in their own order.
fn logged_grant(grant: &Grant, on: &GrantObject, env: &Environment<'_>) -> String {
    let found: Vec<Privilege> = grant
        .privileges
        .iter()
        .filter_map(|name| Privilege::find(name))
        .collect();
    let is_all = grant.privileges.iter().any(|name| name.starts_with("ALL"));
    let fixed: Privileges = Privileges::of(&found).fixed();
    let mut names: Vec<&str> = fixed.names().collect();
    let dynamic = found.iter().filter(|privilege| privilege.is_dynamic());
    names.extend(dynamic.map(|privilege| privilege.name()));
    let names = match names.as_slice() {
        _ if is_all => "ALL PRIVILEGES".to_owned(),
        [] => "USAGE".to_owned(),
        names => names.join(", "),
    };
    let on = match on {
        GrantObject::Global => "*.*".to_owned(),
        GrantObject::Database(db) => format!("`{db}`.*"),
        GrantObject::Table(db, table) => format!("`{db}`.`{table}`"),
    };
    let accounts: Vec<String> = grant
        .accounts
        .iter()
        .map(|name| quoted(&env.account_or_own(name.clone())))
        .collect();
    let option = if grant.with_option {
        " WITH GRANT OPTION"
    } else {
        ""
    };
    format!("GRANT {names} ON {on} TO {}{option}", accounts.join(","))
}

fn quoted(name: &AccountName) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{}'@'{}'", escaped(&name.user), escaped(&name.host))
}

/// As long as the hash of a password, and always the same for the same password.
pub(crate) fn made_up_hash(password: &str) -> String {
    const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in password.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let digit = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(DIGITS[(state >> 58) as usize])
    };
    let digits: String = (0..SALT_AND_HASH).map(digit).collect();
    format!("$A$00A${digits}")
}

/// Characters of a salt and a hash.
const SALT_AND_HASH: usize = 63;
