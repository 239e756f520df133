//! The network between a replica and the source: a TCP proxy that can be cut.
//!
//! A cut link loses nothing and delivers nothing: bytes, closing and new connections wait until it
//! is healed. While the source is down the port is closed, so that a replica is refused as it would
//! be by the source's machine.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};

/// One replica's way to the source.
pub(super) struct Link {
    from: SocketAddrV4,
    to: SocketAddrV4,
    gate: Arc<Gate>,
    listening: Option<Listening>,
}

/// An open port; it closes when this is dropped.
struct Listening {
    port: SocketAddrV4,
    closing: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Closed while the link is cut.
#[derive(Default)]
struct Gate {
    is_cut: Mutex<bool>,
    changed: Condvar,
}

impl Link {
    /// A link from `from` on this machine to the source's port `to`; its port is closed at first.
    pub(super) fn new(from: u16, to: u16) -> Link {
        Link {
            from: SocketAddrV4::new(Ipv4Addr::LOCALHOST, from),
            to: SocketAddrV4::new(Ipv4Addr::LOCALHOST, to),
            gate: Arc::default(),
            listening: None,
        }
    }

    /// Opens the port, the source being up.
    pub(super) fn open(&mut self) -> Result<()> {
        if self.listening.is_none() {
            self.listening = Some(Listening::start(self.from, self.to, &self.gate)?);
        }
        Ok(())
    }

    /// Closes the port, the source being down; connections end by themselves.
    pub(super) fn close(&mut self) {
        self.listening = None;
    }

    /// Cuts or heals.
    pub(super) fn set_cut(&self, is_cut: bool) {
        *self.gate.lock() = is_cut;
        self.gate.changed.notify_all();
    }

    /// Whether it is cut.
    pub(super) fn is_cut(&self) -> bool {
        *self.gate.lock()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.set_cut(false);
    }
}

impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, bool> {
        self.is_cut.lock().expect("a thread of a link panicked")
    }

    /// Returns when the link is not cut.
    fn pass(&self) {
        let mut is_cut = self.lock();
        while *is_cut {
            is_cut = self
                .changed
                .wait(is_cut)
                .expect("a thread of a link panicked");
        }
    }
}

impl Listening {
    fn start(port: SocketAddrV4, to: SocketAddrV4, gate: &Arc<Gate>) -> Result<Listening> {
        let listener = TcpListener::bind(port).with_context(|| format!("listen on {port}"))?;
        let closing = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&closing);
        let gate = Arc::clone(gate);
        let thread = thread::spawn(move || {
            while let Ok((replica, _)) = listener.accept() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let gate = Arc::clone(&gate);
                thread::spawn(move || connect(replica, to, &gate));
            }
        });
        Ok(Listening {
            port,
            closing,
            thread: Some(thread),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // A connection of our own ends the wait for the next one.
        let _ = TcpStream::connect(self.port);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Carries one connection in both directions until it ends.
fn connect(replica: TcpStream, to: SocketAddrV4, gate: &Arc<Gate>) {
    gate.pass();
    let Ok(source) = TcpStream::connect(to) else {
        return;
    };
    // The protocol waits for answers: small packets must not wait for more.
    let _ = (replica.set_nodelay(true), source.set_nodelay(true));
    let (Ok(from_replica), Ok(to_replica)) = (replica.try_clone(), source.try_clone()) else {
        return;
    };
    let back = Arc::clone(gate);
    let backward = thread::spawn(move || carry(to_replica, replica, &back));
    carry(from_replica, source, gate);
    let _ = backward.join();
}

/// Carries what one side sends to the other, and its end.
fn carry(mut from: TcpStream, mut to: TcpStream, gate: &Gate) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let length = from.read(&mut bytes).unwrap_or(0);
        gate.pass();
        if length == 0 || to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A source that says one byte, a link to it, and a replica's connection through the link.
    fn connected(cut_before: bool) -> (Link, TcpStream) {
        let source = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = source.local_addr().unwrap().port();
        thread::spawn(move || source.accept().unwrap().0.write_all(b"x"));
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut link = Link::new(free.local_addr().unwrap().port(), port);
        drop(free);
        link.open().unwrap();
        link.set_cut(cut_before);
        let replica = TcpStream::connect(link.from).unwrap();
        replica
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        (link, replica)
    }

    #[test]
    fn bytes_and_the_end_of_a_connection_are_delivered() {
        let (_link, mut replica) = connected(false);
        let mut got = Vec::new();
        replica.set_read_timeout(None).unwrap();
        replica.read_to_end(&mut got).unwrap();
        assert_eq!(got, b"x");
    }

    #[test]
    fn a_cut_link_delivers_only_when_it_is_healed() {
        let (link, mut replica) = connected(true);
        assert!(link.is_cut());
        assert!(replica.read(&mut [0; 1]).is_err());
        link.set_cut(false);
        replica.set_read_timeout(None).unwrap();
        let mut got = Vec::new();
        replica.read_to_end(&mut got).unwrap();
        assert_eq!(got, b"x");
    }

    #[test]
    fn a_closed_port_refuses() {
        let (mut link, _replica) = connected(false);
        link.close();
        let refused = TcpStream::connect(link.from).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        link.open().unwrap();
        TcpStream::connect(link.from).unwrap();
    }
}
