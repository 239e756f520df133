//! What a statement asks of the server, and what to do with the answer.

mod account;

mod write;

use std::cmp::Ordering;

pub(crate) use account::made_up_hash;
use semisync_sim::engine::read_date_time;
use semisync_sim::operation::{
    LoggedEffect, Login, OkPacket, Operation, SetLiteral, Until, VariableAssignment, Warning,
    WarningLevel,
};
use semisync_sim::{SqlError, Value};

use crate::calendar;
use crate::deprecated::{todays_name, variable_warning};
use crate::environment::{Environment, SessionMemory};
use crate::lowering::{Scope, constant, lower, wrong_arguments};
use crate::parser::parse;
use crate::query::{self, Answer};
use crate::shows;
use crate::statement::{
    Assignment, Expr, Item, Maintenance, PrepareSource, SetValue, Show, SourceOption, Statement,
    Threads,
};
use crate::tables::{self, SYSTEM_SCHEMAS};

/// An operation and what follows its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) operation: Operation,
    pub(crate) then: Then,
}

/// What to do when the operation is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing more: an OK packet says it all.
    Finished,
    /// The client's `use`.
    DatabaseChanged,
    /// Compute the result of a reading statement with these `?` arguments.
    Answer(Box<Statement>, Vec<Value>),
    /// Compute the result of a statement that slept; it was interrupted if the time (in
    /// microseconds) has not come.
    Slept {
        statement: Box<Statement>,
        arguments: Vec<Value>,
        until: u64,
    },
    /// Look again later whether something has come, until the time (in microseconds) is over.
    WaitFor {
        statement: Box<Statement>,
        arguments: Vec<Value>,
        wanted: Wanted,
        until: Option<u64>,
        /// When it looks again, if it has looked already.
        looks_at: Option<u64>,
    },
    /// Set user variables; using some names warns.
    SetUserVariables(Vec<(String, Value)>, Vec<Warning>),
    /// Remember a prepared statement; if it was refused, forget the one of this name.
    Prepare {
        name: String,
        prepared: Result<String, SqlError>,
    },
    /// Forget one.
    Deallocate { name: String },
    /// Report an error the console found.
    Fail(SqlError),
    /// The session kills itself: it learns so, and the connection is gone.
    KilledItself,
    /// Go on with another operation.
    Next(Box<Plan>),
}

/// What a function waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// That these GTIDs are executed.
    Gtids(String),
    /// That the applier has come to this position of the source.
    SourcePosition(String, u64),
}

impl Plan {
    fn read(statement: Statement, env: &Environment<'_>) -> Plan {
        Plan {
            operation: Operation::Read,
            then: Then::Answer(Box::new(statement), env.arguments.to_vec()),
        }
    }

    fn finished(operation: Operation) -> Plan {
        Plan {
            operation,
            then: Then::Finished,
        }
    }

    /// COMMIT and ROLLBACK, with AND CHAIN.
    fn ending(operation: Operation, chain: bool) -> Plan {
        let then = match chain {
            true => Then::Next(Box::new(Plan::finished(Operation::Begin))),
            false => Then::Finished,
        };
        Plan { operation, then }
    }

    fn in_memory(then: Then) -> Plan {
        Plan {
            operation: Operation::Read,
            then,
        }
    }
}

/// Plans a statement. Everything wrong with it that the console sees becomes an error the server
/// reports when the statement gets there.
pub(crate) fn plan(text: &str, env: &Environment<'_>) -> Plan {
    let planned = parse(text, env.generation()).and_then(|parsed| {
        if parsed.placeholders > env.arguments.len() {
            // Only EXECUTE brings arguments for `?`.
            let at = text.find('?').unwrap_or(0);
            return Err(crate::lexer::syntax_error(text, at));
        }
        statement(parsed.statement, text, env)
    });
    planned.unwrap_or_else(|error| Plan::in_memory(Then::Fail(error)))
}

