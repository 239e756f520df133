//! SHOW and DESCRIBE: what each statement lists.

mod replica_status;

mod definitions;

use semisync_core::Generation;
use semisync_sim::accounts::{AccountName, Level, Privilege, Privileges};
use semisync_sim::expr::{is_like, is_like_exactly};
use semisync_sim::inspect::BinlogEventRow;
use semisync_sim::operation::{OkPacket, Warning, WarningLevel};
use semisync_sim::{SqlError, Value, command_denied, database_denied, no_such_grant};

use crate::environment::Environment;
use crate::layout::{ResultColumn, ResultSet};
use crate::lowering::{Scope, lower};
use crate::plan::made_up_hash;
use crate::query::{Answer, NamedRow};
use crate::statement::{Limit, Maintenance, Show, ShowFilter, TableName};
use crate::tables::information_schema::{ENGINES, PROCESSLIST_IS_DEPRECATED};
use crate::tables::{self, SYSTEM_SCHEMAS, no_such_database, system_tables};

/// Runs a SHOW.
///
/// # Errors
/// Those of names that do not exist.
pub(crate) fn show(show: &Show, env: &Environment<'_>) -> Result<Answer, SqlError> {
    require(show, env)?;
    let result = match show {
        Show::Variables { global, filter } => variables(*global, filter, env)?,
        Show::Status { filter, .. } => {
            let rows = env.cluster.status_variables(env.server).into_iter();
            let rows = rows.map(|(name, value)| vec![Some(name), Some(value)]);
            filtered(name_and_value(), rows.collect(), filter, env)?
        }
        Show::Plugins => plugins(env),
        Show::Replicas => replicas(env),
        Show::ReplicaStatus {
            channel,
            master_words,
        } => replica_status::rows(channel.as_deref(), *master_words, env)?,
        Show::ProcessList { full } => return Ok(processlist(*full, env)),
        Show::BinaryLogStatus => binary_log_status(env),
        Show::BinaryLogs => binary_logs(env)?,
        Show::BinlogEvents {
            relay,
            file,
            from,
            limit,
            channel,
        } => {
            check_channel(channel.as_deref())?;
            binlog_events(*relay, file.as_deref(), *from, *limit, env)?
        }
        Show::Databases(filter) => databases(filter, env)?,
        Show::Tables { db, filter } => tables(db.as_deref(), filter, env)?,
        Show::CreateTable(table) => definitions::create_table(table, env)?,
        Show::CreateDatabase(db) => definitions::create_database(db, env)?,
        Show::Columns(table, filter) => {
            let all = definitions::columns(table, env)?;
            filtered(all.columns, all.rows, filter, env)?
        }
        Show::Warnings { errors_only, limit } => warnings(*errors_only, *limit, env),
        Show::CountWarnings { errors_only } => count_warnings(*errors_only, env),
        Show::Engines => engines(),
        Show::Grants { account } => grants(account.as_ref(), env)?,
        Show::CreateUser(account) => create_user(account, env)?,
    };
    Ok(rows(result))
}

/// What a SHOW needs.
fn require(show: &Show, env: &Environment<'_>) -> Result<(), SqlError> {
    use Privilege as P;
    match show {
        Show::ReplicaStatus { .. } | Show::BinaryLogStatus | Show::BinaryLogs => {
            env.require_one(&[P::SUPER, P::REPLICATION_CLIENT])
        }
        Show::Replicas | Show::BinlogEvents { .. } => env.require_one(&[P::REPLICATION_SLAVE]),
        Show::Grants {
            account: Some(account),
        }
        | Show::CreateUser(account) => {
            let (_, own) = env.cluster.session_account(env.session);
            match env.account_or_own(account.clone()) == own {
                true => Ok(()),
                false => env.require_on(("mysql", "user"), "SELECT", P::SELECT),
            }
        }
        Show::CreateTable(table) => {
            let db = env.database_of(table.db.as_deref())?;
            if tables::is_open_to_all(&db, &table.name) || shows_table(&db, &table.name, env) {
                return Ok(());
            }
            let (_, account) = env.cluster.session_account(env.session);
            Err(command_denied("SHOW", &account, &table.name))
        }
        Show::Columns(table, _) => readable_table(table, env),
        Show::Tables { db, .. } => {
            let db = env.database_of(db.as_deref())?;
            match env.cluster.knows_database(env.session, &db) {
                true => Ok(()),
                false => {
                    let (_, account) = env.cluster.session_account(env.session);
                    Err(database_denied(&account, &db))
                }
            }
        }
        _ => Ok(()),
    }
}

