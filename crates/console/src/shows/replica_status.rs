//! SHOW REPLICA STATUS, all of its columns in order.

use semisync_sim::SqlError;
use semisync_sim::inspect::ReplicaStatusRow;

use crate::calendar;
use crate::environment::Environment;
use crate::layout::{ResultColumn, ResultSet};

/// The row of the channel; none before CHANGE REPLICATION SOURCE TO.
///
/// # Errors
/// 3074 for a channel that does not exist.
pub(super) fn rows(
    channel: Option<&str>,
    master_words: bool,
    env: &Environment<'_>,
) -> Result<ResultSet, SqlError> {
    if let Some(name) = channel.filter(|name| !name.is_empty()) {
        return Err(SqlError::new(
            3074,
            "HY000",
            format!("Replica channel '{name}' does not exist."),
        ));
    }
    let status = env.cluster.replica_status(env.server);
    let cells = cells(&status.clone().unwrap_or_default());
    let cells: Vec<Cell> = if master_words {
        cells
            .into_iter()
            .filter(|cell| !NOT_IN_5_5.contains(&cell.name))
            .collect()
    } else {
        cells
    };
    let columns = cells.iter().map(|cell| {
        let name = match master_words {
            true => old_name(cell.name),
            false => cell.name.to_owned(),
        };
        let column = if cell.is_number {
            ResultColumn::number(name)
        } else {
            ResultColumn::text(name)
        };
        if cell.value.is_none() {
            column.nullable()
        } else {
            column
        }
    });
    let mut result = ResultSet::new(columns.collect());
    if status.is_some() {
        result
            .rows
            .push(cells.into_iter().map(|cell| cell.value).collect());
    }
    Ok(result)
}

struct Cell {
    name: &'static str,
    value: Option<String>,
    is_number: bool,
}

fn text(name: &'static str, value: impl Into<String>) -> Cell {
    Cell {
        name,
        value: Some(value.into()),
        is_number: false,
    }
}

fn number(name: &'static str, value: impl Into<u64>) -> Cell {
    Cell {
        name,
        value: Some(value.into().to_string()),
        is_number: true,
    }
}

fn number_or_null(name: &'static str, value: Option<u64>) -> Cell {
    Cell {
        name,
        value: value.map(|value| value.to_string()),
        is_number: true,
    }
}

fn yes_no(running: bool) -> &'static str {
    if running { "Yes" } else { "No" }
}

fn cells(row: &ReplicaStatusRow) -> Vec<Cell> {
    let mut cells = connection(row);
    cells.extend(filters_and_errors(row));
    cells.extend(identity_and_gtids(row));
    cells
}

fn connection(row: &ReplicaStatusRow) -> Vec<Cell> {
    vec![
        text("Replica_IO_State", row.receiver_state.clone()),
        text("Source_Host", row.source_host.clone()),
        text("Source_User", row.source_user.clone()),
        number("Source_Port", row.source_port),
        number("Connect_Retry", row.connect_retry),
        text("Source_Log_File", row.source_log_file.clone()),
        number("Read_Source_Log_Pos", row.read_source_log_pos),
        text("Relay_Log_File", row.relay_log_file.clone()),
        number("Relay_Log_Pos", row.relay_log_pos),
        text("Relay_Source_Log_File", row.relay_source_log_file.clone()),
        text("Replica_IO_Running", row.receiver_running.clone()),
        text("Replica_SQL_Running", yes_no(row.applier_running)),
    ]
}

