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
use semisync_abi::variables::{self, Setting};
use semisync_abi::{c_text, fault, library, texts_of};
use semisync_core::Generation;
use semisync_core::source::{self, AckCounting, Input, SourceConfig};
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

fn wait_point(index: u64) -> source::WaitPoint {
    match index {
        0 => source::WaitPoint::AfterSync,
        _ => source::WaitPoint::AfterCommit,
    }
}

// --- What a change does: the value is kept, then the machine is told. ---

struct Enabled;

impl Setting for Enabled {
    type Stored = u8;
    const ID: Id = Id::SourceEnabled;

    fn set(enabled: u8) {
        if enabled != 0 && host::POISON.is_poisoned() {
            return library::refuse_to_enable();
        }
        ENABLED.store(enabled, Relaxed);
        tell("enabled", Input::EnabledSet(enabled != 0));
    }
}

struct Timeout;

impl Setting for Timeout {
    type Stored = u64;
    const ID: Id = Id::SourceTimeout;

    fn set(timeout: u64) {
        TIMEOUT.store(timeout, Relaxed);
        tell("timeout", Input::TimeoutSet(timeout));
    }
}

struct WaitNoReplica;

impl Setting for WaitNoReplica {
    type Stored = u8;
    const ID: Id = Id::SourceWaitNoReplica;

    fn set(wait: u8) {
        WAIT_NO_REPLICA.store(wait, Relaxed);
        tell("wait_no_replica", Input::WaitNoReplicaSet(wait != 0));
    }
}

struct TraceLevel;

impl Setting for TraceLevel {
    type Stored = u64;
    const ID: Id = Id::SourceTraceLevel;

    fn set(level: u64) {
        TRACE_LEVEL.store(level, Relaxed);
        tell("trace_level", Input::TraceLevelSet(level));
    }
}

struct WaitPoint;

impl Setting for WaitPoint {
    type Stored = u64;
    const ID: Id = Id::SourceWaitPoint;

    fn set(index: u64) {
        WAIT_POINT.store(index, Relaxed);
        tell("wait_point", Input::WaitPointSet(wait_point(index)));
    }
}

struct WaitForReplicaCount;

impl Setting for WaitForReplicaCount {
    type Stored = u32;
    const ID: Id = Id::SourceWaitForReplicaCount;

    fn set(count: u32) {
        COUNT.store(count, Relaxed);
        tell(
            "wait_for_replica_count",
            Input::WaitForReplicaCountSet(narrow(count)),
        );
    }
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

static ENABLED_VARIABLE: ServerWritable<BoolVariable> = ServerWritable::new(
    variables::bool_variable::<Enabled>(texts_of!(Enabled::ID), ENABLED.as_ptr()),
);

static TIMEOUT_VARIABLE: ServerWritable<UlongVariable> = ServerWritable::new(
    variables::ulong_variable::<Timeout>(texts_of!(Timeout::ID), TIMEOUT.as_ptr()),
);

static WAIT_NO_REPLICA_VARIABLE: ServerWritable<BoolVariable> =
    ServerWritable::new(variables::bool_variable::<WaitNoReplica>(
        texts_of!(WaitNoReplica::ID),
        WAIT_NO_REPLICA.as_ptr(),
    ));

static TRACE_LEVEL_VARIABLE: ServerWritable<UlongVariable> = ServerWritable::new(
    variables::ulong_variable::<TraceLevel>(texts_of!(TraceLevel::ID), TRACE_LEVEL.as_ptr()),
);

static WAIT_POINT_VARIABLE: ServerWritable<EnumVariable> =
    ServerWritable::new(variables::enum_variable::<WaitPoint>(
        texts_of!(WaitPoint::ID),
        WAIT_POINT.as_ptr(),
        WAIT_POINT_WORDS.as_ptr(),
    ));

static COUNT_VARIABLE: ServerWritable<UintVariable> =
    ServerWritable::new(variables::uint_variable::<WaitForReplicaCount>(
        texts_of!(WaitForReplicaCount::ID),
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

const WORDS: &[&str] = variables::words(WaitPoint::ID);
