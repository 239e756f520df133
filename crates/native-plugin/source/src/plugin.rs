//! Loading and unloading.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};

use semisync_abi::instruments::{self, InstrumentKind};
use semisync_abi::library::{Plugin, descriptor};
use semisync_abi::{declare_plugin, error_log, server};
use semisync_core::log::{LogMessage, Observer};

use crate::{ack_receiver, commit_wait, dump, hooks, host, recorder, settings, status};

declare_plugin!(descriptor(
    &PLUGIN,
    [init, check_uninstall, deinit],
    status::STATUS_VARIABLES.as_ptr().cast_const().cast(),
    settings::SYSTEM_VARIABLES.get().as_ptr(),
));

static PLUGIN: Plugin = Plugin {
    name: c"rpl_semi_sync_source",
    description: c"Source-side semi-synchronous replication.",
    library: "semisync_source.so",
    poison: &host::POISON,
    in_use: c"Stop any active semisynchronous replicas of this source first.",
    can_uninstall: host::can_uninstall,
    start,
    unregister: unregister_observers,
    stop,
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
    REGISTERED.store(0, Relaxed);
    register_instruments();
    ack_receiver::reset();
    host::start();
    for (index, (register, _, _)) in OBSERVERS.iter().enumerate() {
        if register(plugin) != 0 {
            return Err(());
        }
        REGISTERED.store(index as u8 + 1, Relaxed);
    }
    recorder::register();
    Ok(())
}

fn stop() {
    ack_receiver::stop();
    ack_receiver::reset();
    recorder::unregister();
    host::stop();
    if HAS_UNREGISTERED.swap(false, Relaxed) {
        error_log::write(&LogMessage::Unregistered);
    }
}

/// Gives all observers back; false, and a line in the error log, for the first that fails.
fn unregister_observers(plugin: *mut c_void) -> bool {
    let registered = usize::from(REGISTERED.swap(0, Relaxed));
    for (_, unregister, observer) in &OBSERVERS[..registered] {
        if unregister(plugin) != 0 {
            let observer = *observer;
            error_log::write(&LogMessage::ObserverNotUnregistered { observer });
            return false;
        }
    }
    HAS_UNREGISTERED.store(registered == OBSERVERS.len(), Relaxed);
    true
}

type Registration = fn(*mut c_void) -> c_int;

/// What registers and unregisters each, in order.
const OBSERVERS: [(Registration, Registration, Observer); 3] = [
    // SAFETY, of all six calls: a static with the server's layout, and the plugin that the server
    // is initialising or has initialised.
    (
        // SAFETY: as above.
        |plugin| unsafe {
            server::register_trans_observer(hooks::TRANSACTION_OBSERVER.as_ptr(), plugin)
        },
        // SAFETY: as above.
        |plugin| unsafe {
            server::unregister_trans_observer(hooks::TRANSACTION_OBSERVER.as_ptr(), plugin)
        },
        Observer::Transaction,
    ),
    (
        // SAFETY: as above.
        |plugin| unsafe {
            server::register_binlog_storage_observer(hooks::STORAGE_OBSERVER.as_ptr(), plugin)
        },
        // SAFETY: as above.
        |plugin| unsafe {
            server::unregister_binlog_storage_observer(hooks::STORAGE_OBSERVER.as_ptr(), plugin)
        },
        Observer::BinlogStorage,
    ),
    (
        // SAFETY: as above.
        |plugin| unsafe {
            server::register_binlog_transmit_observer(dump::TRANSMIT_OBSERVER.as_ptr(), plugin)
        },
        // SAFETY: as above.
        |plugin| unsafe {
            server::unregister_binlog_transmit_observer(dump::TRANSMIT_OBSERVER.as_ptr(), plugin)
        },
        Observer::BinlogTransmit,
    ),
];

/// The names monitoring knows from the stock plugin, and one of ours.
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

/// How many of [`OBSERVERS`] the server has.
static REGISTERED: AtomicU8 = AtomicU8::new(0);

/// Whether all were given back, which the last line of the plugin's life says.
static HAS_UNREGISTERED: AtomicBool = AtomicBool::new(false);
