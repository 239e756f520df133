//! Global variables of the server, read as text.

use core::ffi::{CStr, c_void};

use crate::own_variables::REGISTER;
use crate::registry::Service;
use crate::server::SystemVariableService;

/// The value of a variable; `None` when the server does not tell. On a session's thread only.
pub fn global_variable(name: &CStr) -> Option<String> {
    let service = Service::<SystemVariableService>::acquire(REGISTER)?;
    let mut buffer = vec![0_u8; FIRST_LEN];
    loop {
        let mut value: *mut c_void = buffer.as_mut_ptr().cast();
        // The last byte stays zero.
        let offered = buffer.len() - 1;
        let mut len = offered;
        // SAFETY: NUL-terminated names, and a buffer of `len` bytes that the server fills.
        let failed = unsafe {
            (service.get().get_variable)(
                c"mysql_server".as_ptr(),
                name.as_ptr(),
                &raw mut value,
                &raw mut len,
            )
        };
        if !failed {
            let text = CStr::from_bytes_until_nul(&buffer).ok()?;
            return Some(text.to_string_lossy().into_owned());
        }
        // A value that does not fit is refused with its length.
        if len <= offered || LONGEST < len {
            return None;
        }
        buffer = vec![0; len + 2];
    }
}

const FIRST_LEN: usize = 1024;

/// A GTID set of a server that has seen a million others.
const LONGEST: usize = 64 << 20;
