//! The symbols a 9.7 server exports to its plugins, with their C++ names where they have one.
//!
//! They are bound when the server opens the library; a server that lacks one refuses to load it.

use core::ffi::{c_char, c_int, c_uint, c_void};

use crate::layout::network::{CompressContext, Net, Vio};
use crate::layout::observers::{
    BinlogStorageObserver, BinlogTransmitObserver, RelayIoObserver, TransactionObserver,
};
use crate::layout::plugin::UpdateFn;
use crate::layout::threads::{
    InstrumentService, ServerCond, ServerMutex, StageInfo, StageService, ThreadService,
};

/// A session (`THD`), never looked into.
#[repr(C)]
#[derive(Debug)]
pub struct Thd {
    _opaque: [u8; 0],
}

/// `Protocol_classic`, never looked into.
#[repr(C)]
#[derive(Debug)]
pub struct ProtocolClassic {
    _opaque: [u8; 0],
}

/// `MYSQL`; begins with a [`Net`].
#[repr(C)]
#[derive(Debug)]
pub struct Mysql {
    _opaque: [u8; 0],
}

/// `MYSQL_RES`, never looked into.
#[repr(C)]
#[derive(Debug)]
pub struct MysqlResult {
    _opaque: [u8; 0],
}

/// Head of the service registry's table.
#[repr(C)]
#[derive(Debug)]
pub struct RegistryService {
    /// Gets a service by name; false is success.
    pub acquire: unsafe extern "C" fn(name: *const c_char, service: *mut *mut c_void) -> bool,
    /// Not used.
    pub acquire_related: *const c_void,
    /// Gives a service back; false is success.
    pub release: unsafe extern "C" fn(service: *mut c_void) -> bool,
}

/// Head of the table of `component_sys_variable_register`.
#[repr(C)]
#[derive(Debug)]
pub struct SystemVariableService {
    /// Makes a variable known; false is success.
    pub register_variable: unsafe extern "C" fn(
        component: *const c_char,
        variable: *const c_char,
        flags: c_int,
        comment: *const c_char,
        check: *const c_void,
        update: UpdateFn,
        check_arg: *const c_void,
        value: *mut c_void,
    ) -> bool,
    /// Reads a global variable as text; false is success.
    pub get_variable: unsafe extern "C" fn(
        component: *const c_char,
        variable: *const c_char,
        value: *mut *mut c_void,
        value_len: *mut usize,
    ) -> bool,
}

/// Table of `component_sys_variable_unregister`.
#[repr(C)]
#[derive(Debug)]
pub struct SystemVariableUnregisterService {
    /// Takes a variable back; false is success.
    pub unregister_variable:
        unsafe extern "C" fn(component: *const c_char, variable: *const c_char) -> bool,
}