fn statement(statement: Statement, text: &str, env: &Environment<'_>) -> Result<Plan, SqlError> {
    let text = text.trim_end().to_owned();
    Ok(match statement {
        Statement::Select(_) | Statement::Do(_) => reading(statement, env)?,
        Statement::Show(Show::BinaryLogStatus | Show::BinaryLogs) => Plan {
            operation: Operation::ReadBinaryLog,
            ..Plan::read(statement, env)
        },
        Statement::Empty | Statement::Show(_) | Statement::Describe(_) | Statement::Help(_) => {
            Plan::read(statement, env)
        }
        Statement::Use(db) => Plan {
            operation: Operation::UseDatabase(db),
            then: Then::DatabaseChanged,
        },
        Statement::Begin => Plan::finished(Operation::Begin),
        Statement::StartTransaction {
            snapshot,
            read_only,
        } => Plan::finished(Operation::StartTransaction {
            snapshot,
            read_only,
        }),
        Statement::Commit { chain } => Plan::ending(Operation::Commit, chain),
        Statement::Rollback { chain } => Plan::ending(Operation::Rollback, chain),
        Statement::Savepoint(name) => Plan::finished(Operation::Savepoint(name)),
        Statement::RollbackTo(name) => Plan::finished(Operation::RollbackTo(name)),
        Statement::ReleaseSavepoint(name) => Plan::finished(Operation::ReleaseSavepoint(name)),
        Statement::Set(assignments) => set(assignments, env)?,
        Statement::SetNames(name) => set_names(&name)?,
        Statement::Prepare { name, from } => prepare(name, from, env)?,
        Statement::Execute { name, using } => execute(&name, &using, env)?,
        Statement::Deallocate { name } => deallocate(name, env)?,
        Statement::Kill { connection, id } => {
            let id = constant(&id, env)?;
            let id = id.to_number().map_or(0, |number| number.truncated());
            // The server keeps 32 bits of it.
            let processlist_id = u64::from(id as u32);
            let own = env.cluster.connection(env.session);
            let is_own = own.is_some_and(|own| own.processlist_id == processlist_id);
            Plan {
                operation: Operation::Kill {
                    connection,
                    processlist_id,
                },
                then: if is_own {
                    Then::KilledItself
                } else {
                    Then::Finished
                },
            }
        }
        Statement::CreateDatabase { .. }
        | Statement::DropDatabase { .. }
        | Statement::CreateTable(_)
        | Statement::CreateTableLike { .. }
        | Statement::DropTable { .. }
        | Statement::Truncate(_)
        | Statement::AlterTable { .. }
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_) => write::plan(statement, text, env)?,
        Statement::PurgeBinaryLogsBefore(time) => purge_before(&time, env)?,
        Statement::Maintain { what, logged, .. } => {
            let then = Then::Answer(Box::new(statement.clone()), env.arguments.to_vec());
            let effect = match what {
                Maintenance::Optimize => LoggedEffect::Recreate,
                Maintenance::Analyze | Maintenance::Check => LoggedEffect::None,
            };
            Plan {
                operation: match logged {
                    true => Operation::LoggedStatement { text, effect },
                    false => Operation::Read,
                },
                then,
            }
        }
        Statement::FlushRelayLogs { logged, channel } => {
            shows::check_channel(channel.as_deref())?;
            let effect = LoggedEffect::FlushRelayLogs;
            Plan::finished(match logged {
                true => Operation::LoggedStatement { text, effect },
                false => Operation::Read,
            })
        }
        Statement::Account(account) => Plan::finished(account::plan(account, text, env)?),
        Statement::StartReplica {
            threads,
            until,
            login,
            channel,
        } => start_replica(threads, until, login, channel)?,
        other => administration(other, text),
    })
}

