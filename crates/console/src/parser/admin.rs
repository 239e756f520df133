//! Transactions, plugins, KILL, FLUSH, prepared statements, accounts, and the server's life.

use super::cursor::{Cursor, Result};
use super::expression::expression;
use crate::lexer::TokenKind;
use crate::statement::{Account, AccountKind, PrepareSource, Statement};

/// After USE.
pub(super) fn use_database(c: &mut Cursor<'_>) -> Result<Statement> {
    c.name().map(Statement::Use)
}

/// After BEGIN.
pub(super) fn begin(c: &mut Cursor<'_>) -> Result<Statement> {
    c.accept("WORK");
    Ok(Statement::Begin)
}

/// After START TRANSACTION.
pub(super) fn begin_options(c: &mut Cursor<'_>) -> Result<Statement> {
    if !c.is_at_end() && !c.is_symbol(";") {
        c.list(|c| {
            if c.accept_all(&["READ", "WRITE"])
                || c.accept_all(&["READ", "ONLY"])
                || c.accept_all(&["WITH", "CONSISTENT", "SNAPSHOT"])
            {
                Ok(())
            } else {
                Err(c.unexpected())
            }
        })?;
    }
    Ok(Statement::Begin)
}

/// After COMMIT.
pub(super) fn commit(c: &mut Cursor<'_>) -> Result<Statement> {
    c.accept("WORK");
    Ok(Statement::Commit)
}

/// After ROLLBACK.
pub(super) fn rollback(c: &mut Cursor<'_>) -> Result<Statement> {
    c.accept("WORK");
    Ok(Statement::Rollback)
}

/// After INSTALL.
pub(super) fn install(c: &mut Cursor<'_>) -> Result<Statement> {
    c.expect("PLUGIN")?;
    let name = c.name()?;
    c.expect("SONAME")?;
    let library = c.text()?;
    Ok(Statement::InstallPlugin { name, library })
}

/// After UNINSTALL.
pub(super) fn uninstall(c: &mut Cursor<'_>) -> Result<Statement> {
    c.expect("PLUGIN")?;
    let name = c.name()?;
    Ok(Statement::UninstallPlugin { name })
}

/// After KILL.
pub(super) fn kill(c: &mut Cursor<'_>) -> Result<Statement> {
    let connection = match c.accept_any(&["QUERY", "CONNECTION"]) {
        Some(word) => word == "CONNECTION",
        None => true,
    };
    let id = expression(c)?;
    Ok(Statement::Kill { connection, id })
}

/// After FLUSH.
pub(super) fn flush(c: &mut Cursor<'_>) -> Result<Statement> {
    let logged = c.accept_any(&["NO_WRITE_TO_BINLOG", "LOCAL"]).is_none();
    if c.accept_all(&["BINARY", "LOGS"]) || c.accept("LOGS") {
        return Ok(Statement::FlushBinaryLogs);
    }
    for (words, what) in [
        (&["STATUS"][..], "STATUS"),
        (&["PRIVILEGES"], "PRIVILEGES"),
        (&["TABLES"], "TABLES"),
        (&["TABLE"], "TABLES"),
        (&["RELAY", "LOGS"], "RELAY LOGS"),
        (&["ERROR", "LOGS"], "ERROR LOGS"),
        (&["ENGINE", "LOGS"], "ENGINE LOGS"),
        (&["GENERAL", "LOGS"], "GENERAL LOGS"),
        (&["SLOW", "LOGS"], "SLOW LOGS"),
        (&["USER_RESOURCES"], "USER_RESOURCES"),
        (&["OPTIMIZER_COSTS"], "OPTIMIZER_COSTS"),
    ] {
        if c.accept_all(words) {
            let what = what.to_owned();
            return Ok(Statement::Flush { what, logged });
        }
    }
    Err(c.unexpected())
}

/// After PREPARE.
pub(super) fn prepare(c: &mut Cursor<'_>) -> Result<Statement> {
    let name = c.name()?;
    c.expect("FROM")?;
    let from = match c.peek_kind().clone() {
        TokenKind::UserVariable(variable) => {
            c.advance();
            PrepareSource::Variable(variable)
        }
        _ => PrepareSource::Text(c.text()?),
    };
    Ok(Statement::Prepare { name, from })
}

