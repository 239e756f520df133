//! The variables: where their values live, and what a change tells the machines.
//!
//! The server stores values from option files and persisted values here before the plugin is
//! initialised; machines read them when they are made.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use semisync_abi::guard::guard;
use semisync_abi::layout::plugin::{
    BoolVariable, SHOW_BOOL, SHOW_CHAR, SHOW_FUNC, ServerWritable, StatusVariable, Table,
    UlongVariable,
};
use semisync_abi::variables::{self, Setting};
use semisync_abi::{c_text, fault, library, texts_of};
use semisync_core::replica::Input;
use semisync_core::variables::SystemVariableId as Id;

use crate::channels;

/// Addresses of the system variables, in the order of the stock plugin; null ends the list.
pub(crate) static SYSTEM_VARIABLES: Table<[*const c_void; 3]> =
    // SAFETY: pointers to statics, and null.
    unsafe {
        Table::new([
            ENABLED_VARIABLE.as_ptr().cast_const().cast(),
            TRACE_LEVEL_VARIABLE.as_ptr().cast_const().cast(),
            ptr::null(),
        ])
    };

/// The stock plugin's one status variable, and one of ours: `DISABLED`, `SEMISYNCHRONOUS` when any
/// channel is, `ASYNCHRONOUS`, or `FAILED` after a fault of the plugin.
pub(crate) static STATUS_VARIABLES: ServerWritable<[StatusVariable; 3]> = ServerWritable::new([
    variables::status_variable(
        c_text!(variables::status_name(STATUS_INDEX)),
        SHOW_BOOL,
        STATUS.as_ptr().cast_const().cast(),
    ),
    variables::status_variable(
        c"Semisync_lab_replica_state".as_ptr(),
        SHOW_FUNC,
        show_state as *const c_void,
    ),
    StatusVariable::END,
]);

/// `rpl_semi_sync_replica_enabled`.
pub(crate) fn is_enabled() -> bool {
    ENABLED.load(Relaxed) != 0
}

/// `rpl_semi_sync_replica_trace_level`.
pub(crate) fn trace_level() -> u64 {
    TRACE_LEVEL.load(Relaxed)
}

/// Sets `rpl_semi_sync_replica_enabled` back: the plugin failed.
pub(crate) fn set_disabled() {
    ENABLED.store(0, Relaxed);
}

/// Sets `Rpl_semi_sync_replica_status`: whether any channel is semisynchronous.
pub(crate) fn show_status(is_on: bool) {
    STATUS.store(u8::from(is_on), Relaxed);
}

unsafe extern "C" fn show_state(
    _thd: *mut c_void,
    entry: *mut StatusVariable,
    _buffer: *mut c_char,
) -> c_int {
    let state = guard("status", &channels::POISON, c"FAILED", || {
        fault::point("status", &channels::POISON);
        if channels::POISON.is_poisoned() {
            return c"FAILED";
        }
        match (is_enabled(), STATUS.load(Relaxed) != 0) {
            (_, true) => c"SEMISYNCHRONOUS",
            (true, false) => c"ASYNCHRONOUS",
            (false, false) => c"DISABLED",
        }
    });
    // SAFETY: the server passes an entry to fill; the text is a static one.
    unsafe {
        (*entry).kind = SHOW_CHAR;
        (*entry).value = state.as_ptr().cast();
    }
    0
}

struct Enabled;

impl Setting for Enabled {
    type Stored = u8;
    const ID: Id = Id::ReplicaEnabled;

    fn set(enabled: u8) {
        if enabled != 0 && channels::POISON.is_poisoned() {
            return library::refuse_to_enable();
        }
        ENABLED.store(enabled, Relaxed);
        tell("enabled", &Input::EnabledSet(enabled != 0));
    }
}

struct TraceLevel;

impl Setting for TraceLevel {
    type Stored = u64;
    const ID: Id = Id::ReplicaTraceLevel;

    fn set(level: u64) {
        TRACE_LEVEL.store(level, Relaxed);
        tell("trace_level", &Input::TraceLevelSet(level));
    }
}

fn tell(variable: &str, input: &Input) {
    guard(variable, &channels::POISON, (), || {
        fault::point(variable, &channels::POISON);
        channels::tell_all(input);
    });
}

static ENABLED: AtomicU8 = AtomicU8::new(0);
static TRACE_LEVEL: AtomicU64 = AtomicU64::new(32);
static STATUS: AtomicU8 = AtomicU8::new(0);

static ENABLED_VARIABLE: ServerWritable<BoolVariable> = ServerWritable::new(
    variables::bool_variable::<Enabled>(texts_of!(Enabled::ID), ENABLED.as_ptr()),
);

static TRACE_LEVEL_VARIABLE: ServerWritable<UlongVariable> = ServerWritable::new(
    variables::ulong_variable::<TraceLevel>(texts_of!(TraceLevel::ID), TRACE_LEVEL.as_ptr()),
);

/// Its place in the catalogue, behind those of the source.
const STATUS_INDEX: usize = 14;
