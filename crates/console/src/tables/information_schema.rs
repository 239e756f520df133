//! Tables of INFORMATION_SCHEMA.

use semisync_core::Generation;
use semisync_sim::Value;
use semisync_sim::operation::{Warning, WarningLevel};

use super::{
    NUMBER, NUMBER_NULL, SYSTEM_SCHEMAS, TEXT, TEXT_NULL, TableContents, number, or_null, process,
    text,
};
use crate::environment::Environment;

/// Their names.
pub(super) const TABLES: &[&str] = &["ENGINES", "PLUGINS", "PROCESSLIST", "SCHEMATA", "TABLES"];

/// Reads a table by its name in small letters.
pub(super) fn open(table: &str, env: &Environment<'_>) -> Option<TableContents> {
    match table {
        "plugins" => Some(plugins(env)),
        "processlist" => Some(processlist(env)),
        "schemata" => Some(schemata(env)),
        "tables" => Some(tables(env)),
        "engines" => Some(engines()),
        "global_status" | "session_status" if env.generation() == Generation::V5_5 => {
            Some(super::performance_schema::status(env))
        }
        "global_variables" if env.generation() == Generation::V5_5 => {
            Some(super::performance_schema::variables(env, true))
        }
        "session_variables" if env.generation() == Generation::V5_5 => {
            Some(super::performance_schema::variables(env, false))
        }
        _ => None,
    }
}

fn plugins(env: &Environment<'_>) -> TableContents {
    let columns = [
        ("PLUGIN_NAME", TEXT),
        ("PLUGIN_VERSION", TEXT),
        ("PLUGIN_STATUS", TEXT),
        ("PLUGIN_TYPE", TEXT),
        ("PLUGIN_TYPE_VERSION", TEXT),
        ("PLUGIN_LIBRARY", TEXT_NULL),
        ("PLUGIN_LIBRARY_VERSION", TEXT_NULL),
        ("PLUGIN_AUTHOR", TEXT_NULL),
        ("PLUGIN_DESCRIPTION", TEXT_NULL),
        ("PLUGIN_LICENSE", TEXT_NULL),
        ("LOAD_OPTION", TEXT),
    ];
    let rows = env.cluster.plugins(env.server).into_iter().map(|plugin| {
        vec![
            text(plugin.name),
            text(plugin.version),
            text(plugin.status),
            text(plugin.kind),
            text(plugin.kind_version),
            or_null(plugin.library),
            or_null(plugin.library_version),
            text(plugin.author),
            text(plugin.description),
            text(plugin.license),
            text(plugin.load_option),
        ]
    });
    TableContents::new(&columns, rows.collect())
}

/// Reading it is deprecated, but for 5.5.
fn processlist(env: &Environment<'_>) -> TableContents {
    let columns = [
        ("ID", NUMBER),
        ("USER", TEXT),
        ("HOST", TEXT),
        ("DB", TEXT_NULL),
        ("COMMAND", TEXT),
        ("TIME", NUMBER),
        ("STATE", TEXT_NULL),
        ("INFO", TEXT_NULL),
    ];
    let rows = env.processlist("executing").into_iter().map(process);
    let mut contents = TableContents::new(&columns, rows.collect());
    if env.generation() != Generation::V5_5 {
        contents.warnings.push(Warning {
            level: WarningLevel::Warning,
            code: 1287,
            message: PROCESSLIST_IS_DEPRECATED.to_owned(),
        });
    }
    contents
}

/// The warning SHOW PROCESSLIST and INFORMATION_SCHEMA.PROCESSLIST come with.
pub(crate) const PROCESSLIST_IS_DEPRECATED: &str = "'INFORMATION_SCHEMA.PROCESSLIST' is deprecated and will be removed in a future release. Please use performance_schema.processlist instead";

fn schemata(env: &Environment<'_>) -> TableContents {
    let columns = [
        ("CATALOG_NAME", TEXT),
        ("SCHEMA_NAME", TEXT),
        ("DEFAULT_CHARACTER_SET_NAME", TEXT),
        ("DEFAULT_COLLATION_NAME", TEXT),
        ("SQL_PATH", TEXT_NULL),
        ("DEFAULT_ENCRYPTION", TEXT),
    ];
    let users = env.cluster.databases(env.server);
    let names = SYSTEM_SCHEMAS.into_iter().map(str::to_owned).chain(users);
    let rows = names.map(|name| {
        vec![
            text("def"),
            text(name),
            text("utf8mb4"),
            text("utf8mb4_0900_ai_ci"),
            Value::Null,
            text("NO"),
        ]
    });
    TableContents::new(&columns, rows.collect())
}

fn tables(env: &Environment<'_>) -> TableContents {
    let columns = [
        ("TABLE_CATALOG", TEXT),
        ("TABLE_SCHEMA", TEXT),
        ("TABLE_NAME", TEXT),
        ("TABLE_TYPE", TEXT),
        ("ENGINE", TEXT_NULL),
        ("TABLE_ROWS", NUMBER_NULL),
    ];
    let mut rows = Vec::new();
    for db in env.cluster.databases(env.server) {
        for table in env.cluster.tables(env.server, &db).unwrap_or_default() {
            let count = env.cluster.rows(env.session, &db, &table);
            rows.push(vec![
                text("def"),
                text(db.clone()),
                text(table),
                text("BASE TABLE"),
                text("InnoDB"),
                number(count.map_or(0, |rows| rows.len() as i128)),
            ]);
        }
    }
    TableContents::new(&columns, rows)
}

fn engines() -> TableContents {
    let columns = [
        ("ENGINE", TEXT),
        ("SUPPORT", TEXT),
        ("COMMENT", TEXT),
        ("TRANSACTIONS", TEXT_NULL),
        ("XA", TEXT_NULL),
        ("SAVEPOINTS", TEXT_NULL),
    ];
    let rows = ENGINES.iter().map(|row| row.map(text).to_vec());
    TableContents::new(&columns, rows.collect())
}

/// The engines the cluster has something of.
pub(crate) const ENGINES: &[[&str; 6]] = &[
    [
        "InnoDB",
        "DEFAULT",
        "Supports transactions, row-level locking, and foreign keys",
        "YES",
        "YES",
        "YES",
    ],
    [
        "PERFORMANCE_SCHEMA",
        "YES",
        "Performance Schema",
        "NO",
        "NO",
        "NO",
    ],
];
