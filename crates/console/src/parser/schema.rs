//! CREATE, DROP, TRUNCATE, DESCRIBE.

use semisync_sim::operation::ColumnKind;

use super::cursor::{Cursor, Result};
use super::expression::expression;
use super::select::table_name;
use super::{account, alter};
use crate::lexer::TokenKind;
use crate::statement::{Column, CreateTable, Maintenance, Show, ShowFilter, Statement};

/// After CREATE.
pub(super) fn create(c: &mut Cursor<'_>) -> Result<Statement> {
    if c.accept_any(&["DATABASE", "SCHEMA"]).is_some() {
        let if_not_exists = c.accept_all(&["IF", "NOT", "EXISTS"]);
        let name = c.name()?;
        database_options(c)?;
        return Ok(Statement::CreateDatabase {
            name,
            if_not_exists,
        });
    }
    if c.accept("TABLE") {
        return create_table(c);
    }
    if c.accept_all(&["UNIQUE", "INDEX"]) || c.accept("INDEX") {
        return alter::create_index(c);
    }
    if c.accept("USER") {
        return account::create(c);
    }
    Err(c.unexpected())
}

/// After DROP.
pub(super) fn drop(c: &mut Cursor<'_>) -> Result<Statement> {
    if c.accept_any(&["DATABASE", "SCHEMA"]).is_some() {
        let if_exists = c.accept_all(&["IF", "EXISTS"]);
        let name = c.name()?;
        return Ok(Statement::DropDatabase { name, if_exists });
    }
    if c.accept_any(&["TABLE", "TABLES"]).is_some() {
        let if_exists = c.accept_all(&["IF", "EXISTS"]);
        let tables = c.list(table_name)?;
        c.accept_any(&["RESTRICT", "CASCADE"]);
        return Ok(Statement::DropTable { tables, if_exists });
    }
    if c.accept("INDEX") {
        return alter::drop_index(c);
    }
    if c.accept("USER") {
        return account::drop(c);
    }
    if c.accept("PREPARE") {
        let name = c.name()?;
        return Ok(Statement::Deallocate { name });
    }
    Err(c.unexpected())
}

/// After TRUNCATE.
pub(super) fn truncate(c: &mut Cursor<'_>) -> Result<Statement> {
    c.accept("TABLE");
    table_name(c).map(Statement::Truncate)
}

/// After ANALYZE, OPTIMIZE, CHECK.
pub(super) fn maintain(c: &mut Cursor<'_>, what: Maintenance) -> Result<Statement> {
    let words = &["NO_WRITE_TO_BINLOG", "LOCAL"];
    let logged = what != Maintenance::Check && c.accept_any(words).is_none();
    if c.accept_any(&["TABLE", "TABLES"]).is_none() {
        return Err(c.unexpected());
    }
    let tables = c.list(table_name)?;
    Ok(Statement::Maintain {
        what,
        tables,
        logged,
    })
}

/// After DESCRIBE.
pub(super) fn describe(c: &mut Cursor<'_>) -> Result<Statement> {
    let table = table_name(c)?;
    if c.is_at_end() || c.is_symbol(";") {
        return Ok(Statement::Describe(table));
    }
    let column = c.name_or_text()?;
    Ok(Statement::Show(Show::Columns(
        table,
        ShowFilter::Like(column),
    )))
}

/// After ALTER.
pub(super) fn alter(c: &mut Cursor<'_>) -> Result<Statement> {
    if c.accept("TABLE") {
        return alter::alter_table(c);
    }
    c.expect("USER")?;
    account::alter(c)
}

/// After RENAME.
pub(super) fn rename(c: &mut Cursor<'_>) -> Result<Statement> {
    c.expect("USER")?;
    account::rename(c)
}

fn database_options(c: &mut Cursor<'_>) -> Result<()> {
    while !c.is_at_end() && !c.is_symbol(";") {
        c.accept("DEFAULT");
        if c.accept_all(&["CHARACTER", "SET"]) || c.accept_any(&["CHARSET", "COLLATE"]).is_some() {
            c.accept_symbol("=");
            c.name_or_text()?;
        } else {
            return Err(c.unexpected());
        }
    }
    Ok(())
}

