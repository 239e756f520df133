//! Plugin descriptor, system variables, status variables (`mysql/plugin.h`).

use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use super::assert_offsets;

/// A static that the server writes into, so it must lie in writable memory.
#[repr(transparent)]
#[derive(Debug)]
pub struct ServerWritable<T>(UnsafeCell<T>);

// SAFETY: the server writes these statics only while it loads or unloads the plugin, under its
// plugin lock; this crate hands out their address and never a reference.
unsafe impl<T> Sync for ServerWritable<T> {}

/// A static table of pointers to other statics.
#[repr(transparent)]
#[derive(Debug)]
pub struct Table<T>(T);

// SAFETY: `Table::new` makes its caller promise it.
unsafe impl<T> Sync for Table<T> {}

/// `st_mysql_plugin`.
#[repr(C)]
#[derive(Debug)]
pub struct PluginDescriptor {
    /// [`PLUGIN_TYPE_REPLICATION`].
    pub kind: c_int,
    /// Points to the type's interface version.
    pub info: *const c_int,
    /// Name, as in INSTALL PLUGIN.
    pub name: *const c_char,
    /// Shown in INFORMATION_SCHEMA.PLUGINS.
    pub author: *const c_char,
    /// Shown in INFORMATION_SCHEMA.PLUGINS.
    pub description: *const c_char,
    /// [`PLUGIN_LICENSE_GPL`].
    pub license: c_int,
    /// Called at INSTALL PLUGIN and at server start; 0 is success.
    pub init: Option<PluginHook>,
    /// Called before UNINSTALL PLUGIN; anything but 0 refuses it.
    pub check_uninstall: Option<PluginHook>,
    /// Called when the last reference is gone.
    pub deinit: Option<PluginHook>,
    /// The plugin's own version.
    pub version: u32,
    /// Array of [`StatusVariable`], ended by an empty one.
    pub status_variables: *const StatusVariable,
    /// Array of pointers to system variables, ended by null.
    pub system_variables: *const *const c_void,
    /// Null.
    pub reserved: *const c_void,
    /// 0.
    pub flags: u64,
}

/// `init`, `check_uninstall` and `deinit` of a plugin.
pub type PluginHook = unsafe extern "C" fn(plugin: *mut c_void) -> c_int;

/// Value of [`PluginDescriptor::kind`] for a replication plugin.
pub const PLUGIN_TYPE_REPLICATION: c_int = 6;

/// Value of [`PluginDescriptor::license`].
pub const PLUGIN_LICENSE_GPL: c_int = 1;

/// `_mysql_plugin_interface_version_`.
pub const PLUGIN_INTERFACE_VERSION: c_int = 0x010b;

/// Where [`PluginDescriptor::info`] points to.
pub const REPLICATION_INTERFACE_VERSION: c_int = 0x0400;

assert_offsets!(PluginDescriptor, size 112,
    kind @ 0, info @ 8, name @ 16, author @ 24, description @ 32, license @ 40, init @ 48,
    check_uninstall @ 56, deinit @ 64, version @ 72, status_variables @ 80,
    system_variables @ 88, reserved @ 96, flags @ 104,
);

impl PluginDescriptor {
    /// The all-zero entry that ends the list of descriptors.
    pub const END: PluginDescriptor = PluginDescriptor {
        kind: 0,
        info: ptr::null(),
        name: ptr::null(),
        author: ptr::null(),
        description: ptr::null(),
        license: 0,
        init: None,
        check_uninstall: None,
        deinit: None,
        version: 0,
        status_variables: ptr::null(),
        system_variables: ptr::null(),
        reserved: ptr::null(),
        flags: 0,
    };
}

/// The head every system variable begins with.
#[repr(C)]
#[derive(Debug)]
pub struct SystemVariableHead {
    /// Kind and modifiers.
    pub flags: c_int,
    /// Name without the plugin's prefix; the server puts the full name here.
    pub name: *const c_char,
    /// Help text.
    pub comment: *const c_char,
    /// Null: the server's own check by kind and bounds.
    pub check: *const c_void,
    /// Takes the new value over.
    pub update: Option<UpdateFn>,
    /// Where the value lives.
    pub value: *const c_void,
}

/// Called under the server's system variable lock; must store `*save` into `*value` itself.
pub type UpdateFn = unsafe extern "C" fn(
    thd: *mut c_void,
    variable: *mut c_void,
    value: *mut c_void,
    save: *const c_void,
);

assert_offsets!(SystemVariableHead, size 48,
    flags @ 0, name @ 8, comment @ 16, check @ 24, update @ 32, value @ 40,
);

/// A variable of kind bool.
#[repr(C)]
#[derive(Debug)]
pub struct BoolVariable {
    /// The head.
    pub head: SystemVariableHead,
    /// Default.
    pub default: u8,
}