#[expect(missing_docs, reason = "these are the server's, under its names")]
unsafe extern "C" {
    // Observers.
    pub fn register_trans_observer(
        observer: *mut TransactionObserver,
        plugin: *mut c_void,
    ) -> c_int;
    pub fn unregister_trans_observer(
        observer: *mut TransactionObserver,
        plugin: *mut c_void,
    ) -> c_int;
    pub fn register_binlog_storage_observer(
        observer: *mut BinlogStorageObserver,
        plugin: *mut c_void,
    ) -> c_int;
    pub fn unregister_binlog_storage_observer(
        observer: *mut BinlogStorageObserver,
        plugin: *mut c_void,
    ) -> c_int;
    pub fn register_binlog_transmit_observer(
        observer: *mut BinlogTransmitObserver,
        plugin: *mut c_void,
    ) -> c_int;
    pub fn unregister_binlog_transmit_observer(
        observer: *mut BinlogTransmitObserver,
        plugin: *mut c_void,
    ) -> c_int;
    pub fn register_binlog_relay_io_observer(
        observer: *mut RelayIoObserver,
        plugin: *mut c_void,
    ) -> c_int;
    pub fn unregister_binlog_relay_io_observer(
        observer: *mut RelayIoObserver,
        plugin: *mut c_void,
    ) -> c_int;

    // The current session.
    #[link_name = "_Z19thd_get_current_thdv"]
    pub fn thd_get_current_thd() -> *mut Thd;
    #[link_name = "_Z13thd_thread_idPK3THD"]
    pub fn thd_thread_id(thd: *const Thd) -> c_uint;
    #[link_name = "_Z16thd_clear_errorsP3THD"]
    pub fn thd_clear_errors(thd: *mut Thd);
    pub fn get_user_var_int(name: *const c_char, value: *mut i64, is_null: *mut c_int) -> c_int;
    pub fn thd_enter_cond(
        thd: *mut Thd,
        cond: *const ServerCond,
        mutex: *const ServerMutex,
        stage: *const StageInfo,
        old_stage: *mut StageInfo,
        function: *const c_char,
        file: *const c_char,
        line: c_int,
    );
    pub fn thd_exit_cond(
        thd: *mut Thd,
        stage: *const StageInfo,
        function: *const c_char,
        file: *const c_char,
        line: c_int,
    );

    // From the session to its connection.
    #[link_name = "_ZN3THD20get_protocol_classicEv"]
    pub fn thd_get_protocol_classic(thd: *mut Thd) -> *mut ProtocolClassic;
    #[link_name = "_ZN16Protocol_classic7get_vioEv"]
    pub fn protocol_get_vio(protocol: *mut ProtocolClassic) -> *mut Vio;
    #[link_name = "_ZN16Protocol_classic7get_netEv"]
    pub fn protocol_get_net(protocol: *mut ProtocolClassic) -> *mut Net;
    #[link_name = "_ZN16Protocol_classic25get_compression_algorithmEv"]
    pub fn protocol_get_compression_algorithm(protocol: *mut ProtocolClassic) -> *const c_char;
    #[link_name = "_ZN16Protocol_classic21get_compression_levelEv"]
    pub fn protocol_get_compression_level(protocol: *mut ProtocolClassic) -> c_uint;

    #[link_name = "_Z11thd_strmakeP3THDPKcm"]
    pub fn thd_strmake(thd: *mut Thd, text: *const c_char, len: usize) -> *mut c_char;

    // Packets and bytes.
    #[link_name = "_Z12my_net_writeP3NETPKhm"]
    pub fn my_net_write(net: *mut Net, packet: *const u8, len: usize) -> bool;
    #[link_name = "_Z9net_flushP3NET"]
    pub fn net_flush(net: *mut Net) -> bool;
    #[link_name = "_Z9net_clearP3NETb"]
    pub fn net_clear(net: *mut Net, check_buffer: bool);
    #[link_name = "_Z8vio_typePK3Vio"]
    pub fn vio_type(vio: *const Vio) -> c_int;
    #[link_name = "_Z12vio_ssl_readP3VioPhm"]
    pub fn vio_ssl_read(vio: *mut Vio, buffer: *mut u8, size: usize) -> isize;
    #[link_name = "_Z11vio_timeoutP3Vioji"]
    pub fn vio_timeout(vio: *mut Vio, which: c_uint, seconds: c_int) -> c_int;
    #[link_name = "_Z27mysql_compress_context_initP22mysql_compress_context26enum_compression_algorithmj"]
    pub fn mysql_compress_context_init(
        context: *mut CompressContext,
        algorithm: c_int,
        level: c_uint,
    );
    #[link_name = "_Z29mysql_compress_context_deinitP22mysql_compress_context"]
    pub fn mysql_compress_context_deinit(context: *mut CompressContext);
    #[link_name = "_Z13my_uncompressP22mysql_compress_contextPhmPm"]
    pub fn my_uncompress(
        context: *mut CompressContext,
        packet: *mut u8,
        len: usize,
        uncompressed_len: *mut usize,
    ) -> bool;

    // Queries of the receiver thread.
    pub fn mysql_real_query(mysql: *mut Mysql, query: *const c_char, len: u64) -> c_int;
    pub fn mysql_store_result(mysql: *mut Mysql) -> *mut MysqlResult;
    pub fn mysql_free_result(result: *mut MysqlResult);
    pub fn mysql_errno(mysql: *mut Mysql) -> c_uint;

    // Error log and client errors.
    #[link_name = "_Z11log_messageiz"]
    pub fn log_message(log_type: c_int, ...) -> c_int;
    #[link_name = "_Z8my_erroriiz"]
    pub fn my_error(number: c_int, flags: c_int, ...);

    // Own threads.
    #[link_name = "_Z14my_thread_initv"]
    pub fn my_thread_init() -> bool;
    #[link_name = "_Z13my_thread_endv"]
    pub fn my_thread_end();

    // Services.
    #[link_name = "_Z29mysql_plugin_registry_acquirev"]
    pub fn mysql_plugin_registry_acquire() -> *mut RegistryService;
    #[link_name = "_Z29mysql_plugin_registry_releasePK16s_mysql_registry"]
    pub fn mysql_plugin_registry_release(registry: *mut RegistryService) -> c_int;
    pub static psi_mutex_service: *const InstrumentService;
    pub static psi_cond_service: *const InstrumentService;
    pub static psi_memory_service: *const InstrumentService;
    pub static psi_stage_service: *const StageService;
    pub static psi_thread_service: *const ThreadService;

    /// Not 0 once the server shuts down.
    static connection_events_loop_aborted_flag: core::sync::atomic::AtomicI32;
}

/// Whether the server is shutting down.
pub fn is_shutting_down() -> bool {
    // SAFETY: the server's flag is an aligned 32-bit integer that lives as long as the process.
    let flag = unsafe { &connection_events_loop_aborted_flag };
    flag.load(core::sync::atomic::Ordering::Relaxed) != 0
}
