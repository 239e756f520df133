//! Statements that change schemas and rows.

use semisync_sim::expr::Expr as RowExpr;
use semisync_sim::operation::{
    ColumnDefinition, ColumnKind, OnDuplicate, Operation, Pick, TableChange, TableDefinition,
};
use semisync_sim::{SqlError, Value};

use super::Plan;
use crate::calendar;
use crate::environment::Environment;
use crate::lowering::{Scope, constant, count_of, lower};
use crate::query;
use crate::statement::{
    Alteration, Column, Count, CreateTable, Delete, Direction, Expr, Insert, Select, Statement,
    TableName, Update,
};
use crate::tables::SYSTEM_SCHEMAS;

/// Plans one.
///
/// # Errors
/// What can be said without the server: 1046, 1054, 1060, 1072.
pub(super) fn plan(
    statement: Statement,
    text: String,
    env: &Environment<'_>,
) -> Result<Plan, SqlError> {
    let operation = match statement {
        Statement::CreateDatabase {
            name,
            if_not_exists,
        } => {
            if SYSTEM_SCHEMAS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(system_schema_kept(&name));
            }
            Operation::CreateDatabase {
                name,
                if_not_exists,
                text,
            }
        }
        Statement::DropDatabase { name, if_exists } => {
            if SYSTEM_SCHEMAS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(system_schema_kept(&name));
            }
            Operation::DropDatabase {
                name,
                if_exists,
                text,
            }
        }
        Statement::CreateTable(create) => create_table(create, text, env)?,
        Statement::DropTable { tables, if_exists } => drop_tables(tables, if_exists, env)?,
        Statement::CreateTableLike {
            table,
            like,
            if_not_exists,
        } => create_table_like(table, like, if_not_exists, text, env)?,
        Statement::Truncate(table) => Operation::TruncateTable {
            db: writable(&table, env)?,
            table: table.name,
            text,
        },
        Statement::AlterTable { table, changes } => alter_table(table, changes, text, env)?,
        Statement::Insert(statement) => insert(statement, env)?,
        Statement::Update(statement) => update(statement, env)?,
        Statement::Delete(statement) => delete(statement, env)?,
        other => unreachable!("{other:?} writes nothing"),
    };
    Ok(Plan::finished(operation))
}

/// The database of a table that is written to.
fn writable(table: &TableName, env: &Environment<'_>) -> Result<String, SqlError> {
    let db = env.database_of(table.db.as_deref())?;
    if SYSTEM_SCHEMAS.contains(&db.to_ascii_lowercase().as_str()) {
        return Err(system_schema_denied(&db));
    }
    Ok(db)
}

fn system_schema_denied(db: &str) -> SqlError {
    SqlError::new(
        1044,
        "42000",
        format!("Access denied for user 'root'@'localhost' to database '{db}'"),
    )
}

fn system_schema_kept(db: &str) -> SqlError {
    match db.to_ascii_lowercase().as_str() {
        "mysql" | "sys" => SqlError::new(
            3552,
            "HY000",
            format!("Access to system schema '{db}' is rejected."),
        ),
        _ => system_schema_denied(db),
    }
}

/// Rows of performance_schema are not for writing.
fn writable_rows(
    table: &TableName,
    command: &str,
    env: &Environment<'_>,
) -> Result<String, SqlError> {
    let db = env.database_of(table.db.as_deref())?;
    if db.eq_ignore_ascii_case("performance_schema") {
        return Err(SqlError::new(
            1142,
            "42000",
            format!(
                "{command} command denied to user 'root'@'localhost' for table '{}'",
                table.name
            ),
        ));
    }
    writable(table, env)
}

fn create_table(
    create: CreateTable,
    text: String,
    env: &Environment<'_>,
) -> Result<Operation, SqlError> {
    let db = writable(&create.table, env)?;
    let mut columns: Vec<ColumnDefinition> = Vec::new();
    for column in create.columns {
        let same = |other: &ColumnDefinition| other.name.eq_ignore_ascii_case(&column.name);
        if columns.iter().any(same) {
            return Err(SqlError::new(
                1060,
                "42S21",
                format!("Duplicate column name '{}'", column.name),
            ));
        }
        columns.push(definition_of(column, env)?);
    }
    if create.has_two_primary_keys {
        return Err(SqlError::new(1068, "42000", "Multiple primary key defined"));
    }
    let mut primary_key = Vec::new();
    let first = create.primary_key.first().cloned();
    for name in create.primary_key {
        let found = columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(&name));
        let Some(index) = found else {
            return Err(SqlError::new(
                1072,
                "42000",
                format!("Key column '{name}' doesn't exist in table"),
            ));
        };
        columns[index].nullable = false;
        primary_key.push(index);
    }
    let first_of_keys = first.iter().chain(&create.keys);
    let is_first = |column: &ColumnDefinition| {
        let mut names = first_of_keys.clone();
        names.any(|name| name.eq_ignore_ascii_case(&column.name))
    };
    let mut automatic = columns.iter().filter(|column| column.auto_increment);
    if automatic.clone().count() > 1 || !automatic.all(is_first) {
        return Err(SqlError::new(
            1075,
            "42000",
            "Incorrect table definition; there can be only one auto column and it must be defined as a key",
        ));
    }
    Ok(Operation::CreateTable {
        db,
        table: TableDefinition {
            name: create.table.name,
            columns,
            primary_key,
        },
        if_not_exists: create.if_not_exists,
        is_like: false,
        text,
    })
}