/// Statements that go to the server as they are.
fn administration(statement: Statement, text: String) -> Plan {
    Plan::finished(match statement {
        Statement::InstallPlugin { name, library } => Operation::InstallPlugin { name, library },
        Statement::UninstallPlugin { name } => Operation::UninstallPlugin { name },
        Statement::ResetPersist { name, if_exists } => Operation::ResetPersist { name, if_exists },
        Statement::ChangeSource { options, channel } => Operation::ChangeReplicationSource {
            options: options
                .into_iter()
                .map(|(name, value)| (name, source_option(value)))
                .collect(),
            channel,
        },
        Statement::StopReplica { threads, channel } => Operation::StopReplica {
            receiver: threads.receiver,
            applier: threads.applier,
            channel,
        },
        Statement::ResetReplica { all, channel } => Operation::ResetReplica { all, channel },
        Statement::ResetBinaryLogs { to } => Operation::ResetBinaryLogs { to },
        Statement::FlushBinaryLogs => Operation::FlushBinaryLogs,
        Statement::FlushLogs => Operation::FlushLogs,
        Statement::FlushTablesWithReadLock => Operation::FlushTablesWithReadLock,
        Statement::UnlockTables => Operation::UnlockTables,
        Statement::PurgeBinaryLogs { to } => Operation::PurgeBinaryLogs { to },
        Statement::Shutdown { restart } => Operation::Shutdown { restart },
        Statement::Flush { what, logged } => return flush(&what, logged, text),
        Statement::Empty
        | Statement::Use(_)
        | Statement::Select(_)
        | Statement::Do(_)
        | Statement::CreateDatabase { .. }
        | Statement::DropDatabase { .. }
        | Statement::CreateTable(_)
        | Statement::CreateTableLike { .. }
        | Statement::DropTable { .. }
        | Statement::Truncate(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::AlterTable { .. }
        | Statement::StartReplica { .. }
        | Statement::PurgeBinaryLogsBefore(_)
        | Statement::Begin
        | Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint(_)
        | Statement::RollbackTo(_)
        | Statement::ReleaseSavepoint(_)
        | Statement::Set(_)
        | Statement::SetNames(_)
        | Statement::Kill { .. }
        | Statement::Account(_)
        | Statement::Maintain { .. }
        | Statement::FlushRelayLogs { .. }
        | Statement::Prepare { .. }
        | Statement::Execute { .. }
        | Statement::Deallocate { .. }
        | Statement::Show(_)
        | Statement::Describe(_)
        | Statement::Help(_) => unreachable!("planned by its own rule"),
    })
}

/// PURGE BINARY LOGS BEFORE. A text that is no time purges nothing and warns.
fn purge_before(time: &Expr, env: &Environment<'_>) -> Result<Plan, SqlError> {
    let text = constant(time, env)?.to_text();
    let written = text.as_deref().map(read_date_time);
    let warnings = match (&text, &written) {
        (Some(text), Some(None)) => vec![Warning {
            level: WarningLevel::Warning,
            code: 1292,
            message: format!("Incorrect datetime value: '{text}'"),
        }],
        _ => Vec::new(),
    };
    let time = written.flatten();
    let time = time.and_then(|(date, time)| calendar::instant(&format!("{date} {time}")));
    Ok(Plan {
        operation: Operation::PurgeBinaryLogsBefore { time },
        then: Then::SetUserVariables(Vec::new(), warnings),
    })
}

fn start_replica(
    threads: Threads,
    until: Option<Until>,
    login: Option<Login>,
    channel: Option<String>,
) -> Result<Plan, SqlError> {
    let Threads { receiver, applier } = threads;
    if let Some(Until::SourcePosition(file, position) | Until::RelayPosition(file, position)) =
        &until
        && (file.is_empty() || *position == 0)
    {
        let text = "Incorrect parameter or combination of parameters for START REPLICA UNTIL";
        return Err(SqlError::new(1277, "HY000", text));
    }
    let has_credentials = login.is_some();
    let operation = match until {
        None => Operation::StartReplica {
            receiver,
            applier,
            channel,
            login,
        },
        Some(until) => Operation::StartReplicaUntil {
            receiver,
            applier,
            channel,
            login,
            until,
        },
    };
    let insecure = Warning {
        level: WarningLevel::Note,
        code: 1759,
        message: "Sending passwords in plain text without SSL/TLS is extremely insecure."
            .to_owned(),
    };
    let warnings = if has_credentials {
        vec![insecure]
    } else {
        Vec::new()
    };
    Ok(Plan {
        operation,
        then: Then::SetUserVariables(Vec::new(), warnings),
    })
}

fn source_option(option: SourceOption) -> Value {
    match option {
        SourceOption::Text(text) => Value::Text(text),
        SourceOption::Number(number) => match number.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Text(number),
        },
        SourceOption::Word(word) => Value::Text(word.to_ascii_uppercase()),
    }
}

