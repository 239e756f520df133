//! Observer tables and the parameters of their hooks (`sql/replication.h`).
//!
//! The server skips a null hook. Fields behind those named here are not read.

use core::ffi::{c_char, c_int, c_void};

use super::assert_offsets;

/// A hook this project leaves null.
pub type UnusedHook = Option<unsafe extern "C" fn() -> c_int>;

/// `Trans_param`, as far as it is read.
#[repr(C)]
#[derive(Debug)]
pub struct TransactionParam {
    /// `server_id` of this server.
    pub server_id: u32,
    /// This server's UUID.
    pub server_uuid: *const c_char,
    /// The session's thread id.
    pub thread_id: u32,
    /// Bit 0: a real transaction, not a statement inside one.
    pub flags: u32,
    /// Base name of the binary log file; may be null even with a position.
    pub log_file: *const c_char,
    /// End of the transaction in it.
    pub log_pos: u64,
}

/// Bit of [`TransactionParam::flags`].
pub const TRANS_IS_REAL_TRANS: u32 = 1;

assert_offsets!(TransactionParam, size 40,
    server_id @ 0, server_uuid @ 8, thread_id @ 16, flags @ 20, log_file @ 24, log_pos @ 32,
);

/// `Trans_observer`.
#[repr(C)]
#[derive(Debug)]
pub struct TransactionObserver {
    /// Size of the table.
    pub len: u32,
    /// Unused.
    pub before_dml: UnusedHook,
    /// Unused.
    pub before_commit: UnusedHook,
    /// Unused.
    pub before_rollback: UnusedHook,
    /// The transaction is committed in the engine.
    pub after_commit: Option<TransactionHook>,
    /// The transaction is rolled back.
    pub after_rollback: Option<TransactionHook>,
    /// Unused.
    pub begin: UnusedHook,
}

/// A hook of [`TransactionObserver`].
pub type TransactionHook = unsafe extern "C" fn(param: *mut TransactionParam) -> c_int;

assert_offsets!(TransactionObserver, size 56,
    len @ 0, before_dml @ 8, before_commit @ 16, before_rollback @ 24, after_commit @ 32,
    after_rollback @ 40, begin @ 48,
);

/// `Binlog_storage_observer`.
#[repr(C)]
#[derive(Debug)]
pub struct BinlogStorageObserver {
    /// Size of the table.
    pub len: u32,
    /// A flush group is in the binary log file. Must return 0.
    pub after_flush: Option<BinlogStorageHook>,
    /// A commit queue is synced. Must return 0.
    pub after_sync: Option<BinlogStorageHook>,
}

/// A hook of [`BinlogStorageObserver`].
pub type BinlogStorageHook =
    unsafe extern "C" fn(param: *mut c_void, log_file: *const c_char, log_pos: u64) -> c_int;

assert_offsets!(BinlogStorageObserver, size 24, len @ 0, after_flush @ 8, after_sync @ 16);

/// `Binlog_transmit_param`: eight bytes, nothing behind them.
#[repr(C)]
#[derive(Debug)]
pub struct BinlogTransmitParam {
    /// `server_id` of the replica.
    pub server_id: u32,
    /// Comes in with the dump request's flags, goes out with one of the `TRANSMIT_` constants.
    pub flags: u32,
}

assert_offsets!(BinlogTransmitParam, size 8, server_id @ 0, flags @ 4);

/// The dump is to be observed.
pub const TRANSMIT_OBSERVE: u32 = 1;
/// The dump is not to be observed.
pub const TRANSMIT_DO_NOT_OBSERVE: u32 = 2;

/// `Binlog_transmit_observer`.
#[repr(C)]
#[derive(Debug)]
pub struct BinlogTransmitObserver {
    /// Size of the table.
    pub len: u32,
    /// A dump starts.
    pub transmit_start: Option<TransmitStartHook>,
    /// A dump ended.
    pub transmit_stop: Option<TransmitHook>,
    /// A packet is begun: add header bytes.
    pub reserve_header: Option<ReserveHeaderHook>,
    /// An event is about to be sent.
    pub before_send_event: Option<BeforeSendEventHook>,
    /// An event was sent.
    pub after_send_event: Option<AfterSendEventHook>,
    /// RESET BINARY LOGS AND GTIDS ran.
    pub after_reset: Option<TransmitHook>,
}

