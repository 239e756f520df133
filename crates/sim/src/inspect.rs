//! What SHOW statements and system tables read: the state of one server as plain data.
//!
//! The console lays these rows out; nothing here changes the cluster. A server that does not run
//! answers with nothing. Rows come in the order the server lists them.

mod logs;

mod replication;

pub(crate) use replication::relay_position;

mod server;

use semisync_core::Instant;
use semisync_core::log::LogLevel;
use serde::{Deserialize, Serialize};

use crate::value::Value;

/// A client connection, as its own server knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    /// `CONNECTION_ID()`
    pub processlist_id: u64,
    /// `DATABASE()`
    pub database: Option<String>,
    /// Whether a transaction is open.
    pub in_transaction: bool,
}

/// A system variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableRow {
    /// Its name.
    pub name: String,
    /// As SHOW VARIABLES prints it (`ON`, `OFF`, `AFTER_SYNC`, …).
    pub shown: String,
    /// As `SELECT @@name` returns it (booleans as 1 and 0).
    pub value: Value,
    /// Where it can be read.
    pub scope: VariableReach,
}

/// Which values a system variable has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariableReach {
    /// A global value only (1238 for `@@session.x`).
    Global,
    /// A global and a session value.
    Both,
    /// A session value only (1238 for `@@global.x`).
    Session,
}

/// A row of INFORMATION_SCHEMA.PLUGINS for a plugin of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRow {
    /// PLUGIN_NAME
    pub name: String,
    /// PLUGIN_VERSION
    pub version: String,
    /// PLUGIN_STATUS: `ACTIVE`, `DELETED`, …
    pub status: String,
    /// PLUGIN_TYPE: `REPLICATION`, `STORAGE ENGINE`, …
    pub kind: String,
    /// PLUGIN_TYPE_VERSION
    pub kind_version: String,
    /// PLUGIN_LIBRARY; `None` for a built-in one.
    pub library: Option<String>,
    /// PLUGIN_LIBRARY_VERSION
    pub library_version: Option<String>,
    /// PLUGIN_AUTHOR
    pub author: String,
    /// PLUGIN_DESCRIPTION
    pub description: String,
    /// PLUGIN_LICENSE
    pub license: String,
    /// LOAD_OPTION: `ON`, `FORCE`, …
    pub load_option: String,
}

/// A row of SHOW PROCESSLIST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRow {
    /// Id
    pub id: u64,
    /// User
    pub user: String,
    /// Host
    pub host: String,
    /// db
    pub db: Option<String>,
    /// Command
    pub command: String,
    /// Time, in seconds.
    pub time: u64,
    /// State
    pub state: Option<String>,
    /// Info
    pub info: Option<String>,
}

/// A row of SHOW BINARY LOGS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinlogFileRow {
    /// Log_name
    pub name: String,
    /// File_size
    pub size: u64,
}

/// A row of SHOW BINLOG EVENTS or SHOW RELAYLOG EVENTS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinlogEventRow {
    /// Log_name
    pub file: String,
    /// Pos
    pub position: u64,
    /// Event_type
    pub event_type: String,
    /// Server_id
    pub server_id: u32,
    /// End_log_pos
    pub end_position: u64,
    /// Info
    pub info: String,
}

/// A row of SHOW REPLICAS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaRow {
    /// Server_Id
    pub server_id: u32,
    /// Host
    pub host: String,
    /// Port
    pub port: u16,
    /// Source_Id
    pub source_id: u32,
    /// Replica_UUID
    pub uuid: String,
}

/// Why an applier stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplierError {
    /// Last_SQL_Errno
    pub number: u32,
    /// Last_SQL_Error
    pub coordinator: String,
    /// What the worker says of it, in `replication_applier_status_by_worker`
    pub worker: String,
    /// What it could not apply.
    pub transaction: Option<crate::gtid::Gtid>,
    /// Last_SQL_Error_Timestamp
    pub at: Instant,
}

/// The columns of SHOW REPLICA STATUS and the replication tables that can differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaStatusRow {
    /// Replica_IO_State
    pub receiver_state: String,
    /// Source_Host
    pub source_host: String,
    /// Source_User
    pub source_user: String,
    /// Source_Port
    pub source_port: u16,
    /// Connect_Retry
    pub connect_retry: u64,
    /// Source_Retry_Count
    pub retry_count: u64,
    /// Source_Log_File
    pub source_log_file: String,
    /// Read_Source_Log_Pos
    pub read_source_log_pos: u64,
    /// Relay_Log_File
    pub relay_log_file: String,
    /// Relay_Log_Pos
    pub relay_log_pos: u64,
    /// Relay_Source_Log_File
    pub relay_source_log_file: String,
    /// Replica_IO_Running: `Yes`, `Connecting`, `No`
    pub receiver_running: String,
    /// Replica_SQL_Running
    pub applier_running: bool,
    /// Exec_Source_Log_Pos
    pub exec_source_log_pos: u64,
    /// Relay_Log_Space
    pub relay_log_space: u64,
    /// Seconds_Behind_Source
    pub seconds_behind: Option<u64>,
    /// Last_IO_Errno, Last_IO_Error, and when
    pub receiver_error: Option<(u32, String, Instant)>,
    /// Last_SQL_Errno, Last_SQL_Error, and when
    pub applier_error: Option<ApplierError>,
    /// How often a transaction was undone and tried again
    pub transaction_retries: u64,
    /// Between heartbeats.
    pub heartbeat_us: u64,
    /// Source_Server_Id
    pub source_server_id: u32,
    /// Source_UUID
    pub source_uuid: String,
    /// Replica_SQL_Running_State
    pub applier_state: String,
    /// Retrieved_Gtid_Set
    pub retrieved_gtid_set: String,
    /// Executed_Gtid_Set
    pub executed_gtid_set: String,
    /// Auto_Position
    pub auto_position: bool,
    /// GET_SOURCE_PUBLIC_KEY
    pub gets_public_key: bool,
    /// SQL_Delay, in seconds
    pub sql_delay: u64,
    /// SQL_Remaining_Delay
    pub remaining_delay: Option<u64>,
    /// Until_Condition, Until_Log_File, Until_Log_Pos
    pub until: (String, String, u64),
    /// Heartbeats received and when the last one was.
    pub heartbeats: (u64, Option<Instant>),
    /// LAST_QUEUED_TRANSACTION
    pub last_queued: String,
    /// APPLYING_TRANSACTION of the worker that applies
    pub applying: String,
    /// LAST_APPLIED_TRANSACTION
    pub last_applied: String,
}

/// A line of the error log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLogRow {
    /// LOGGED
    pub logged: Instant,
    /// THREAD_ID
    pub thread_id: u64,
    /// Severity; `None` is `System`.
    pub level: Option<LogLevel>,
    /// Number without `MY-`.
    pub number: u32,
    /// SUBSYSTEM: `Server`, `Repl`, …
    pub subsystem: String,
    /// DATA
    pub text: String,
}
