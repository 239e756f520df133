//! Hooks of commits: the transaction and the binary log storage observer.
//!
//! They always answer 0: another answer stops the server (`binlog_error_action`).

use core::ffi::{c_char, c_int, c_void};

use semisync_abi::guard::guard;
use semisync_abi::layout::observers::{
    BinlogStorageObserver, TRANS_IS_REAL_TRANS, TransactionObserver, TransactionParam,
};
use semisync_abi::layout::plugin::ServerWritable;
use semisync_abi::{c_bytes, fault};
use semisync_core::BinlogPosition;
use semisync_core::source::Input;

use crate::{commit_wait, host};

/// Registered with the server.
pub(crate) static TRANSACTION_OBSERVER: ServerWritable<TransactionObserver> =
    ServerWritable::new(TransactionObserver {
        len: size_of::<TransactionObserver>() as u32,
        before_dml: None,
        before_commit: None,
        before_rollback: None,
        after_commit: Some(after_commit),
        after_rollback: Some(after_rollback),
        begin: None,
    });

/// Registered with the server.
pub(crate) static STORAGE_OBSERVER: ServerWritable<BinlogStorageObserver> =
    ServerWritable::new(BinlogStorageObserver {
        len: size_of::<BinlogStorageObserver>() as u32,
        after_flush: Some(after_flush),
        after_sync: Some(after_sync),
    });

unsafe extern "C" fn after_flush(
    _param: *mut c_void,
    log_file: *const c_char,
    log_pos: u64,
) -> c_int {
    if !host::is_enabled() {
        return 0;
    }
    guard("after_flush", &host::POISON, 0, || {
        fault::point("after_flush", &host::POISON);
        // SAFETY: the server passes null or a file name that outlives the hook.
        if let Some(position) = unsafe { position(log_file, log_pos) } {
            host::report(Input::BinlogFlushed { position });
        }
        0
    })
}

unsafe extern "C" fn after_sync(
    _param: *mut c_void,
    log_file: *const c_char,
    log_pos: u64,
) -> c_int {
    if !host::is_enabled() {
        return 0;
    }
    guard("after_sync", &host::POISON, 0, || {
        fault::point("after_sync", &host::POISON);
        // SAFETY: the server passes null or a file name that outlives the hook.
        let position = unsafe { position(log_file, log_pos) };
        commit_wait::wait(|session| Input::CommitQueueSynced { session, position });
        0
    })
}

unsafe extern "C" fn after_commit(param: *mut TransactionParam) -> c_int {
    if !host::is_enabled() {
        return 0;
    }
    guard("after_commit", &host::POISON, 0, || {
        fault::point("after_commit", &host::POISON);
        // SAFETY: the server passes a parameter that outlives the hook.
        unsafe { transaction_committed(param) };
        0
    })
}

unsafe extern "C" fn after_rollback(param: *mut TransactionParam) -> c_int {
    if !host::is_enabled() {
        return 0;
    }
    guard("after_rollback", &host::POISON, 0, || {
        fault::point("after_rollback", &host::POISON);
        // SAFETY: the server passes a parameter that outlives the hook.
        unsafe { transaction_committed(param) };
        0
    })
}

/// # Safety
/// `param` is null or valid, with a file name that is null or a C string.
unsafe fn transaction_committed(param: *mut TransactionParam) {
    // SAFETY: the caller's promise.
    let Some(param) = (unsafe { param.as_ref() }) else {
        return;
    };
    let is_real_transaction = param.flags & TRANS_IS_REAL_TRANS != 0;
    // SAFETY: the caller's promise. A file name can be missing although there is a position, at
    // the end of a session.
    let position = unsafe { position(param.log_file, param.log_pos) };
    let position = position.filter(|position| position.offset != 0);
    commit_wait::wait(|session| Input::TransactionCommitted {
        session,
        position,
        is_real_transaction,
    });
}

/// # Safety
/// `log_file` is null or a C string that outlives the call.
pub(crate) unsafe fn position(log_file: *const c_char, log_pos: u64) -> Option<BinlogPosition> {
    // SAFETY: the caller's promise.
    let file = unsafe { c_bytes(log_file) }?;
    Some(BinlogPosition::new(file, log_pos))
}