/// `transmit_stop`, `after_reset`.
pub type TransmitHook = unsafe extern "C" fn(param: *mut BinlogTransmitParam) -> c_int;
/// `transmit_start`.
pub type TransmitStartHook = unsafe extern "C" fn(
    param: *mut BinlogTransmitParam,
    log_file: *const c_char,
    log_pos: u64,
) -> c_int;
/// `reserve_header`.
pub type ReserveHeaderHook = unsafe extern "C" fn(
    param: *mut BinlogTransmitParam,
    header: *mut u8,
    size: u64,
    used: *mut u64,
) -> c_int;
/// `before_send_event`.
pub type BeforeSendEventHook = unsafe extern "C" fn(
    param: *mut BinlogTransmitParam,
    packet: *mut u8,
    len: u64,
    log_file: *const c_char,
    log_pos: u64,
) -> c_int;
/// `after_send_event`.
pub type AfterSendEventHook = unsafe extern "C" fn(
    param: *mut BinlogTransmitParam,
    packet: *const u8,
    len: u64,
    skipped_log_file: *const c_char,
    skipped_log_pos: u64,
) -> c_int;

assert_offsets!(BinlogTransmitObserver, size 56,
    len @ 0, transmit_start @ 8, transmit_stop @ 16, reserve_header @ 24,
    before_send_event @ 32, after_send_event @ 40, after_reset @ 48,
);

/// `Binlog_relay_IO_param`, as far as it is read.
#[repr(C)]
#[derive(Debug)]
pub struct RelayIoParam {
    /// `server_id` of this server.
    pub server_id: u32,
    /// The receiver's thread id.
    pub thread_id: u32,
    /// Replication channel.
    pub channel_name: *const c_char,
    /// The source's host.
    pub host: *const c_char,
    /// The replication account.
    pub user: *const c_char,
    /// The source's port.
    pub port: u32,
    /// The source's binary log file.
    pub source_log_name: *const c_char,
    /// Position in it.
    pub source_log_pos: u64,
    /// The connection (`MYSQL *`); null in `thread_start`.
    pub mysql: *mut c_void,
}

assert_offsets!(RelayIoParam, size 64,
    server_id @ 0, thread_id @ 4, channel_name @ 8, host @ 16, user @ 24, port @ 32,
    source_log_name @ 40, source_log_pos @ 48, mysql @ 56,
);

/// `Binlog_relay_IO_observer`.
#[repr(C)]
#[derive(Debug)]
pub struct RelayIoObserver {
    /// Size of the table.
    pub len: u32,
    /// The receiver thread started.
    pub thread_start: Option<RelayIoHook>,
    /// The receiver thread ended.
    pub thread_stop: Option<RelayIoHook>,
    /// Unused.
    pub applier_start: UnusedHook,
    /// Unused.
    pub applier_stop: UnusedHook,
    /// The dump is about to be requested.
    pub before_request_transmit: Option<BeforeRequestTransmitHook>,
    /// A packet was read.
    pub after_read_event: Option<AfterReadEventHook>,
    /// The event is in the relay log.
    pub after_queue_event: Option<AfterQueueEventHook>,
    /// Unused.
    pub after_reset: UnusedHook,
    /// Unused.
    pub applier_log_event: UnusedHook,
}

/// `thread_start`, `thread_stop`.
pub type RelayIoHook = unsafe extern "C" fn(param: *mut RelayIoParam) -> c_int;
/// `before_request_transmit`.
pub type BeforeRequestTransmitHook =
    unsafe extern "C" fn(param: *mut RelayIoParam, flags: u32) -> c_int;
/// `after_read_event`.
pub type AfterReadEventHook = unsafe extern "C" fn(
    param: *mut RelayIoParam,
    packet: *const u8,
    len: u64,
    event: *mut *const u8,
    event_len: *mut u64,
) -> c_int;
/// `after_queue_event`.
pub type AfterQueueEventHook = unsafe extern "C" fn(
    param: *mut RelayIoParam,
    event: *const u8,
    event_len: u64,
    flags: u32,
) -> c_int;

assert_offsets!(RelayIoObserver, size 80,
    len @ 0, thread_start @ 8, thread_stop @ 16, applier_start @ 24, applier_stop @ 32,
    before_request_transmit @ 40, after_read_event @ 48, after_queue_event @ 56,
    after_reset @ 64, applier_log_event @ 72,
);