/// FLUSH is written to the binary log, but for logs and with NO_WRITE_TO_BINLOG.
fn flush(what: &str, logged: bool, text: String) -> Plan {
    if !logged {
        return Plan::in_memory(Then::Finished);
    }
    let effect = match what {
        "STATUS" => LoggedEffect::FlushStatus,
        "PRIVILEGES" => LoggedEffect::FlushPrivileges,
        _ => LoggedEffect::None,
    };
    Plan::finished(Operation::LoggedStatement { text, effect })
}

fn set(assignments: Vec<Assignment>, env: &Environment<'_>) -> Result<Plan, SqlError> {
    let mut user = Vec::new();
    let mut system = Vec::new();
    let mut warnings = Vec::new();
    for assignment in assignments {
        match assignment {
            Assignment::User { name, value } => user.push((name, constant(&value, env)?)),
            Assignment::System { scope, name, value } => {
                let value = set_literal(value, env)?;
                warnings.extend(variable_warning(&name, env.generation()));
                let name = todays_name(&name, env.generation()).unwrap_or(name);
                system.push(VariableAssignment { scope, name, value });
            }
        }
    }
    let then = Then::SetUserVariables(user, warnings);
    Ok(if system.is_empty() {
        Plan::in_memory(then)
    } else {
        Plan {
            operation: Operation::SetVariables(system),
            then,
        }
    })
}

fn set_literal(value: SetValue, env: &Environment<'_>) -> Result<Option<SetLiteral>, SqlError> {
    Ok(match value {
        SetValue::Default => None,
        SetValue::Word(word) => Some(SetLiteral::Word(word)),
        SetValue::Expr(Expr::Decimal(number)) => Some(SetLiteral::Decimal(number)),
        SetValue::Expr(expr) => Some(match constant(&expr, env)? {
            Value::Null => SetLiteral::Null,
            Value::Int(number) => SetLiteral::Int(number),
            Value::Decimal(number) | Value::Double(number) => {
                SetLiteral::Decimal(number.to_string())
            }
            Value::Text(text) => SetLiteral::Text(text),
        }),
    })
}

fn set_names(name: &str) -> Result<Plan, SqlError> {
    const KNOWN: &[&str] = &[
        "ascii", "binary", "default", "latin1", "utf8", "utf8mb3", "utf8mb4",
    ];
    if KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(Plan::in_memory(Then::Finished));
    }
    Err(SqlError::new(
        1115,
        "42000",
        format!("Unknown character set: '{name}'"),
    ))
}

fn prepare(name: String, from: PrepareSource, env: &Environment<'_>) -> Result<Plan, SqlError> {
    let text = match from {
        PrepareSource::Text(text) => text,
        PrepareSource::Variable(variable) => {
            let value = env.memory.user_variable(&variable);
            value.to_text().unwrap_or_else(|| "NULL".to_owned())
        }
    };
    let text = text.trim().trim_end_matches(';').to_owned();
    let prepared = match parse(&text, env.generation()) {
        Ok(parsed) if parsed.statement == Statement::Empty => {
            Err(SqlError::new(1065, "42000", "Query was empty"))
        }
        Ok(parsed) => check_tables(&parsed.statement, env).map(|()| text),
        Err(error) => Err(error),
    };
    Ok(Plan::in_memory(Then::Prepare { name, prepared }))
}

/// The tables of a statement are looked for when it is prepared.
fn check_tables(statement: &Statement, env: &Environment<'_>) -> Result<(), SqlError> {
    let table = match statement {
        Statement::Select(select) => select.from.as_ref().map(|from| &from.table),
        Statement::Insert(insert) => Some(&insert.table),
        Statement::Update(update) => Some(&update.table),
        Statement::Delete(delete) => Some(&delete.table),
        _ => None,
    };
    match table {
        Some(table) => {
            let db = env.database_of(table.db.as_deref())?;
            tables::open(&db, &table.name, env).map(|_| ())
        }
        None => Ok(()),
    }
}

fn execute(name: &str, using: &[String], env: &Environment<'_>) -> Result<Plan, SqlError> {
    let Some(text) = env.memory.prepared.get(&name.to_ascii_lowercase()) else {
        return Err(unknown_handler(name, "EXECUTE"));
    };
    let parsed = parse(text, env.generation())?;
    if parsed.placeholders != using.len() {
        return Err(wrong_arguments());
    }
    let arguments: Vec<Value> = using
        .iter()
        .map(|variable| env.memory.user_variable(variable))
        .collect();
    let env = Environment {
        arguments: &arguments,
        ..*env
    };
    Ok(plan(text, &env))
}

