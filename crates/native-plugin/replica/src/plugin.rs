//! Loading and unloading.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use semisync_abi::library::{Plugin, descriptor};
use semisync_abi::{declare_plugin, server};

use crate::{channels, hooks, settings};

declare_plugin!(descriptor(
    &PLUGIN,
    [init, check_uninstall, deinit],
    settings::STATUS_VARIABLES.as_ptr().cast_const().cast(),
    settings::SYSTEM_VARIABLES.get().as_ptr(),
));

static PLUGIN: Plugin = Plugin {
    name: c"rpl_semi_sync_replica",
    description: c"Replica-side semi-synchronous replication.",
    library: "semisync_replica.so",
    poison: &channels::POISON,
    in_use: c"Stop any active semisynchronous I/O threads on this replica first.",
    can_uninstall: channels::can_uninstall,
    start,
    unregister: unregister_observer,
    stop: channels::stop,
};

unsafe extern "C" fn init(plugin: *mut c_void) -> c_int {
    PLUGIN.init(plugin)
}

unsafe extern "C" fn check_uninstall(_plugin: *mut c_void) -> c_int {
    PLUGIN.check_uninstall()
}

unsafe extern "C" fn deinit(plugin: *mut c_void) -> c_int {
    PLUGIN.deinit(plugin)
}

fn start(plugin: *mut c_void) -> Result<(), ()> {
    IS_REGISTERED.store(false, Relaxed);
    channels::start();
    // SAFETY: a static with the server's layout, and the plugin the server is initialising.
    let failed = unsafe {
        server::register_binlog_relay_io_observer(hooks::RELAY_IO_OBSERVER.as_ptr(), plugin)
    };
    if failed != 0 {
        return Err(());
    }
    IS_REGISTERED.store(true, Relaxed);
    Ok(())
}

fn unregister_observer(plugin: *mut c_void) -> bool {
    if !IS_REGISTERED.swap(false, Relaxed) {
        return true;
    }
    // SAFETY: registered in `start` for this plugin.
    let failed = unsafe {
        server::unregister_binlog_relay_io_observer(hooks::RELAY_IO_OBSERVER.as_ptr(), plugin)
    };
    failed == 0
}

/// Whether the server has the observer.
static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
