//! Which links have something to read.
//!
//! A link is told of once for what has arrived, so whoever is told must read all of it.

use core::ffi::c_int;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Links by the number of their sessions.
pub(super) struct Readiness {
    epoll: OwnedFd,
    /// Wakes who waits.
    nudge: OwnedFd,
    /// Written to once: from then on nobody waits any more.
    end: OwnedFd,
}

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// A link has something.
    Link(u32),
    /// Somebody called [`Readiness::nudge`].
    Nudge,
    /// Somebody called [`Readiness::end`].
    End,
}

/// A few arrivals.
pub(super) struct Arrivals {
    events: [libc::epoll_event; AT_ONCE],
    count: usize,
}

impl Readiness {
    /// Without links; the error is an errno.
    pub(super) fn new() -> Result<Readiness, c_int> {
        // SAFETY: plain system calls; each descriptor is owned from here on.
        let readiness = unsafe {
            Readiness {
                epoll: owned(libc::epoll_create1(libc::EPOLL_CLOEXEC))?,
                nudge: owned(libc::eventfd(0, EVENT_FLAGS))?,
                end: owned(libc::eventfd(0, EVENT_FLAGS))?,
            }
        };
        readiness.add(readiness.nudge.as_raw_fd(), EDGE, NUDGE)?;
        readiness.add(readiness.end.as_raw_fd(), 0, END)?;
        Ok(readiness)
    }

    /// Watches a link, also for what has arrived before; the error is an errno.
    pub(super) fn watch(&self, socket: RawFd, thread_id: u32) -> Result<(), c_int> {
        self.add(socket, EDGE, u64::from(thread_id))
    }

    /// Does not watch it any more.
    pub(super) fn forget(&self, socket: RawFd) {
        let epoll = self.epoll.as_raw_fd();
        // SAFETY: two open descriptors. It fails when the link was never watched.
        unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, socket, core::ptr::null_mut()) };
    }

    /// Waits for arrivals; now and then there are none.
    pub(super) fn wait(&self) -> Arrivals {
        self.wait_for(FOR_EVER)
    }

    fn wait_for(&self, millis: c_int) -> Arrivals {
        let mut events = [NO_EVENT; AT_ONCE];
        // SAFETY: an open descriptor and room for as many events.
        let count = unsafe {
            libc::epoll_wait(
                self.epoll.as_raw_fd(),
                events.as_mut_ptr(),
                AT_ONCE as c_int,
                millis,
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        Arrivals { events, count }
    }

    /// Wakes who waits, or who waits next.
    pub(super) fn nudge(&self) {
        write_one(&self.nudge);
    }

    /// Wakes who waits, now and later.
    pub(super) fn end(&self) {
        write_one(&self.end);
    }

    fn add(&self, fd: RawFd, flags: u32, tag: u64) -> Result<(), c_int> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32 | flags,
            u64: tag,
        };
        let epoll = self.epoll.as_raw_fd();
        // SAFETY: two open descriptors and an event.
        let result = unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) };
        match result {
            0 => Ok(()),
            _ => Err(errno()),
        }
    }
}

impl Arrivals {
    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Arrival> + '_ {
        self.events[..self.count]
            .iter()
            .map(|event| match event.u64 {
                NUDGE => Arrival::Nudge,
                END => Arrival::End,
                tag => Arrival::Link(tag as u32),
            })
    }
}

/// # Safety
/// `fd` is -1 or a new descriptor that nobody else owns.
unsafe fn owned(fd: c_int) -> Result<OwnedFd, c_int> {
    match fd {
        -1 => Err(errno()),
        // SAFETY: the caller's promise.
        fd => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
    }
}

fn write_one(event: &OwnedFd) {
    let one = 1_u64.to_ne_bytes();
    // SAFETY: an open descriptor and eight bytes. It fails only when the counter is full, after more
    // nudges than there is time for.
    unsafe { libc::write(event.as_raw_fd(), one.as_ptr().cast(), one.len()) };
}

fn errno() -> c_int {
    std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or_default()
}

const AT_ONCE: usize = 8;

const FOR_EVER: c_int = -1;

const NO_EVENT: libc::epoll_event = libc::epoll_event { events: 0, u64: 0 };

const EVENT_FLAGS: c_int = libc::EFD_NONBLOCK | libc::EFD_CLOEXEC;

const EDGE: u32 = libc::EPOLLET as u32;

/// Greater than every session's number.
const NUDGE: u64 = u64::MAX;

const END: u64 = u64::MAX - 1;

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn arrivals(readiness: &Readiness) -> Vec<Arrival> {
        readiness.wait_for(0).iter().collect()
    }

    #[test]
    fn each_arrival_is_told_once() {
        let readiness = Readiness::new().expect("descriptors");
        let (mut near, far) = UnixStream::pair().expect("sockets");
        near.write_all(b"early").expect("room");
        readiness.watch(far.as_raw_fd(), 7).expect("watched");
        assert_eq!(arrivals(&readiness), [Arrival::Link(7)]);
        assert_eq!(arrivals(&readiness), []);
        near.write_all(b"late").expect("room");
        assert_eq!(arrivals(&readiness), [Arrival::Link(7)]);
        readiness.forget(far.as_raw_fd());
        near.write_all(b"too late").expect("room");
        assert_eq!(arrivals(&readiness), []);
    }

    #[test]
    fn a_nudge_wakes_once_and_the_end_for_ever() {
        let readiness = Readiness::new().expect("descriptors");
        for _ in 0..2 {
            readiness.nudge();
            assert_eq!(arrivals(&readiness), [Arrival::Nudge]);
            assert_eq!(arrivals(&readiness), []);
        }
        readiness.end();
        assert_eq!(arrivals(&readiness), [Arrival::End]);
        assert_eq!(arrivals(&readiness), [Arrival::End]);
    }
}
