//! The thread that reads ACKs from all semisynchronous replicas.
//!
//! One thread polls all links and an eventfd that wakes it when a link comes or goes, so nothing
//! waits for a poll period. A link is read without blocking and parsed as far as its bytes go
//! ([`frames`]): half an ACK of one replica holds nobody up. The thread owns the links while it
//! runs; [`remove`] waits until it has let go.

mod frames;
mod link;

use core::ffi::{c_int, c_void};
use core::ptr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use semisync_abi::error_log::{self, Level};
use semisync_abi::guard::guard;
use semisync_abi::instruments::{Stage, Thread, ThreadName};
use semisync_abi::{fault, server};
use semisync_core::log::LogMessage;
use semisync_core::source::Input;
use semisync_core::wire::{AckError, AckPacket};

use crate::{commit_wait, host};

pub(crate) use link::Link;

/// The links, and how the thread is told of them.
static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    state: State::Down,
    entries: Vec::new(),
    has_changed: false,
    wake: None,
    thread: None,
});

/// Signalled when the thread has let go of links, and when it ends.
static LET_GO: Condvar = Condvar::new();

struct Registry {
    state: State,
    entries: Vec<Entry>,
    has_changed: bool,
    wake: Option<OwnedFd>,
    thread: Option<Thread>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Down,
    Up,
    Stopping,
}

/// One semisynchronous dump.
struct Entry {
    /// Its session, which names it.
    thread_id: u32,
    /// `None` while the thread has it.
    link: Option<Link>,
    /// Whether [`remove`] waits for it.
    is_leaving: bool,
}

/// Starts the thread, if it does not run; the error is an errno.
pub(crate) fn start() -> Result<(), c_int> {
    let mut registry = registry();
    if registry.state != State::Down {
        return Ok(());
    }
    // SAFETY: a plain system call; the descriptor is owned from here on.
    let wake = unsafe {
        match libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) {
            -1 => return Err(errno()),
            fd => OwnedFd::from_raw_fd(fd),
        }
    };
    registry.wake = Some(wake);
    registry.has_changed = true;
    registry.state = State::Up;
    // SAFETY: `run` touches statics only, and catches panics.
    match unsafe { THREAD_NAME.spawn(run) } {
        Ok(thread) => {
            registry.thread = Some(thread);
            Ok(())
        }
        Err(errno) => {
            registry.state = State::Down;
            registry.wake = None;
            Err(errno)
        }
    }
}

/// Stops the thread and waits until it has ended. Links stay registered.
pub(crate) fn stop() {
    let thread = {
        let mut registry = registry();
        if registry.state == State::Up {
            registry.state = State::Stopping;
            registry.wake_thread();
        }
        registry.thread.take()
    };
    if let Some(Err(errno)) = thread.map(Thread::join) {
        error_log::write(&LogMessage::AckReceiverJoinFailed { errno });
    }
    registry().wake = None;
}

/// Forgets everything, and holds no memory afterwards. The thread must not run, nor any dump.
pub(crate) fn reset() {
    let mut registry = registry();
    registry.state = State::Down;
    registry.entries = Vec::new();
    registry.wake = None;
    registry.thread = None;
}

/// Hands the link of a dump over.
pub(crate) fn add(thread_id: u32, link: Link) {
    let mut registry = registry();
    registry.entries.push(Entry {
        thread_id,
        link: Some(link),
        is_leaving: false,
    });
    registry.has_changed = true;
    registry.wake_thread();
}

/// Takes the link of a dump back. Afterwards nobody touches its connection.
pub(crate) fn remove(thread_id: u32) {
    let mut registry = registry();
    for entry in &mut registry.entries {
        entry.is_leaving |= entry.thread_id == thread_id;
    }
    registry.has_changed = true;
    registry.wake_thread();
    let is_held = |registry: &mut Registry| {
        registry.state != State::Down
            && registry
                .entries
                .iter()
                .any(|entry| entry.thread_id == thread_id && entry.link.is_none())
    };
    let mut registry = LET_GO
        .wait_while(registry, is_held)
        .unwrap_or_else(PoisonError::into_inner);
    registry
        .entries
        .retain(|entry| entry.thread_id != thread_id);
}

impl Registry {
    fn wake_thread(&self) {
        let one = 1_u64.to_ne_bytes();
        if let Some(wake) = &self.wake {
            // SAFETY: an open descriptor and eight bytes. It fails only when the counter is full,
            // and then the thread is awake anyway.
            unsafe { libc::write(wake.as_raw_fd(), one.as_ptr().cast(), one.len()) };
        }
    }

