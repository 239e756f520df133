//! Reading ACKs from all semisynchronous replicas.
//!
//! One thread waits for all links ([`readiness`]). A link is read without blocking and parsed as far
//! as its bytes go ([`frames`]): half an ACK of one replica holds nobody up. Whoever reads a link
//! holds its lock; [`remove`] takes the link away under it.

mod frames;
mod link;
mod readiness;

use core::ffi::{c_int, c_void};
use core::ptr;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semisync_abi::error_log::{self, Level};
use semisync_abi::guard::guard;
use semisync_abi::instruments::{Stage, Thread, ThreadName};
use semisync_abi::{fault, server};
use semisync_core::log::LogMessage;
use semisync_core::source::Input;
use semisync_core::wire::{AckError, AckPacket};

use crate::{commit_wait, host};

pub(crate) use link::Link;
use readiness::{Arrival, Readiness};

/// The links, and the thread that waits for them. Never locked together with the machine.
static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    entries: Vec::new(),
    readiness: None,
    thread: None,
});

struct Registry {
    entries: Vec<Arc<Entry>>,
    /// While the thread runs, or should.
    readiness: Option<Arc<Readiness>>,
    thread: Option<Thread>,
}

/// One semisynchronous dump.
struct Entry {
    /// Its session, which names it.
    thread_id: u32,
    socket: RawFd,
    /// `None` once the dump has taken it back.
    link: Mutex<Option<Link>>,
}

/// Starts the thread, if it does not run; the error is an errno.
pub(crate) fn start() -> Result<(), c_int> {
    let mut registry = registry();
    if registry.readiness.is_some() {
        return Ok(());
    }
    let readiness = Readiness::new()?;
    for entry in &registry.entries {
        readiness.watch(entry.socket, entry.thread_id)?;
    }
    registry.readiness = Some(Arc::new(readiness));
    // SAFETY: `run` touches statics only, and catches panics.
    match unsafe { THREAD_NAME.spawn(run) } {
        Ok(thread) => {
            registry.thread = Some(thread);
            Ok(())
        }
        Err(errno) => {
            registry.readiness = None;
            Err(errno)
        }
    }
}

/// Stops the thread and waits until it has ended. Links stay registered.
pub(crate) fn stop() {
    let thread = {
        let mut registry = registry();
        if let Some(readiness) = registry.readiness.take() {
            readiness.end();
        }
        registry.thread.take()
    };
    if let Some(Err(errno)) = thread.map(Thread::join) {
        error_log::write(&LogMessage::AckReceiverJoinFailed { errno });
    }
}

/// Forgets everything, and holds no memory afterwards. The thread must not run, nor any dump.
pub(crate) fn reset() {
    let mut registry = registry();
    registry.entries = Vec::new();
    registry.readiness = None;
    registry.thread = None;
}

/// Hands the link of a dump over; false when it cannot be watched.
pub(crate) fn add(thread_id: u32, link: Link) -> bool {
    let socket = link.socket();
    let mut registry = registry();
    registry.entries.push(Arc::new(Entry {
        thread_id,
        socket,
        link: Mutex::new(Some(link)),
    }));
    let Some(readiness) = &registry.readiness else {
        return true;
    };
    let is_watched = readiness.watch(socket, thread_id).is_ok();
    // The thread shows whether it has links.
    readiness.nudge();
    if !is_watched {
        registry.entries.pop();
    }
    is_watched
}

/// Takes the link of a dump back. Afterwards nobody touches its connection.
pub(crate) fn remove(thread_id: u32) {
    let entry = {
        let mut registry = registry();
        let is_its = |entry: &Arc<Entry>| entry.thread_id == thread_id;
        let Some(index) = registry.entries.iter().position(is_its) else {
            return;
        };
        let entry = registry.entries.swap_remove(index);
        if let Some(readiness) = &registry.readiness {
            readiness.forget(entry.socket);
            readiness.nudge();
        }
        entry
    };
    // Waits for whoever reads it.
    drop(lock(&entry.link).take());
}

unsafe extern "C" fn run(_argument: *mut c_void) -> *mut c_void {
    // SAFETY: called once at the start of a thread, and undone at its end.
    unsafe { server::my_thread_init() };
    guard("the ACK receiver", &host::POISON, (), || {
        error_log::write(&LogMessage::AckReceiverStarting);
        serve();
        error_log::write(&LogMessage::AckReceiverStopping);
    });
    // SAFETY: undoes `my_thread_init`.
    unsafe { server::my_thread_end() };
    ptr::null_mut()
}

fn serve() {
    loop {
        fault::point("ack_receiver", &host::POISON);
        let (readiness, has_links) = {
            let registry = registry();
            (registry.readiness.clone(), !registry.entries.is_empty())
        };
        let Some(readiness) = readiness else { return };
        let stage = match has_links {
            true => &commit_wait::WAITING_FOR_ACK,
            false => &WAITING_FOR_CONNECTION,
        };
        stage.enter();
        for arrival in readiness.wait().iter() {
            match arrival {
                Arrival::Link(thread_id) => {
                    READING_ACK.enter();
                    read(thread_id);
                }
                Arrival::Nudge => {}
                Arrival::End => return,
            }
        }
    }
}

/// Reads all that a link has.
fn read(thread_id: u32) {
    let its = |entry: &&Arc<Entry>| entry.thread_id == thread_id;
    let entry = registry().entries.iter().find(its).cloned();
    let Some(entry) = entry else { return };
    let mut link = lock(&entry.link);
    if let Some(link) = link.as_mut().filter(|link| !link.is_over())
        && !read_acks(link)
    {
        link.close();
    }
}

/// Reads what a link has and reports its ACKs; false when it is over.
fn read_acks(link: &mut Link) -> bool {
    let server_id = link.server_id();
    let mut goes_on = true;
    let result = link.read_packets(|payload| {
        fault::point("ack", &host::POISON);
        match AckPacket::decode(payload) {
            Ok(AckPacket { position }) => {
                host::report(Input::AckReceived {
                    server_id,
                    position,
                });
            }
            Err(AckError::Goodbye) => goes_on = false,
            Err(
                error @ (AckError::MagicNumber | AckError::TooShort | AckError::FileNameTooLong),
            ) => host::report(Input::AckRejected { error }),
        }
    });
    match result {
        Ok(()) => goes_on,
        Err(link::LinkError::Closed) => false,
        Err(link::LinkError::Broken(reason)) => {
            let text = format!(
                "semisync plugin: no more ACKs are read from replica (server_id: {}): {reason}",
                server_id.0
            );
            error_log::write_text(Level::Error, &text);
            false
        }
    }
}

fn registry() -> MutexGuard<'static, Registry> {
    lock(&REGISTRY)
}

/// A panic in here leaves a consistent value: every step is a single assignment or a move.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's name in the Performance Schema.
pub(crate) static THREAD_NAME: ThreadName = ThreadName::new(c"Ack_receiver", c"ss_ack");

/// Shown by the thread while there is no replica.
pub(crate) static WAITING_FOR_CONNECTION: Stage =
    Stage::new(c"Waiting for semi-sync replica connection");

/// Shown by the thread while it reads.
pub(crate) static READING_ACK: Stage = Stage::new(c"Reading semi-sync ACK from replica");
