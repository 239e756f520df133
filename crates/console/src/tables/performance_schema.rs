//! Tables of performance_schema.

use semisync_core::Generation;
use semisync_core::log::LogLevel;
use semisync_sim::Value;
use semisync_sim::inspect::{ProcessRow, VariableReach};

use super::{
    NUMBER, NUMBER_NULL, TEXT, TEXT_NULL, TableContents, number, or_null, process, replication,
    text,
};
use crate::calendar;
use crate::environment::Environment;

/// Their names.
pub(super) const TABLES: &[&str] = &[
    "error_log",
    "global_status",
    "global_variables",
    "persisted_variables",
    "processlist",
    "replication_applier_configuration",
    "replication_applier_status",
    "replication_applier_status_by_coordinator",
    "replication_applier_status_by_worker",
    "replication_connection_configuration",
    "replication_connection_status",
    "session_status",
    "session_variables",
    "threads",
];

/// Reads a table by its name in small letters.
pub(super) fn open(table: &str, env: &Environment<'_>) -> Option<TableContents> {
    match table {
        "global_status" | "session_status" => Some(status(env)),
        "global_variables" => Some(variables(env, true)),
        "session_variables" => Some(variables(env, false)),
        "persisted_variables" => {
            let rows = env.cluster.persisted_variables(env.server).into_iter();
            let rows = rows.map(|(name, value)| vec![text(name), text(value)]);
            Some(TableContents::new(&VARIABLE_COLUMNS, rows.collect()))
        }
        "error_log" => Some(error_log(env)),
        "processlist" => Some(processlist(env)),
        "threads" => Some(threads(env)),
        _ => replication::open(table, env),
    }
}

/// Status variables.
pub(super) fn status(env: &Environment<'_>) -> TableContents {
    let rows = env.cluster.status_variables(env.server).into_iter();
    let rows = rows.map(|(name, value)| vec![text(name), text(value)]);
    TableContents::new(&VARIABLE_COLUMNS, rows.collect())
}

/// System variables.
pub(super) fn variables(env: &Environment<'_>, global: bool) -> TableContents {
    let rows = if global {
        env.cluster.global_variables(env.server)
    } else {
        env.cluster.session_variables(env.session)
    };
    let rows = rows
        .into_iter()
        .filter(|row| !global || row.scope != VariableReach::Session)
        .map(|row| vec![text(row.name), text(row.shown)]);
    TableContents::new(&VARIABLE_COLUMNS, rows.collect())
}

const VARIABLE_COLUMNS: [(&str, super::Shape); 2] =
    [("VARIABLE_NAME", TEXT), ("VARIABLE_VALUE", TEXT_NULL)];

fn error_log(env: &Environment<'_>) -> TableContents {
    let columns = [
        ("LOGGED", TEXT),
        ("THREAD_ID", NUMBER_NULL),
        ("PRIO", TEXT),
        ("ERROR_CODE", TEXT_NULL),
        ("SUBSYSTEM", TEXT_NULL),
        ("DATA", TEXT),
    ];
    let rows = env.cluster.error_log(env.server).into_iter().map(|row| {
        let priority = match row.level {
            None => "System",
            Some(LogLevel::Error) => "Error",
            Some(LogLevel::Warning) => "Warning",
            Some(LogLevel::Note) => "Note",
        };
        vec![
            text(calendar::date_time_micros(row.logged)),
            number(row.thread_id),
            text(priority),
            text(format!("MY-{:06}", row.number)),
            text(row.subsystem),
            text(row.text),
        ]
    });
    TableContents::new(&columns, rows.collect())
}

fn processlist(env: &Environment<'_>) -> TableContents {
    let columns = [
        ("ID", NUMBER),
        ("USER", TEXT_NULL),
        ("HOST", TEXT_NULL),
        ("DB", TEXT_NULL),
        ("COMMAND", TEXT_NULL),
        ("TIME", NUMBER_NULL),
        ("STATE", TEXT_NULL),
        ("INFO", TEXT_NULL),
        ("EXECUTION_ENGINE", TEXT_NULL),
    ];
    let rows = with_daemons(env).into_iter().map(|row| {
        let mut cells = process(row);
        cells.push(text("PRIMARY"));
        cells
    });
    TableContents::new(&columns, rows.collect())
}

/// The processlist, with the thread that compresses `mysql.gtid_executed`: SHOW PROCESSLIST leaves
/// it out.
fn with_daemons(env: &Environment<'_>) -> Vec<ProcessRow> {
    let mut rows = env.processlist("executing");
    if env.generation() != Generation::V5_5 {
        let compressor = ProcessRow {
            id: COMPRESSOR,
            user: "system user".to_owned(),
            command: "Daemon".to_owned(),
            state: Some(SUSPENDING.to_owned()),
            time: rows.first().map_or(0, |daemon| daemon.time),
            ..ProcessRow::default()
        };
        rows.push(compressor);
        rows.sort_by_key(|row| row.id);
    }
    rows
}

