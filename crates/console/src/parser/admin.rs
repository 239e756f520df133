//! Transactions, plugins, KILL, FLUSH, prepared statements, accounts, and the server's life.

use super::cursor::{Cursor, Result};
use super::expression::expression;
use crate::lexer::TokenKind;
use crate::statement::{PrepareSource, Statement};

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
    let (mut snapshot, mut read_only) = (false, false);
    if !c.is_at_end() && !c.is_symbol(";") {
        c.list(|c| {
            if c.accept_all(&["READ", "ONLY"]) {
                read_only = true;
            } else if c.accept_all(&["WITH", "CONSISTENT", "SNAPSHOT"]) {
                snapshot = true;
            } else if !c.accept_all(&["READ", "WRITE"]) {
                return Err(c.unexpected());
            }
            Ok(())
        })?;
    }
    Ok(Statement::StartTransaction {
        snapshot,
        read_only,
    })
}

/// After COMMIT.
pub(super) fn commit(c: &mut Cursor<'_>) -> Result<Statement> {
    c.accept("WORK");
    let chain = chain(c)?;
    Ok(Statement::Commit { chain })
}

/// After ROLLBACK.
pub(super) fn rollback(c: &mut Cursor<'_>) -> Result<Statement> {
    c.accept("WORK");
    if c.accept("TO") {
        c.accept("SAVEPOINT");
        return c.name().map(Statement::RollbackTo);
    }
    let chain = chain(c)?;
    Ok(Statement::Rollback { chain })
}

/// `AND [NO] CHAIN`, `NO RELEASE`
fn chain(c: &mut Cursor<'_>) -> Result<bool> {
    let mut chain = false;
    if c.accept("AND") {
        chain = !c.accept("NO");
        c.expect("CHAIN")?;
    }
    if c.accept("NO") {
        c.expect("RELEASE")?;
    }
    Ok(chain)
}

/// After SAVEPOINT.
pub(super) fn savepoint(c: &mut Cursor<'_>) -> Result<Statement> {
    c.name().map(Statement::Savepoint)
}

/// After RELEASE.
pub(super) fn release(c: &mut Cursor<'_>) -> Result<Statement> {
    c.expect("SAVEPOINT")?;
    c.name().map(Statement::ReleaseSavepoint)
}

/// After UNLOCK.
pub(super) fn unlock(c: &mut Cursor<'_>) -> Result<Statement> {
    if c.accept_any(&["TABLES", "TABLE"]).is_none() {
        return Err(c.unexpected());
    }
    Ok(Statement::UnlockTables)
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
    if c.accept_all(&["BINARY", "LOGS"]) {
        return Ok(Statement::FlushBinaryLogs);
    }
    if c.accept("LOGS") {
        return Ok(Statement::FlushLogs);
    }
    if c.accept_all(&["RELAY", "LOGS"]) {
        let channel = super::replication::channel(c)?;
        return Ok(Statement::FlushRelayLogs { logged, channel });
    }
    if c.accept_all(&["TABLES", "WITH", "READ", "LOCK"]) {
        return Ok(Statement::FlushTablesWithReadLock);
    }
    for (words, what) in [
        (&["STATUS"][..], "STATUS"),
        (&["PRIVILEGES"], "PRIVILEGES"),
        (&["TABLES"], "TABLES"),
        (&["TABLE"], "TABLES"),
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
