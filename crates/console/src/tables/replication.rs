//! The replication tables of performance_schema.

use semisync_core::Instant;
use semisync_sim::Value;
use semisync_sim::inspect::ReplicaStatusRow;

use super::{NUMBER, NUMBER_NULL, TEXT, TEXT_NULL, TableContents, number, text};
use crate::calendar;
use crate::environment::Environment;
use crate::statement::SystemScope;

/// Reads a table by its name in small letters; empty without a channel.
pub(super) fn open(table: &str, env: &Environment<'_>) -> Option<TableContents> {
    let channel = env.cluster.replica_status(env.server);
    let channel = channel.as_ref();
    Some(match table {
        "replication_connection_configuration" => connection_configuration(channel),
        "replication_connection_status" => connection_status(channel),
        "replication_applier_configuration" => applier_configuration(channel),
        "replication_applier_status" => applier_status(channel),
        "replication_applier_status_by_coordinator" => by_coordinator(channel),
        "replication_applier_status_by_worker" => by_worker(channel, workers(env)),
        _ => return None,
    })
}

type Channel<'a> = Option<&'a ReplicaStatusRow>;

/// A table of at most one row, with each column beside its value.
fn one_row(
    channel: Channel<'_>,
    columns: &[(&str, super::Shape)],
    row: impl Fn(&ReplicaStatusRow) -> Vec<Value>,
) -> TableContents {
    TableContents::new(columns, channel.map(row).into_iter().collect())
}

fn connection_configuration(channel: Channel<'_>) -> TableContents {
    let columns = [
        ("CHANNEL_NAME", TEXT),
        ("HOST", TEXT),
        ("PORT", NUMBER),
        ("USER", TEXT),
        ("NETWORK_INTERFACE", TEXT),
        ("AUTO_POSITION", TEXT),
        ("SSL_ALLOWED", TEXT),
        ("SSL_CA_FILE", TEXT),
        ("SSL_CA_PATH", TEXT),
        ("SSL_CERTIFICATE", TEXT),
        ("SSL_CIPHER", TEXT),
        ("SSL_KEY", TEXT),
        ("SSL_VERIFY_SERVER_CERTIFICATE", TEXT),
        ("SSL_CRL_FILE", TEXT),
        ("SSL_CRL_PATH", TEXT),
        ("CONNECTION_RETRY_INTERVAL", NUMBER),
        ("CONNECTION_RETRY_COUNT", NUMBER),
        ("HEARTBEAT_INTERVAL", NUMBER),
        ("TLS_VERSION", TEXT),
        ("PUBLIC_KEY_PATH", TEXT),
        ("GET_PUBLIC_KEY", TEXT),
        ("NETWORK_NAMESPACE", TEXT),
        ("COMPRESSION_ALGORITHM", TEXT),
        ("ZSTD_COMPRESSION_LEVEL", NUMBER),
        ("TLS_CIPHERSUITES", TEXT_NULL),
        ("SOURCE_CONNECTION_AUTO_FAILOVER", TEXT),
        ("GTID_ONLY", TEXT),
    ];
    one_row(channel, &columns, |row| {
        let empty = || text("");
        vec![
            empty(),
            text(row.source_host.clone()),
            number(row.source_port),
            text(row.source_user.clone()),
            empty(),
            text(if row.auto_position { "1" } else { "0" }),
            text("YES"),
            empty(),
            empty(),
            empty(),
            empty(),
            empty(),
            text("NO"),
            empty(),
            empty(),
            number(row.connect_retry),
            number(row.retry_count),
            text(seconds(row.heartbeat_us)),
            empty(),
            empty(),
            text("NO"),
            empty(),
            text("uncompressed"),
            number(3),
            Value::Null,
            text("0"),
            text("0"),
        ]
    })
}

/// `30.000`
fn seconds(micros: u64) -> String {
    format!("{}.{:03}", micros / 1_000_000, micros / 1_000 % 1_000)
}

fn connection_status(channel: Channel<'_>) -> TableContents {
    let columns = [
        ("CHANNEL_NAME", TEXT),
        ("GROUP_NAME", TEXT),
        ("SOURCE_UUID", TEXT),
        ("THREAD_ID", NUMBER_NULL),
        ("SERVICE_STATE", TEXT),
        ("COUNT_RECEIVED_HEARTBEATS", NUMBER),
        ("LAST_HEARTBEAT_TIMESTAMP", TEXT),
        ("RECEIVED_TRANSACTION_SET", TEXT),
        ("LAST_ERROR_NUMBER", NUMBER),
        ("LAST_ERROR_MESSAGE", TEXT),
        ("LAST_ERROR_TIMESTAMP", TEXT),
        ("LAST_QUEUED_TRANSACTION", TEXT_NULL),
        ("QUEUEING_TRANSACTION", TEXT_NULL),
    ];
    one_row(channel, &columns, |row| {
        let state = match row.receiver_running.as_str() {
            "Yes" => "ON",
            "Connecting" => "CONNECTING",
            _ => "OFF",
        };
        let (errno, message, when) = error(
            row.receiver_error
                .as_ref()
                .map(|(number, words, at)| (*number, words, *at)),
        );
        vec![
            text(""),
            text(""),
            text(row.source_uuid.clone()),
            Value::Null,
            text(state),
            number(row.heartbeats.0),
            text(stamp(row.heartbeats.1)),
            text(row.retrieved_gtid_set.clone()),
            errno,
            message,
            when,
            text(row.last_queued.clone()),
            text(""),
        ]
    })
}