fn create_table(c: &mut Cursor<'_>) -> Result<Statement> {
    let if_not_exists = c.accept_all(&["IF", "NOT", "EXISTS"]);
    let table = table_name(c)?;
    let start = c.position();
    let in_parentheses = c.accept_symbol("(");
    if c.accept("LIKE") {
        let like = table_name(c)?;
        if in_parentheses {
            c.expect_symbol(")")?;
        }
        return Ok(Statement::CreateTableLike {
            table,
            like,
            if_not_exists,
        });
    }
    c.rewind(start);
    let mut create = CreateTable {
        table,
        columns: Vec::new(),
        primary_key: Vec::new(),
        keys: Vec::new(),
        has_two_primary_keys: false,
        if_not_exists,
    };
    c.expect_symbol("(")?;
    loop {
        if c.accept_all(&["PRIMARY", "KEY"]) {
            create.has_two_primary_keys |= !create.primary_key.is_empty();
            create.primary_key = key_columns(c)?;
        } else if c.accept_any(&["UNIQUE", "KEY", "INDEX"]).is_some() {
            c.accept_any(&["KEY", "INDEX"]);
            if !c.is_symbol("(") {
                c.name()?;
            }
            create.keys.extend(key_columns(c)?.into_iter().next());
        } else {
            let mut key = Vec::new();
            let column = column(c, &mut key)?;
            create.has_two_primary_keys |= !key.is_empty() && !create.primary_key.is_empty();
            create.primary_key.extend(key);
            create.columns.push(column);
        }
        if !c.accept_symbol(",") {
            break;
        }
    }
    c.expect_symbol(")")?;
    table_options(c)?;
    Ok(Statement::CreateTable(create))
}

pub(super) fn key_columns(c: &mut Cursor<'_>) -> Result<Vec<String>> {
    c.expect_symbol("(")?;
    let names = c.list(Cursor::name)?;
    c.expect_symbol(")")?;
    Ok(names)
}

pub(super) fn column(c: &mut Cursor<'_>, primary_key: &mut Vec<String>) -> Result<Column> {
    let name = c.name()?;
    let (kind, words) = column_kind(c)?;
    let mut column = Column {
        name,
        kind,
        not_null: false,
        default: None,
        auto_increment: false,
        words,
    };
    loop {
        if c.accept_all(&["NOT", "NULL"]) {
            column.not_null = true;
        } else if c.accept("DEFAULT") {
            column.default = Some(expression(c)?);
        } else if c.accept("AUTO_INCREMENT") {
            column.auto_increment = true;
        } else if c.accept_all(&["PRIMARY", "KEY"]) || c.accept("KEY") {
            primary_key.push(column.name.clone());
        } else if c.accept("COMMENT") {
            c.text()?;
        } else if c.accept_all(&["CHARACTER", "SET"]) || c.accept("COLLATE") {
            c.name_or_text()?;
        } else if c.accept("UNIQUE") {
            c.accept("KEY");
        } else if !c.accept("NULL") {
            return Ok(column);
        }
    }
}

