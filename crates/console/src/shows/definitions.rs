//! How tables and databases were defined: SHOW CREATE, SHOW COLUMNS.

use semisync_sim::operation::{ColumnDefinition, ColumnKind, TableDefinition};
use semisync_sim::{SqlError, Value};

use crate::environment::Environment;
use crate::layout::{ResultColumn, ResultSet};
use crate::statement::TableName;
use crate::tables::{self, no_such_database, no_table};

/// SHOW CREATE TABLE.
pub(super) fn create_table(
    table: &TableName,
    env: &Environment<'_>,
) -> Result<ResultSet, SqlError> {
    let definition = definition(table, env)?;
    let mut lines: Vec<String> = definition
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let mut line = format!("  `{}` {}", column.name, column_type(column));
            let is_key = definition.primary_key.contains(&index);
            if !column.nullable || is_key {
                line.push_str(" NOT NULL");
            } else if column.kind == ColumnKind::Timestamp {
                line.push_str(" NULL");
            }
            match &column.default {
                Some(Value::Text(text)) if is_current_time(text) => {
                    line.push_str(" DEFAULT CURRENT_TIMESTAMP");
                }
                Some(value) => line.push_str(&format!(" DEFAULT {}", quoted(value))),
                None if column.nullable && !is_key && !column.kind.is_long_text() => {
                    line.push_str(" DEFAULT NULL");
                }
                None => {}
            }
            if column.auto_increment {
                line.push_str(" AUTO_INCREMENT");
            }
            line
        })
        .collect();
    if !definition.primary_key.is_empty() {
        let names: Vec<String> = definition
            .primary_key
            .iter()
            .map(|index| format!("`{}`", definition.columns[*index].name))
            .collect();
        lines.push(format!("  PRIMARY KEY ({})", names.join(",")));
    }
    let db = env.database_of(table.db.as_deref())?;
    let next = match env
        .cluster
        .auto_increment(env.server, &db, &definition.name)
    {
        next if 1 < next => format!(" AUTO_INCREMENT={next}"),
        _ => String::new(),
    };
    let text = format!(
        "CREATE TABLE `{}` (\n{}\n) ENGINE=InnoDB{next} DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
        definition.name,
        lines.join(",\n")
    );
    let mut result = ResultSet::new(vec![
        ResultColumn::text("Table"),
        ResultColumn::text("Create Table"),
    ]);
    result.push_texts([definition.name, text]);
    Ok(result)
}

/// SHOW CREATE DATABASE.
pub(super) fn create_database(db: &str, env: &Environment<'_>) -> Result<ResultSet, SqlError> {
    if env.cluster.tables(env.server, db).is_none() {
        return Err(no_such_database(db));
    }
    let mut result = ResultSet::new(vec![
        ResultColumn::text("Database"),
        ResultColumn::text("Create Database"),
    ]);
    result.push_texts([
        db.to_owned(),
        format!(
            "CREATE DATABASE `{db}` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */"
        ),
    ]);
    Ok(result)
}

/// SHOW COLUMNS and DESCRIBE.
pub(super) fn columns(table: &TableName, env: &Environment<'_>) -> Result<ResultSet, SqlError> {
    let definition = definition(table, env)?;
    let mut result = ResultSet::new(vec![
        ResultColumn::text("Field"),
        ResultColumn::text("Type"),
        ResultColumn::text("Null"),
        ResultColumn::text("Key"),
        ResultColumn::text("Default").nullable(),
        ResultColumn::text("Extra"),
    ]);
    for (index, column) in definition.columns.iter().enumerate() {
        let is_key = definition.primary_key.contains(&index);
        let nullable = column.nullable && !is_key;
        result.rows.push(vec![
            Some(column.name.clone()),
            Some(column_type(column)),
            Some(if nullable { "YES" } else { "NO" }.to_owned()),
            Some(if is_key { "PRI" } else { "" }.to_owned()),
            column.default.as_ref().and_then(Value::to_text),
            Some(extra(column)),
        ]);
    }
    Ok(result)
}

/// A type as the server prints it.
fn column_type(column: &ColumnDefinition) -> String {
    match column.kind {
        ColumnKind::Bool => "tinyint(1)".to_owned(),
        ColumnKind::Unsigned(bytes) => {
            let size = match bytes {
                1 => "tinyint",
                2 => "smallint",
                3 => "mediumint",
                4 => "int",
                _ => "bigint",
            };
            format!("{size} unsigned")
        }
        ColumnKind::Decimal(digits, scale) => format!("decimal({digits},{scale})"),
        ColumnKind::Float => "float".to_owned(),
        ColumnKind::Double => "double".to_owned(),
        ColumnKind::Year => "year".to_owned(),
        ColumnKind::Enum => format!("enum('{}')", column.words.join("','")),
        ColumnKind::TinyText => "tinytext".to_owned(),
        ColumnKind::MediumText => "mediumtext".to_owned(),
        ColumnKind::LongText => "longtext".to_owned(),
        ColumnKind::Blob => "blob".to_owned(),
        ColumnKind::Time => "time".to_owned(),
        ColumnKind::TinyInt => "tinyint".to_owned(),
        ColumnKind::SmallInt => "smallint".to_owned(),
        ColumnKind::MediumInt => "mediumint".to_owned(),
        ColumnKind::Int => "int".to_owned(),
        ColumnKind::BigInt => "bigint".to_owned(),
        ColumnKind::Char(characters) => format!("char({characters})"),
        ColumnKind::VarChar(characters) => format!("varchar({characters})"),
        ColumnKind::Text => "text".to_owned(),
        ColumnKind::DateTime => "datetime".to_owned(),
        ColumnKind::Timestamp => "timestamp".to_owned(),
        ColumnKind::Date => "date".to_owned(),
    }
}

fn definition(table: &TableName, env: &Environment<'_>) -> Result<TableDefinition, SqlError> {
    let db = env.database_of(table.db.as_deref())?;
    if let Some(definition) = env.cluster.table_definition(env.server, &db, &table.name) {
        return Ok(definition);
    }
    if tables::system_tables(&db).is_none() && env.cluster.tables(env.server, &db).is_none() {
        return Err(no_such_database(&db));
    }
    // System tables are described by what reading them gives.
    let Ok(contents) = tables::open(&db, &table.name, env) else {
        return Err(no_table(&db, &table.name));
    };
    let columns = contents
        .columns
        .into_iter()
        .map(|(name, shape)| ColumnDefinition {
            name,
            kind: if shape.is_numeric {
                ColumnKind::BigInt
            } else {
                ColumnKind::VarChar(1024)
            },
            nullable: shape.is_nullable,
            default: None,
            auto_increment: false,
            words: Vec::new(),
        });
    Ok(TableDefinition {
        name: table.name.clone(),
        columns: columns.collect(),
        primary_key: Vec::new(),
    })
}

fn is_current_time(text: &str) -> bool {
    text.eq_ignore_ascii_case("CURRENT_TIMESTAMP")
}

fn extra(column: &ColumnDefinition) -> String {
    match &column.default {
        _ if column.auto_increment => "auto_increment".to_owned(),
        Some(Value::Text(text)) if is_current_time(text) => "DEFAULT_GENERATED".to_owned(),
        _ => String::new(),
    }
}

fn quoted(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        other => format!("'{}'", other.to_string().replace('\'', "''")),
    }
}
