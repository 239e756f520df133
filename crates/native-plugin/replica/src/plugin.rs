//! Loading and unloading.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use semisync_abi::guard::{self, guard};
use semisync_abi::layout::plugin::{
    PLUGIN_INTERFACE_VERSION, PLUGIN_LICENSE_GPL, PLUGIN_TYPE_REPLICATION, PluginDescriptor,
    REPLICATION_INTERFACE_VERSION, Table,
};
use semisync_abi::{server, version};

use crate::{channels, hooks, settings};

/// Version of the plugin interface the library was made for.
#[unsafe(no_mangle)]
static _mysql_plugin_interface_version_: c_int = PLUGIN_INTERFACE_VERSION;

/// Size of a descriptor.
#[unsafe(no_mangle)]
static _mysql_sizeof_struct_st_plugin_: c_int = size_of::<PluginDescriptor>() as c_int;

/// The plugins of this library.
#[unsafe(no_mangle)]
static _mysql_plugin_declarations_: Table<[PluginDescriptor; 2]> =
    // SAFETY: pointers to statics and static texts, and null.
    unsafe {
        Table::new([
            PluginDescriptor {
                kind: PLUGIN_TYPE_REPLICATION,
                info: &raw const INTERFACE_VERSION,
                name: NAME.as_ptr(),
                author: c"The Semisync Lab authors".as_ptr(),
                description: c"Replica-side semi-synchronous replication.".as_ptr(),
                license: PLUGIN_LICENSE_GPL,
                init: Some(init),
                check_uninstall: Some(check_uninstall),
                deinit: Some(deinit),
                version: 0x0100,
                status_variables: settings::STATUS_VARIABLES.as_ptr().cast_const().cast(),
                system_variables: settings::SYSTEM_VARIABLES.get().as_ptr(),
                reserved: ptr::null(),
                flags: 0,
            },
            PluginDescriptor::END,
        ])
    };

unsafe extern "C" fn init(plugin: *mut c_void) -> c_int {
    guard("init", &channels::POISON, 1, || {
        IS_INITIALISED.store(false, Relaxed);
        if version::check_server("semisync_replica.so").is_err() {
            return 1;
        }
        guard::report_panics();
        channels::start();
        // SAFETY: a static with the server's layout, and the plugin the server is initialising.
        let failed = unsafe {
            server::register_binlog_relay_io_observer(hooks::RELAY_IO_OBSERVER.as_ptr(), plugin)
        };
        if failed != 0 {
            guard::stop_reporting_panics();
            return 1;
        }
        IS_INITIALISED.store(true, Relaxed);
        0
    })
}

unsafe extern "C" fn check_uninstall(_plugin: *mut c_void) -> c_int {
    guard("check_uninstall", &channels::POISON, 1, || {
        if channels::can_uninstall() {
            return 0;
        }
        // SAFETY: the arguments of the message are two NUL-terminated texts.
        unsafe {
            server::my_error(
                ER_PLUGIN_CANNOT_BE_UNINSTALLED,
                0,
                NAME.as_ptr(),
                c"Stop any active semisynchronous I/O threads on this replica first.".as_ptr(),
            );
        }
        1
    })
}

unsafe extern "C" fn deinit(plugin: *mut c_void) -> c_int {
    guard("deinit", &channels::POISON, 1, || {
        if !IS_INITIALISED.swap(false, Relaxed) {
            return 0;
        }
        // SAFETY: registered in `init` for this plugin.
        let failed = unsafe {
            server::unregister_binlog_relay_io_observer(hooks::RELAY_IO_OBSERVER.as_ptr(), plugin)
        };
        if failed != 0 {
            return 1;
        }
        channels::stop();
        guard::stop_reporting_panics();
        0
    })
}

static IS_INITIALISED: AtomicBool = AtomicBool::new(false);

static INTERFACE_VERSION: c_int = REPLICATION_INTERFACE_VERSION;

const NAME: &CStr = c"rpl_semi_sync_replica";

const ER_PLUGIN_CANNOT_BE_UNINSTALLED: c_int = 1883;