/// A variable of kind unsigned long.
#[repr(C)]
#[derive(Debug)]
pub struct UlongVariable {
    /// The head.
    pub head: SystemVariableHead,
    /// Default.
    pub default: u64,
    /// Least value.
    pub min: u64,
    /// Greatest value.
    pub max: u64,
    /// Values are multiples of it.
    pub block: u64,
}

/// A variable of kind unsigned int.
#[repr(C)]
#[derive(Debug)]
pub struct UintVariable {
    /// The head.
    pub head: SystemVariableHead,
    /// Default.
    pub default: u32,
    /// Least value.
    pub min: u32,
    /// Greatest value.
    pub max: u32,
    /// Values are multiples of it.
    pub block: u32,
}

/// A variable of kind enum.
#[repr(C)]
#[derive(Debug)]
pub struct EnumVariable {
    /// The head.
    pub head: SystemVariableHead,
    /// Index of the default.
    pub default: u64,
    /// Its words.
    pub words: *const TypeLib,
}

/// `TYPELIB`: the words of an enum.
#[repr(C)]
#[derive(Debug)]
pub struct TypeLib {
    /// How many words.
    pub count: u64,
    /// Empty text.
    pub name: *const c_char,
    /// The words, ended by null.
    pub type_names: *const *const c_char,
    /// Null.
    pub lengths: *const u32,
}

assert_offsets!(BoolVariable, size 0x38, default @ 0x30);
assert_offsets!(UlongVariable, size 0x50, default @ 0x30, min @ 0x38, max @ 0x40, block @ 0x48);
assert_offsets!(UintVariable, size 0x40, default @ 0x30, min @ 0x34, max @ 0x38, block @ 0x3c);
assert_offsets!(EnumVariable, size 0x40, default @ 0x30, words @ 0x38);
assert_offsets!(TypeLib, size 32, count @ 0, name @ 8, type_names @ 16, lengths @ 24);

/// Kinds and modifiers of [`SystemVariableHead::flags`].
pub mod variable_flags {
    use core::ffi::c_int;

    /// Kind bool.
    pub const BOOL: c_int = 1;
    /// Kind int.
    pub const INT: c_int = 2;
    /// Kind long.
    pub const LONG: c_int = 3;
    /// Kind long long.
    pub const LONG_LONG: c_int = 4;
    /// Kind text.
    pub const TEXT: c_int = 5;
    /// Kind enum.
    pub const ENUM: c_int = 6;
    /// Modifier: unsigned.
    pub const UNSIGNED: c_int = 0x80;
    /// Modifier: the command line option may stand without a value.
    pub const OPTIONAL_ARGUMENT: c_int = 0x2000;
}

/// `SHOW_VAR`.
#[repr(C)]
#[derive(Debug)]
pub struct StatusVariable {
    /// Full name; null ends the list.
    pub name: *const c_char,
    /// The value, or the function of a [`SHOW_FUNC`] entry.
    pub value: *const c_void,
    /// One of the `SHOW_` constants.
    pub kind: c_int,
    /// [`SHOW_SCOPE_GLOBAL`].
    pub scope: c_int,
}

assert_offsets!(StatusVariable, size 24, name @ 0, value @ 8, kind @ 16, scope @ 20);

impl StatusVariable {
    /// The entry that ends a list.
    pub const END: StatusVariable = StatusVariable {
        name: ptr::null(),
        value: ptr::null(),
        kind: 0,
        scope: 0,
    };
}

/// A function that fills kind and value of the entry it is given; the buffer has 1 KiB.
pub type ShowFn = unsafe extern "C" fn(
    thd: *mut c_void,
    entry: *mut StatusVariable,
    buffer: *mut c_char,
) -> c_int;

/// Value is a bool.
pub const SHOW_BOOL: c_int = 1;
/// Value is an unsigned long; FLUSH STATUS writes 0 into it.
pub const SHOW_LONG: c_int = 3;
/// Value is an unsigned long long.
pub const SHOW_LONGLONG: c_int = 4;
/// Value is a NUL-terminated text.
pub const SHOW_CHAR: c_int = 5;
/// Value is a [`ShowFn`].
pub const SHOW_FUNC: c_int = 8;
/// The variable is global.
pub const SHOW_SCOPE_GLOBAL: c_int = 1;

impl<T> Table<T> {
    /// Wraps a table.
    ///
    /// # Safety
    /// Every pointer in it leads to a static or is null, and the table is never written.
    pub const unsafe fn new(table: T) -> Table<T> {
        Table(table)
    }

    /// The table.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

impl<T> ServerWritable<T> {
    /// Wraps a value in writable memory.
    pub const fn new(value: T) -> ServerWritable<T> {
        ServerWritable(UnsafeCell::new(value))
    }

    /// Its address, for the server.
    pub const fn as_ptr(&self) -> *mut T {
        self.0.get()
    }
}