fn filters_and_errors(row: &ReplicaStatusRow) -> Vec<Cell> {
    let (io_errno, io_error) = error(
        row.receiver_error
            .as_ref()
            .map(|(number, words, _)| (*number, words)),
    );
    let (sql_errno, sql_error) = error(
        row.applier_error
            .as_ref()
            .map(|it| (it.number, &it.coordinator)),
    );
    vec![
        text("Replicate_Do_DB", ""),
        text("Replicate_Ignore_DB", ""),
        text("Replicate_Do_Table", ""),
        text("Replicate_Ignore_Table", ""),
        text("Replicate_Wild_Do_Table", ""),
        text("Replicate_Wild_Ignore_Table", ""),
        number("Last_Errno", sql_errno),
        text("Last_Error", sql_error.clone()),
        number("Skip_Counter", 0_u64),
        number("Exec_Source_Log_Pos", row.exec_source_log_pos),
        number("Relay_Log_Space", row.relay_log_space),
        text("Until_Condition", row.until.0.clone()),
        text("Until_Log_File", row.until.1.clone()),
        number("Until_Log_Pos", row.until.2),
        text("Source_SSL_Allowed", "Yes"),
        text("Source_SSL_CA_File", ""),
        text("Source_SSL_CA_Path", ""),
        text("Source_SSL_Cert", ""),
        text("Source_SSL_Cipher", ""),
        text("Source_SSL_Key", ""),
        number_or_null("Seconds_Behind_Source", row.seconds_behind),
        text("Source_SSL_Verify_Server_Cert", "No"),
        number("Last_IO_Errno", io_errno),
        text("Last_IO_Error", io_error),
        number("Last_SQL_Errno", sql_errno),
        text("Last_SQL_Error", sql_error),
    ]
}

fn identity_and_gtids(row: &ReplicaStatusRow) -> Vec<Cell> {
    let stamp =
        |at: Option<semisync_core::Instant>| at.map_or(String::new(), calendar::short_stamp);
    vec![
        text("Replicate_Ignore_Server_Ids", ""),
        number("Source_Server_Id", row.source_server_id),
        text("Source_UUID", row.source_uuid.clone()),
        text("Source_Info_File", "mysql.slave_master_info"),
        number("SQL_Delay", row.sql_delay),
        number_or_null("SQL_Remaining_Delay", row.remaining_delay),
        text("Replica_SQL_Running_State", row.applier_state.clone()),
        number("Source_Retry_Count", row.retry_count),
        text("Source_Bind", ""),
        text(
            "Last_IO_Error_Timestamp",
            stamp(row.receiver_error.as_ref().map(|(_, _, at)| *at)),
        ),
        text(
            "Last_SQL_Error_Timestamp",
            stamp(row.applier_error.as_ref().map(|it| it.at)),
        ),
        text("Source_SSL_Crl", ""),
        text("Source_SSL_Crlpath", ""),
        text("Retrieved_Gtid_Set", row.retrieved_gtid_set.clone()),
        text("Executed_Gtid_Set", row.executed_gtid_set.clone()),
        number("Auto_Position", u64::from(row.auto_position)),
        text("Replicate_Rewrite_DB", ""),
        text("Channel_Name", ""),
        text("Source_TLS_Version", ""),
        text("Source_public_key_path", ""),
        number("Get_Source_public_key", u64::from(row.gets_public_key)),
        text("Network_Namespace", ""),
    ]
}

fn error(error: Option<(u32, &String)>) -> (u32, String) {
    error.map_or((0, String::new()), |(errno, message)| {
        (errno, message.clone())
    })
}

/// Columns that came after 5.5.
const NOT_IN_5_5: &[&str] = &[
    "Source_UUID",
    "Source_Info_File",
    "SQL_Delay",
    "SQL_Remaining_Delay",
    "Replica_SQL_Running_State",
    "Source_Retry_Count",
    "Source_Bind",
    "Last_IO_Error_Timestamp",
    "Last_SQL_Error_Timestamp",
    "Source_SSL_Crl",
    "Source_SSL_Crlpath",
    "Retrieved_Gtid_Set",
    "Executed_Gtid_Set",
    "Auto_Position",
    "Replicate_Rewrite_DB",
    "Channel_Name",
    "Source_TLS_Version",
    "Source_public_key_path",
    "Get_Source_public_key",
    "Network_Namespace",
];

/// The name of a column in the words of old servers.
fn old_name(name: &str) -> String {
    name.replace("Source", "Master")
        .replace("Replica_", "Slave_")
}