    /// Moves links to and from the thread.
    fn exchange(&mut self, links: &mut Vec<(u32, Link)>) {
        self.has_changed = false;
        for entry in &mut self.entries {
            if entry.is_leaving {
                give_back(entry, links);
            } else if let Some(link) = entry.link.take() {
                links.push((entry.thread_id, link));
            }
        }
    }
}

fn give_back(entry: &mut Entry, links: &mut Vec<(u32, Link)>) {
    if let Some(index) = links.iter().position(|(id, _)| *id == entry.thread_id) {
        entry.link = Some(links.swap_remove(index).1);
    }
}

unsafe extern "C" fn run(_argument: *mut c_void) -> *mut c_void {
    // SAFETY: called once at the start of a thread, and undone at its end.
    unsafe { server::my_thread_init() };
    guard("the ACK receiver", &host::POISON, (), || {
        let mut receiver = Receiver { links: Vec::new() };
        error_log::write(&LogMessage::AckReceiverStarting);
        receiver.serve();
        error_log::write(&LogMessage::AckReceiverStopping);
    });
    // SAFETY: undoes `my_thread_init`.
    unsafe { server::my_thread_end() };
    ptr::null_mut()
}

/// What the thread has in hand.
struct Receiver {
    links: Vec<(u32, Link)>,
}

impl Receiver {
    fn serve(&mut self) {
        let Some(wake_fd) = registry().wake.as_ref().map(OwnedFd::as_raw_fd) else {
            return;
        };
        let mut polled = Vec::new();
        while self.keep_up_with_registry(&mut polled, wake_fd) {
            fault::point("ack_receiver", &host::POISON);
            let stage = match self.links.is_empty() {
                true => &WAITING_FOR_CONNECTION,
                false => &commit_wait::WAITING_FOR_ACK,
            };
            stage.enter();
            // SAFETY: a list of descriptors that are open: the registry closes none while this
            // thread holds its link.
            let ready =
                unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, -1) };
            if 0 < ready {
                self.read_ready(&mut polled);
            }
        }
    }

    /// Takes over what changed; false when the thread is to end.
    fn keep_up_with_registry(&mut self, polled: &mut Vec<libc::pollfd>, wake_fd: c_int) -> bool {
        let mut registry = registry();
        if registry.state != State::Up {
            return false;
        }
        if registry.has_changed {
            registry.exchange(&mut self.links);
            LET_GO.notify_all();
            polled.clear();
            polled.push(poll_entry(wake_fd));
            polled.extend(self.links.iter().map(|(_, link)| poll_entry(link.fd())));
        }
        true
    }

    /// Reads every link that has something; `polled` is the eventfd, then the links in order.
    fn read_ready(&mut self, polled: &mut [libc::pollfd]) {
        if polled[0].revents != 0 {
            let mut count = [0_u8; 8];
            // SAFETY: an open descriptor and room for its eight bytes.
            unsafe { libc::read(polled[0].fd, count.as_mut_ptr().cast(), count.len()) };
        }
        let ready = polled[1..].iter_mut().zip(&mut self.links);
        for (poll, (_, link)) in ready.filter(|(poll, _)| poll.revents != 0) {
            READING_ACK.enter();
            if !read_acks(link) {
                link.close();
                poll.fd = link.fd();
            }
        }
    }
}

impl Drop for Receiver {
    /// Gives all links back, also after a panic: a dump that ends waits for its own.
    fn drop(&mut self) {
        let mut registry = registry();
        for entry in &mut registry.entries {
            give_back(entry, &mut self.links);
        }
        registry.state = State::Down;
        LET_GO.notify_all();
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

fn poll_entry(fd: c_int) -> libc::pollfd {
    libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    }
}

fn registry() -> MutexGuard<'static, Registry> {
    // A panic in here leaves a consistent list: every step is a single assignment or a move.
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn errno() -> c_int {
    std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or_default()
}

/// The thread's name in the Performance Schema.
pub(crate) static THREAD_NAME: ThreadName = ThreadName::new(c"Ack_receiver", c"ss_ack");

/// Shown by the thread while there is no replica.
pub(crate) static WAITING_FOR_CONNECTION: Stage =
    Stage::new(c"Waiting for semi-sync replica connection");

/// Shown by the thread while it reads.
pub(crate) static READING_ACK: Stage = Stage::new(c"Reading semi-sync ACK from replica");