fn definition_of(column: Column, env: &Environment<'_>) -> Result<ColumnDefinition, SqlError> {
    check_length(&column)?;
    let default = match &column.default {
        Some(expr) if is_current_time(expr) => Some("CURRENT_TIMESTAMP".into()),
        Some(expr) => Some(constant(expr, env)?).filter(|value| !value.is_null()),
        None => None,
    };
    Ok(ColumnDefinition {
        name: column.name,
        kind: column.kind,
        nullable: !column.not_null,
        default,
        auto_increment: column.auto_increment,
        words: column.words,
    })
}

fn alter_table(
    table: TableName,
    changes: Vec<Alteration>,
    text: String,
    env: &Environment<'_>,
) -> Result<Operation, SqlError> {
    let db = writable(&table, env)?;
    let changes = changes.into_iter().map(|change| {
        Ok(match change {
            Alteration::Add { column, place } => TableChange::AddColumn {
                column: definition_of(column, env)?,
                place,
            },
            Alteration::Drop(name) => TableChange::DropColumn(name),
            Alteration::Change {
                name,
                column,
                place,
            } => TableChange::ChangeColumn {
                name,
                column: definition_of(column, env)?,
                place,
            },
            Alteration::Rename { from, to } => TableChange::RenameColumn { from, to },
            Alteration::AddPrimaryKey(columns) => TableChange::AddPrimaryKey(columns),
            Alteration::DropPrimaryKey => TableChange::DropPrimaryKey,
            Alteration::Other => TableChange::Other,
        })
    });
    Ok(Operation::AlterTable {
        db,
        table: table.name,
        changes: changes.collect::<Result<_, SqlError>>()?,
        text,
    })
}

/// 1074
fn check_length(column: &Column) -> Result<(), SqlError> {
    let most = match column.kind {
        ColumnKind::VarChar(length) if MOST_IN_VARCHAR < length => MOST_IN_VARCHAR,
        ColumnKind::Char(length) if MOST_IN_CHAR < length => MOST_IN_CHAR,
        _ => return Ok(()),
    };
    let text = format!(
        "Column length too big for column '{}' (max = {most}); use BLOB or TEXT instead",
        column.name
    );
    Err(SqlError::new(1074, "42000", text))
}

const MOST_IN_VARCHAR: u32 = 16_383;

const MOST_IN_CHAR: u32 = 255;

fn drop_tables(
    tables: Vec<TableName>,
    if_exists: bool,
    env: &Environment<'_>,
) -> Result<Operation, SqlError> {
    let tables = tables.into_iter();
    let tables = tables.map(|table| Ok((writable(&table, env)?, table.name)));
    Ok(Operation::DropTables {
        tables: tables.collect::<Result<_, SqlError>>()?,
        if_exists,
    })
}

/// CREATE TABLE … LIKE
fn create_table_like(
    table: TableName,
    like: TableName,
    if_not_exists: bool,
    text: String,
    env: &Environment<'_>,
) -> Result<Operation, SqlError> {
    let db = writable(&table, env)?;
    let from = env.database_of(like.db.as_deref())?;
    let definition = env.cluster.table_definition(env.server, &from, &like.name);
    let Some(mut definition) = definition else {
        return Err(crate::tables::no_table(&from, &like.name));
    };
    definition.name = table.name;
    Ok(Operation::CreateTable {
        db,
        table: definition,
        if_not_exists,
        is_like: true,
        text,
    })
}

