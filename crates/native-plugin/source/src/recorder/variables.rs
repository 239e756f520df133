//! `semisync_lab.flight_recorder` and `semisync_lab.flight_recorder_size`.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};
use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, PoisonError};

use semisync_abi::error_log::{self, Level};
use semisync_abi::guard::guard;
use semisync_abi::own_variables::{self, GivenValue, NumberVariable, TextVariable};
use semisync_abi::{c_bytes, c_string, fault, server};

use crate::host;

/// Makes both variables known and begins recording if an option asks for it. Without them the
/// plugin works as well, so a server that refuses them gets a line in its log and no more.
pub(crate) fn register() {
    super::begin();
    keep("");
    SIZE.store(DEFAULT_SIZE, Relaxed);
    // SAFETY: functions and places are statics; both are unregistered before the library goes.
    let registered = unsafe {
        own_variables::register_number(&NumberVariable {
            name: SIZE_NAME,
            help: c"Most bytes that the two files of a flight recording have together.",
            update: update_size,
            value: SIZE.as_ptr(),
            bounds: [DEFAULT_SIZE as i64, 1 << 20, 1 << 40, 1],
        }) && own_variables::register_text(&TextVariable {
            name: FILE_NAME,
            help:
                c"Name of a flight recording in the data directory, of letters, digits, - and _; \
                    empty: nothing is recorded.",
            check: check_file,
            update: update_file,
            value: NAME.as_ptr().cast::<*const c_char>(),
        })
    };
    if !registered {
        let text = "semisync plugin: the variables of the flight recorder cannot be registered";
        error_log::write_text(Level::Warning, text);
        return;
    }
    // An option file may have set it meanwhile, to memory of the server's.
    let name = name();
    match is_name(name.as_bytes()) {
        true => {
            keep(&name);
            super::record_to(&name);
        }
        false => {
            keep("");
            super::fail(&format!("{name} is no name of letters, digits, - and _"));
        }
    }
}

/// Takes both variables back and ends recording.
pub(crate) fn unregister() {
    // First, so that nobody can begin to record again.
    own_variables::unregister(FILE_NAME);
    own_variables::unregister(SIZE_NAME);
    super::end();
    NAME.store(c"".as_ptr().cast_mut(), Relaxed);
    *kept() = None;
}

/// Most bytes that both files may have.
pub(super) fn size() -> u64 {
    SIZE.load(Relaxed)
}

unsafe extern "C" fn check_file(
    thd: *mut c_void,
    _variable: *mut c_void,
    save: *mut c_void,
    value: *mut GivenValue,
) -> c_int {
    guard("flight_recorder", &host::POISON, 1, || {
        fault::point("check_flight_recorder", &host::POISON);
        let mut buffer = [0 as c_char; 256];
        let mut len = buffer.len() as c_int;
        // SAFETY: the server passes a value to be read into a buffer of this length.
        let text = unsafe { ((*value).text)(value, buffer.as_mut_ptr(), &raw mut len) };
        let len = usize::try_from(len).unwrap_or(0);
        if text.is_null() {
            return 1;
        }
        // SAFETY: a text of so many bytes, as the call said.
        let bytes = unsafe { core::slice::from_raw_parts(text.cast::<u8>(), len) };
        if !is_name(bytes) {
            return 1;
        }
        // SAFETY: the session copies the text into memory that lives until the statement's end,
        // and `save` has room for its address.
        unsafe {
            let copy = server::thd_strmake(thd.cast(), text, len);
            *save.cast::<*const c_char>() = copy;
        }
        0
    })
}

unsafe extern "C" fn update_file(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    guard("flight_recorder", &host::POISON, (), || {
        fault::point("flight_recorder_name", &host::POISON);
        // SAFETY: the address of the checked text, null for the default.
        let name = unsafe { c_bytes(*save.cast::<*const c_char>()) };
        let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        keep(&name);
        super::record_to(&name);
    });
}

unsafe extern "C" fn update_size(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: for a long long the server passes a pointer to its checked value.
    SIZE.store(unsafe { *save.cast::<u64>() }, Relaxed);
}

fn is_name(name: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.len() <= MAX_NAME_LEN && name.iter().all(is_plain)
}

/// What the variable says now.
fn name() -> String {
    // SAFETY: null, or a text that the server or `keep` put there; read before anybody else can
    // change it.
    let bytes = unsafe { c_bytes(NAME.load(Relaxed)) };
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

/// Puts a copy of ours where the server reads the value. It reads, and updates, under one lock, so
/// the copy before is in nobody's hands.
fn keep(name: &str) {
    let mut kept = kept();
    let new = c_string(name);
    NAME.store(new.as_ptr().cast_mut(), Relaxed);
    *kept = Some(new);
}

fn kept() -> MutexGuard<'static, Option<CString>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

static KEPT: Mutex<Option<CString>> = Mutex::new(None);

/// What the server shows.
static NAME: AtomicPtr<c_char> = AtomicPtr::new(ptr::null_mut());

static SIZE: AtomicU64 = AtomicU64::new(DEFAULT_SIZE);

const FILE_NAME: &CStr = c"flight_recorder";

const SIZE_NAME: &CStr = c"flight_recorder_size";

const DEFAULT_SIZE: u64 = 64 << 20;

const MAX_NAME_LEN: usize = 64;
