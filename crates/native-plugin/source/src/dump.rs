//! Hooks of dump threads: the binary log transmit observer.
//!
//! A replica that announced itself gets two header bytes before every event, whatever happens to
//! this plugin meanwhile: it stops replicating when they are missing.

use core::cell::Cell;
use core::ffi::{c_char, c_int};

use semisync_abi::error_log::{self, Level};
use semisync_abi::fault;
use semisync_abi::global_variables::global_variable;
use semisync_abi::guard::guard;
use semisync_abi::layout::observers::{
    BinlogTransmitObserver, BinlogTransmitParam, TRANSMIT_DO_NOT_OBSERVE, TRANSMIT_OBSERVE,
};
use semisync_abi::layout::plugin::ServerWritable;
use semisync_abi::packets::Connection;
use semisync_abi::server::{self, Thd};
use semisync_core::received::{FlushedGtids, ReceivedGtids};
use semisync_core::source::{Input, Source};
use semisync_core::wire::{DumpRequest, EventHeader};
use semisync_core::{BinlogPosition, Generation, ServerId};

use crate::ack_receiver::{self, Link};
use crate::{hooks, host};

/// Registered with the server.
pub(crate) static TRANSMIT_OBSERVER: ServerWritable<BinlogTransmitObserver> =
    ServerWritable::new(BinlogTransmitObserver {
        len: size_of::<BinlogTransmitObserver>() as u32,
        transmit_start: Some(transmit_start),
        transmit_stop: Some(transmit_stop),
        reserve_header: Some(reserve_header),
        before_send_event: Some(before_send_event),
        after_send_event: Some(after_send_event),
        after_reset: Some(after_reset),
    });

thread_local! {
    /// Whether this thread dumps to a semisynchronous replica. Without a destructor: a thread of
    /// the server that outlives the library must find nothing to run.
    static IS_SEMISYNC: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" fn transmit_start(
    param: *mut BinlogTransmitParam,
    log_file: *const c_char,
    log_pos: u64,
) -> c_int {
    let semisync = guard("transmit_start", &host::POISON, false, announced);
    IS_SEMISYNC.set(semisync);
    let flags = if semisync {
        // `transmit_stop` counts it back, whatever happens in between.
        host::count_dump(true);
        TRANSMIT_OBSERVE
    } else {
        TRANSMIT_DO_NOT_OBSERVE
    };
    // SAFETY: the server passes a parameter it reads the flags from afterwards.
    let server_id = unsafe {
        (*param).flags = flags;
        ServerId((*param).server_id)
    };
    guard("transmit_start", &host::POISON, 0, || {
        fault::point("transmit_start", &host::POISON);
        // SAFETY: the server passes null or a file name that outlives the hook.
        let position = unsafe { hooks::position(log_file, log_pos) };
        dump_started(server_id, position.unwrap_or_default(), semisync)
    })
}

unsafe extern "C" fn transmit_stop(param: *mut BinlogTransmitParam) -> c_int {
    let semisync = IS_SEMISYNC.replace(false);
    // SAFETY: the server passes a valid parameter.
    let server_id = ServerId(unsafe { (*param).server_id });
    guard("transmit_stop", &host::POISON, (), || {
        if semisync {
            // The connection goes away after this hook, whatever else happens.
            ack_receiver::remove(current_thread());
            host::count_dump(false);
        }
    });
    guard("transmit_stop", &host::POISON, 0, || {
        fault::point("transmit_stop", &host::POISON);
        host::report(Input::DumpStopped {
            server_id,
            semisync,
        });
        0
    })
}

unsafe extern "C" fn reserve_header(
    _param: *mut BinlogTransmitParam,
    header: *mut u8,
    size: u64,
    used: *mut u64,
) -> c_int {
    if !IS_SEMISYNC.get() {
        return 0;
    }
    // Whatever fails: the replica expects its header.
    guard("reserve_header", &host::POISON, (), || {
        fault::point("reserve_header", &host::POISON);
    });
    if size < EventHeader::LEN as u64 {
        return guard("reserve_header", &host::POISON, 0, || {
            host::report(Input::EventHeaderDidNotFit);
            0
        });
    }
    let bytes = EventHeader {
        ack_requested: false,
    }
    .encode();
    // SAFETY: the server offers `size` bytes, which is enough, and a length to add to.
    unsafe {
        header.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        *used += bytes.len() as u64;
    }
    0
}

unsafe extern "C" fn before_send_event(
    param: *mut BinlogTransmitParam,
    packet: *mut u8,
    len: u64,
    log_file: *const c_char,
    log_pos: u64,
) -> c_int {
    if !IS_SEMISYNC.get() || !host::is_enabled() || len < FLAG_OFFSET as u64 + 1 {
        return 0;
    }
    guard("before_send_event", &host::POISON, 0, || {
        fault::point("before_send_event", &host::POISON);
        // SAFETY: the server passes a valid parameter, and null or a file name that outlives the
        // hook.
        let (server_id, position) = unsafe {
            (
                ServerId((*param).server_id),
                hooks::position(log_file, log_pos),
            )
        };
        let Some(position) = position else { return 0 };
        let ack_requested = host::event_flag(Input::EventAboutToBeSent {
            server_id,
            position,
        });
        let header = EventHeader { ack_requested }.encode();
        // SAFETY: the packet has this byte, and it is ours: `reserve_header` put it there.
        unsafe { *packet.add(FLAG_OFFSET) = header[1] };
        0
    })
}

