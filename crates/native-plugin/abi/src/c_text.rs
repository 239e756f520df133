//! C strings in and out.

use core::ffi::{CStr, c_char};
use std::ffi::CString;

/// The bytes of a C string; `None` for null.
///
/// # Safety
/// `text` is null or a NUL-terminated string that lives for `'a`.
pub unsafe fn c_bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, so the caller promises a NUL-terminated string.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// The part of a path after its last `/`.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// A C string of these bytes; an embedded NUL ends it.
pub fn c_string(bytes: impl AsRef<[u8]>) -> CString {
    let bytes = bytes.as_ref();
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    CString::new(&bytes[..end]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_name_has_no_directory() {
        assert_eq!(base_name(b"./data/binlog.000001"), b"binlog.000001");
        assert_eq!(base_name(b"binlog.000001"), b"binlog.000001");
        assert_eq!(base_name(b""), b"");
    }

    #[test]
    fn a_nul_ends_a_c_string() {
        assert_eq!(c_string(b"a\0b").as_bytes(), b"a");
    }
}
