//! Mutexes, conditions, stages, threads, and their Performance Schema descriptions.

use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_uint, c_void};

use super::assert_offsets;

/// `mysql_mutex_t` of a release build.
#[repr(C)]
pub struct ServerMutex {
    /// The mutex.
    pub native: UnsafeCell<libc::pthread_mutex_t>,
    /// Instrument; null is allowed.
    pub psi: UnsafeCell<*mut c_void>,
}

/// `mysql_cond_t`.
#[repr(C)]
pub struct ServerCond {
    /// The condition.
    pub native: UnsafeCell<libc::pthread_cond_t>,
    /// Instrument; null is allowed.
    pub psi: UnsafeCell<*mut c_void>,
}

assert_offsets!(ServerMutex, size 48, native @ 0, psi @ 40);
assert_offsets!(ServerCond, size 56, native @ 0, psi @ 48);

/// `PSI_stage_info`: what a session is doing, as the process list shows it.
#[repr(C)]
#[derive(Debug)]
pub struct StageInfo {
    /// Filled in at registration.
    pub key: c_uint,
    /// The text.
    pub name: *const c_char,
    /// 0.
    pub flags: c_int,
    /// Documentation.
    pub documentation: *const c_char,
}

assert_offsets!(StageInfo, size 32, key @ 0, name @ 8, flags @ 16, documentation @ 24);

/// `PSI_mutex_info`, `PSI_cond_info` and `PSI_memory_info`.
#[repr(C)]
#[derive(Debug)]
pub struct InstrumentInfo {
    /// Filled in at registration.
    pub key: *mut c_uint,
    /// Name below the category.
    pub name: *const c_char,
    /// 0.
    pub flags: c_uint,
    /// 0.
    pub volatility: c_int,
    /// Documentation.
    pub documentation: *const c_char,
}

assert_offsets!(InstrumentInfo, size 32,
    key @ 0, name @ 8, flags @ 16, volatility @ 20, documentation @ 24,
);

/// `PSI_thread_info`.
#[repr(C)]
#[derive(Debug)]
pub struct ThreadInfo {
    /// Filled in at registration.
    pub key: *mut c_uint,
    /// Name below the category.
    pub name: *const c_char,
    /// Name the operating system shows.
    pub os_name: *const c_char,
    /// [`THREAD_SINGLETON_AUTO_SEQUENCE`].
    pub flags: c_uint,
    /// 0.
    pub volatility: c_int,
    /// Documentation.
    pub documentation: *const c_char,
}

assert_offsets!(ThreadInfo, size 40,
    key @ 0, name @ 8, os_name @ 16, flags @ 24, volatility @ 28, documentation @ 32,
);

/// One thread at a time, with a number in its operating system name.
pub const THREAD_SINGLETON_AUTO_SEQUENCE: c_uint = 0x201;

/// `my_thread_handle`.
#[repr(C)]
#[derive(Debug)]
pub struct ThreadHandle {
    /// The thread.
    pub thread: libc::pthread_t,
}

assert_offsets!(ThreadHandle, size 8, thread @ 0);

/// Slots 0 and 1 of `psi_mutex_service`, `psi_cond_service` and `psi_memory_service`.
#[repr(C)]
#[derive(Debug)]
pub struct InstrumentService {
    /// Makes instruments known.
    pub register:
        unsafe extern "C" fn(category: *const c_char, info: *mut InstrumentInfo, count: c_int),
}

/// Slots 0 and 1 of `psi_stage_service`.
#[repr(C)]
#[derive(Debug)]
pub struct StageService {
    /// Makes stages known.
    pub register:
        unsafe extern "C" fn(category: *const c_char, info: *mut *mut StageInfo, count: c_int),
    /// The current thread enters a stage.
    pub start: unsafe extern "C" fn(key: c_uint, file: *const c_char, line: c_int) -> *mut c_void,
}

/// Slots 0 and 1 of `psi_thread_service`.
#[repr(C)]
#[derive(Debug)]
pub struct ThreadService {
    /// Makes thread names known.
    pub register:
        unsafe extern "C" fn(category: *const c_char, info: *mut ThreadInfo, count: c_int),
    /// Starts a joinable thread; the result is an errno.
    pub spawn: unsafe extern "C" fn(
        key: c_uint,
        sequence_number: c_uint,
        handle: *mut ThreadHandle,
        attributes: *const libc::pthread_attr_t,
        start: ThreadStart,
        argument: *mut c_void,
    ) -> c_int,
}

/// The function a thread runs.
pub type ThreadStart = unsafe extern "C" fn(argument: *mut c_void) -> *mut c_void;
