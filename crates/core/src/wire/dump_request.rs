//! `COM_BINLOG_DUMP_GTID`: a replica asks for a dump with auto-position.
//!
//! ```text
//! 0      command 0x1E
//! 1      flags, u16
//! 3      server_id of the replica, u32
//! 7      length n of the file name, u32, and the name
//! 11+n   position in the file, u64
//! 19+n   length m of the GTID set, u32, and the set: see `crate::received`
//! ```

use core::error::Error;
use core::fmt;

use crate::ServerId;

/// A request with auto-position, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DumpRequest<'a> {
    /// Who asks.
    pub server_id: ServerId,
    /// What it has, as [`crate::received::ReceivedGtids::decode`] reads it.
    pub gtids: &'a [u8],
}

/// Bytes that do not begin with a whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDumpRequest;

impl DumpRequest<'_> {
    /// Reads the request that `bytes` begin with; a buffer may hold more.
    pub fn decode(bytes: &[u8]) -> Result<DumpRequest<'_>, NoDumpRequest> {
        let Some(([COM_BINLOG_DUMP_GTID, _, _], rest)) = bytes.split_first_chunk::<3>() else {
            return Err(NoDumpRequest);
        };
        let (server_id, rest) = number(rest)?;
        let (name_len, rest) = number(rest)?;
        let behind_position = (name_len as usize).checked_add(8).ok_or(NoDumpRequest)?;
        let (_, rest) = rest
            .split_at_checked(behind_position)
            .ok_or(NoDumpRequest)?;
        let (set_len, rest) = number(rest)?;
        let (gtids, _) = rest
            .split_at_checked(set_len as usize)
            .ok_or(NoDumpRequest)?;
        let server_id = ServerId(server_id);
        Ok(DumpRequest { server_id, gtids })
    }
}

impl fmt::Display for NoDumpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no request for a dump with auto-position")
    }
}

impl Error for NoDumpRequest {}

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), NoDumpRequest> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or(NoDumpRequest)?;
    Ok((u32::from_le_bytes(*number), rest))
}

const COM_BINLOG_DUMP_GTID: u8 = 0x1E;

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] = b"\x1e\x04\x00\x4d\x00\x00\x00\x03\x00\x00\x00abc\
        \x04\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00xy";

    #[test]
    fn a_request_is_taken_apart() {
        let read = DumpRequest {
            server_id: ServerId(77),
            gtids: b"xy",
        };
        assert_eq!(DumpRequest::decode(REQUEST), Ok(read));
        let in_a_buffer = [REQUEST, b"more"].concat();
        assert_eq!(DumpRequest::decode(&in_a_buffer), Ok(read));
    }

    #[test]
    fn a_short_request_or_another_command_is_none() {
        for len in 0..REQUEST.len() {
            assert_eq!(DumpRequest::decode(&REQUEST[..len]), Err(NoDumpRequest));
        }
        let other = [b"\x12", &REQUEST[1..]].concat();
        assert_eq!(DumpRequest::decode(&other), Err(NoDumpRequest));
    }

    #[test]
    fn lengths_that_reach_far_are_none() {
        for at in [7, 22] {
            let mut bytes = REQUEST.to_vec();
            bytes[at..at + 4].fill(0xFF);
            assert_eq!(DumpRequest::decode(&bytes), Err(NoDumpRequest));
        }
    }
}
