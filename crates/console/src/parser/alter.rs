//! ALTER TABLE, CREATE INDEX, DROP INDEX.

use semisync_sim::operation::ColumnPlace;

use super::cursor::{Cursor, Result};
use super::schema::{column, key_columns, table_option};
use super::select::table_name;
use crate::statement::{Alteration, Statement};

/// After ALTER TABLE.
pub(super) fn alter_table(c: &mut Cursor<'_>) -> Result<Statement> {
    let table = table_name(c)?;
    let mut changes = Vec::new();
    loop {
        alteration(c, &mut changes)?;
        if !c.accept_symbol(",") {
            return Ok(Statement::AlterTable { table, changes });
        }
    }
}

/// After CREATE [UNIQUE] INDEX.
pub(super) fn create_index(c: &mut Cursor<'_>) -> Result<Statement> {
    c.name()?;
    c.expect("ON")?;
    let table = table_name(c)?;
    key_columns(c)?;
    let changes = vec![Alteration::Other];
    Ok(Statement::AlterTable { table, changes })
}

/// After DROP INDEX.
pub(super) fn drop_index(c: &mut Cursor<'_>) -> Result<Statement> {
    c.name()?;
    c.expect("ON")?;
    let table = table_name(c)?;
    let changes = vec![Alteration::Other];
    Ok(Statement::AlterTable { table, changes })
}

fn alteration(c: &mut Cursor<'_>, changes: &mut Vec<Alteration>) -> Result<()> {
    if c.accept("ADD") {
        return add(c, changes);
    }
    let change = if c.accept("DROP") {
        drop(c)?
    } else if c.accept("MODIFY") {
        c.accept("COLUMN");
        let (column, place, _) = placed_column(c)?;
        let name = column.name.clone();
        Alteration::Change {
            name,
            column,
            place,
        }
    } else if c.accept("CHANGE") {
        c.accept("COLUMN");
        let name = c.name()?;
        let (column, place, _) = placed_column(c)?;
        Alteration::Change {
            name,
            column,
            place,
        }
    } else if c.accept("RENAME") {
        if c.accept_any(&["INDEX", "KEY"]).is_some() {
            c.name()?;
            c.expect("TO")?;
            c.name()?;
            Alteration::Other
        } else {
            c.expect("COLUMN")?;
            let from = c.name()?;
            c.expect("TO")?;
            let to = c.name()?;
            Alteration::Rename { from, to }
        }
    } else if table_option(c)? {
        Alteration::Other
    } else {
        return Err(c.unexpected());
    };
    changes.push(change);
    Ok(())
}

fn add(c: &mut Cursor<'_>, changes: &mut Vec<Alteration>) -> Result<()> {
    if c.accept_all(&["PRIMARY", "KEY"]) {
        changes.push(Alteration::AddPrimaryKey(key_columns(c)?));
    } else if c.accept_any(&["UNIQUE", "INDEX", "KEY"]).is_some() {
        c.accept_any(&["INDEX", "KEY"]);
        if !c.is_symbol("(") {
            c.name()?;
        }
        key_columns(c)?;
        changes.push(Alteration::Other);
    } else {
        c.accept("COLUMN");
        let (column, place, is_key) = placed_column(c)?;
        let name = column.name.clone();
        changes.push(Alteration::Add { column, place });
        if is_key {
            changes.push(Alteration::AddPrimaryKey(vec![name]));
        }
    }
    Ok(())
}

fn drop(c: &mut Cursor<'_>) -> Result<Alteration> {
    if c.accept_all(&["PRIMARY", "KEY"]) {
        return Ok(Alteration::DropPrimaryKey);
    }
    if c.accept_any(&["INDEX", "KEY"]).is_some() {
        c.name()?;
        return Ok(Alteration::Other);
    }
    c.accept("COLUMN");
    c.name().map(Alteration::Drop)
}

/// A column, where it goes, and whether it is the primary key.
fn placed_column(c: &mut Cursor<'_>) -> Result<(crate::statement::Column, ColumnPlace, bool)> {
    let mut key = Vec::new();
    let column = column(c, &mut key)?;
    let place = if c.accept("FIRST") {
        ColumnPlace::First
    } else if c.accept("AFTER") {
        ColumnPlace::After(c.name()?)
    } else {
        ColumnPlace::Default
    };
    Ok((column, place, !key.is_empty()))
}
