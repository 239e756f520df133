//! CREATE USER, ALTER USER, DROP USER, RENAME USER, SET PASSWORD, GRANT, REVOKE.

use semisync_sim::accounts::{AccountName, AccountOptions};

use super::cursor::{Cursor, Result};
use crate::lexer::TokenKind;
use crate::statement::{Account, Grant, Statement};

/// After CREATE USER.
pub(super) fn create(c: &mut Cursor<'_>) -> Result<Statement> {
    let is_lenient = c.accept_all(&["IF", "NOT", "EXISTS"]);
    let accounts = c.list(account_with_options)?;
    let accounts = locked(c, accounts);
    Ok(Statement::Account(Account::Create(accounts, is_lenient)))
}

/// After ALTER USER.
pub(super) fn alter(c: &mut Cursor<'_>) -> Result<Statement> {
    let is_lenient = c.accept_all(&["IF", "EXISTS"]);
    let accounts = c.list(account_with_options)?;
    let accounts = locked(c, accounts);
    Ok(Statement::Account(Account::Alter(accounts, is_lenient)))
}

/// After DROP USER.
pub(super) fn drop(c: &mut Cursor<'_>) -> Result<Statement> {
    let is_lenient = c.accept_all(&["IF", "EXISTS"]);
    let accounts = c.list(account_name)?;
    Ok(Statement::Account(Account::Drop(accounts, is_lenient)))
}

/// After RENAME USER.
pub(super) fn rename(c: &mut Cursor<'_>) -> Result<Statement> {
    let pairs = c.list(|c| {
        let from = account_name(c)?;
        c.expect("TO")?;
        Ok((from, account_name(c)?))
    })?;
    Ok(Statement::Account(Account::Rename(pairs)))
}

/// After SET PASSWORD.
pub(super) fn set_password(c: &mut Cursor<'_>) -> Result<Statement> {
    let account = match c.accept("FOR") {
        true => account_name(c)?,
        false => AccountName::default(),
    };
    c.expect_symbol("=")?;
    let password = c.text()?;
    Ok(Statement::Account(Account::SetPassword(account, password)))
}

/// After GRANT.
pub(super) fn grant(c: &mut Cursor<'_>) -> Result<Statement> {
    let mut grant = granted(c, "TO")?;
    if c.accept_all(&["WITH", "GRANT"]) {
        c.expect("OPTION")?;
        grant.with_option = true;
    }
    Ok(Statement::Account(Account::Grant(grant)))
}

/// After REVOKE.
pub(super) fn revoke(c: &mut Cursor<'_>) -> Result<Statement> {
    granted(c, "FROM").map(|grant| Statement::Account(Account::Revoke(grant)))
}

/// An account; the host is `%` when left out. The session's own is named by CURRENT_USER.
pub(super) fn account_name(c: &mut Cursor<'_>) -> Result<AccountName> {
    let is_call = *c.peek_second() == TokenKind::Symbol("(");
    if c.accept("CURRENT_USER") || (is_call && c.accept("USER")) {
        if c.accept_symbol("(") {
            c.expect_symbol(")")?;
        }
        return Ok(AccountName::default());
    }
    let user = c.name_or_text()?;
    let host = match c.peek_kind().clone() {
        TokenKind::UserVariable(host) => {
            c.advance();
            host
        }
        _ => "%".to_owned(),
    };
    Ok(AccountName { host, user })
}

fn account_with_options(c: &mut Cursor<'_>) -> Result<(AccountName, AccountOptions)> {
    let name = account_name(c)?;
    let mut options = AccountOptions::default();
    if c.accept("IDENTIFIED") {
        let has_plugin = c.accept("WITH");
        if has_plugin {
            c.name_or_text()?;
        }
        if c.accept("BY") {
            options.password = Some(c.text()?);
        } else if !has_plugin {
            return Err(c.unexpected());
        }
    }
    Ok((name, options))
}

/// ACCOUNT LOCK and REQUIRE stand behind all accounts and hold for each.
fn locked(
    c: &mut Cursor<'_>,
    mut accounts: Vec<(AccountName, AccountOptions)>,
) -> Vec<(AccountName, AccountOptions)> {
    if c.accept("REQUIRE") {
        c.accept_any(&["NONE", "SSL", "X509"]);
    }
    let is_locked = match c
        .accept("ACCOUNT")
        .then(|| c.accept_any(&["LOCK", "UNLOCK"]))
    {
        Some(Some(word)) => Some(word == "LOCK"),
        Some(None) | None => None,
    };
    for (_, options) in &mut accounts {
        options.is_locked = is_locked;
    }
    accounts
}

/// Privileges, the object they are on, and the accounts.
fn granted(c: &mut Cursor<'_>, before: &'static str) -> Result<Grant> {
    let privileges = c.list(|c| {
        let mut words = vec![c.any_name()?.to_ascii_uppercase()];
        while let TokenKind::Word(word) = c.peek_kind().clone() {
            if c.is_word("ON") || c.is_word(before) {
                break;
            }
            words.push(word.to_ascii_uppercase());
            let so_far = words.join(" ");
            if !LONG_PRIVILEGES.iter().any(|name| name.starts_with(&so_far)) {
                return Err(c.unexpected());
            }
            c.advance();
        }
        Ok(words.join(" "))
    })?;
    let on = if c.accept("ON") {
        c.accept("TABLE");
        Some(object(c)?)
    } else if privileges.iter().any(|name| name.starts_with("ALL")) && before == "FROM" {
        None
    } else {
        return Err(c.unexpected());
    };
    c.expect(before)?;
    Ok(Grant {
        privileges,
        on,
        accounts: c.list(account_name)?,
        with_option: false,
    })
}

/// `*.*`, `*`, `db.*`, `db.table`, `table`
fn object(c: &mut Cursor<'_>) -> Result<(Option<String>, String)> {
    let star = |c: &mut Cursor<'_>| match c.accept_symbol("*") {
        true => Ok("*".to_owned()),
        false => c.any_name(),
    };
    let first = star(c)?;
    if c.accept_symbol(".") {
        return Ok((Some(first), star(c)?));
    }
    Ok((None, first))
}

/// Privileges of several words.
const LONG_PRIVILEGES: [&str; 15] = [
    "ALL PRIVILEGES",
    "ALTER ROUTINE",
    "CREATE ROLE",
    "CREATE ROUTINE",
    "CREATE TABLESPACE",
    "CREATE TEMPORARY TABLES",
    "CREATE USER",
    "CREATE VIEW",
    "DROP ROLE",
    "GRANT OPTION",
    "LOCK TABLES",
    "REPLICATION CLIENT",
    "REPLICATION SLAVE",
    "SHOW DATABASES",
    "SHOW VIEW",
];
