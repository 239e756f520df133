//! INSERT, UPDATE, DELETE, SET.

use semisync_sim::operation::{OnDuplicate, VariableScope};

use super::account;
use super::cursor::{Cursor, Result};
use super::expression::{expression, system_variable};
use super::select::{alias, count, order, select, table_name};
use crate::lexer::TokenKind;
use crate::statement::{
    Assignment, Count, Delete, Expr, Insert, SetValue, Statement, SystemScope, Update,
};

/// After INSERT.
pub(super) fn insert(c: &mut Cursor<'_>) -> Result<Statement> {
    c.accept_any(&["LOW_PRIORITY", "HIGH_PRIORITY"]);
    let on_duplicate = match c.accept("IGNORE") {
        true => OnDuplicate::Ignore,
        false => OnDuplicate::Fail,
    };
    let mut insert = new_rows(c, on_duplicate)?;
    if c.accept("AS") {
        insert.alias = Some(c.name()?);
    }
    if c.accept_all(&["ON", "DUPLICATE"]) {
        c.expect("KEY")?;
        c.expect("UPDATE")?;
        insert.updates = c.list(assignment)?;
    }
    Ok(Statement::Insert(insert))
}

/// After REPLACE.
pub(super) fn replace(c: &mut Cursor<'_>) -> Result<Statement> {
    new_rows(c, OnDuplicate::Replace).map(Statement::Insert)
}

/// The table, its columns, and the rows: VALUES, SET, or a SELECT.
fn new_rows(c: &mut Cursor<'_>, on_duplicate: OnDuplicate) -> Result<Insert> {
    c.accept("INTO");
    let mut insert = Insert {
        table: table_name(c)?,
        columns: Vec::new(),
        rows: Vec::new(),
        select: None,
        on_duplicate,
        updates: Vec::new(),
        alias: None,
    };
    if c.accept("SET") {
        let pairs = c.list(assignment)?;
        let (columns, row) = pairs.into_iter().unzip();
        insert.columns = columns;
        insert.rows = vec![row];
        return Ok(insert);
    }
    if c.accept_symbol("(") && !c.accept_symbol(")") {
        insert.columns = c.list(Cursor::name)?;
        c.expect_symbol(")")?;
    }
    if c.accept("SELECT") {
        insert.select = Some(Box::new(select(c)?));
        return Ok(insert);
    }
    if c.accept_any(&["VALUES", "VALUE"]).is_none() {
        return Err(c.unexpected());
    }
    insert.rows = c.list(row)?;
    Ok(insert)
}

/// After UPDATE.
pub(super) fn update(c: &mut Cursor<'_>) -> Result<Statement> {
    let table = table_name(c)?;
    let alias = alias(c)?;
    c.expect("SET")?;
    let assignments = c.list(assignment)?;
    let filter = filter(c)?;
    let order = order(c)?;
    let limit = row_count(c)?;
    Ok(Statement::Update(Update {
        table,
        alias,
        assignments,
        filter,
        order,
        limit,
    }))
}

/// After DELETE.
pub(super) fn delete(c: &mut Cursor<'_>) -> Result<Statement> {
    if !c.accept("FROM") {
        // Rows of several tables; those of one are deleted with FROM.
        c.list(table_name)?;
        return Err(c.unexpected());
    }
    let table = table_name(c)?;
    let alias = alias(c)?;
    let filter = filter(c)?;
    let order = order(c)?;
    let limit = row_count(c)?;
    Ok(Statement::Delete(Delete {
        table,
        alias,
        filter,
        order,
        limit,
    }))
}

/// LIMIT with a number alone.
fn row_count(c: &mut Cursor<'_>) -> Result<Option<Count>> {
    match c.accept("LIMIT") {
        true => count(c).map(Some),
        false => Ok(None),
    }
}

/// After SET.
pub(super) fn set(c: &mut Cursor<'_>) -> Result<Statement> {
    let start = c.position();
    if c.accept("PASSWORD") {
        if !c.is_symbol(":=") {
            return account::set_password(c);
        }
        c.rewind(start);
    }
    if c.accept("NAMES") || c.accept_all(&["CHARACTER", "SET"]) || c.accept("CHARSET") {
        let name = c.name_or_text()?;
        if c.accept("COLLATE") {
            c.name_or_text()?;
        }
        return Ok(Statement::SetNames(name));
    }
    if let Some(assignments) = transaction(c)? {
        return Ok(Statement::Set(assignments));
    }
    let mut scope = VariableScope::Session;
    let assignments = c.list(|c| {
        // A scope word holds for the assignments after it too.
        if let Some(word) = scope_word(c) {
            scope = word;
        }
        set_item(c, scope)
    })?;
    Ok(Statement::Set(assignments))
}