fn readable_table(table: &TableName, env: &Environment<'_>) -> Result<(), SqlError> {
    let db = env.database_of(table.db.as_deref())?;
    match tables::is_open_to_all(&db, &table.name) {
        true => Ok(()),
        false => env.require_on((&db, &table.name), "SELECT", Privilege::SELECT),
    }
}

/// Any privilege on a table shows it.
fn shows_table(db: &str, table: &str, env: &Environment<'_>) -> bool {
    let held = env.cluster.privileges_on(env.session, db, Some(table));
    !held.both(Privileges::of_level(Level::Table)).is_empty()
}

/// DESCRIBE.
///
/// # Errors
/// As SHOW COLUMNS.
pub(crate) fn describe(
    table: &crate::statement::TableName,
    env: &Environment<'_>,
) -> Result<Answer, SqlError> {
    readable_table(table, env)?;
    definitions::columns(table, env).map(rows)
}

fn rows(result: ResultSet) -> Answer {
    Answer::Rows {
        result,
        warnings: Vec::new(),
    }
}

fn name_and_value() -> Vec<ResultColumn> {
    vec![
        ResultColumn::text("Variable_name"),
        ResultColumn::text("Value").nullable(),
    ]
}

type Rows = Vec<Vec<Option<String>>>;

/// The rows LIKE or WHERE keeps; LIKE looks at the first column.
/// A listing of databases or tables.
fn is_of_files(columns: &[ResultColumn]) -> bool {
    let heading = columns.first().map_or("", |column| &column.name);
    heading.starts_with("Tables_in_") || heading.starts_with("Database")
}

fn filtered(
    columns: Vec<ResultColumn>,
    mut rows: Rows,
    filter: &ShowFilter,
    env: &Environment<'_>,
) -> Result<ResultSet, SqlError> {
    match filter {
        ShowFilter::None => {}
        ShowFilter::Like(pattern) => rows.retain(|row| {
            let name = row.first().and_then(Option::as_deref);
            // Names of tables and databases are names of files.
            name.is_some_and(|name| match is_of_files(&columns) {
                true => is_like_exactly(name, pattern),
                false => is_like(name, pattern),
            })
        }),
        ShowFilter::Where(condition) => {
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            let scope = Scope {
                columns: Some(&names),
                qualifiers: &[],
                clause: "where clause",
            };
            let condition = lower(condition, env, scope)?;
            let mut kept = Vec::new();
            for row in rows {
                let values: Vec<Value> = row
                    .iter()
                    .map(|cell| cell.clone().map_or(Value::Null, Value::Text))
                    .collect();
                let named = NamedRow {
                    names: &names,
                    values: &values,
                    mistakes: None,
                };
                if condition.holds(&named)? {
                    kept.push(row);
                }
            }
            rows = kept;
        }
    }
    Ok(ResultSet { columns, rows })
}

fn variables(
    global: bool,
    filter: &ShowFilter,
    env: &Environment<'_>,
) -> Result<ResultSet, SqlError> {
    let variables = if global {
        env.cluster.global_variables(env.server)
    } else {
        env.cluster.session_variables(env.session)
    };
    let rows = variables
        .into_iter()
        .map(|row| vec![Some(row.name), Some(row.shown)]);
    filtered(name_and_value(), rows.collect(), filter, env)
}

fn plugins(env: &Environment<'_>) -> ResultSet {
    let mut result = ResultSet::new(vec![
        ResultColumn::text("Name"),
        ResultColumn::text("Status"),
        ResultColumn::text("Type"),
        ResultColumn::text("Library").nullable(),
        ResultColumn::text("License").nullable(),
    ]);
    for plugin in env.cluster.plugins(env.server) {
        result.rows.push(vec![
            Some(plugin.name),
            Some(plugin.status),
            Some(plugin.kind),
            plugin.library,
            Some(plugin.license),
        ]);
    }
    result
}