fn deallocate(name: String, env: &Environment<'_>) -> Result<Plan, SqlError> {
    if !env.memory.prepared.contains_key(&name.to_ascii_lowercase()) {
        return Err(unknown_handler(&name, "DEALLOCATE PREPARE"));
    }
    Ok(Plan::in_memory(Then::Deallocate { name }))
}

fn unknown_handler(name: &str, to: &str) -> SqlError {
    SqlError::new(
        1243,
        "HY000",
        format!("Unknown prepared statement handler ({name}) given to {to}"),
    )
}

/// SELECT and DO; they may sleep or wait for GTIDs first.
fn reading(statement: Statement, env: &Environment<'_>) -> Result<Plan, SqlError> {
    let sleeps = find_calls(&statement, "SLEEP");
    if !sleeps.is_empty() {
        // One after the other.
        let mut micros = 0_u64;
        for arguments in sleeps {
            let [seconds] = arguments else {
                return Ok(Plan::read(statement, env));
            };
            let seconds = constant(seconds, env)?;
            let one = seconds
                .to_number()
                .map(|number| number.times(1_000_000.into()).truncated())
                .and_then(|micros| u64::try_from(micros).ok());
            let Some(one) = one else {
                return Err(SqlError::new(
                    1210,
                    "HY000",
                    "Incorrect arguments to sleep.",
                ));
            };
            micros = micros.saturating_add(one);
        }
        return Ok(Plan {
            operation: Operation::Sleep { micros },
            then: Then::Slept {
                statement: Box::new(statement),
                arguments: env.arguments.to_vec(),
                until: env.now().as_micros().saturating_add(micros),
            },
        });
    }
    let Some((wanted, until)) = wanted(&statement, env)? else {
        let operation = rows_to_read(&statement, env).unwrap_or(Operation::Read);
        return Ok(Plan {
            operation,
            ..Plan::read(statement, env)
        });
    };
    Ok(Plan::in_memory(Then::WaitFor {
        statement: Box::new(statement),
        arguments: env.arguments.to_vec(),
        wanted,
        until,
        looks_at: None,
    }))
}

/// The user's table that a SELECT reads, if it does; what is wrong with it is said later.
fn rows_to_read(statement: &Statement, env: &Environment<'_>) -> Option<Operation> {
    let Statement::Select(select) = statement else {
        return None;
    };
    let from = select.from.as_ref()?;
    let db = env.database_of(from.table.db.as_deref()).ok()?;
    if SYSTEM_SCHEMAS.contains(&db.to_ascii_lowercase().as_str()) {
        return None;
    }
    let scope = Scope {
        columns: None,
        qualifiers: &[],
        clause: "where clause",
    };
    let filter = select.filter.as_ref();
    let filter = filter.and_then(|filter| lower(filter, env, scope).ok());
    Some(Operation::ReadRows {
        db,
        table: from.table.name.clone(),
        filter,
        locking: select.locking,
    })
}

/// What a statement waits for and until when, if it does.
fn wanted(
    statement: &Statement,
    env: &Environment<'_>,
) -> Result<Option<(Wanted, Option<u64>)>, SqlError> {
    let until = |seconds: Option<&Expr>| -> Result<Option<u64>, SqlError> {
        let Some(seconds) = seconds else {
            return Ok(None);
        };
        let seconds = constant(seconds, env)?.to_number();
        let micros = seconds.map_or(0, |n| n.times(1_000_000.into()).truncated());
        let micros = u64::try_from(micros).unwrap_or(0);
        Ok(Some(env.now().as_micros() + micros))
    };
    if let Some([set, rest @ ..]) = find_call(statement, "WAIT_FOR_EXECUTED_GTID_SET") {
        let set = constant(set, env)?.to_text().unwrap_or_default();
        if let Some(seconds) = rest.first()
            && constant(seconds, env)?.compare(&Value::Int(0)) == Some(Ordering::Less)
        {
            let text = "Incorrect arguments to WAIT_FOR_EXECUTED_GTID_SET.";
            return Err(SqlError::new(1210, "HY000", text));
        }
        return Ok(Some((Wanted::Gtids(set), until(rest.first())?)));
    }
    for name in ["SOURCE_POS_WAIT", "MASTER_POS_WAIT"] {
        if let Some([file, position, rest @ ..]) = find_call(statement, name) {
            let file = constant(file, env)?.to_text().unwrap_or_default();
            let position = constant(position, env)?.to_number();
            let position = position.map_or(0, |number| number.truncated());
            let position = u64::try_from(position).unwrap_or(0);
            let wanted = Wanted::SourcePosition(file, position);
            return Ok(Some((wanted, until(rest.first())?)));
        }
    }
    Ok(None)
}

