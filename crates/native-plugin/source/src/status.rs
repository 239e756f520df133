//! The status variables.
//!
//! First those of the stock plugin, then our own ([`OBSERVED_VARIABLES`]), which the server sorts in
//! anyway. FLUSH STATUS writes 0 into the five counters of type long without asking the plugin, so they
//! are plain words of memory; the machine's counters are added to them as they grow.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use semisync_abi::guard::guard;
use semisync_abi::layout::plugin::{
    SHOW_BOOL, SHOW_CHAR, SHOW_FUNC, SHOW_LONG, SHOW_LONGLONG, ServerWritable, ShowFn,
    StatusVariable,
};
use semisync_abi::variables::{status_name, status_variable};
use semisync_abi::{c_text, fault};
use semisync_core::source::{Counters, SemisyncStatus};
use semisync_core::variables::observed::{FAILED, MAX_TEXT_LEN, STATE};
use semisync_core::variables::{OBSERVED_VARIABLES, ObservedValue};

use crate::{host, recorder};

/// A [`ShowFn`] of one of the machine's counters.
macro_rules! counter {
    ($kind:expr, $read:expr) => {{
        unsafe extern "C" fn show(
            _thd: *mut c_void,
            entry: *mut StatusVariable,
            buffer: *mut c_char,
        ) -> c_int {
            // SAFETY: as the server called us.
            unsafe { show_number(entry, buffer, $kind, $read) }
        }
        show
    }};
}

/// The variables in the order of the catalogue, which is the stock plugin's.
pub(crate) static STATUS_VARIABLES: ServerWritable<[StatusVariable; 40]> = ServerWritable::new([
    func(c_text!(status_name(0)), show_status),
    func(
        c_text!(status_name(1)),
        counter!(SHOW_LONG, |it| u64::from(it.clients)),
    ),
    long(c_text!(status_name(2)), &YES_TX),
    long(c_text!(status_name(3)), &NO_TX),
    func(
        c_text!(status_name(4)),
        counter!(SHOW_LONG, |it| u64::from(it.wait_sessions)),
    ),
    long(c_text!(status_name(5)), &NO_TIMES),
    long(c_text!(status_name(6)), &TIMEFUNC_FAILURES),
    long(c_text!(status_name(7)), &WAIT_POS_BACKTRAVERSE),
    func(
        c_text!(status_name(8)),
        counter!(SHOW_LONGLONG, |it| it.tx_wait_time_us),
    ),
    func(
        c_text!(status_name(9)),
        counter!(SHOW_LONGLONG, |it| it.tx_waits),
    ),
    func(
        c_text!(status_name(10)),
        counter!(SHOW_LONG, Counters::tx_avg_wait_time_us),
    ),
    func(c_text!(status_name(11)), counter!(SHOW_LONGLONG, |_| 0)),
    func(
        c_text!(status_name(12)),
        counter!(SHOW_LONGLONG, |it| it.net_waits),
    ),
    func(c_text!(status_name(13)), counter!(SHOW_LONGLONG, |_| 0)),
    func(c_text!(OBSERVED_VARIABLES[0].name), show_observed::<0>),
    func(c_text!(OBSERVED_VARIABLES[1].name), show_observed::<1>),
    func(c_text!(OBSERVED_VARIABLES[2].name), show_observed::<2>),
    func(c_text!(OBSERVED_VARIABLES[3].name), show_observed::<3>),
    func(c_text!(OBSERVED_VARIABLES[4].name), show_observed::<4>),
    func(c_text!(OBSERVED_VARIABLES[5].name), show_observed::<5>),
    func(c_text!(OBSERVED_VARIABLES[6].name), show_observed::<6>),
    func(c_text!(OBSERVED_VARIABLES[7].name), show_observed::<7>),
    func(c_text!(OBSERVED_VARIABLES[8].name), show_observed::<8>),
    func(c_text!(OBSERVED_VARIABLES[9].name), show_observed::<9>),
    func(c_text!(OBSERVED_VARIABLES[10].name), show_observed::<10>),
    func(c_text!(OBSERVED_VARIABLES[11].name), show_observed::<11>),
    func(c_text!(OBSERVED_VARIABLES[12].name), show_observed::<12>),
    func(c_text!(OBSERVED_VARIABLES[13].name), show_observed::<13>),
    func(c_text!(OBSERVED_VARIABLES[14].name), show_observed::<14>),
    func(c_text!(OBSERVED_VARIABLES[15].name), show_observed::<15>),
    func(c_text!(OBSERVED_VARIABLES[16].name), show_observed::<16>),
    func(c_text!(OBSERVED_VARIABLES[17].name), show_observed::<17>),
    func(c_text!(OBSERVED_VARIABLES[18].name), show_observed::<18>),
    func(c_text!(OBSERVED_VARIABLES[19].name), show_observed::<19>),
    func(c_text!(OBSERVED_VARIABLES[20].name), show_observed::<20>),
    func(c_text!(OBSERVED_VARIABLES[21].name), show_observed::<21>),
    func(c_text!(OBSERVED_VARIABLES[22].name), show_observed::<22>),
    func(
        c"Semisync_lab_source_flight_recorder".as_ptr(),
        show_recorder,
    ),
    func(
        c"Semisync_lab_source_flight_recorder_lost".as_ptr(),
        show_recorder_lost,
    ),
    StatusVariable::END,
]);

