//! The system variables: where their values live, and what a change tells the machine.
//!
//! The server stores values from option files and persisted values here before the plugin is
//! initialised, so initialisation reads them.

use core::ffi::{c_char, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use semisync_abi::guard::guard;
use semisync_abi::layout::plugin::{
    BoolVariable, EnumVariable, ServerWritable, Table, TypeLib, UintVariable, UlongVariable,
};
use semisync_abi::{c_text, fault, library, texts_of, variables};
use semisync_core::Generation;
use semisync_core::source::{AckCounting, Input, SourceConfig, WaitPoint};
use semisync_core::variables::SystemVariableId as Id;

use crate::host;

/// Addresses of the variables, in the order of the stock plugin; null ends the list.
pub(crate) static SYSTEM_VARIABLES: Table<[*const c_void; 7]> =
    // SAFETY: pointers to statics, and null.
    unsafe {
        Table::new([
            ENABLED_VARIABLE.as_ptr().cast_const().cast(),
            TIMEOUT_VARIABLE.as_ptr().cast_const().cast(),
            WAIT_NO_REPLICA_VARIABLE.as_ptr().cast_const().cast(),
            TRACE_LEVEL_VARIABLE.as_ptr().cast_const().cast(),
            WAIT_POINT_VARIABLE.as_ptr().cast_const().cast(),
            COUNT_VARIABLE.as_ptr().cast_const().cast(),
            ptr::null(),
        ])
    };

/// Whether the variables ask for an enabled source.
pub(crate) fn is_enabled() -> bool {
    ENABLED.load(Relaxed) != 0
}

/// Sets `rpl_semi_sync_source_enabled` back: its thread could not start, or the plugin failed.
pub(crate) fn set_disabled() {
    ENABLED.store(0, Relaxed);
}

/// What the variables say, for a new machine.
pub(crate) fn config() -> SourceConfig {
    SourceConfig {
        generation: Generation::V9_7,
        counting: AckCounting::Exact,
        timeout_ms: TIMEOUT.load(Relaxed),
        wait_no_replica: WAIT_NO_REPLICA.load(Relaxed) != 0,
        wait_for_replica_count: narrow(COUNT.load(Relaxed)),
        wait_point: wait_point(WAIT_POINT.load(Relaxed)),
        trace_level: TRACE_LEVEL.load(Relaxed),
    }
}

/// The server keeps the count within 1 to 65535.
fn narrow(count: u32) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn wait_point(index: u64) -> WaitPoint {
    match index {
        0 => WaitPoint::AfterSync,
        _ => WaitPoint::AfterCommit,
    }
}

// --- Update functions: take the value over, then tell the machine. ---

unsafe extern "C" fn update_enabled(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: for a bool the server passes a pointer to its checked value.
    let enabled = unsafe { *save.cast::<u8>() };
    if enabled != 0 && host::POISON.is_poisoned() {
        return library::refuse_to_enable();
    }
    ENABLED.store(enabled, Relaxed);
    tell("enabled", Input::EnabledSet(enabled != 0));
}

unsafe extern "C" fn update_timeout(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: for an unsigned long the server passes a pointer to its checked value.
    let timeout = unsafe { *save.cast::<u64>() };
    TIMEOUT.store(timeout, Relaxed);
    tell("timeout", Input::TimeoutSet(timeout));
}

unsafe extern "C" fn update_wait_no_replica(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: for a bool the server passes a pointer to its checked value.
    let wait = unsafe { *save.cast::<u8>() };
    WAIT_NO_REPLICA.store(wait, Relaxed);
    tell("wait_no_replica", Input::WaitNoReplicaSet(wait != 0));
}

unsafe extern "C" fn update_trace_level(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: for an unsigned long the server passes a pointer to its checked value.
    let level = unsafe { *save.cast::<u64>() };
    TRACE_LEVEL.store(level, Relaxed);
    tell("trace_level", Input::TraceLevelSet(level));
}

unsafe extern "C" fn update_wait_point(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: for an enum the server passes a pointer to the index of its checked word.
    let index = unsafe { *save.cast::<u64>() };
    WAIT_POINT.store(index, Relaxed);
    tell("wait_point", Input::WaitPointSet(wait_point(index)));
}

unsafe extern "C" fn update_count(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: for an unsigned int the server passes a pointer to its checked value.
    let count = unsafe { *save.cast::<u32>() };
    COUNT.store(count, Relaxed);
    tell(
        "wait_for_replica_count",
        Input::WaitForReplicaCountSet(narrow(count)),
    );
}

fn tell(variable: &str, input: Input) {
    guard(variable, &host::POISON, (), || {
        fault::point(variable, &host::POISON);
        host::report(input);
    });
}

// --- Values. ---

static ENABLED: AtomicU8 = AtomicU8::new(0);
static TIMEOUT: AtomicU64 = AtomicU64::new(10_000);
static WAIT_NO_REPLICA: AtomicU8 = AtomicU8::new(1);
static TRACE_LEVEL: AtomicU64 = AtomicU64::new(32);
static WAIT_POINT: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU32 = AtomicU32::new(1);

// --- Descriptors. ---

static ENABLED_VARIABLE: ServerWritable<BoolVariable> =
    ServerWritable::new(variables::bool_variable(
        Id::SourceEnabled,
        texts_of!(Id::SourceEnabled),
        update_enabled,
        ENABLED.as_ptr(),
    ));

static TIMEOUT_VARIABLE: ServerWritable<UlongVariable> =
    ServerWritable::new(variables::ulong_variable(
        Id::SourceTimeout,
        texts_of!(Id::SourceTimeout),
        update_timeout,
        TIMEOUT.as_ptr(),
    ));

static WAIT_NO_REPLICA_VARIABLE: ServerWritable<BoolVariable> =
    ServerWritable::new(variables::bool_variable(
        Id::SourceWaitNoReplica,
        texts_of!(Id::SourceWaitNoReplica),
        update_wait_no_replica,
        WAIT_NO_REPLICA.as_ptr(),
    ));

static TRACE_LEVEL_VARIABLE: ServerWritable<UlongVariable> =
    ServerWritable::new(variables::ulong_variable(
        Id::SourceTraceLevel,
        texts_of!(Id::SourceTraceLevel),
        update_trace_level,
        TRACE_LEVEL.as_ptr(),
    ));

static WAIT_POINT_VARIABLE: ServerWritable<EnumVariable> =
    ServerWritable::new(variables::enum_variable(
        Id::SourceWaitPoint,
        texts_of!(Id::SourceWaitPoint),
        update_wait_point,
        WAIT_POINT.as_ptr(),
        WAIT_POINT_WORDS.as_ptr(),
    ));

static COUNT_VARIABLE: ServerWritable<UintVariable> =
    ServerWritable::new(variables::uint_variable(
        Id::SourceWaitForReplicaCount,
        texts_of!(Id::SourceWaitForReplicaCount),
        update_count,
        COUNT.as_ptr(),
    ));

static WAIT_POINT_WORDS: ServerWritable<TypeLib> = ServerWritable::new(TypeLib {
    count: WORDS.len() as u64,
    name: c"".as_ptr(),
    type_names: WAIT_POINT_NAMES.get().as_ptr(),
    lengths: ptr::null(),
});

static WAIT_POINT_NAMES: Table<[*const c_char; 3]> =
    // SAFETY: pointers to static texts, and null.
    unsafe { Table::new([c_text!(WORDS[0]), c_text!(WORDS[1]), ptr::null()]) };

const WORDS: &[&str] = variables::words(Id::SourceWaitPoint);
