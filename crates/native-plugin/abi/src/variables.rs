//! Variable descriptors from the core's catalogue: names, texts, defaults and bounds stand there
//! once, for the plugins as for everybody else.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use semisync_core::Naming;
use semisync_core::variables::{
    STATUS_VARIABLES, SYSTEM_VARIABLES, SystemVariableId, VariableKind,
};

use crate::layout::plugin::{
    BoolVariable, EnumVariable, SHOW_SCOPE_GLOBAL, StatusVariable, SystemVariableHead, TypeLib,
    UintVariable, UlongVariable, variable_flags as flags,
};

/// A static C string made from a constant text.
#[macro_export]
macro_rules! c_text {
    ($text:expr) => {{
        static BYTES: [u8; $text.len() + 1] = $crate::variables::with_nul($text);
        BYTES.as_ptr().cast::<core::ffi::c_char>()
    }};
}

/// A system variable of a plugin.
pub trait Setting {
    /// What the server stores: `u8` for a bool, `u32` for an unsigned int, `u64` for an unsigned long
    /// and for the index of an enum's word.
    type Stored: Copy;

    /// Which one.
    const ID: SystemVariableId;

    /// Takes over a value that the server has checked.
    fn set(value: Self::Stored);
}

/// The texts of a system variable, for the descriptor functions of this module.
#[macro_export]
macro_rules! texts_of {
    ($id:expr) => {
        $crate::variables::Texts {
            name: $crate::c_text!($crate::variables::option_name($id)),
            help: $crate::c_text!($crate::variables::help($id)),
        }
    };
}

/// The C strings of a descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    /// The name without the plugin's.
    pub name: *const c_char,
    /// What it does.
    pub help: *const c_char,
}

/// A text and its NUL.
pub const fn with_nul<const LEN: usize>(text: &str) -> [u8; LEN] {
    let text = text.as_bytes();
    assert!(text.len() + 1 == LEN);
    let mut bytes = [0; LEN];
    let mut index = 0;
    while index < text.len() {
        assert!(text[index] != 0);
        bytes[index] = text[index];
        index += 1;
    }
    bytes
}

/// The name of a system variable without the plugin's.
pub const fn option_name(id: SystemVariableId) -> &'static str {
    let variable = &SYSTEM_VARIABLES[id as usize];
    let prefix = variable.family.plugin_name(Naming::SourceReplica);
    let (_, name) = variable.name.split_at(prefix.len() + 1);
    name
}

/// The help text of a system variable.
pub const fn help(id: SystemVariableId) -> &'static str {
    SYSTEM_VARIABLES[id as usize].help
}

/// The words of an enum.
pub const fn words(id: SystemVariableId) -> &'static [&'static str] {
    match SYSTEM_VARIABLES[id as usize].kind {
        VariableKind::Enum { words, .. } => words,
        _ => panic!("not an enum"),
    }
}

/// The name of a status variable by its place in the catalogue.
pub const fn status_name(index: usize) -> &'static str {
    STATUS_VARIABLES[index].name
}

/// A descriptor of a bool.
pub const fn bool_variable<S: Setting<Stored = u8>>(
    texts: Texts,
    value: *const u8,
) -> BoolVariable {
    let VariableKind::Bool { default } = SYSTEM_VARIABLES[S::ID as usize].kind else {
        panic!("not a bool");
    };
    BoolVariable {
        head: head::<S>(flags::BOOL, texts, value.cast()),
        default: default as u8,
    }
}

/// A descriptor of an unsigned long.
pub const fn ulong_variable<S: Setting<Stored = u64>>(
    texts: Texts,
    value: *const u64,
) -> UlongVariable {
    let VariableKind::UnsignedLong { default, min, max } = SYSTEM_VARIABLES[S::ID as usize].kind
    else {
        panic!("not an unsigned long");
    };
    UlongVariable {
        head: head::<S>(flags::LONG | flags::UNSIGNED, texts, value.cast()),
        default,
        min,
        max,
        block: 1,
    }
}

/// A descriptor of an unsigned int.
pub const fn uint_variable<S: Setting<Stored = u32>>(
    texts: Texts,
    value: *const u32,
) -> UintVariable {
    let VariableKind::UnsignedInt { default, min, max } = SYSTEM_VARIABLES[S::ID as usize].kind
    else {
        panic!("not an unsigned int");
    };
    UintVariable {
        head: head::<S>(flags::INT | flags::UNSIGNED, texts, value.cast()),
        default,
        min,
        max,
        block: 1,
    }
}

/// A descriptor of an enum.
pub const fn enum_variable<S: Setting<Stored = u64>>(
    texts: Texts,
    value: *const u64,
    words: *const TypeLib,
) -> EnumVariable {
    let VariableKind::Enum { default, .. } = SYSTEM_VARIABLES[S::ID as usize].kind else {
        panic!("not an enum");
    };
    EnumVariable {
        head: head::<S>(flags::ENUM, texts, value.cast()),
        default: default as u64,
        words,
    }
}

/// An entry of the list of status variables.
pub const fn status_variable(
    name: *const c_char,
    kind: c_int,
    value: *const c_void,
) -> StatusVariable {
    StatusVariable {
        name,
        value,
        kind,
        scope: SHOW_SCOPE_GLOBAL,
    }
}

const fn head<S: Setting>(kind: c_int, texts: Texts, value: *const c_void) -> SystemVariableHead {
    SystemVariableHead {
        flags: kind | flags::OPTIONAL_ARGUMENT,
        name: texts.name,
        comment: texts.help,
        check: ptr::null(),
        update: Some(update::<S>),
        value,
    }
}

/// An `UpdateFn`.
unsafe extern "C" fn update<S: Setting>(
    _thd: *mut c_void,
    _variable: *mut c_void,
    _value: *mut c_void,
    save: *const c_void,
) {
    // SAFETY: the server passes a pointer to its checked value; the descriptor functions above tie
    // the kind that they declare to the type of what is stored.
    S::set(unsafe { *save.cast::<S::Stored>() });
}

#[cfg(test)]
mod tests {
    use core::ffi::CStr;

    use super::*;

    #[test]
    fn texts_are_those_of_the_catalogue() {
        const TEXTS: Texts = texts_of!(SystemVariableId::SourceWaitForReplicaCount);
        // SAFETY: `c_text` makes NUL-terminated statics.
        let (name, help) = unsafe { (CStr::from_ptr(TEXTS.name), CStr::from_ptr(TEXTS.help)) };
        assert_eq!(name, c"wait_for_replica_count");
        assert!(help.to_bytes().starts_with(b"How many replicas"));
    }
}
