//! Recursive descent over the statements a lab needs.
//!
//! [`parse`] reads one statement without its delimiter. Every place that accepts alternatives lists
//! them in order; the first token that fits none is where error 1064 quotes from. What older series
//! still understand is decided by the [`Generation`].

mod cursor;

mod expression;

mod select;

mod show;

mod schema;

mod alter;

mod change;

mod replication;

mod admin;

mod account;

use semisync_core::Generation;
use semisync_sim::SqlError;

use crate::statement::{Maintenance, Statement};
use cursor::Cursor;
pub(crate) use expression::DISTINCT;

/// A parsed statement and how many `?` it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    pub(crate) placeholders: usize,
}

/// Parses one statement.
///
/// # Errors
/// 1064 with the text from the first unexpected token.
pub(crate) fn parse(text: &str, generation: Generation) -> Result<Parsed, SqlError> {
    let mut cursor = Cursor::new(text, generation);
    let statement = match statement(&mut cursor) {
        Ok(statement) => statement,
        Err(error) => return Err(cursor.error(error)),
    };
    Ok(Parsed {
        statement,
        placeholders: cursor.placeholders(),
    })
}

/// What could stand after `text`, in capitals: the words the grammar tried at its end.
pub(crate) fn expected_after(text: &str, generation: Generation) -> Vec<&'static str> {
    let mut cursor = Cursor::new(text, generation);
    let _ = statement(&mut cursor);
    cursor.tried_at_end()
}

fn statement(cursor: &mut Cursor<'_>) -> cursor::Result<Statement> {
    if cursor.is_at_end() {
        // The words a statement can begin with are tried so that completion knows them.
        for word in FIRST_WORDS {
            cursor.accept(word);
        }
        return Ok(Statement::Empty);
    }
    let statement = dispatch(cursor)?;
    cursor.accept_symbol(";");
    cursor.expect_end()?;
    Ok(statement)
}

/// The words statements begin with.
pub(crate) const FIRST_WORDS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CHANGE",
    "CHECK",
    "COMMIT",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DESCRIBE",
    "DO",
    "DROP",
    "EXECUTE",
    "FLUSH",
    "GRANT",
    "HELP",
    "INSERT",
    "INSTALL",
    "KILL",
    "OPTIMIZE",
    "PREPARE",
    "PURGE",
    "RELEASE",
    "REPLACE",
    "RENAME",
    "RESET",
    "RESTART",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "SHUTDOWN",
    "START",
    "STOP",
    "TRUNCATE",
    "UNINSTALL",
    "UNLOCK",
    "UPDATE",
    "USE",
];

fn dispatch(c: &mut Cursor<'_>) -> cursor::Result<Statement> {
    if c.accept("SELECT") {
        return select::select(c).map(|select| Statement::Select(Box::new(select)));
    }
    if c.accept("SHOW") {
        return show::show(c);
    }
    if c.accept("SET") {
        return change::set(c);
    }
    for (word, rule) in RULES {
        if c.accept(word) {
            return rule(c);
        }
    }
    Err(c.unexpected())
}

type Rule = fn(&mut Cursor<'_>) -> cursor::Result<Statement>;

const RULES: &[(&str, Rule)] = &[
    ("ALTER", schema::alter),
    ("ANALYZE", |c| schema::maintain(c, Maintenance::Analyze)),
    ("BEGIN", admin::begin),
    ("CHANGE", replication::change_source),
    ("CHECK", |c| schema::maintain(c, Maintenance::Check)),
    ("COMMIT", admin::commit),
    ("CREATE", schema::create),
    ("DEALLOCATE", admin::deallocate),
    ("DELETE", change::delete),
    ("DESC", schema::describe),
    ("DESCRIBE", schema::describe),
    ("DO", select::do_expressions),
    ("DROP", schema::drop),
    ("EXECUTE", admin::execute),
    ("EXPLAIN", schema::describe),
    ("FLUSH", admin::flush),
    ("GRANT", account::grant),
    ("HELP", admin::help),
    ("INSERT", change::insert),
    ("INSTALL", admin::install),
    ("KILL", admin::kill),
    ("OPTIMIZE", |c| schema::maintain(c, Maintenance::Optimize)),
    ("PREPARE", admin::prepare),
    ("PURGE", replication::purge),
    ("RELEASE", admin::release),
    ("REPLACE", change::replace),
    ("RESET", replication::reset),
    ("RESTART", admin::restart),
    ("RENAME", schema::rename),
    ("REVOKE", account::revoke),
    ("ROLLBACK", admin::rollback),
    ("SAVEPOINT", admin::savepoint),
    ("SHUTDOWN", admin::shutdown),
    ("START", replication::start),
    ("STOP", replication::stop),
    ("TRUNCATE", schema::truncate),
    ("UNINSTALL", admin::uninstall),
    ("UNLOCK", admin::unlock),
    ("UPDATE", change::update),
    ("USE", admin::use_database),
];

#[cfg(test)]
mod tests;
