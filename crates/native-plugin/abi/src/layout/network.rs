//! `NET`, the head of `Vio`, and the compression context (`mysql_com.h`, `violite.h`).

use core::ffi::{c_char, c_int, c_void};

use super::assert_offsets;

/// `NET`; also the first member of `MYSQL`.
#[repr(C)]
#[derive(Debug)]
pub struct Net {
    /// The connection.
    pub vio: *mut Vio,
    /// Packet buffer.
    pub buff: *mut u8,
    /// Its end.
    pub buff_end: *mut u8,
    /// Write position.
    pub write_pos: *mut u8,
    /// Read position.
    pub read_pos: *mut u8,
    /// Socket.
    pub fd: c_int,
    /// Bytes left of a compressed packet.
    pub remain_in_buf: u64,
    /// Length of the last packet.
    pub length: u64,
    /// Bytes in the buffer.
    pub buf_length: u64,
    /// Where the packet starts.
    pub where_b: u64,
    /// Size of the buffer.
    pub max_packet: u64,
    /// Greatest packet.
    pub max_packet_size: u64,
    /// Sequence number of the next packet.
    pub pkt_nr: u32,
    /// Sequence number of the next compressed packet.
    pub compress_pkt_nr: u32,
    /// Seconds.
    pub write_timeout: u32,
    /// Seconds.
    pub read_timeout: u32,
    /// How often interrupted calls are repeated.
    pub retry_count: u32,
    /// Not used.
    pub fcntl: c_int,
    /// Not used.
    pub return_status: *mut u32,
    /// State.
    pub reading_or_writing: u8,
    /// State.
    pub save_char: c_char,
    /// Whether the link is compressed.
    pub compress: bool,
    /// Client error number.
    pub last_errno: u32,
    /// 0, or the connection is unusable.
    pub error: u8,
    /// Client error text.
    pub last_error: [c_char; 512],
    /// Client error state.
    pub sqlstate: [c_char; 6],
    /// Server side extension.
    pub extension: *mut c_void,
}

assert_offsets!(Net, size 664,
    vio @ 0, buff @ 8, buff_end @ 16, write_pos @ 24, read_pos @ 32, fd @ 40,
    remain_in_buf @ 48, length @ 56, buf_length @ 64, where_b @ 72, max_packet @ 80,
    max_packet_size @ 88, pkt_nr @ 96, compress_pkt_nr @ 100, write_timeout @ 104,
    read_timeout @ 108, retry_count @ 112, fcntl @ 116, return_status @ 120,
    reading_or_writing @ 128, save_char @ 129, compress @ 130, last_errno @ 132, error @ 136,
    last_error @ 137, sqlstate @ 649, extension @ 656,
);

/// `Vio`, as far as it is touched; always behind a pointer from the server.
#[repr(C)]
#[derive(Debug)]
pub struct Vio {
    /// Socket.
    pub fd: c_int,
    /// Socket instrument; null before another thread reads.
    pub socket_psi: *mut c_void,
}

assert_offsets!(Vio, size 16, fd @ 0, socket_psi @ 8);

/// What `vio_type` answers for a TCP connection.
pub const VIO_TYPE_TCPIP: c_int = 1;
/// What `vio_type` answers for a Unix socket.
pub const VIO_TYPE_SOCKET: c_int = 2;
/// What `vio_type` answers for a TLS connection.
pub const VIO_TYPE_SSL: c_int = 4;

/// `mysql_compress_context`.
#[repr(C)]
#[derive(Debug)]
pub struct CompressContext {
    /// One of the `COMPRESSION_` constants.
    pub algorithm: c_int,
    /// State of the algorithm.
    pub state: [u64; 3],
}

assert_offsets!(CompressContext, size 32, algorithm @ 0, state @ 8);

/// zlib.
pub const COMPRESSION_ZLIB: c_int = 2;
/// zstd.
pub const COMPRESSION_ZSTD: c_int = 3;
