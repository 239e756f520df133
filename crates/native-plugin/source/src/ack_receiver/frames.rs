//! Packets out of a stream of bytes, as far as the bytes go.
//!
//! A plain link carries frames of a 4-byte header and a payload. A compressed link carries frames
//! of a 7-byte header whose contents, inflated, are such a stream again. Every ACK is a packet of
//! its own exchange, so its sequence number is 0. What does not fit ends the stream: behind a
//! frame that was not understood nothing can be.

use core::fmt;

/// Inflates the contents of a compressed frame.
pub(super) trait Inflate {
    /// Gives `Some(inflated)` of exactly `len` bytes.
    fn inflate(&mut self, compressed: &[u8], len: usize) -> Option<Vec<u8>>;
}

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameError {
    /// A packet that does not begin an exchange.
    OutOfOrder {
        /// Its sequence number.
        sequence: u8,
    },
    /// A packet longer than any ACK.
    TooLong {
        /// Its length.
        len: usize,
    },
    /// The contents of a compressed frame cannot be inflated.
    NotInflated,
}

/// The bytes of one link that are not a whole packet yet.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    plain: Vec<u8>,
    compressed: Vec<u8>,
}

impl FrameReader {
    /// Takes bytes of a plain link and gives every whole packet to `take`.
    pub(super) fn push_plain(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), FrameError> {
        self.plain.extend_from_slice(bytes);
        let mut start = 0;
        while let Some((header, rest)) = self.plain[start..].split_at_checked(PLAIN_HEADER_LEN) {
            let len = length(header);
            if MAX_PAYLOAD_LEN < len {
                return Err(FrameError::TooLong { len });
            }
            if header[3] != 0 {
                return Err(FrameError::OutOfOrder {
                    sequence: header[3],
                });
            }
            let Some(payload) = rest.get(..len) else {
                break;
            };
            take(payload);
            start += PLAIN_HEADER_LEN + len;
        }
        self.plain.drain(..start);
        Ok(())
    }

    /// Takes bytes of a compressed link and gives every whole packet to `take`.
    pub(super) fn push_compressed(
        &mut self,
        bytes: &[u8],
        inflater: &mut impl Inflate,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), FrameError> {
        self.compressed.extend_from_slice(bytes);
        while let Some((header, rest)) = self.compressed.split_at_checked(COMPRESSED_HEADER_LEN) {
            let (len, inflated_len) = (length(header), length(&header[4..]));
            let longest = len.max(inflated_len);
            if MAX_COMPRESSED_LEN < longest {
                return Err(FrameError::TooLong { len: longest });
            }
            if header[3] != 0 {
                return Err(FrameError::OutOfOrder {
                    sequence: header[3],
                });
            }
            let Some(contents) = rest.get(..len) else {
                break;
            };
            // An inflated length of 0 marks contents that were not worth compressing.
            let contents = match inflated_len {
                0 => contents.to_vec(),
                _ => inflater
                    .inflate(contents, inflated_len)
                    .ok_or(FrameError::NotInflated)?,
            };
            self.compressed.drain(..COMPRESSED_HEADER_LEN + len);
            self.push_inner(&contents, &mut take)?;
        }
        Ok(())
    }

    /// As a plain link, but the inner sequence number counts on from the outer one and is not
    /// looked at.
    fn push_inner(
        &mut self,
        contents: &[u8],
        take: &mut impl FnMut(&[u8]),
    ) -> Result<(), FrameError> {
        self.plain.extend_from_slice(contents);
        while let Some((header, rest)) = self.plain.split_at_checked(PLAIN_HEADER_LEN) {
            let len = length(header);
            if MAX_PAYLOAD_LEN < len {
                return Err(FrameError::TooLong { len });
            }
            let Some(payload) = rest.get(..len) else {
                break;
            };
            take(payload);
            self.plain.drain(..PLAIN_HEADER_LEN + len);
        }
        Ok(())
    }
}

/// A 24-bit little-endian length.
fn length(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) | usize::from(bytes[1]) << 8 | usize::from(bytes[2]) << 16
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::OutOfOrder { sequence } => {
                write!(f, "a packet came out of order (sequence number {sequence})")
            }
            FrameError::TooLong { len } => {
                write!(f, "a packet is longer than any ACK ({len} bytes)")
            }
            FrameError::NotInflated => f.write_str("a packet could not be decompressed"),
        }
    }
}

impl core::error::Error for FrameError {}

const PLAIN_HEADER_LEN: usize = 4;

const COMPRESSED_HEADER_LEN: usize = 7;

/// The stock plugin reads into 522 bytes and refuses a payload that fills them.
const MAX_PAYLOAD_LEN: usize = 521;

/// A packet with its header, and what compression may add to it.
const MAX_COMPRESSED_LEN: usize = 1_024;

#[cfg(test)]
mod tests;
