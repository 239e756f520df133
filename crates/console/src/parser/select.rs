//! SELECT and DO.

use semisync_sim::operation::{LockMode, LockPatience, RowLocking};

use super::cursor::{Cursor, Result};
use super::expression::expression;
use crate::lexer::TokenKind;
use crate::statement::{Count, Direction, Expr, From, Item, Limit, Select, Statement, TableName};

/// The rest of a SELECT.
pub(super) fn select(c: &mut Cursor<'_>) -> Result<Select> {
    let distinct = c.accept("DISTINCT");
    if !distinct {
        c.accept("ALL");
    }
    let items = c.list(item)?;
    let mut select = Select {
        items,
        distinct,
        from: None,
        filter: None,
        group: Vec::new(),
        having: None,
        order: Vec::new(),
        limit: None,
        into: Vec::new(),
        locking: None,
        deprecated: Vec::new(),
    };
    into(c, &mut select)?;
    if c.accept("FROM") {
        if !c.accept("DUAL") {
            select.from = Some(from(c)?);
        }
        if c.accept("WHERE") {
            select.filter = Some(expression(c)?);
        }
        if c.accept_all(&["GROUP", "BY"]) {
            select.group = c.list(expression)?;
        }
        if c.accept("HAVING") {
            select.having = Some(expression(c)?);
        }
    }
    select.order = order(c)?;
    select.limit = limit_of_rows(c)?;
    into(c, &mut select)?;
    select.locking = locking(c)?;
    if select.locking.is_some() {
        into(c, &mut select)?;
    }
    select.deprecated = c.take_deprecated();
    Ok(select)
}

/// An optional ORDER BY.
pub(super) fn order(c: &mut Cursor<'_>) -> Result<Vec<(Expr, Direction)>> {
    match c.accept_all(&["ORDER", "BY"]) {
        true => c.list(order_item),
        false => Ok(Vec::new()),
    }
}

/// FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE.
fn locking(c: &mut Cursor<'_>) -> Result<Option<RowLocking>> {
    if c.accept("LOCK") {
        for word in ["IN", "SHARE", "MODE"] {
            c.expect(word)?;
        }
        return Ok(Some(RowLocking {
            mode: LockMode::Shared,
            patience: LockPatience::Wait,
        }));
    }
    if !c.accept("FOR") {
        return Ok(None);
    }
    let mode = if c.accept("UPDATE") {
        LockMode::Exclusive
    } else {
        c.expect("SHARE")?;
        LockMode::Shared
    };
    if c.accept("OF") {
        c.list(Cursor::name)?;
    }
    let patience = if c.accept("NOWAIT") {
        LockPatience::NoWait
    } else if c.accept_all(&["SKIP", "LOCKED"]) {
        LockPatience::SkipLocked
    } else {
        LockPatience::Wait
    };
    Ok(Some(RowLocking { mode, patience }))
}

/// The rest of a DO.
pub(super) fn do_expressions(c: &mut Cursor<'_>) -> Result<Statement> {
    c.list(expression).map(Statement::Do)
}

/// An optional LIMIT with numbers.
pub(super) fn limit(c: &mut Cursor<'_>) -> Result<Option<Limit>> {
    limit_of(c, 0, |c| c.integer())
}

/// An optional LIMIT with numbers or `?`.
fn limit_of_rows(c: &mut Cursor<'_>) -> Result<Option<Limit<Count>>> {
    limit_of(c, Count::Number(0), count)
}

/// A number of rows, or `?`.
pub(super) fn count(c: &mut Cursor<'_>) -> Result<Count> {
    match c.accept_symbol("?") {
        true => Ok(Count::Placeholder(c.next_placeholder())),
        false => c.integer().map(Count::Number),
    }
}

fn limit_of<T>(
    c: &mut Cursor<'_>,
    zero: T,
    read: impl Fn(&mut Cursor<'_>) -> Result<T>,
) -> Result<Option<Limit<T>>> {
    if !c.accept("LIMIT") {
        return Ok(None);
    }
    let first = read(c)?;
    let limit = if c.accept_symbol(",") {
        Limit {
            offset: first,
            count: read(c)?,
        }
    } else if c.accept("OFFSET") {
        Limit {
            offset: read(c)?,
            count: first,
        }
    } else {
        Limit {
            offset: zero,
            count: first,
        }
    };
    Ok(Some(limit))
}

/// A table name, with its database if written.
pub(super) fn table_name(c: &mut Cursor<'_>) -> Result<TableName> {
    let first = c.name()?;
    if c.accept_symbol(".") {
        return Ok(TableName {
            db: Some(first),
            name: c.any_name()?,
        });
    }
    Ok(TableName {
        db: None,
        name: first,
    })
}

fn into(c: &mut Cursor<'_>, select: &mut Select) -> Result<()> {
    if select.into.is_empty() && c.accept("INTO") {
        select.into = c.list(|c| match c.peek_kind().clone() {
            TokenKind::UserVariable(name) => {
                c.advance();
                Ok(name)
            }
            _ => Err(c.unexpected()),
        })?;
    }
    Ok(())
}

fn from(c: &mut Cursor<'_>) -> Result<From> {
    let table = table_name(c)?;
    let alias = alias(c)?;
    Ok(From { table, alias })
}

/// An optional alias.
pub(super) fn alias(c: &mut Cursor<'_>) -> Result<Option<String>> {
    if c.accept("AS") {
        return c.name_or_text().map(Some);
    }
    match c.peek_kind() {
        TokenKind::Text(_) => c.text().map(Some),
        TokenKind::Word(_) | TokenKind::Quoted(_) => Ok(c.name().ok()),
        _ => Ok(None),
    }
}

fn item(c: &mut Cursor<'_>) -> Result<Item> {
    if c.accept_symbol("*") || accept_qualified_star(c) {
        return Ok(Item::All);
    }
    let start = c.position();
    let expr = expression(c)?;
    let written = c.source_since(start);
    let heading = match alias(c)? {
        Some(alias) => alias,
        None => heading(&expr, written, c, start),
    };
    Ok(Item::Expr { expr, heading })
}

/// `t.*` or `db.t.*`
fn accept_qualified_star(c: &mut Cursor<'_>) -> bool {
    let start = c.position();
    while c.name().is_ok() && c.accept_symbol(".") {
        if c.accept_symbol("*") {
            return true;
        }
    }
    c.rewind(start);
    false
}

/// The heading of a column without an alias: what was written, but for strings their contents and
/// for columns their name.
fn heading(expr: &Expr, written: &str, c: &Cursor<'_>, start: usize) -> String {
    match expr {
        Expr::Text(_) => c.text_at(start),
        Expr::Column { name, .. } => name.clone(),
        Expr::Null => "NULL".to_owned(),
        // A number is called as it is written, without what stands around it.
        Expr::Integer(0..) | Expr::Decimal(_) if written.starts_with(['+', '(']) => {
            let around = |c: char| matches!(c, '+' | '(' | ')') || c.is_whitespace();
            written.trim_matches(around).to_owned()
        }
        _ => written.to_owned(),
    }
}

fn order_item(c: &mut Cursor<'_>) -> Result<(Expr, Direction)> {
    let expr = expression(c)?;
    let direction = match c.accept_any(&["ASC", "DESC"]) {
        Some("DESC") => Direction::Descending,
        _ => Direction::Ascending,
    };
    Ok((expr, direction))
}