fn insert(insert: Insert, env: &Environment<'_>) -> Result<Operation, SqlError> {
    let db = writable_rows(&insert.table, "INSERT", env)?;
    let definition = env
        .cluster
        .table_definition(env.server, &db, &insert.table.name);
    let mut columns = insert.columns.clone();
    let mut rows = Vec::with_capacity(insert.rows.len());
    let all: Vec<ColumnDefinition> = definition.map_or(Vec::new(), |table| table.columns);
    if let Some(select) = &insert.select {
        rows = selected(select, env)?;
    }
    // VALUES (): what has no default is left out, as if all others were listed.
    let is_of_defaults = insert.columns.is_empty()
        && !insert.rows.is_empty()
        && insert.rows.iter().all(Vec::is_empty);
    let has_default = |column: &&ColumnDefinition| {
        column.nullable || column.auto_increment || column.default.is_some()
    };
    if is_of_defaults {
        let listed = all.iter().filter(has_default);
        columns = listed.map(|column| column.name.clone()).collect();
    }
    for row in &insert.rows {
        let row = match is_of_defaults {
            true => all
                .iter()
                .filter(has_default)
                .map(default_of(env))
                .collect(),
            false => values(row, &columns, &all, env)?,
        };
        rows.push(row);
    }
    if !columns.is_empty() {
        // Columns left out with DEFAULT CURRENT_TIMESTAMP get the session's time.
        for column in &all {
            let is_listed = columns
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&column.name));
            if !is_listed && has_current_time(column) {
                columns.push(column.name.clone());
                for row in &mut rows {
                    row.push(default_of(env)(column));
                }
            }
        }
    }
    let on_duplicate = on_duplicate(&insert, env)?;
    Ok(Operation::Insert {
        db,
        table: insert.table.name,
        columns,
        rows,
        on_duplicate,
        is_select: insert.select.is_some(),
    })
}

/// The rows of a SELECT, as they are now.
fn selected(select: &Select, env: &Environment<'_>) -> Result<Vec<Vec<RowExpr>>, SqlError> {
    let rows = query::rows(select, env)?;
    let literals = |row: Vec<Value>| row.into_iter().map(RowExpr::Literal).collect();
    Ok(rows.into_iter().map(literals).collect())
}

fn on_duplicate(insert: &Insert, env: &Environment<'_>) -> Result<OnDuplicate, SqlError> {
    if insert.updates.is_empty() {
        return Ok(insert.on_duplicate.clone());
    }
    let mut deprecated = 0;
    let mut assignments = Vec::new();
    for (name, expr) in &insert.updates {
        if insert.alias.is_some()
            && let Some(name) = unqualified_column(expr)
        {
            let text = format!("Column '{name}' in field list is ambiguous");
            return Err(SqlError::new(1052, "23000", text));
        }
        let expr = new_row_named(expr, insert.alias.as_deref(), &mut deprecated);
        let scope = server_scope("field list");
        assignments.push((name.clone(), lower(&expr, env, scope)?));
    }
    Ok(OnDuplicate::Update {
        assignments,
        deprecated,
    })
}

/// A column that could be of the row that is there, or of the new one with its alias.
fn unqualified_column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column {
            qualifier: None,
            name,
        } => Some(name),
        Expr::Unary(_, operand) => unqualified_column(operand),
        Expr::Binary(_, left, right) => {
            unqualified_column(left).or_else(|| unqualified_column(right))
        }
        Expr::Call { arguments, .. } => arguments.iter().find_map(unqualified_column),
        _ => None,
    }
}

/// Columns of the new row, `VALUES(v)` or `alias.v`, under the name the engine knows them by.
fn new_row_named(expr: &Expr, alias: Option<&str>, deprecated: &mut u32) -> Expr {
    let new = |name: &str| Expr::Column {
        qualifier: None,
        name: format!("VALUES({name})"),
    };
    match expr {
        Expr::Call { name, arguments } if name.eq_ignore_ascii_case("VALUES") => {
            match &arguments[..] {
                [Expr::Column { name, .. }] => {
                    *deprecated += 1;
                    new(name)
                }
                _ => expr.clone(),
            }
        }
        Expr::Column {
            qualifier: Some(qualifier),
            name,
        } if alias == Some(qualifier) => new(name),
        Expr::Unary(op, operand) => {
            Expr::Unary(*op, Box::new(new_row_named(operand, alias, deprecated)))
        }
        Expr::Binary(op, left, right) => {
            let left = new_row_named(left, alias, deprecated);
            let right = new_row_named(right, alias, deprecated);
            Expr::Binary(*op, Box::new(left), Box::new(right))
        }
        Expr::Call { name, arguments } => {
            let named = arguments.iter();
            let named = named.map(|argument| new_row_named(argument, alias, deprecated));
            Expr::Call {
                name: name.clone(),
                arguments: named.collect(),
            }
        }
        other => other.clone(),
    }
}