/// SET [GLOBAL | SESSION] TRANSACTION: isolation level and access mode are system variables.
fn transaction(c: &mut Cursor<'_>) -> Result<Option<Vec<Assignment>>> {
    let start = c.position();
    let scope = scope_word(c).unwrap_or(VariableScope::NextTransaction);
    if !c.accept("TRANSACTION") {
        c.rewind(start);
        return Ok(None);
    }
    c.list(|c| {
        let (name, value) = if c.accept("ISOLATION") {
            c.expect("LEVEL")?;
            ("transaction_isolation", isolation_level(c)?)
        } else if c.accept_all(&["READ", "ONLY"]) {
            ("transaction_read_only", "ON")
        } else if c.accept_all(&["READ", "WRITE"]) {
            ("transaction_read_only", "OFF")
        } else {
            return Err(c.unexpected());
        };
        Ok(Assignment::System {
            scope,
            name: name.to_owned(),
            value: SetValue::Word(value.to_owned()),
        })
    })
    .map(Some)
}

fn isolation_level(c: &mut Cursor<'_>) -> Result<&'static str> {
    const LEVELS: &[(&[&str], &str)] = &[
        (&["READ", "UNCOMMITTED"], "READ-UNCOMMITTED"),
        (&["READ", "COMMITTED"], "READ-COMMITTED"),
        (&["REPEATABLE", "READ"], "REPEATABLE-READ"),
        (&["SERIALIZABLE"], "SERIALIZABLE"),
    ];
    let level = LEVELS.iter().find(|(words, _)| c.accept_all(words));
    level.map(|(_, level)| *level).ok_or_else(|| c.unexpected())
}

fn row(c: &mut Cursor<'_>) -> Result<Vec<Expr>> {
    c.accept("ROW");
    c.expect_symbol("(")?;
    if c.accept_symbol(")") {
        return Ok(Vec::new());
    }
    let values = c.list(value)?;
    c.expect_symbol(")")?;
    Ok(values)
}

/// A value of INSERT, where DEFAULT stands for the column's default.
fn value(c: &mut Cursor<'_>) -> Result<Expr> {
    if c.accept("DEFAULT") {
        return Ok(Expr::Call {
            name: "DEFAULT".to_owned(),
            arguments: Vec::new(),
        });
    }
    expression(c)
}

fn assignment(c: &mut Cursor<'_>) -> Result<(String, Expr)> {
    let mut name = c.name()?;
    while c.accept_symbol(".") {
        name = c.any_name()?;
    }
    if !c.accept_symbol("=") && !c.accept_symbol(":=") {
        return Err(c.unexpected());
    }
    Ok((name, value(c)?))
}

fn filter(c: &mut Cursor<'_>) -> Result<Option<Expr>> {
    if c.accept("WHERE") {
        return expression(c).map(Some);
    }
    Ok(None)
}

fn scope_word(c: &mut Cursor<'_>) -> Option<VariableScope> {
    const WORDS: &[(&str, VariableScope)] = &[
        ("GLOBAL", VariableScope::Global),
        ("SESSION", VariableScope::Session),
        ("LOCAL", VariableScope::Session),
        ("PERSIST", VariableScope::Persist),
        ("PERSIST_ONLY", VariableScope::PersistOnly),
    ];
    WORDS
        .iter()
        .find(|(word, _)| c.accept(word))
        .map(|(_, scope)| *scope)
}

fn set_item(c: &mut Cursor<'_>, scope: VariableScope) -> Result<Assignment> {
    if let TokenKind::UserVariable(name) = c.peek_kind().clone() {
        c.advance();
        expect_assign(c)?;
        let value = expression(c)?;
        return Ok(Assignment::User { name, value });
    }
    let (scope, name) = if *c.peek_kind() == TokenKind::SystemVariable {
        c.advance();
        scoped_name(c)?
    } else {
        (scope, c.name()?)
    };
    expect_assign(c)?;
    let value = set_value(c)?;
    Ok(Assignment::System { scope, name, value })
}

fn scoped_name(c: &mut Cursor<'_>) -> Result<(VariableScope, String)> {
    for (word, scope) in [
        ("PERSIST", VariableScope::Persist),
        ("PERSIST_ONLY", VariableScope::PersistOnly),
    ] {
        if c.is_word(word) && *c.peek_second() == TokenKind::Symbol(".") {
            c.advance();
            c.advance();
            return Ok((scope, c.any_name()?));
        }
    }
    let (scope, name) = system_variable(c)?;
    let scope = match scope {
        SystemScope::Global => VariableScope::Global,
        SystemScope::Either | SystemScope::Session => VariableScope::Session,
    };
    Ok((scope, name))
}

fn expect_assign(c: &mut Cursor<'_>) -> Result<()> {
    if c.accept_symbol("=") || c.accept_symbol(":=") {
        return Ok(());
    }
    Err(c.unexpected())
}

fn set_value(c: &mut Cursor<'_>) -> Result<SetValue> {
    if c.accept("DEFAULT") {
        return Ok(SetValue::Default);
    }
    if let Some(word) = c.accept_any(&["ON", "ALL", "BINARY", "ROW", "SYSTEM"]) {
        return Ok(SetValue::Word(word.to_owned()));
    }
    let expr = expression(c)?;
    Ok(match expr {
        Expr::Column {
            qualifier: None,
            name,
        } => SetValue::Word(name),
        expr => SetValue::Expr(expr),
    })
}