fn replicas(env: &Environment<'_>) -> ResultSet {
    let names = if env.generation() == Generation::V5_5 {
        ["Server_id", "Host", "Port", "Master_id"].as_slice()
    } else {
        &["Server_Id", "Host", "Port", "Source_Id", "Replica_UUID"]
    };
    let columns = names.iter().map(|name| match *name {
        "Host" | "Replica_UUID" => ResultColumn::text(*name),
        _ => ResultColumn::number(*name),
    });
    let mut result = ResultSet::new(columns.collect());
    for row in env.cluster.replicas(env.server) {
        let cells = [
            row.server_id.to_string(),
            row.host,
            row.port.to_string(),
            row.source_id.to_string(),
            row.uuid,
        ];
        result.push_texts(cells.into_iter().take(names.len()));
    }
    result
}

fn processlist(full: bool, env: &Environment<'_>) -> Answer {
    let mut result = ResultSet::new(vec![
        ResultColumn::number("Id"),
        ResultColumn::text("User"),
        ResultColumn::text("Host"),
        ResultColumn::text("db").nullable(),
        ResultColumn::text("Command"),
        ResultColumn::number("Time").nullable(),
        ResultColumn::text("State").nullable(),
        ResultColumn::text("Info").nullable(),
    ]);
    for row in env.processlist("init") {
        let info = row.info.map(|info| match full {
            true => info,
            false => info.chars().take(100).collect(),
        });
        result.rows.push(vec![
            Some(row.id.to_string()),
            Some(row.user),
            Some(row.host),
            row.db,
            Some(row.command),
            Some(row.time.to_string()),
            row.state,
            info,
        ]);
    }
    let warnings = if env.generation() == Generation::V5_5 {
        Vec::new()
    } else {
        vec![Warning {
            level: WarningLevel::Warning,
            code: 1287,
            message: PROCESSLIST_IS_DEPRECATED.to_owned(),
        }]
    };
    Answer::Rows { result, warnings }
}

fn binary_log_status(env: &Environment<'_>) -> ResultSet {
    let mut columns = vec![
        ResultColumn::text("File"),
        ResultColumn::number("Position"),
        ResultColumn::text("Binlog_Do_DB"),
        ResultColumn::text("Binlog_Ignore_DB"),
    ];
    let has_gtids = env.generation() != Generation::V5_5;
    if has_gtids {
        columns.push(ResultColumn::text("Executed_Gtid_Set"));
    }
    let mut result = ResultSet::new(columns);
    if let Some(file) = env.cluster.binlog_files(env.server).pop() {
        let gtids = env.cluster.gtid_executed(env.server);
        let cells = [
            file.name,
            file.size.to_string(),
            String::new(),
            String::new(),
            gtids,
        ];
        result.push_texts(cells.into_iter().take(4 + usize::from(has_gtids)));
    }
    result
}

fn binary_logs(env: &Environment<'_>) -> Result<ResultSet, SqlError> {
    let files = env.cluster.binlog_files(env.server);
    if files.is_empty() {
        return Err(SqlError::new(
            1381,
            "HY000",
            "You are not using binary logging",
        ));
    }
    let mut columns = vec![
        ResultColumn::text("Log_name"),
        ResultColumn::number("File_size"),
    ];
    let is_old = env.generation() == Generation::V5_5;
    if !is_old {
        columns.push(ResultColumn::text("Encrypted"));
    }
    let mut result = ResultSet::new(columns);
    for file in files {
        let cells = [file.name, file.size.to_string(), "No".to_owned()];
        result.push_texts(cells.into_iter().take(3 - usize::from(is_old)));
    }
    Ok(result)
}

fn binlog_events(
    relay: bool,
    file: Option<&str>,
    from: Option<u64>,
    limit: Option<Limit>,
    env: &Environment<'_>,
) -> Result<ResultSet, SqlError> {
    let mut result = ResultSet::new(vec![
        ResultColumn::text("Log_name"),
        ResultColumn::number("Pos"),
        ResultColumn::text("Event_type"),
        ResultColumn::number("Server_id"),
        ResultColumn::number("End_log_pos"),
        ResultColumn::text("Info"),
    ]);
    let events = if relay {
        env.cluster.relay_log_events(env.server, file)
    } else {
        match file.map(str::to_owned).or_else(|| first_binlog(env)) {
            Some(file) => env.cluster.binlog_events(env.server, &file),
            None => Some(Vec::new()),
        }
    };
    if relay && file.is_none() && env.cluster.replica_status(env.server).is_none() {
        return Ok(result);
    }
    let word = if relay { "RELAYLOG" } else { "BINLOG" };
    let Some(events) = events else {
        return Err(SqlError::new(
            1220,
            "HY000",
            format!("Error when executing command SHOW {word} EVENTS: Could not find target log"),
        ));
    };
    let from = start_position(&events, from.unwrap_or(4), word)?;
    // LIMIT 0 means no limit here.
    let limit = limit.filter(|limit| limit.count > 0).unwrap_or(Limit {
        offset: 0,
        count: u64::MAX,
    });
    let shown = events
        .into_iter()
        .filter(|event| from <= event.position)
        .skip(usize::try_from(limit.offset).unwrap_or(usize::MAX))
        .take(usize::try_from(limit.count).unwrap_or(usize::MAX));
    for event in shown {
        result.push_texts([
            event.file,
            event.position.to_string(),
            event.event_type,
            event.server_id.to_string(),
            event.end_position.to_string(),
            event.info,
        ]);
    }
    Ok(result)
}