/// After EXECUTE.
pub(super) fn execute(c: &mut Cursor<'_>) -> Result<Statement> {
    let name = c.name()?;
    let mut using = Vec::new();
    if c.accept("USING") {
        using = c.list(|c| match c.peek_kind().clone() {
            TokenKind::UserVariable(variable) => {
                c.advance();
                Ok(variable)
            }
            _ => Err(c.unexpected()),
        })?;
    }
    Ok(Statement::Execute { name, using })
}

/// After DEALLOCATE.
pub(super) fn deallocate(c: &mut Cursor<'_>) -> Result<Statement> {
    c.expect("PREPARE")?;
    let name = c.name()?;
    Ok(Statement::Deallocate { name })
}

/// After ALTER.
pub(super) fn alter(c: &mut Cursor<'_>) -> Result<Statement> {
    c.expect("USER")?;
    account(c, AccountKind::Alter)
}

/// After GRANT.
pub(super) fn grant(c: &mut Cursor<'_>) -> Result<Statement> {
    granted(c, AccountKind::Grant, "TO")
}

/// After REVOKE.
pub(super) fn revoke(c: &mut Cursor<'_>) -> Result<Statement> {
    granted(c, AccountKind::Revoke, "FROM")
}

/// After CREATE USER, ALTER USER, DROP USER.
pub(super) fn account(c: &mut Cursor<'_>, kind: AccountKind) -> Result<Statement> {
    let lenient = c.accept_all(&["IF", "NOT", "EXISTS"]) || c.accept_all(&["IF", "EXISTS"]);
    let accounts = c.list(|c| {
        let name = account_name(c)?;
        if kind != AccountKind::Drop && c.accept("IDENTIFIED") {
            if c.accept("WITH") {
                c.name_or_text()?;
            }
            if c.accept("BY") {
                c.text()?;
            }
        }
        Ok(name)
    })?;
    Ok(Statement::Account(Account {
        kind,
        accounts,
        lenient,
    }))
}

/// `'user'@'host'` as the server prints it; the host is `%` when left out.
pub(super) fn account_name(c: &mut Cursor<'_>) -> Result<String> {
    if c.accept("CURRENT_USER") {
        if c.accept_symbol("(") {
            c.expect_symbol(")")?;
        }
        return Ok("'root'@'localhost'".to_owned());
    }
    let user = c.name_or_text()?;
    let host = match c.peek_kind().clone() {
        TokenKind::UserVariable(host) => {
            c.advance();
            host
        }
        _ => "%".to_owned(),
    };
    Ok(format!("'{user}'@'{host}'"))
}

/// After HELP.
pub(super) fn help(c: &mut Cursor<'_>) -> Result<Statement> {
    c.name_or_text().map(Statement::Help)
}

/// After SHUTDOWN.
pub(super) fn shutdown(_: &mut Cursor<'_>) -> Result<Statement> {
    Ok(Statement::Shutdown { restart: false })
}

/// After RESTART.
pub(super) fn restart(_: &mut Cursor<'_>) -> Result<Statement> {
    Ok(Statement::Shutdown { restart: true })
}

/// Privileges, the object they are on, and the accounts.
fn granted(c: &mut Cursor<'_>, kind: AccountKind, before: &'static str) -> Result<Statement> {
    c.list(|c| {
        c.any_name()?;
        while matches!(c.peek_kind(), TokenKind::Word(_)) && !c.is_word("ON") && !c.is_word(before)
        {
            c.advance();
        }
        Ok(())
    })?;
    if c.accept("ON") {
        if !c.accept_symbol("*") {
            c.name()?;
        }
        if c.accept_symbol(".") && !c.accept_symbol("*") {
            c.any_name()?;
        }
    }
    c.expect(before)?;
    let accounts = c.list(account_name)?;
    if c.accept_all(&["WITH", "GRANT"]) {
        c.expect("OPTION")?;
    }
    Ok(Statement::Account(Account {
        kind,
        accounts,
        lenient: false,
    }))
}
