//! System variables under a prefix of our own.
//!
//! A plugin's variables carry the plugin's name; these are registered as a component's are, so
//! they are called `semisync_lab.…` and stay out of every listing of `rpl_semi_sync%`. They can be
//! set in option files and persisted like others.

use core::ffi::{CStr, c_char, c_int, c_longlong, c_void};
use core::ptr;

use crate::layout::plugin::{UpdateFn, variable_flags as flags};
use crate::registry::Service;
use crate::server::{SystemVariableService, SystemVariableUnregisterService};

/// Decides whether a value may be set, and saves it; anything but 0 refuses it.
pub type CheckFn = unsafe extern "C" fn(
    thd: *mut c_void,
    variable: *mut c_void,
    save: *mut c_void,
    value: *mut GivenValue,
) -> c_int;

/// `st_mysql_value`: a value of a SET statement.
#[repr(C)]
#[derive(Debug)]
pub struct GivenValue {
    /// Not used.
    pub value_type: *const c_void,
    /// Its text: null for NULL, else in `buffer` or elsewhere, of `*len` bytes.
    pub text: unsafe extern "C" fn(
        value: *mut GivenValue,
        buffer: *mut c_char,
        len: *mut c_int,
    ) -> *const c_char,
}

/// A text variable.
#[derive(Debug)]
pub struct TextVariable {
    /// Behind the prefix.
    pub name: &'static CStr,
    /// What it does.
    pub help: &'static CStr,
    /// Whether a value may be set.
    pub check: CheckFn,
    /// Keeps a new value.
    pub update: UpdateFn,
    /// Where the address of the value is.
    pub value: *mut *const c_char,
}

/// A number.
#[derive(Debug)]
pub struct NumberVariable {
    /// Behind the prefix.
    pub name: &'static CStr,
    /// What it does.
    pub help: &'static CStr,
    /// Keeps a new value.
    pub update: UpdateFn,
    /// Where the value is.
    pub value: *mut u64,
    /// Default, least, greatest value, and what it is a multiple of.
    pub bounds: [c_longlong; 4],
}

/// Makes a text variable known; false when the server refuses it. It begins as the empty text.
///
/// # Safety
/// Functions and value are sound to use from any session until [`unregister`].
pub unsafe fn register_text(variable: &TextVariable) -> bool {
    let default: *const c_char = c"".as_ptr();
    let check: *const c_void = variable.check as *const c_void;
    // SAFETY: the caller's promise.
    unsafe {
        register(
            (variable.name, variable.help),
            flags::TEXT | flags::OPTIONAL_ARGUMENT,
            (check, variable.update),
            (&raw const default).cast(),
            variable.value.cast(),
        )
    }
}

/// Makes a number known; false when the server refuses it.
///
/// # Safety
/// As for [`register_text`].
pub unsafe fn register_number(variable: &NumberVariable) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        register(
            (variable.name, variable.help),
            flags::LONG_LONG | flags::UNSIGNED | flags::OPTIONAL_ARGUMENT,
            (ptr::null(), variable.update),
            variable.bounds.as_ptr().cast(),
            variable.value.cast(),
        )
    }
}

/// Takes a variable back; false when the server does not know it.
pub fn unregister(name: &CStr) -> bool {
    let Some(service) = Service::<SystemVariableUnregisterService>::acquire(UNREGISTER) else {
        return false;
    };
    // SAFETY: two NUL-terminated names.
    unsafe { !(service.get().unregister_variable)(PREFIX.as_ptr(), name.as_ptr()) }
}

/// # Safety
/// As for [`register_text`]; `check_arg` and `value` are what the kind in `flags` asks for.
unsafe fn register(
    (name, help): (&CStr, &CStr),
    flags: c_int,
    (check, update): (*const c_void, UpdateFn),
    check_arg: *const c_void,
    value: *mut c_void,
) -> bool {
    let Some(service) = Service::<SystemVariableService>::acquire(REGISTER) else {
        return false;
    };
    // SAFETY: the caller's promise; the server copies texts and bounds.
    unsafe {
        !(service.get().register_variable)(
            PREFIX.as_ptr(),
            name.as_ptr(),
            flags,
            help.as_ptr(),
            check,
            update,
            check_arg,
            value,
        )
    }
}

const PREFIX: &CStr = c"semisync_lab";

pub(crate) const REGISTER: &CStr = c"component_sys_variable_register";

const UNREGISTER: &CStr = c"component_sys_variable_unregister";