/// A type, and the words of an ENUM; display widths of integers are read over.
fn column_kind(c: &mut Cursor<'_>) -> Result<(ColumnKind, Vec<String>)> {
    const INTEGERS: &[(&str, ColumnKind, u8)] = &[
        ("TINYINT", ColumnKind::TinyInt, 1),
        ("SMALLINT", ColumnKind::SmallInt, 2),
        ("MEDIUMINT", ColumnKind::MediumInt, 3),
        ("INT", ColumnKind::Int, 4),
        ("INTEGER", ColumnKind::Int, 4),
        ("BIGINT", ColumnKind::BigInt, 8),
    ];
    for (word, kind, bytes) in INTEGERS {
        if c.accept(word) {
            let width = length(c)?;
            let kind = match (is_unsigned(c), width, bytes) {
                (true, _, bytes) => ColumnKind::Unsigned(*bytes),
                (false, Some(1), 1) => ColumnKind::Bool,
                (false, ..) => *kind,
            };
            return Ok((kind, Vec::new()));
        }
    }
    const OTHERS: &[(&str, ColumnKind)] = &[
        ("BOOL", ColumnKind::Bool),
        ("BOOLEAN", ColumnKind::Bool),
        ("TINYTEXT", ColumnKind::TinyText),
        ("TEXT", ColumnKind::Text),
        ("MEDIUMTEXT", ColumnKind::MediumText),
        ("LONGTEXT", ColumnKind::LongText),
        ("BLOB", ColumnKind::Blob),
        ("DATETIME", ColumnKind::DateTime),
        ("TIMESTAMP", ColumnKind::Timestamp),
        ("TIME", ColumnKind::Time),
        ("DATE", ColumnKind::Date),
        ("YEAR", ColumnKind::Year),
    ];
    for (word, kind) in OTHERS {
        if c.accept(word) {
            length(c)?;
            return Ok((*kind, Vec::new()));
        }
    }
    if c.accept_any(&["DECIMAL", "NUMERIC", "DEC"]).is_some() {
        let (digits, scale) = digits(c)?.unwrap_or((10, 0));
        is_unsigned(c);
        let digits = digits.clamp(1, 65) as u8;
        let kind = ColumnKind::Decimal(digits, (scale.min(30) as u8).min(digits));
        return Ok((kind, Vec::new()));
    }
    if let Some(word) = c.accept_any(&["DOUBLE", "REAL", "FLOAT"]) {
        c.accept("PRECISION");
        digits(c)?;
        is_unsigned(c);
        let kind = match word {
            "FLOAT" => ColumnKind::Float,
            _ => ColumnKind::Double,
        };
        return Ok((kind, Vec::new()));
    }
    if c.accept("ENUM") {
        c.expect_symbol("(")?;
        let words = c.list(Cursor::text)?;
        c.expect_symbol(")")?;
        return Ok((ColumnKind::Enum, words));
    }
    if c.accept("VARCHAR") {
        c.expect_symbol("(")?;
        let characters = c.integer()?;
        c.expect_symbol(")")?;
        let kind = ColumnKind::VarChar(u32::try_from(characters).unwrap_or(u32::MAX));
        return Ok((kind, Vec::new()));
    }
    if c.accept("CHAR") {
        let characters = length(c)?.unwrap_or(1);
        let kind = ColumnKind::Char(u32::try_from(characters).unwrap_or(u32::MAX));
        return Ok((kind, Vec::new()));
    }
    Err(c.unexpected())
}

fn is_unsigned(c: &mut Cursor<'_>) -> bool {
    let mut is_unsigned = false;
    while let Some(word) = c.accept_any(&["UNSIGNED", "SIGNED", "ZEROFILL"]) {
        is_unsigned |= word != "SIGNED";
    }
    is_unsigned
}

/// `(digits)` or `(digits, behind the point)`
fn digits(c: &mut Cursor<'_>) -> Result<Option<(u64, u64)>> {
    if !c.accept_symbol("(") {
        return Ok(None);
    }
    let digits = c.integer()?;
    let scale = if c.accept_symbol(",") {
        c.integer()?
    } else {
        0
    };
    c.expect_symbol(")")?;
    Ok(Some((digits, scale)))
}

fn length(c: &mut Cursor<'_>) -> Result<Option<u64>> {
    if !c.accept_symbol("(") {
        return Ok(None);
    }
    let length = c.integer()?;
    c.expect_symbol(")")?;
    Ok(Some(length))
}

fn table_options(c: &mut Cursor<'_>) -> Result<()> {
    loop {
        c.accept_symbol(",");
        if !table_option(c)? {
            return Ok(());
        }
    }
}

/// ENGINE, COMMENT and the like; false if there is none.
pub(super) fn table_option(c: &mut Cursor<'_>) -> Result<bool> {
    c.accept("DEFAULT");
    let has_option = c.accept_all(&["CHARACTER", "SET"])
        || c.accept_any(&["ENGINE", "CHARSET", "COLLATE", "COMMENT", "AUTO_INCREMENT"])
            .is_some();
    if !has_option {
        return Ok(false);
    }
    c.accept_symbol("=");
    match c.peek_kind() {
        TokenKind::Number(_) => {
            c.advance();
        }
        _ => {
            c.name_or_text()?;
        }
    }
    Ok(true)
}