fn applier_configuration(channel: Channel<'_>) -> TableContents {
    let columns = [
        ("CHANNEL_NAME", TEXT),
        ("DESIRED_DELAY", NUMBER),
        ("PRIVILEGE_CHECKS_USER", TEXT_NULL),
        ("REQUIRE_ROW_FORMAT", TEXT),
        ("REQUIRE_TABLE_PRIMARY_KEY_CHECK", TEXT),
        ("ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS_TYPE", TEXT),
        ("ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS_VALUE", TEXT_NULL),
    ];
    one_row(channel, &columns, |status| {
        vec![
            text(""),
            number(status.sql_delay),
            Value::Null,
            text("NO"),
            text("STREAM"),
            text("OFF"),
            Value::Null,
        ]
    })
}

fn applier_status(channel: Channel<'_>) -> TableContents {
    let columns = [
        ("CHANNEL_NAME", TEXT),
        ("SERVICE_STATE", TEXT),
        ("REMAINING_DELAY", NUMBER_NULL),
        ("COUNT_TRANSACTIONS_RETRIES", NUMBER),
    ];
    one_row(channel, &columns, |row| {
        let remaining = row.remaining_delay;
        vec![
            text(""),
            text(service_state(row)),
            remaining.map_or(Value::Null, number),
            number(row.transaction_retries),
        ]
    })
}

fn by_coordinator(channel: Channel<'_>) -> TableContents {
    let columns = [
        ("CHANNEL_NAME", TEXT),
        ("THREAD_ID", NUMBER_NULL),
        ("SERVICE_STATE", TEXT),
        ("LAST_ERROR_NUMBER", NUMBER),
        ("LAST_ERROR_MESSAGE", TEXT),
        ("LAST_ERROR_TIMESTAMP", TEXT),
        ("LAST_PROCESSED_TRANSACTION", TEXT_NULL),
        ("PROCESSING_TRANSACTION", TEXT_NULL),
    ];
    one_row(channel, &columns, |row| {
        let failed = row.applier_error.as_ref();
        let (errno, message, when) = error(failed.map(|it| (it.number, &it.coordinator, it.at)));
        vec![
            text(""),
            Value::Null,
            text(service_state(row)),
            errno,
            message,
            when,
            text(row.last_applied.clone()),
            text(""),
        ]
    })
}

/// How many workers the applier has.
fn workers(env: &Environment<'_>) -> u64 {
    let count = env.system_variable(SystemScope::Global, "replica_parallel_workers");
    match count {
        Ok(Value::Int(count)) => u64::try_from(count).unwrap_or(1).max(1),
        _ => 1,
    }
}

/// The cluster applies in one thread, shown as worker 1; the others have nothing to do.
fn by_worker(channel: Channel<'_>, workers: u64) -> TableContents {
    let columns = [
        ("CHANNEL_NAME", TEXT),
        ("WORKER_ID", NUMBER),
        ("THREAD_ID", NUMBER_NULL),
        ("SERVICE_STATE", TEXT),
        ("LAST_ERROR_NUMBER", NUMBER),
        ("LAST_ERROR_MESSAGE", TEXT),
        ("LAST_ERROR_TIMESTAMP", TEXT),
        ("LAST_APPLIED_TRANSACTION", TEXT_NULL),
        ("APPLYING_TRANSACTION", TEXT_NULL),
    ];
    let rows = channel.into_iter().flat_map(|row| {
        (1..=workers).map(move |worker| {
            let failed = row.applier_error.as_ref();
            let failed = failed.filter(|it| worker == 1 && !it.worker.is_empty());
            let (errno, message, when) = error(failed.map(|it| (it.number, &it.worker, it.at)));
            let (last_applied, applying) = match worker {
                1 => (row.last_applied.clone(), row.applying.clone()),
                _ => (String::new(), String::new()),
            };
            vec![
                text(""),
                number(worker),
                Value::Null,
                text(service_state(row)),
                errno,
                message,
                when,
                text(last_applied),
                text(applying),
            ]
        })
    });
    TableContents::new(&columns, rows.collect())
}

fn service_state(row: &ReplicaStatusRow) -> &'static str {
    if row.applier_running { "ON" } else { "OFF" }
}

fn error(error: Option<(u32, &String, Instant)>) -> (Value, Value, Value) {
    match error {
        Some((errno, message, at)) => (number(errno), text(message), text(stamp(Some(at)))),
        None => (number(0), text(""), text(stamp(None))),
    }
}

fn stamp(at: Option<Instant>) -> String {
    match at {
        Some(at) => calendar::date_time_micros(at),
        None => "0000-00-00 00:00:00.000000".to_owned(),
    }
}
