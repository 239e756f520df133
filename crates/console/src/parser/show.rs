//! SHOW.

use super::account::account_name;
use super::cursor::{Cursor, Result};
use super::expression::expression;
use super::replication::{channel, is_old};
use super::select::{limit, table_name};
use crate::statement::{Show, ShowFilter, Statement};

/// After SHOW.
pub(super) fn show(c: &mut Cursor<'_>) -> Result<Statement> {
    let show = match scoped(c)? {
        Some(show) => show,
        None => unscoped(c)?,
    };
    Ok(Statement::Show(show))
}

fn scoped(c: &mut Cursor<'_>) -> Result<Option<Show>> {
    let scope = c.accept_any(&["GLOBAL", "SESSION", "LOCAL"]);
    let global = scope == Some("GLOBAL");
    if c.accept("VARIABLES") {
        let filter = filter(c)?;
        return Ok(Some(Show::Variables { global, filter }));
    }
    if c.accept("STATUS") {
        let filter = filter(c)?;
        return Ok(Some(Show::Status { global, filter }));
    }
    match scope {
        Some(_) => Err(c.unexpected()),
        None => Ok(None),
    }
}

fn unscoped(c: &mut Cursor<'_>) -> Result<Show> {
    for (word, show) in SIMPLE {
        if c.accept(word) {
            return Ok(show.clone());
        }
    }
    if let Some(show) = replication(c)? {
        return Ok(show);
    }
    if let Some(show) = schema(c)? {
        return Ok(show);
    }
    if c.accept("FULL") {
        c.expect("PROCESSLIST")?;
        return Ok(Show::ProcessList { full: true });
    }
    if let Some(word) = c.accept_any(&["WARNINGS", "ERRORS"]) {
        return Ok(Show::Warnings {
            errors_only: word == "ERRORS",
            limit: limit(c)?,
        });
    }
    if c.accept("COUNT") {
        c.expect_symbol("(")?;
        c.expect_symbol("*")?;
        c.expect_symbol(")")?;
        return match c.accept_any(&["WARNINGS", "ERRORS"]) {
            Some(word) => Ok(Show::CountWarnings {
                errors_only: word == "ERRORS",
            }),
            None => Err(c.unexpected()),
        };
    }
    if c.accept("GRANTS") {
        let account = if c.accept("FOR") {
            Some(account_name(c)?)
        } else {
            None
        };
        return Ok(Show::Grants { account });
    }
    Err(c.unexpected())
}

const SIMPLE: &[(&str, Show)] = &[
    ("PLUGINS", Show::Plugins),
    ("PROCESSLIST", Show::ProcessList { full: false }),
    ("ENGINES", Show::Engines),
];

fn replication(c: &mut Cursor<'_>) -> Result<Option<Show>> {
    if c.accept("BINARY") {
        if c.accept("LOGS") {
            return Ok(Some(Show::BinaryLogs));
        }
        if !is_old(c) && c.accept("LOG") {
            c.expect("STATUS")?;
            return Ok(Some(Show::BinaryLogStatus));
        }
        return Err(c.unexpected());
    }
    for (word, relay) in [("BINLOG", false), ("RELAYLOG", true)] {
        if c.accept(word) {
            c.expect("EVENTS")?;
            return events(c, relay).map(Some);
        }
    }
    if is_old(c) {
        return old_replication(c);
    }
    if c.accept("REPLICAS") {
        return Ok(Some(Show::Replicas));
    }
    if c.accept("REPLICA") {
        c.expect("STATUS")?;
        return Ok(Some(Show::ReplicaStatus {
            channel: channel(c)?,
            master_words: false,
        }));
    }
    Ok(None)
}

fn old_replication(c: &mut Cursor<'_>) -> Result<Option<Show>> {
    if c.accept("MASTER") {
        return match c.accept_any(&["STATUS", "LOGS"]) {
            Some("STATUS") => Ok(Some(Show::BinaryLogStatus)),
            Some(_) => Ok(Some(Show::BinaryLogs)),
            None => Err(c.unexpected()),
        };
    }
    if c.accept("SLAVE") {
        return match c.accept_any(&["STATUS", "HOSTS"]) {
            Some("STATUS") => Ok(Some(Show::ReplicaStatus {
                channel: None,
                master_words: true,
            })),
            Some(_) => Ok(Some(Show::Replicas)),
            None => Err(c.unexpected()),
        };
    }
    Ok(None)
}

fn events(c: &mut Cursor<'_>, relay: bool) -> Result<Show> {
    let file = if c.accept("IN") {
        Some(c.text()?)
    } else {
        None
    };
    let from = if c.accept("FROM") {
        Some(c.integer()?)
    } else {
        None
    };
    let limit = limit(c)?;
    let channel = if relay { channel(c)? } else { None };
    Ok(Show::BinlogEvents {
        relay,
        file,
        from,
        limit,
        channel,
    })
}

fn schema(c: &mut Cursor<'_>) -> Result<Option<Show>> {
    if c.accept_any(&["DATABASES", "SCHEMAS"]).is_some() {
        return Ok(Some(Show::Databases(filter(c)?)));
    }
    if c.accept("TABLES") {
        let db = database(c)?;
        let filter = filter(c)?;
        return Ok(Some(Show::Tables { db, filter }));
    }
    if c.accept("TABLE") {
        // STATUS is understood and not here.
        return Err(c.unexpected());
    }
    if c.accept("CREATE") {
        if c.accept("TABLE") {
            return Ok(Some(Show::CreateTable(table_name(c)?)));
        }
        if c.accept_any(&["DATABASE", "SCHEMA"]).is_some() {
            return Ok(Some(Show::CreateDatabase(c.name()?)));
        }
        if c.accept("USER") {
            return Ok(Some(Show::CreateUser(account_name(c)?)));
        }
        return Err(c.unexpected());
    }
    if c.accept_any(&["COLUMNS", "FIELDS"]).is_some() {
        if c.accept_any(&["FROM", "IN"]).is_none() {
            return Err(c.unexpected());
        }
        let mut table = table_name(c)?;
        if let Some(db) = database(c)? {
            table.db = Some(db);
        }
        return Ok(Some(Show::Columns(table, filter(c)?)));
    }
    Ok(None)
}

fn database(c: &mut Cursor<'_>) -> Result<Option<String>> {
    match c.accept_any(&["FROM", "IN"]) {
        Some(_) => c.name().map(Some),
        None => Ok(None),
    }
}

fn filter(c: &mut Cursor<'_>) -> Result<ShowFilter> {
    if c.accept("LIKE") {
        return c.text().map(ShowFilter::Like);
    }
    if c.accept("WHERE") {
        return expression(c).map(ShowFilter::Where);
    }
    Ok(ShowFilter::None)
}