/// There is one channel, the default one.
pub(crate) fn check_channel(channel: Option<&str>) -> Result<(), SqlError> {
    match channel {
        None | Some("") => Ok(()),
        Some(name) => {
            let text = format!("Replica channel '{name}' does not exist.");
            Err(SqlError::new(3074, "HY000", text))
        }
    }
}

fn first_binlog(env: &Environment<'_>) -> Option<String> {
    let files = env.cluster.binlog_files(env.server);
    files.into_iter().next().map(|file| file.name)
}

/// Bytes of an event in its file; in relay logs the end position is the source's.
fn event_size(event: &BinlogEventRow) -> u64 {
    event.end_position.saturating_sub(event.position)
}

/// FROM must be where an event begins; positions in the first event stand for its end.
fn start_position(events: &[BinlogEventRow], from: u64, word: &str) -> Result<u64, SqlError> {
    let end_of_first = events.first().map_or(4, |event| event.end_position);
    if from <= 4 {
        return Ok(4);
    }
    if from < end_of_first {
        return Ok(end_of_first);
    }
    let end = events
        .last()
        .map_or(4, |event| event.position + event_size(event));
    if end < from {
        return Ok(from);
    }
    let is_known = events
        .iter()
        .any(|event| event.position == from || event.end_position == from);
    if is_known {
        return Ok(from);
    }
    Err(SqlError::new(
        1220,
        "HY000",
        format!(
            "Error when executing command SHOW {word} EVENTS: Error reading Log_event at position {from}: Failed decoding event: Event too big"
        ),
    ))
}

fn databases(filter: &ShowFilter, env: &Environment<'_>) -> Result<ResultSet, SqlError> {
    let heading = listing_heading("Database", filter);
    let mut names = env.cluster.databases(env.server);
    names.extend(SYSTEM_SCHEMAS.map(str::to_owned));
    names.retain(|name| env.cluster.knows_database(env.session, name));
    names.sort();
    let rows = names.into_iter().map(|name| vec![Some(name)]).collect();
    filtered(vec![ResultColumn::text(heading)], rows, filter, env)
}

fn tables(
    db: Option<&str>,
    filter: &ShowFilter,
    env: &Environment<'_>,
) -> Result<ResultSet, SqlError> {
    let db = env.database_of(db)?;
    let names = match env.cluster.tables(env.server, &db) {
        Some(names) => names,
        None => system_tables(&db)
            .ok_or_else(|| no_such_database(&db))?
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
    };
    let heading = listing_heading(&format!("Tables_in_{db}"), filter);
    let is_visible = |name: &String| {
        db.eq_ignore_ascii_case("information_schema") || shows_table(&db, name, env)
    };
    let rows = names
        .into_iter()
        .filter(is_visible)
        .map(|name| vec![Some(name)])
        .collect();
    filtered(vec![ResultColumn::text(heading)], rows, filter, env)
}

fn listing_heading(name: &str, filter: &ShowFilter) -> String {
    match filter {
        ShowFilter::Like(pattern) => format!("{name} ({pattern})"),
        ShowFilter::None | ShowFilter::Where(_) => name.to_owned(),
    }
}

fn warnings(errors_only: bool, limit: Option<Limit>, env: &Environment<'_>) -> ResultSet {
    let mut result = ResultSet::new(vec![
        ResultColumn::text("Level"),
        ResultColumn::number("Code"),
        ResultColumn::text("Message"),
    ]);
    let limit = limit.unwrap_or(Limit {
        offset: 0,
        count: u64::MAX,
    });
    let shown = env
        .memory
        .warnings
        .iter()
        .filter(|warning| !errors_only || warning.level == WarningLevel::Error)
        .skip(usize::try_from(limit.offset).unwrap_or(usize::MAX))
        .take(usize::try_from(limit.count).unwrap_or(usize::MAX));
    for warning in shown {
        result.push_texts([
            format!("{:?}", warning.level),
            warning.code.to_string(),
            warning.message.clone(),
        ]);
    }
    result
}