unsafe extern "C" fn after_send_event(
    _param: *mut BinlogTransmitParam,
    packet: *const u8,
    len: u64,
    _skipped_log_file: *const c_char,
    _skipped_log_pos: u64,
) -> c_int {
    if !IS_SEMISYNC.get() || len < FLAG_OFFSET as u64 + 1 {
        return 0;
    }
    guard("after_send_event", &host::POISON, 0, || {
        fault::point("after_send_event", &host::POISON);
        // SAFETY: the packet has these two bytes, put there by `reserve_header`.
        let header = unsafe { [*packet.add(FLAG_OFFSET - 1), *packet.add(FLAG_OFFSET)] };
        if let Ok((
            EventHeader {
                ack_requested: true,
            },
            _,
        )) = EventHeader::decode(&header)
        {
            flush_request();
        }
        0
    })
}

unsafe extern "C" fn after_reset(_param: *mut BinlogTransmitParam) -> c_int {
    guard("after_reset", &host::POISON, 0, || {
        fault::point("after_reset", &host::POISON);
        host::report(Input::BinaryLogsReset);
        0
    })
}

/// Whether the replica of this thread's session announced itself.
fn announced() -> bool {
    let mut value = 0_i64;
    let mut is_null: c_int = 0;
    // SAFETY: a NUL-terminated name and two places to write to; the current session is the dump's.
    let missing = unsafe {
        server::get_user_var_int(
            c"rpl_semi_sync_replica".as_ptr(),
            &raw mut value,
            &raw mut is_null,
        )
    };
    let value = (missing == 0 && is_null == 0).then_some(value);
    Source::announces_semisync(Generation::V9_7, value, None)
}

fn dump_started(server_id: ServerId, position: BinlogPosition, semisync: bool) -> c_int {
    if semisync && let Err(text) = register(server_id) {
        error_log::write_text(Level::Error, &format!("semisync plugin: {text}"));
        host::count_dump(false);
        IS_SEMISYNC.set(false);
        host::report(Input::DumpRegistrationFailed { server_id });
        return -1;
    }
    host::report(Input::DumpStarted {
        server_id,
        position,
        semisync,
    });
    if semisync {
        report_received(server_id);
    }
    0
}

/// Compares the dump request with what is flushed, if commits wait for an ACK of it. Transactions
/// that are not sent because the replica has them pass no hook, so this is the only moment.
fn report_received(server_id: ServerId) {
    // Before the server's sets are read: they only grow.
    let Some(mark) = host::unacknowledged() else {
        return;
    };
    if received(server_id).is_some_and(|received| covers_all(&received)) {
        host::report(Input::ReplicaHasReceived { server_id, mark });
    }
}

/// What the replica asked not to be sent; `None` without auto-position.
fn received(server_id: ServerId) -> Option<ReceivedGtids> {
    let connection = connection()?;
    let request = DumpRequest::decode(connection.last_read()).ok()?;
    let is_asked_here = request.server_id == server_id;
    is_asked_here.then_some(())?;
    ReceivedGtids::decode(request.gtids).ok()
}

fn covers_all(received: &ReceivedGtids) -> bool {
    let (Some(mode), Some(owned), Some(executed)) = (
        global_variable(c"gtid_mode"),
        global_variable(c"gtid_owned"),
        global_variable(c"gtid_executed"),
    ) else {
        return false;
    };
    received.covers_all(&FlushedGtids {
        mode: &mode,
        owned: &owned,
        executed: &executed,
    })
}

/// Lets the ACK receiver read this connection.
fn register(server_id: ServerId) -> Result<(), &'static str> {
    // SAFETY: on a dump thread the current session and its classic protocol exist and stay until
    // `transmit_stop` has removed the link.
    let link = unsafe {
        let protocol = server::thd_get_protocol_classic(current_session());
        Link::of_dump(protocol, server_id)
    }?;
    match ack_receiver::add(current_thread(), link) {
        true => Ok(()),
        false => Err("the replica's connection cannot be watched"),
    }
}

/// Sends a flagged event on its way at once.
fn flush_request() {
    let flushed = connection().is_some_and(|mut connection| connection.flush_request());
    if !flushed {
        host::report(Input::EventFlushFailed);
        // SAFETY: the current session. A broken link shows at the next write.
        unsafe { server::thd_clear_errors(current_session()) };
        return;
    }
    host::report(Input::EventSent {
        ack_requested: true,
    });
}

fn connection() -> Option<Connection> {
    // SAFETY: on a dump thread the current session and its connection exist, and no other thread
    // uses its buffer.
    unsafe {
        let protocol = server::thd_get_protocol_classic(current_session());
        Connection::from_net(server::protocol_get_net(protocol))
    }
}

fn current_session() -> *mut Thd {
    // SAFETY: a plain function of the server.
    unsafe { server::thd_get_current_thd() }
}

/// The id of the dump thread's session, which names its link.
fn current_thread() -> u32 {
    // SAFETY: hooks of dump threads run with a session.
    unsafe { server::thd_thread_id(current_session()) }
}

/// Where the flag stands in a packet: behind the OK byte and the magic number.
const FLAG_OFFSET: usize = 2;
