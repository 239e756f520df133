//! What a plugin's library looks like to the server, and what init, refusal to uninstall and deinit
//! have in common.

use core::ffi::{CStr, c_int, c_void};

use crate::guard::{self, Poison, guard};
use crate::layout::plugin::{
    PLUGIN_LICENSE_GPL, PLUGIN_TYPE_REPLICATION, PluginDescriptor, PluginHook,
    REPLICATION_INTERFACE_VERSION, StatusVariable,
};
use crate::{fault, server, version};

/// The symbols by which the server knows a library with one plugin.
#[macro_export]
macro_rules! declare_plugin {
    ($descriptor:expr) => {
        /// Version of the plugin interface the library was made for.
        #[unsafe(no_mangle)]
        static _mysql_plugin_interface_version_: core::ffi::c_int =
            $crate::layout::plugin::PLUGIN_INTERFACE_VERSION;

        /// Size of a descriptor.
        #[unsafe(no_mangle)]
        static _mysql_sizeof_struct_st_plugin_: core::ffi::c_int =
            size_of::<$crate::layout::plugin::PluginDescriptor>() as core::ffi::c_int;

        /// The plugins of this library.
        #[unsafe(no_mangle)]
        static _mysql_plugin_declarations_: $crate::layout::plugin::Table<
            [$crate::layout::plugin::PluginDescriptor; 2],
        > =
            // SAFETY: pointers to statics and static texts, and null.
            unsafe {
                $crate::layout::plugin::Table::new([
                    $descriptor,
                    $crate::layout::plugin::PluginDescriptor::END,
                ])
            };
    };
}

/// What distinguishes one of our plugins.
#[derive(Debug)]
pub struct Plugin {
    /// As in INSTALL PLUGIN.
    pub name: &'static CStr,
    /// The stock plugin's description.
    pub description: &'static CStr,
    /// Its file.
    pub library: &'static str,
    /// Whom a panic poisons.
    pub poison: &'static Poison,
    /// Why it cannot be uninstalled while it is in use.
    pub in_use: &'static CStr,
    /// Whether it may be uninstalled.
    pub can_uninstall: fn() -> bool,
    /// Begins; what was begun before an error is ended by `stop`.
    pub start: fn(*mut c_void) -> Result<(), ()>,
    /// Gives the server's hooks back, as far as it has them; false when the server refuses.
    pub unregister: fn(*mut c_void) -> bool,
    /// Ends what was begun.
    pub stop: fn(),
}

/// The descriptor of a plugin.
pub const fn descriptor(
    plugin: &'static Plugin,
    [init, check_uninstall, deinit]: [PluginHook; 3],
    status_variables: *const StatusVariable,
    system_variables: *const *const c_void,
) -> PluginDescriptor {
    PluginDescriptor {
        kind: PLUGIN_TYPE_REPLICATION,
        info: &raw const INTERFACE_VERSION,
        name: plugin.name.as_ptr(),
        author: c"The Semisync Lab authors".as_ptr(),
        description: plugin.description.as_ptr(),
        license: PLUGIN_LICENSE_GPL,
        init: Some(init),
        check_uninstall: Some(check_uninstall),
        deinit: Some(deinit),
        version: 0x0100,
        status_variables,
        system_variables,
        reserved: core::ptr::null(),
        flags: 0,
    }
}

impl Plugin {
    /// INSTALL PLUGIN and the server's start. After an error, or a fault of ours, nothing is left
    /// of it in the server: the library may be unmapped.
    pub fn init(&self, handle: *mut c_void) -> c_int {
        let supported = guard("init", self.poison, false, || {
            version::check_server(self.library).is_ok()
        });
        if !supported {
            return 1;
        }
        let started = guard("init", self.poison, false, || {
            guard::report_panics();
            let started = (self.start)(handle).is_ok();
            fault::point("init", self.poison);
            started
        });
        if started {
            return 0;
        }
        self.leave(handle);
        1
    }

    /// UNINSTALL PLUGIN asks whether it may.
    pub fn check_uninstall(&self) -> c_int {
        guard("check_uninstall", self.poison, 1, || {
            fault::point("check_uninstall", self.poison);
            if (self.can_uninstall)() {
                return 0;
            }
            // SAFETY: the arguments of the message are two NUL-terminated texts.
            unsafe {
                server::my_error(
                    ER_PLUGIN_CANNOT_BE_UNINSTALLED,
                    0,
                    self.name.as_ptr(),
                    self.in_use.as_ptr(),
                );
            }
            1
        })
    }

    /// UNINSTALL PLUGIN and the server's end. The library goes afterwards, whatever the answer.
    pub fn deinit(&self, handle: *mut c_void) -> c_int {
        guard("deinit", self.poison, (), || {
            fault::point("deinit", self.poison);
        });
        c_int::from(!self.leave(handle))
    }

    /// A fault in one step must not keep the next from being taken.
    fn leave(&self, handle: *mut c_void) -> bool {
        let unregistered = guard("deinit", self.poison, false, || (self.unregister)(handle));
        guard("deinit", self.poison, (), || (self.stop)());
        guard("deinit", self.poison, (), guard::stop_reporting_panics);
        unregistered
    }
}

/// Tells the client why the plugin cannot be enabled: it failed, and must be loaded anew.
pub fn refuse_to_enable() {
    // SAFETY: the argument of the message is a NUL-terminated text.
    unsafe {
        server::my_error(
            ER_INTERNAL_ERROR,
            0,
            c"semisynchronous replication was switched off after a fault of the plugin; uninstall \
              the plugin and install it again (see the error log)"
                .as_ptr(),
        );
    }
}

static INTERFACE_VERSION: c_int = REPLICATION_INTERFACE_VERSION;

const ER_PLUGIN_CANNOT_BE_UNINSTALLED: c_int = 1883;

const ER_INTERNAL_ERROR: c_int = 1815;