fn count_warnings(errors_only: bool, env: &Environment<'_>) -> ResultSet {
    let (name, count) = if errors_only {
        ("@@session.error_count", env.memory.errors())
    } else {
        ("@@session.warning_count", env.memory.warnings.len())
    };
    let mut result = ResultSet::new(vec![ResultColumn::number(name)]);
    result.push_texts([count.to_string()]);
    result
}

fn engines() -> ResultSet {
    let names = [
        "Engine",
        "Support",
        "Comment",
        "Transactions",
        "XA",
        "Savepoints",
    ];
    let mut result = ResultSet::new(names.map(ResultColumn::text).to_vec());
    for row in ENGINES {
        result.push_texts(*row);
    }
    result
}

/// SHOW GRANTS.
fn grants(account: Option<&AccountName>, env: &Environment<'_>) -> Result<ResultSet, SqlError> {
    let name = env.account_or_own(account.cloned().unwrap_or_default());
    let accounts = env.cluster.accounts(env.server);
    let Some(stored) = accounts.and_then(|accounts| accounts.get(&name)) else {
        return Err(no_such_grant(&name));
    };
    let heading = format!("Grants for {}@{}", name.user, name.host);
    let mut result = ResultSet::new(vec![ResultColumn::text(heading)]);
    for row in stored.grants(&name) {
        result.push_texts([row]);
    }
    if name == AccountName::new("root", "localhost") {
        result.push_texts(["GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION"]);
    }
    Ok(result)
}

/// SHOW CREATE USER.
fn create_user(account: &AccountName, env: &Environment<'_>) -> Result<ResultSet, SqlError> {
    let name = env.account_or_own(account.clone());
    let accounts = env.cluster.accounts(env.server);
    let Some(stored) = accounts.and_then(|accounts| accounts.get(&name)) else {
        let text =
            format!("Operation SHOW CREATE USER failed for {name} (User account does not exist)");
        return Err(SqlError::new(1396, "HY000", text));
    };
    let password = match stored.password.as_str() {
        "" => String::new(),
        _ if env
            .require_on(("mysql", "user"), "SELECT", Privilege::SELECT)
            .is_err() =>
        {
            " AS <secret>".to_owned()
        }
        password => format!(" AS '{}'", made_up_hash(password)),
    };
    let lock = if stored.is_locked { "LOCK" } else { "UNLOCK" };
    let heading = format!("CREATE USER for {}@{}", name.user, name.host);
    let mut result = ResultSet::new(vec![ResultColumn::text(heading)]);
    result.push_texts([format!(
        "CREATE USER `{}`@`{}` IDENTIFIED WITH 'caching_sha2_password'{password} REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT {lock} PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT",
        name.user, name.host
    )]);
    Ok(result)
}

/// What ANALYZE TABLE and the like say of each table.
///
/// # Errors
/// 1046 without a database.
pub(crate) fn maintained(
    what: Maintenance,
    tables: &[TableName],
    env: &Environment<'_>,
) -> Result<Answer, SqlError> {
    let word = match what {
        Maintenance::Analyze => "analyze",
        Maintenance::Optimize => "optimize",
        Maintenance::Check => "check",
    };
    let names = ["Table", "Op", "Msg_type", "Msg_text"];
    let mut result = ResultSet::new(names.map(ResultColumn::text).to_vec());
    for table in tables {
        let db = env.database_of(table.db.as_deref())?;
        let name = format!("{db}.{}", table.name);
        let mut say = |kind: &str, text: &str| result.push_texts([&name, word, kind, text]);
        if env
            .cluster
            .table_definition(env.server, &db, &table.name)
            .is_none()
        {
            say("Error", &format!("Table '{name}' doesn't exist"));
            say("status", "Operation failed");
            continue;
        }
        if what == Maintenance::Optimize {
            say(
                "note",
                "Table does not support optimize, doing recreate + analyze instead",
            );
        }
        say("status", "OK");
    }
    Ok(rows(result))
}

/// The answer of a statement that did nothing.
pub(crate) fn nothing() -> Answer {
    Answer::Ok(OkPacket::default())
}
