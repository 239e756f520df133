//! Loading and unloading.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use semisync_abi::guard::{self, guard};
use semisync_abi::instruments::{self, InstrumentKind};
use semisync_abi::layout::plugin::{
    PLUGIN_INTERFACE_VERSION, PLUGIN_LICENSE_GPL, PLUGIN_TYPE_REPLICATION, PluginDescriptor,
    REPLICATION_INTERFACE_VERSION, Table,
};
use semisync_abi::{error_log, server, version};
use semisync_core::log::{LogMessage, Observer};

use crate::{ack_receiver, commit_wait, dump, hooks, host, recorder, settings, status};

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
                description: c"Source-side semi-synchronous replication.".as_ptr(),
                license: PLUGIN_LICENSE_GPL,
                init: Some(init),
                check_uninstall: Some(check_uninstall),
                deinit: Some(deinit),
                version: 0x0100,
                status_variables: status::STATUS_VARIABLES.as_ptr().cast_const().cast(),
                system_variables: settings::SYSTEM_VARIABLES.get().as_ptr(),
                reserved: ptr::null(),
                flags: 0,
            },
            PluginDescriptor::END,
        ])
    };

unsafe extern "C" fn init(plugin: *mut c_void) -> c_int {
    guard("init", &host::POISON, 1, || {
        IS_INITIALISED.store(false, Relaxed);
        if version::check_server("semisync_source.so").is_err() {
            return 1;
        }
        guard::report_panics();
        register_instruments();
        ack_receiver::reset();
        host::start();
        if register_observers(plugin).is_err() {
            ack_receiver::stop();
            host::stop();
            guard::stop_reporting_panics();
            return 1;
        }
        IS_INITIALISED.store(true, Relaxed);
        recorder::register();
        0
    })
}

unsafe extern "C" fn check_uninstall(_plugin: *mut c_void) -> c_int {
    guard("check_uninstall", &host::POISON, 1, || {
        if host::can_uninstall() {
            return 0;
        }
        // SAFETY: the arguments of the message are two NUL-terminated texts.
        unsafe {
            server::my_error(
                ER_PLUGIN_CANNOT_BE_UNINSTALLED,
                0,
                NAME.as_ptr(),
                c"Stop any active semisynchronous replicas of this source first.".as_ptr(),
            );
        }
        1
    })
}

unsafe extern "C" fn deinit(plugin: *mut c_void) -> c_int {
    guard("deinit", &host::POISON, 1, || {
        if !IS_INITIALISED.swap(false, Relaxed) {
            return 0;
        }
        if !unregister_observers(plugin) {
            return 1;
        }
        ack_receiver::stop();
        recorder::unregister();
        host::stop();
        error_log::write(&LogMessage::Unregistered);
        guard::stop_reporting_panics();
        0
    })
}

/// Registers the observers; what was registered before a failure is taken back.
fn register_observers(plugin: *mut c_void) -> Result<(), ()> {
    let transaction = hooks::TRANSACTION_OBSERVER.as_ptr();
    let storage = hooks::STORAGE_OBSERVER.as_ptr();
    let transmit = dump::TRANSMIT_OBSERVER.as_ptr();
    // SAFETY: statics with the server's layout, and the plugin the server is initialising.
    unsafe {
        if server::register_trans_observer(transaction, plugin) != 0 {
            return Err(());
        }
        if server::register_binlog_storage_observer(storage, plugin) != 0 {
            server::unregister_trans_observer(transaction, plugin);
            return Err(());
        }
        if server::register_binlog_transmit_observer(transmit, plugin) != 0 {
            server::unregister_binlog_storage_observer(storage, plugin);
            server::unregister_trans_observer(transaction, plugin);
            return Err(());
        }
    }
    Ok(())
}

/// Gives all observers back; false, and a line in the error log, for the first that fails.
fn unregister_observers(plugin: *mut c_void) -> bool {
    // SAFETY: registered in `init` for this plugin.
    let failed = unsafe {
        if server::unregister_trans_observer(hooks::TRANSACTION_OBSERVER.as_ptr(), plugin) != 0 {
            Some(Observer::Transaction)
        } else if server::unregister_binlog_storage_observer(
            hooks::STORAGE_OBSERVER.as_ptr(),
            plugin,
        ) != 0
        {
            Some(Observer::BinlogStorage)
        } else if server::unregister_binlog_transmit_observer(
            dump::TRANSMIT_OBSERVER.as_ptr(),
            plugin,
        ) != 0
        {
            Some(Observer::BinlogTransmit)
        } else {
            None
        }
    };
    if let Some(observer) = failed {
        error_log::write(&LogMessage::ObserverNotUnregistered { observer });
    }
    failed.is_none()
}

/// The names monitoring knows from the stock plugin.
fn register_instruments() {
    instruments::register_names(
        InstrumentKind::Mutex,
        &[c"LOCK_binlog_", c"Ack_receiver::m_mutex"],
    );
    instruments::register_names(
        InstrumentKind::Condition,
        &[c"COND_binlog_send_", c"Ack_receiver::m_cond"],
    );
    instruments::register_names(InstrumentKind::Memory, &[c"TranxNodeAllocator::block"]);
    instruments::register_stages(&[
        &commit_wait::WAITING_FOR_ACK,
        &ack_receiver::WAITING_FOR_CONNECTION,
        &ack_receiver::READING_ACK,
    ]);
    instruments::register_thread(&ack_receiver::THREAD_NAME);
    instruments::register_thread(&recorder::THREAD_NAME);
}

static IS_INITIALISED: AtomicBool = AtomicBool::new(false);

static INTERFACE_VERSION: c_int = REPLICATION_INTERFACE_VERSION;

const NAME: &CStr = c"rpl_semi_sync_source";

const ER_PLUGIN_CANNOT_BE_UNINSTALLED: c_int = 1883;
