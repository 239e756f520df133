//! Tables a SELECT can read: the user's, and those that show a server's state.

pub(crate) mod information_schema;

mod performance_schema;

mod replication;

use semisync_sim::accounts::Privilege;
use semisync_sim::inspect::ProcessRow;
use semisync_sim::operation::{ColumnKind, Warning};
use semisync_sim::{SqlError, Value};

use crate::environment::Environment;
use crate::lowering::Shape;

/// Columns and rows of a table, as this session sees them now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableContents {
    pub(crate) columns: Vec<(String, Shape)>,
    pub(crate) rows: Vec<Vec<Value>>,
    /// What reading it warns of.
    pub(crate) warnings: Vec<Warning>,
}

impl TableContents {
    /// What a SELECT without FROM reads.
    pub(crate) fn one_empty_row() -> TableContents {
        TableContents {
            rows: vec![Vec::new()],
            ..TableContents::default()
        }
    }

    fn new(columns: &[(&str, Shape)], rows: Vec<Vec<Value>>) -> TableContents {
        TableContents {
            columns: columns
                .iter()
                .map(|(name, shape)| ((*name).to_owned(), *shape))
                .collect(),
            rows,
            warnings: Vec::new(),
        }
    }
}

/// Column shapes, short.
const TEXT: Shape = Shape::text();
const TEXT_NULL: Shape = Shape::text().nullable();
const NUMBER: Shape = Shape::number();
const NUMBER_NULL: Shape = Shape::number().nullable();

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn number(number: impl Into<i128>) -> Value {
    Value::Int(number.into())
}

fn or_null(value: Option<String>) -> Value {
    value.map_or(Value::Null, Value::Text)
}

/// What both tables of processes tell about one, in their order.
fn process(row: ProcessRow) -> Vec<Value> {
    vec![
        number(row.id),
        text(row.user),
        text(row.host),
        or_null(row.db),
        text(row.command),
        number(row.time),
        or_null(row.state),
        or_null(row.info),
    ]
}

/// Reads a table.
///
/// # Errors
/// 1049, 1109, 1146 when it does not exist.
pub(crate) fn open(
    db: &str,
    table: &str,
    env: &Environment<'_>,
) -> Result<TableContents, SqlError> {
    let lower = table.to_ascii_lowercase();
    if !is_open_to_all(db, table) {
        env.require_on((db, table), "SELECT", Privilege::SELECT)?;
    }
    match db.to_ascii_lowercase().as_str() {
        "information_schema" => information_schema::open(&lower, env).ok_or_else(|| {
            let upper = table.to_ascii_uppercase();
            SqlError::new(
                1109,
                "42S02",
                format!("Unknown table '{upper}' in information_schema"),
            )
        }),
        "performance_schema" => {
            performance_schema::open(&lower, env).ok_or_else(|| no_table(db, table))
        }
        "mysql" => mysql(&lower, env).ok_or_else(|| no_table(db, table)),
        _ => user_table(db, table, env),
    }
}

/// Whether every client may read a table.
pub(crate) fn is_open_to_all(db: &str, table: &str) -> bool {
    const OPEN: &[&str] = &[
        "global_status",
        "global_variables",
        "persisted_variables",
        "processlist",
        "session_status",
        "session_variables",
        "variables_info",
    ];
    db.eq_ignore_ascii_case("information_schema")
        || db.eq_ignore_ascii_case("performance_schema")
            && OPEN.iter().any(|open| open.eq_ignore_ascii_case(table))
}

/// System schemas, as SHOW DATABASES lists them beside the user's.
pub(crate) const SYSTEM_SCHEMAS: [&str; 4] =
    ["information_schema", "mysql", "performance_schema", "sys"];

/// Tables of a system schema, for SHOW TABLES; `None` for other databases.
pub(crate) fn system_tables(db: &str) -> Option<&'static [&'static str]> {
    match db.to_ascii_lowercase().as_str() {
        "information_schema" => Some(information_schema::TABLES),
        "performance_schema" => Some(performance_schema::TABLES),
        "mysql" => Some(&["plugin", "user"]),
        "sys" => Some(&[]),
        _ => None,
    }
}

/// 1146
pub(crate) fn no_table(db: &str, table: &str) -> SqlError {
    SqlError::new(1146, "42S02", format!("Table '{db}.{table}' doesn't exist"))
}

/// 1049
pub(crate) fn no_such_database(db: &str) -> SqlError {
    SqlError::new(1049, "42000", format!("Unknown database '{db}'"))
}

fn user_table(db: &str, table: &str, env: &Environment<'_>) -> Result<TableContents, SqlError> {
    if env.cluster.tables(env.server, db).is_none() {
        return Err(no_such_database(db));
    }
    let definition = env.cluster.table_definition(env.server, db, table);
    let rows = env.cluster.rows(env.session, db, table);
    let (Some(definition), Some(rows)) = (definition, rows) else {
        return Err(no_table(db, table));
    };
    let columns = definition
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let shape = Shape {
                is_numeric: column.kind.is_number(),
                is_nullable: column.nullable && !definition.primary_key.contains(&index),
                is_binary: false,
                is_blob: column.kind == ColumnKind::Blob,
            };
            (column.name.clone(), shape)
        });
    Ok(TableContents {
        columns: columns.collect(),
        rows,
        warnings: Vec::new(),
    })
}

/// Columns of `mysql.user`, as far as replication is concerned.
const USER_PRIVILEGES: &[(&str, Privilege)] = &[
    ("Select_priv", Privilege::SELECT),
    ("Insert_priv", Privilege::INSERT),
    ("Update_priv", Privilege::UPDATE),
    ("Delete_priv", Privilege::DELETE),
    ("Create_priv", Privilege::CREATE),
    ("Drop_priv", Privilege::DROP),
    ("Reload_priv", Privilege::RELOAD),
    ("Shutdown_priv", Privilege::SHUTDOWN),
    ("Process_priv", Privilege::PROCESS),
    ("Super_priv", Privilege::SUPER),
    ("Repl_slave_priv", Privilege::REPLICATION_SLAVE),
    ("Repl_client_priv", Privilege::REPLICATION_CLIENT),
    ("Create_user_priv", Privilege::CREATE_USER),
];

fn mysql(table: &str, env: &Environment<'_>) -> Option<TableContents> {
    match table {
        "plugin" => {
            let installed = env.cluster.plugin_rows(env.server).into_iter();
            let installed = installed.map(|(name, library)| vec![text(name), text(library)]);
            let columns = [("name", TEXT), ("dl", TEXT)];
            Some(TableContents::new(&columns, installed.collect()))
        }
        "user" => {
            let accounts = env.cluster.accounts(env.server)?;
            let columns = USER_PRIVILEGES.iter().map(|(name, _)| (*name, TEXT));
            let columns: Vec<_> = [("Host", TEXT), ("User", TEXT)]
                .into_iter()
                .chain(columns)
                .chain([("account_locked", TEXT)])
                .collect();
            let rows = accounts.iter().map(|(name, account)| {
                let mut row = vec![text(name.host.clone()), text(name.user.clone())];
                let held = |privilege| {
                    if account.global.contains(privilege) {
                        "Y"
                    } else {
                        "N"
                    }
                };
                row.extend(
                    USER_PRIVILEGES
                        .iter()
                        .map(|(_, privilege)| text(held(*privilege))),
                );
                row.push(text(if account.is_locked { "Y" } else { "N" }));
                row
            });
            Some(TableContents::new(&columns, rows.collect()))
        }
        _ => None,
    }
}
