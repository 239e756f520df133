//! Hooks of receiver threads: the relay IO observer.

use core::ffi::c_int;

use semisync_abi::guard::guard;
use semisync_abi::layout::observers::{RelayIoObserver, RelayIoParam};
use semisync_abi::layout::plugin::ServerWritable;
use semisync_abi::packets::{Connection, SendFailure};
use semisync_abi::server::{self, Mysql};
use semisync_abi::{c_bytes, c_string, error_log, fault};
use semisync_core::BinlogPosition;
use semisync_core::replica::{Input, Output, QueryError, SendError};
use semisync_core::wire::{AckPacket, EventHeader};

use crate::channels;

/// Registered with the server.
pub(crate) static RELAY_IO_OBSERVER: ServerWritable<RelayIoObserver> =
    ServerWritable::new(RelayIoObserver {
        len: size_of::<RelayIoObserver>() as u32,
        thread_start: Some(thread_start),
        thread_stop: Some(thread_stop),
        applier_start: None,
        applier_stop: None,
        before_request_transmit: Some(before_request_transmit),
        after_read_event: Some(after_read_event),
        after_queue_event: Some(after_queue_event),
        after_reset: None,
        applier_log_event: None,
    });

/// One call of a hook: the receiver it is about.
struct Receiver<'a> {
    param: &'a RelayIoParam,
    channel: &'a [u8],
}

/// What a packet is to the server.
#[derive(Clone, Copy)]
enum Packet {
    /// The event begins this many bytes into it.
    EventAt(usize),
    /// It breaks the protocol.
    Refused,
}

unsafe extern "C" fn thread_start(param: *mut RelayIoParam) -> c_int {
    guard("thread_start", &channels::POISON, 0, || {
        fault::point("thread_start", &channels::POISON);
        // SAFETY: the server passes a parameter that outlives the hook.
        let Some(receiver) = (unsafe { Receiver::of(param) }) else {
            return 0;
        };
        receiver.report(receiver.started());
        0
    })
}

unsafe extern "C" fn thread_stop(param: *mut RelayIoParam) -> c_int {
    guard("thread_stop", &channels::POISON, 0, || {
        fault::point("thread_stop", &channels::POISON);
        // SAFETY: the server passes a parameter that outlives the hook.
        let Some(receiver) = (unsafe { Receiver::of(param) }) else {
            return 0;
        };
        if receiver.report(Input::ReceiverStopped).is_none() {
            channels::forget_headers(receiver.channel);
        }
        0
    })
}

unsafe extern "C" fn before_request_transmit(param: *mut RelayIoParam, _flags: u32) -> c_int {
    // After a panic the source may have been told that this is a semisynchronous replica; the
    // receiver connects anew, and then it is told nothing.
    guard("before_request_transmit", &channels::POISON, 1, || {
        fault::point("before_request_transmit", &channels::POISON);
        // SAFETY: the server passes a parameter that outlives the hook.
        let Some(receiver) = (unsafe { Receiver::of(param) }) else {
            return 0;
        };
        c_int::from(!receiver.handshake())
    })
}

unsafe extern "C" fn after_read_event(
    param: *mut RelayIoParam,
    packet: *const u8,
    len: u64,
    event: *mut *const u8,
    event_len: *mut u64,
) -> c_int {
    // SAFETY: the server passes a parameter that outlives the hook.
    let Some(receiver) = (unsafe { Receiver::of(param) }) else {
        return 0;
    };
    let len = len as usize;
    let mut head = [0_u8; EventHeader::LEN];
    // SAFETY: a packet of `len` bytes, of which at most that many are copied.
    unsafe { packet.copy_to_nonoverlapping(head.as_mut_ptr(), len.min(head.len())) };
    let verdict = guard("after_read_event", &channels::POISON, None, || {
        fault::point("after_read_event", &channels::POISON);
        receiver.packet_read(len, head)
    });
    match verdict.unwrap_or_else(|| receiver.packet_without_machine(len)) {
        Packet::EventAt(offset) if offset <= len => {
            // SAFETY: within the packet; the two places are for the hook to write.
            unsafe {
                *event = packet.add(offset);
                *event_len = (len - offset) as u64;
            }
            0
        }
        Packet::EventAt(_) | Packet::Refused => -1,
    }
}

unsafe extern "C" fn after_queue_event(
    param: *mut RelayIoParam,
    _event: *const u8,
    _event_len: u64,
    _flags: u32,
) -> c_int {
    guard("after_queue_event", &channels::POISON, 0, || {
        fault::point("after_queue_event", &channels::POISON);
        // SAFETY: the server passes a parameter that outlives the hook.
        let Some(receiver) = (unsafe { Receiver::of(param) }) else {
            return 0;
        };
        let position = receiver.position();
        receiver.report(Input::EventQueued { position });
        0
    })
}

