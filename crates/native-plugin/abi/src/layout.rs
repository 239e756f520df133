//! The server's structs, field by field, with their sizes and offsets asserted.
//!
//! Names follow MySQL's; nothing here has behaviour. One file per header family.

pub mod plugin;

pub mod observers;

pub mod network;

pub mod threads;

/// Fails the build when a field is not where the server has it.
macro_rules! assert_offsets {
    ($type:ty, size $size:literal $(, $field:ident @ $offset:literal)* $(,)?) => {
        const _: () = assert!(size_of::<$type>() == $size);
        $(const _: () = assert!(core::mem::offset_of!($type, $field) == $offset);)*
    };
}

pub(crate) use assert_offsets;