/// Threads: those of the processlist, and two that are no sessions.
fn threads(env: &Environment<'_>) -> TableContents {
    let columns = [
        ("THREAD_ID", NUMBER),
        ("NAME", TEXT),
        ("TYPE", TEXT),
        ("PROCESSLIST_ID", NUMBER_NULL),
        ("PROCESSLIST_USER", TEXT_NULL),
        ("PROCESSLIST_HOST", TEXT_NULL),
        ("PROCESSLIST_DB", TEXT_NULL),
        ("PROCESSLIST_COMMAND", TEXT_NULL),
        ("PROCESSLIST_TIME", NUMBER_NULL),
        ("PROCESSLIST_STATE", TEXT_NULL),
        ("PROCESSLIST_INFO", TEXT_NULL),
    ];
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for mut row in with_daemons(env) {
        let is_coordinator = |state: &str| COORDINATOR_STATES.contains(&state);
        let name = match row.user.as_str() {
            "event_scheduler" => "thread/sql/event_scheduler",
            "system user" if row.id == COMPRESSOR => "thread/sql/compress_gtid_table",
            "system user" if row.host == "connecting host" => "thread/sql/replica_io",
            "system user" if row.state.as_deref().is_some_and(is_coordinator) => {
                "thread/sql/replica_sql"
            }
            "system user" => "thread/sql/replica_worker",
            _ => "thread/sql/one_connection",
        };
        let mut account = (
            text(std::mem::take(&mut row.user)),
            text(std::mem::take(&mut row.host)),
        );
        if row.id == COMPRESSOR {
            account = (Value::Null, Value::Null);
        }
        rows.push(vec![
            number(row.id + THREADS_BEFORE_SESSIONS),
            text(name),
            text("FOREGROUND"),
            number(row.id),
            account.0,
            account.1,
            or_null(row.db),
            text(match name {
                "thread/sql/replica_worker" => "Connect".to_owned(),
                _ => row.command,
            }),
            number(row.time),
            or_null(row.state),
            or_null(row.info),
        ]);
    }
    if env.generation() == Generation::V9_7 {
        let mut row = vec![Value::Null; columns.len()];
        row[0] = number(THREADS_BEFORE_SESSIONS - 1);
        row[1] = text("thread/sql/rpl_opt_tracker");
        row[2] = text("BACKGROUND");
        row[9] = text(SUSPENDING);
        // It is older than the sessions.
        let is_command =
            |row: &Vec<Value>| matches!(&row[7], Value::Text(command) if command != "Daemon");
        let place = rows.iter().position(is_command).unwrap_or(rows.len());
        rows.insert(place, row);
    }
    if let Some(state) = ack_receiver_state(env) {
        let mut row = vec![Value::Null; columns.len()];
        row[0] = number(THREADS_BEFORE_SESSIONS);
        row[1] = text("thread/semisync/Ack_receiver");
        row[2] = text("BACKGROUND");
        row[4] = text("root");
        row[5] = text("localhost");
        row[9] = text(state);
        // It is older than the threads of replicas that connected again after it was started.
        let is_dump = |row: &Vec<Value>| matches!(&row[7], Value::Text(command) if command.starts_with("Binlog Dump"));
        let is_first = |row: &Vec<Value>| matches!(&row[1], Value::Text(name) if name.ends_with("rpl_opt_tracker"));
        let least = rows.iter().position(is_first).map_or(0, |first| first + 1);
        let place = rows
            .iter()
            .position(is_dump)
            .unwrap_or(rows.len())
            .max(least);
        rows.insert(place, row);
    }
    TableContents::new(&columns, rows)
}

/// The number of the thread that compresses `mysql.gtid_executed`.
const COMPRESSOR: u64 = 7;

/// What a thread of the server does when it has nothing to do.
const SUSPENDING: &str = "Suspending";

/// What the applier's coordinator does; its workers do other things.
const COORDINATOR_STATES: [&str; 3] = [
    "Replica has read all relay log; waiting for more updates",
    "Waiting until SOURCE_DELAY seconds after source executed event",
    "Waiting for workers to exit",
];

/// Threads a server starts before its first session.
const THREADS_BEFORE_SESSIONS: u64 = 40;

fn ack_receiver_state(env: &Environment<'_>) -> Option<&'static str> {
    let variables = env.cluster.global_variables(env.server);
    let enabled = variables.iter().any(|row| {
        matches!(
            row.name.as_str(),
            "rpl_semi_sync_source_enabled" | "rpl_semi_sync_master_enabled"
        ) && row.shown == "ON"
    });
    if !enabled {
        return None;
    }
    let status = env.cluster.status_variables(env.server);
    let has_clients = status.iter().any(|(name, value)| {
        name.ends_with("_clients") && name.starts_with("Rpl_semi_sync") && value != "0"
    });
    Some(if has_clients {
        "Waiting for semi-sync ACK from replica"
    } else {
        "Waiting for semi-sync replica connection"
    })
}
