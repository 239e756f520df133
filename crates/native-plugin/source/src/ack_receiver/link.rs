//! One replica's connection, as the ACK receiver reads it.
//!
//! The dump thread writes to the same connection meanwhile. A plain one is read from the socket, a
//! TLS one through the server's own TLS layer with a read time limit of zero, so that neither ever
//! blocks. The socket is a duplicate of our own: KILL closes the session's at once, from the killer's
//! thread, and the next connection gets its number.

use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use semisync_abi::layout::network::{
    COMPRESSION_ZLIB, COMPRESSION_ZSTD, CompressContext, VIO_TYPE_SOCKET, VIO_TYPE_SSL,
    VIO_TYPE_TCPIP, Vio,
};
use semisync_abi::server::{self, ProtocolClassic};
use semisync_core::ServerId;

use super::frames::{FrameError, FrameReader, Inflate};

/// A connection to a replica.
pub(crate) struct Link {
    server_id: ServerId,
    socket: OwnedFd,
    stream: Stream,
    inflater: Option<Inflater>,
    frames: FrameReader,
    is_over: bool,
}

// SAFETY: the registry hands a link to one thread at a time, and the dump thread takes it back
// before the connection goes.
unsafe impl Send for Link {}

/// How its bytes are read.
enum Stream {
    Socket,
    Tls {
        vio: NonNull<Vio>,
        /// Seconds, to be set again in the end.
        read_timeout: u32,
    },
}

/// Why a link is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkError {
    /// The replica, or the network, closed it. The dump thread notices too.
    Closed,
    /// Its bytes make no sense.
    Broken(FrameError),
}

impl Link {
    /// The link of the current thread's dump.
    ///
    /// # Safety
    /// `protocol` is null or the classic protocol of the current session, whose connection stays
    /// until the link is dropped.
    pub(crate) unsafe fn of_dump(
        protocol: *mut ProtocolClassic,
        server_id: ServerId,
    ) -> Result<Link, &'static str> {
        if protocol.is_null() {
            return Err("the replica's session has no classic protocol");
        }
        // SAFETY: the caller's promise.
        let (vio, net) = unsafe {
            (
                server::protocol_get_vio(protocol),
                server::protocol_get_net(protocol),
            )
        };
        let Some(vio) = NonNull::new(vio) else {
            return Err("the replica's session has no connection");
        };
        // SAFETY: a protocol with a connection has a NET.
        let (fd, read_timeout) = unsafe { ((*vio.as_ptr()).fd, (*net).read_timeout) };
        let socket = duplicate(fd).ok_or("the replica's connection cannot be shared")?;
        // SAFETY: the connection of the current session.
        let stream = match unsafe { server::vio_type(vio.as_ptr()) } {
            VIO_TYPE_TCPIP | VIO_TYPE_SOCKET => Stream::Socket,
            // SAFETY: as above; the ACK receiver does not know of it yet.
            VIO_TYPE_SSL => unsafe { Stream::tls(vio, read_timeout) },
            _ => return Err("the replica's connection is of an unknown type"),
        };
        // SAFETY: the caller's promise.
        let inflater = unsafe { Inflater::of(protocol) };
        Ok(Link {
            server_id,
            socket,
            stream,
            inflater,
            frames: FrameReader::default(),
            is_over: false,
        })
    }

    /// Whose it is.
    pub(super) fn server_id(&self) -> ServerId {
        self.server_id
    }

    /// What to wait for.
    pub(super) fn socket(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Whether it is not read any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Never reads it again. It stays registered until its dump ends.
    pub(super) fn close(&mut self) {
        self.is_over = true;
    }

    /// Reads what is there, and gives every whole packet to `take`.
    pub(super) fn read_packets(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), LinkError> {
        let mut buffer = [0_u8; READ_LEN];
        while let Some(len) = self.stream.read(&self.socket, &mut buffer)? {
            let bytes = &buffer[..len];
            let result = match &mut self.inflater {
                Some(inflater) => self.frames.push_compressed(bytes, inflater, &mut take),
                None => self.frames.push_plain(bytes, &mut take),
            };
            result.map_err(LinkError::Broken)?;
            if len < READ_LEN && matches!(self.stream, Stream::Socket) {
                // A socket that gave less than asked for is empty; what comes later is told anew.
                break;
            }
        }
        Ok(())
    }
}