/// The arguments of the first call of a function in the select list.
fn find_call<'a>(statement: &'a Statement, wanted: &str) -> Option<&'a [Expr]> {
    find_calls(statement, wanted).into_iter().next()
}

/// The arguments of the first call of a function in each item of the select list.
fn find_calls<'a>(statement: &'a Statement, wanted: &str) -> Vec<&'a [Expr]> {
    let found = |expr: &'a Expr| call_in(expr, wanted);
    match statement {
        Statement::Select(select) => {
            let items = select.items.iter().filter_map(|item| match item {
                Item::Expr { expr, .. } => found(expr),
                Item::All => None,
            });
            items.collect()
        }
        Statement::Do(exprs) => exprs.iter().filter_map(found).collect(),
        _ => Vec::new(),
    }
}

fn call_in<'a>(expr: &'a Expr, wanted: &str) -> Option<&'a [Expr]> {
    match expr {
        Expr::Call { name, arguments } if name.eq_ignore_ascii_case(wanted) => Some(arguments),
        Expr::Call { arguments, .. } => arguments.iter().find_map(|one| call_in(one, wanted)),
        Expr::Unary(_, operand) => call_in(operand, wanted),
        Expr::Binary(_, left, right) => call_in(left, wanted).or_else(|| call_in(right, wanted)),
        Expr::AssignUser { value, .. } => call_in(value, wanted),
        _ => None,
    }
}

/// Computes the answer of a reading statement, and what it changes in the session's memory.
///
/// # Errors
/// Those of the statement.
pub(crate) fn answer(
    statement: &Statement,
    env: &Environment<'_>,
) -> Result<(Answer, Vec<(String, Value)>), SqlError> {
    match statement {
        Statement::Select(select) => {
            let selected = query::select(select, env)?;
            Ok((selected.answer, selected.variables))
        }
        Statement::Do(exprs) => {
            for expr in exprs {
                constant(expr, env)?;
            }
            Ok((shows::nothing(), Vec::new()))
        }
        Statement::Show(show) => Ok((shows::show(show, env)?, Vec::new())),
        Statement::Describe(table) => Ok((shows::describe(table, env)?, Vec::new())),
        Statement::Maintain { what, tables, .. } => {
            Ok((shows::maintained(*what, tables, env)?, Vec::new()))
        }
        Statement::Help(_) => Ok((Answer::Lines(NO_HELP.to_owned()), Vec::new())),
        _ => Ok((shows::nothing(), Vec::new())),
    }
}

/// What the client prints when the server has no help on a topic.
const NO_HELP: &str =
    "\nNothing found\nPlease try to run 'help contents' for a list of all accessible topics\n\n";

/// Whether a statement leaves the warnings of the one before in place.
pub(crate) fn keeps_warnings(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Show(Show::Warnings { .. } | Show::CountWarnings { .. })
    )
}

/// The warnings an error leaves: itself, and what came with it.
pub(crate) fn error_warnings(error: &SqlError) -> Vec<Warning> {
    let own = Warning {
        level: WarningLevel::Error,
        code: error.code,
        message: error.message.clone(),
    };
    std::iter::once(own)
        .chain(error.warnings.iter().cloned())
        .collect()
}

/// What a finished statement leaves in the session's memory.
pub(crate) fn remember_ok(memory: &mut SessionMemory, packet: &OkPacket) {
    memory.warnings.clone_from(&packet.warnings);
    memory.row_count = i128::from(packet.affected_rows);
}