/// Brings the counters of type long up to date.
///
/// `published` is what was added before; a machine that was reset starts anew.
pub(crate) fn publish(published: &mut Counters, counters: &Counters, was_reset: bool) {
    let words = [
        (&YES_TX, published.yes_tx, counters.yes_tx),
        (&NO_TX, published.no_tx, counters.no_tx),
        (&NO_TIMES, published.no_times, counters.no_times),
        (
            &TIMEFUNC_FAILURES,
            published.timefunc_failures,
            counters.timefunc_failures,
        ),
        (
            &WAIT_POS_BACKTRAVERSE,
            published.wait_pos_backtraverse,
            counters.wait_pos_backtraverse,
        ),
    ];
    for (word, before, now) in words {
        if was_reset {
            word.store(now, Relaxed);
        } else if before != now {
            word.fetch_add(now.wrapping_sub(before), Relaxed);
        }
    }
    *published = *counters;
}

/// Zeroes all counters of type long, for a new machine.
pub(crate) fn reset() {
    publish(&mut Counters::default(), &Counters::default(), true);
}

static YES_TX: AtomicU64 = AtomicU64::new(0);
static NO_TX: AtomicU64 = AtomicU64::new(0);
static NO_TIMES: AtomicU64 = AtomicU64::new(0);
static TIMEFUNC_FAILURES: AtomicU64 = AtomicU64::new(0);
static WAIT_POS_BACKTRAVERSE: AtomicU64 = AtomicU64::new(0);

const fn long(name: *const c_char, word: &'static AtomicU64) -> StatusVariable {
    status_variable(name, SHOW_LONG, word.as_ptr().cast_const().cast())
}

const fn func(name: *const c_char, show: ShowFn) -> StatusVariable {
    status_variable(name, SHOW_FUNC, show as *const c_void)
}

unsafe extern "C" fn show_status(
    _thd: *mut c_void,
    entry: *mut StatusVariable,
    buffer: *mut c_char,
) -> c_int {
    let is_on = guard("status", &host::POISON, false, || {
        fault::point("status", &host::POISON);
        host::status() == SemisyncStatus::On
    });
    // SAFETY: the server passes an entry to fill and a buffer of 1 KiB.
    unsafe {
        *buffer.cast::<bool>() = is_on;
        (*entry).kind = SHOW_BOOL;
        (*entry).value = buffer.cast_const().cast();
    }
    0
}

/// One of [`OBSERVED_VARIABLES`].
unsafe extern "C" fn show_observed<const INDEX: usize>(
    _thd: *mut c_void,
    entry: *mut StatusVariable,
    buffer: *mut c_char,
) -> c_int {
    let variable = &OBSERVED_VARIABLES[INDEX];
    let value = guard("status", &host::POISON, None, || {
        fault::point("observed", &host::POISON);
        host::observe(variable)
    });
    let value = match value {
        Some(value) => value,
        // The machine is not asked any more.
        None if variable.name == STATE => ObservedValue::Text(FAILED.to_owned()),
        None => ObservedValue::Text(String::new()),
    };
    match value {
        // SAFETY: as the server called us.
        ObservedValue::Number(number) => unsafe {
            put_number(entry, buffer, SHOW_LONGLONG, number)
        },
        // SAFETY: as the server called us.
        ObservedValue::Text(text) => unsafe { put_text(entry, buffer, &text) },
    }
    0
}

/// `OFF`, `RECORDING`, or why recording ended.
unsafe extern "C" fn show_recorder(
    _thd: *mut c_void,
    entry: *mut StatusVariable,
    buffer: *mut c_char,
) -> c_int {
    let text = guard("status", &host::POISON, String::new(), recorder::status);
    // SAFETY: as the server called us.
    unsafe { put_text(entry, buffer, &text) };
    0
}

/// Inputs that a recording has no room for.
unsafe extern "C" fn show_recorder_lost(
    _thd: *mut c_void,
    entry: *mut StatusVariable,
    buffer: *mut c_char,
) -> c_int {
    let lost = guard("status", &host::POISON, 0, recorder::lost);
    // SAFETY: as the server called us.
    unsafe { put_number(entry, buffer, SHOW_LONGLONG, lost) };
    0
}

/// # Safety
/// `entry` is an entry to fill and `buffer` an aligned buffer of 1 KiB, as in a [`ShowFn`].
unsafe fn show_number(
    entry: *mut StatusVariable,
    buffer: *mut c_char,
    kind: c_int,
    read: impl FnOnce(&Counters) -> u64,
) -> c_int {
    let number = guard("status", &host::POISON, 0, || {
        fault::point("counter", &host::POISON);
        read(&host::counters())
    });
    // SAFETY: the caller's promise.
    unsafe { put_number(entry, buffer, kind, number) };
    0
}

/// # Safety
/// As for [`show_number`].
unsafe fn put_number(entry: *mut StatusVariable, buffer: *mut c_char, kind: c_int, number: u64) {
    // SAFETY: the caller's promise; the write needs no alignment.
    unsafe {
        buffer.cast::<u64>().write_unaligned(number);
        (*entry).kind = kind;
        (*entry).value = buffer.cast_const().cast();
    }
}

/// # Safety
/// As for [`show_number`].
unsafe fn put_text(entry: *mut StatusVariable, buffer: *mut c_char, text: &str) {
    let len = text.len().min(MAX_TEXT_LEN);
    // SAFETY: the caller's promise; text and NUL fit into 1 KiB.
    unsafe {
        buffer
            .cast::<u8>()
            .copy_from_nonoverlapping(text.as_ptr(), len);
        buffer.add(len).write(0);
        (*entry).kind = SHOW_CHAR;
        (*entry).value = buffer.cast_const().cast();
    }
}