impl Stream {
    /// # Safety
    /// `vio` is a TLS connection that no other thread reads.
    unsafe fn tls(vio: NonNull<Vio>, read_timeout: u32) -> Stream {
        // SAFETY: the caller's promise. Reads from another thread must not touch the socket's
        // instrument, which belongs to the dump thread.
        unsafe {
            (*vio.as_ptr()).socket_psi = ptr::null_mut();
            server::vio_timeout(vio.as_ptr(), READ_TIMEOUT, 0);
        }
        Stream::Tls { vio, read_timeout }
    }

    /// Reads without blocking; `None` when nothing is there.
    fn read(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> Result<Option<usize>, LinkError> {
        // SAFETY: this thread's error number. The TLS layer does not set it for every failure.
        unsafe { *libc::__errno_location() = 0 };
        let len = match self {
            // SAFETY: an open socket and a buffer.
            Stream::Socket => unsafe {
                libc::recv(
                    socket.as_raw_fd(),
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    libc::MSG_DONTWAIT,
                )
            },
            // SAFETY: the dump's connection, read by this thread only, and a buffer. KILL ends the
            // TLS session before it closes the socket, and then nothing is read any more.
            Stream::Tls { vio, .. } => unsafe {
                server::vio_ssl_read(vio.as_ptr(), buffer.as_mut_ptr(), buffer.len())
            },
        };
        match usize::try_from(len) {
            Ok(0) => Err(LinkError::Closed),
            Ok(len) => Ok(Some(len)),
            Err(_) => match std::io::Error::last_os_error().raw_os_error() {
                Some(libc::EAGAIN | libc::ETIMEDOUT) => Ok(None),
                // What has arrived is told of only once.
                Some(libc::EINTR) => self.read(socket, buffer),
                Some(_) | None => Err(LinkError::Closed),
            },
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Stream::Tls { vio, read_timeout } = self {
            let seconds = c_int::try_from(*read_timeout).unwrap_or(c_int::MAX);
            // SAFETY: the link is dropped by the dump thread, while its connection still exists.
            unsafe { server::vio_timeout(vio.as_ptr(), READ_TIMEOUT, seconds) };
        }
    }
}

fn duplicate(fd: c_int) -> Option<OwnedFd> {
    // SAFETY: a plain system call; a new descriptor is owned from here on.
    unsafe {
        let new = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0);
        (0 <= new).then(|| OwnedFd::from_raw_fd(new))
    }
}

/// The server's inflater for one link.
struct Inflater {
    /// In a place of its own: the server may keep pointers into it.
    context: Box<CompressContext>,
}

impl Inflater {
    /// # Safety
    /// `protocol` is the classic protocol of the current session.
    unsafe fn of(protocol: *mut ProtocolClassic) -> Option<Inflater> {
        // SAFETY: the caller's promise; the name is null or a static text.
        let (name, level) = unsafe {
            let name = server::protocol_get_compression_algorithm(protocol);
            if name.is_null() {
                return None;
            }
            (
                CStr::from_ptr(name),
                server::protocol_get_compression_level(protocol),
            )
        };
        let algorithm = match name.to_bytes() {
            b"zlib" => COMPRESSION_ZLIB,
            b"zstd" => COMPRESSION_ZSTD,
            _ => return None,
        };
        let mut context = Box::new(MaybeUninit::<CompressContext>::zeroed());
        // SAFETY: all-zero is a valid context, which the call then fills.
        let context = unsafe {
            server::mysql_compress_context_init(context.as_mut_ptr(), algorithm, level);
            context.assume_init()
        };
        Some(Inflater { context })
    }
}

impl Inflate for Inflater {
    fn inflate(&mut self, compressed: &[u8], len: usize) -> Option<Vec<u8>> {
        // The server writes the inflated bytes over the compressed ones.
        let mut bytes = compressed.to_vec();
        bytes.resize(compressed.len().max(len), 0);
        let mut inflated_len = len;
        // SAFETY: an initialised context, and a buffer with room for either form.
        let failed = unsafe {
            server::my_uncompress(
                &raw mut *self.context,
                bytes.as_mut_ptr(),
                compressed.len(),
                &raw mut inflated_len,
            )
        };
        if failed || inflated_len != len {
            return None;
        }
        bytes.truncate(len);
        Some(bytes)
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: initialised in `of`.
        unsafe { server::mysql_compress_context_deinit(&raw mut *self.context) };
    }
}

/// Far more than one ACK.
const READ_LEN: usize = 2_048;

/// `vio_timeout`'s word for the time limit of reads.
const READ_TIMEOUT: u32 = 0;