impl<'a> Receiver<'a> {
    /// # Safety
    /// `param` is null or valid for `'a`, with texts that are null or C strings.
    unsafe fn of(param: *mut RelayIoParam) -> Option<Receiver<'a>> {
        // SAFETY: the caller's promise.
        let param = unsafe { param.as_ref() }?;
        // SAFETY: the caller's promise.
        let channel = unsafe { c_bytes(param.channel_name) }.unwrap_or_default();
        Some(Receiver { param, channel })
    }

    /// Tells the machine, and carries out what it orders besides answers to the hook.
    fn report(&self, input: Input) -> Option<Vec<Output>> {
        let outputs = channels::step(self.channel, input)?;
        for output in &outputs {
            match output {
                Output::Log(message) => error_log::write(message),
                Output::SendAck(ack) => self.send_ack(ack),
                Output::Query(_)
                | Output::RequestDump
                | Output::RefuseDump
                | Output::SkipHeader(_)
                | Output::StopReceiver => {}
            }
        }
        Some(outputs)
    }

    /// Asks the source what the machine wants to know; true when the dump is to be requested.
    fn handshake(&self) -> bool {
        let mut input = Input::DumpAboutToBeRequested;
        loop {
            let Some(outputs) = self.report(input) else {
                channels::forget_headers(self.channel);
                return true;
            };
            let mut query = None;
            for output in outputs {
                match output {
                    Output::RequestDump => return true,
                    Output::RefuseDump => return false,
                    Output::Query(text) => query = Some(text),
                    Output::SkipHeader(_)
                    | Output::StopReceiver
                    | Output::SendAck(_)
                    | Output::Log(_) => {}
                }
            }
            let Some(query) = query else { return true };
            input = Input::QueryAnswered(self.query(query));
        }
    }

    /// `None` when the machine must not be asked any more.
    fn packet_read(&self, packet_len: usize, head: [u8; EventHeader::LEN]) -> Option<Packet> {
        let outputs = self.report(Input::PacketRead { packet_len, head })?;
        let mut packet = Packet::EventAt(0);
        for output in outputs {
            match output {
                Output::SkipHeader(len) => packet = Packet::EventAt(len),
                Output::StopReceiver => packet = Packet::Refused,
                Output::Query(_)
                | Output::RequestDump
                | Output::RefuseDump
                | Output::SendAck(_)
                | Output::Log(_) => {}
            }
        }
        Some(packet)
    }

    /// After a panic: the source goes on sending headers until the receiver connects anew.
    fn packet_without_machine(&self, len: usize) -> Packet {
        match channels::has_headers(self.channel) {
            true => Packet::EventAt(EventHeader::LEN.min(len)),
            false => Packet::EventAt(0),
        }
    }

    fn started(&self) -> Input {
        // SAFETY: texts of the parameter, as `Receiver::of` was promised.
        let (user, host) = unsafe { (c_bytes(self.param.user), c_bytes(self.param.host)) };
        let text =
            |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        Input::ReceiverStarted {
            user: text(user),
            host: text(host),
            port: self.param.port,
            position: self.position(),
        }
    }

    /// Where the receiver is in the source's binary log.
    fn position(&self) -> BinlogPosition {
        // SAFETY: a text of the parameter, as `Receiver::of` was promised.
        let file = unsafe { c_bytes(self.param.source_log_name) }.unwrap_or_default();
        BinlogPosition::new(file, self.param.source_log_pos)
    }

    fn mysql(&self) -> *mut Mysql {
        self.param.mysql.cast::<Mysql>()
    }

    fn query(&self, text: &str) -> Result<(), QueryError> {
        let mysql = self.mysql();
        let query = c_string(text);
        // SAFETY: the receiver's connection, used by this thread only; the query outlives the
        // call, and a result is freed once.
        let errno = unsafe {
            if server::mysql_real_query(mysql, query.as_ptr(), text.len() as u64) != 0 {
                server::mysql_errno(mysql)
            } else {
                let result = server::mysql_store_result(mysql);
                if result.is_null() {
                    server::mysql_errno(mysql)
                } else {
                    server::mysql_free_result(result);
                    0
                }
            }
        };
        match errno {
            0 => Ok(()),
            errno => Err(QueryError { errno }),
        }
    }

    fn send_ack(&self, ack: &AckPacket) {
        let mut packet = Vec::new();
        ack.encode(&mut packet);
        // SAFETY: the receiver's connection, used by this thread only.
        let connection = unsafe { Connection::from_mysql(self.mysql()) };
        let Some(mut connection) = connection else {
            return;
        };
        let failure = match connection.send_ack(&packet) {
            Ok(()) => return,
            Err(SendFailure::Write { message, errno }) => SendError::Write { message, errno },
            Err(SendFailure::Flush) => SendError::Flush,
        };
        self.report(Input::AckSendFailed(failure));
    }
}
