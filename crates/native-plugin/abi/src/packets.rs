//! Packets on a connection that the server owns.

use core::ffi::CStr;
use core::ptr::NonNull;
use core::slice;

use crate::layout::network::{Net, Vio};
use crate::server::{self, Mysql};

/// A connection's `NET`, borrowed from the server for the time of one hook.
#[derive(Debug)]
pub struct Connection {
    net: NonNull<Net>,
}

/// Where sending a packet failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendFailure {
    /// Writing it into the buffer.
    Write {
        /// The network layer's text.
        message: String,
        /// The network layer's number.
        errno: u32,
    },
    /// Flushing the buffer.
    Flush,
}

impl Connection {
    /// The connection behind a `NET`; `None` for null.
    ///
    /// # Safety
    /// `net` is null or stays valid, and used by this thread only, while the result lives.
    pub unsafe fn from_net(net: *mut Net) -> Option<Connection> {
        NonNull::new(net).map(|net| Connection { net })
    }

    /// The connection behind a `MYSQL`, whose first member is its `NET`; `None` for null.
    ///
    /// # Safety
    /// As for [`Connection::from_net`].
    pub unsafe fn from_mysql(mysql: *mut Mysql) -> Option<Connection> {
        NonNull::new(mysql.cast::<Net>()).map(|net| Connection { net })
    }

    /// Sends one packet as the first of its exchange.
    ///
    /// On a compressed link both sequence counters are cleared once more afterwards: the source
    /// starts its next frame at 0.
    pub fn send_ack(&mut self, packet: &[u8]) -> Result<(), SendFailure> {
        let net = self.net.as_ptr();
        // SAFETY: a valid NET of this thread, and a packet that outlives the call.
        let written = unsafe {
            server::net_clear(net, false);
            !server::my_net_write(net, packet.as_ptr(), packet.len())
        };
        if !written {
            return Err(self.write_failure());
        }
        // SAFETY: as above.
        if unsafe { server::net_flush(net) } {
            return Err(SendFailure::Flush);
        }
        // SAFETY: as above.
        unsafe {
            if (*net).compress {
                server::net_clear(net, false);
            }
        }
        Ok(())
    }

    /// Flushes a packet that asks for an answer, and starts the next exchange: the answer takes
    /// sequence number 0, so the next packet is number 1. False when the flush failed.
    pub fn flush_request(&mut self) -> bool {
        let net = self.net.as_ptr();
        // SAFETY: a valid NET of this thread.
        unsafe {
            let flushed = !server::net_flush(net);
            server::net_clear(net, false);
            (*net).pkt_nr += 1;
            flushed
        }
    }

    /// The packet that was read last, and what the buffer holds behind it. Only while nothing has
    /// been written since: both ways share the buffer.
    pub fn last_read(&self) -> &[u8] {
        let net = self.net.as_ptr();
        // SAFETY: a valid NET; the buffer reaches at least to `buff_end`, and nobody else uses it
        // while `self` is borrowed.
        unsafe {
            let (start, end) = ((*net).read_pos, (*net).buff_end);
            let is_inside = (*net).buff <= start && start <= end && !start.is_null();
            match is_inside {
                true => slice::from_raw_parts(start, end.offset_from_unsigned(start)),
                false => &[],
            }
        }
    }

    /// The byte stream under it.
    pub fn vio(&self) -> *mut Vio {
        // SAFETY: a valid NET.
        unsafe { (*self.net.as_ptr()).vio }
    }

    /// Seconds a read may take, as the server set it.
    pub fn read_timeout(&self) -> u32 {
        // SAFETY: a valid NET.
        unsafe { (*self.net.as_ptr()).read_timeout }
    }

    fn write_failure(&self) -> SendFailure {
        let net = self.net.as_ptr();
        // SAFETY: a valid NET, whose error text is NUL-terminated within its array.
        let (message, errno) = unsafe {
            let text = CStr::from_ptr((&raw const (*net).last_error).cast());
            (text.to_string_lossy().into_owned(), (*net).last_errno)
        };
        SendFailure::Write { message, errno }
    }
}