/// The values of a row, with DEFAULT replaced by the column's.
fn values(
    row: &[Expr],
    columns: &[String],
    all: &[ColumnDefinition],
    env: &Environment<'_>,
) -> Result<Vec<RowExpr>, SqlError> {
    let mut values = Vec::with_capacity(row.len());
    for (index, expr) in row.iter().enumerate() {
        let column = match columns.get(index) {
            Some(name) => all
                .iter()
                .find(|column| column.name.eq_ignore_ascii_case(name)),
            None => all.get(index),
        };
        values.push(match (is_default(expr), column) {
            (true, Some(column)) => default_of(env)(column),
            (true, None) => RowExpr::Literal(Value::Null),
            (false, _) => lower(expr, env, Scope::NO_TABLE)?,
        });
    }
    Ok(values)
}

fn default_of<'a>(env: &'a Environment<'_>) -> impl Fn(&ColumnDefinition) -> RowExpr + use<'a> {
    let now = calendar::date_time(env.now());
    move |column| {
        RowExpr::Literal(match &column.default {
            Some(_) if has_current_time(column) => Value::Text(now.clone()),
            Some(value) => value.clone(),
            None => Value::Null,
        })
    }
}

fn has_current_time(column: &ColumnDefinition) -> bool {
    matches!(column.kind, ColumnKind::Timestamp | ColumnKind::DateTime)
        && column.default == Some("CURRENT_TIMESTAMP".into())
}

fn is_default(expr: &Expr) -> bool {
    matches!(expr, Expr::Call { name, arguments } if name == "DEFAULT" && arguments.is_empty())
}

fn is_current_time(expr: &Expr) -> bool {
    matches!(expr, Expr::Call { name, .. } if matches!(
        name.to_ascii_uppercase().as_str(),
        "CURRENT_TIMESTAMP" | "NOW" | "LOCALTIME"
    ))
}

/// Columns are checked by the server, which knows whether the table is there at all.
fn server_scope(clause: &'static str) -> Scope<'static> {
    Scope {
        columns: None,
        qualifiers: &[],
        clause,
    }
}

fn update(update: Update, env: &Environment<'_>) -> Result<Operation, SqlError> {
    let db = writable_rows(&update.table, "UPDATE", env)?;
    let qualifiers = qualifiers(&db, &update.table.name, update.alias);
    let scope = |clause| Scope {
        qualifiers: &qualifiers,
        ..server_scope(clause)
    };
    let mut assignments = Vec::new();
    for (name, expr) in &update.assignments {
        assignments.push((name.clone(), lower(expr, env, scope("field list"))?));
    }
    let filter = filter(update.filter.as_ref(), env, scope("where clause"))?;
    let pick = pick(&update.order, update.limit, env, scope("order clause"))?;
    Ok(Operation::Update {
        db,
        table: update.table.name,
        assignments,
        filter,
        pick,
    })
}

fn delete(delete: Delete, env: &Environment<'_>) -> Result<Operation, SqlError> {
    let db = writable_rows(&delete.table, "DELETE", env)?;
    let qualifiers = qualifiers(&db, &delete.table.name, delete.alias);
    let scope = |clause| Scope {
        qualifiers: &qualifiers,
        ..server_scope(clause)
    };
    let filter = filter(delete.filter.as_ref(), env, scope("where clause"))?;
    let pick = pick(&delete.order, delete.limit, env, scope("order clause"))?;
    Ok(Operation::Delete {
        db,
        table: delete.table.name,
        filter,
        pick,
    })
}

/// What may stand before the columns of a table.
fn qualifiers(db: &str, table: &str, alias: Option<String>) -> Vec<String> {
    match alias {
        Some(alias) => vec![alias],
        None => vec![table.to_owned(), format!("{db}.{table}")],
    }
}

fn pick(
    order: &[(Expr, Direction)],
    limit: Option<Count>,
    env: &Environment<'_>,
    scope: Scope<'_>,
) -> Result<Pick, SqlError> {
    let key = |(expr, direction): &(Expr, Direction)| {
        let expr = lower(expr, env, scope)?;
        Ok((expr, *direction == Direction::Descending))
    };
    let order = order.iter().map(key).collect::<Result<_, SqlError>>()?;
    let limit = limit.map(|limit| count_of(limit, env)).transpose()?;
    Ok(Pick { order, limit })
}

fn filter(
    filter: Option<&Expr>,
    env: &Environment<'_>,
    scope: Scope<'_>,
) -> Result<Option<RowExpr>, SqlError> {
    match filter {
        Some(filter) => lower(filter, env, scope).map(Some),
        None => Ok(None),
    }
}
