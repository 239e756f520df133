//! What a replica says it has: the GTID set in its request for a dump with auto-position.
//!
//! A replica asks with what it has executed and what its receiver has written to the relay log, so
//! a request that covers a transaction says of it what an ACK says. [`ReceivedGtids`] reads the
//! bytes of the set and compares them with the sets a server prints. What follows from that is
//! decided by [`crate::source`]. A set that cannot be understood covers nothing.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

/// The transactions a replica has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceivedGtids {
    /// First and last number of each interval, ascending, neither touching nor overlapping.
    intervals: BTreeMap<Origin, Vec<(u64, u64)>>,
}

/// What a server has flushed, as it shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushedGtids<'a> {
    /// `gtid_mode`.
    pub mode: &'a str,
    /// `gtid_owned`: transactions that are not finished. Read before `executed`: a transaction
    /// moves from here to there.
    pub owned: &'a str,
    /// `gtid_executed`.
    pub executed: &'a str,
}

/// Bytes that are no GTID set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedGtids;

/// Where a transaction's number was given: a server's UUID, and a tag, empty if there is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Origin {
    uuid: [u8; UUID_LEN],
    tag: Vec<u8>,
}

impl ReceivedGtids {
    /// Reads the set of a `COM_BINLOG_DUMP_GTID`, all of its bytes.
    ///
    /// ```text
    /// 0  number of origins, u64; with tags: 1, the number in six bytes, 1
    ///    for each: UUID (16 bytes), with tags: twice the tag's length (1 byte) and the tag,
    ///    number of intervals, u64, for each: first number and the one behind the last, u64
    /// ```
    pub fn decode(bytes: &[u8]) -> Result<ReceivedGtids, MalformedGtids> {
        let mut rest = bytes;
        let head = u64::from_le_bytes(take(&mut rest)?);
        let (origins, has_tags) = match (head >> 56, head & 0xFF) {
            (0, _) => (head, false),
            (1, 1) => (head << 8 >> 16, true),
            _ => return Err(MalformedGtids),
        };
        let mut set = ReceivedGtids::default();
        for _ in 0..origins {
            let uuid = take(&mut rest)?;
            let tag = match has_tags {
                true => take_tag(&mut rest)?,
                false => Vec::new(),
            };
            let intervals = take_intervals(&mut rest)?;
            if set
                .intervals
                .insert(Origin { uuid, tag }, intervals)
                .is_some()
            {
                return Err(MalformedGtids);
            }
        }
        match rest {
            [] => Ok(set),
            [_, ..] => Err(MalformedGtids),
        }
    }

    /// Whether every transaction that was flushed before is among them. Only a server whose
    /// transactions all have a GTID can tell.
    pub fn covers_all(&self, flushed: &FlushedGtids<'_>) -> bool {
        flushed.mode == "ON" && self.covers(flushed.owned) && self.covers(flushed.executed)
    }

    /// Whether every transaction of a set is among them. The text is what `gtid_executed` or
    /// `gtid_owned` shows; one that cannot be read is not covered.
    pub fn covers(&self, text: &str) -> bool {
        let text = text.trim();
        text.is_empty() || text.split(',').all(|part| self.covers_part(part.trim()))
    }

    /// One UUID with its numbers and tags: `UUID:1-5:7:tag:1-3`.
    fn covers_part(&self, part: &str) -> bool {
        let mut words = part.split(':');
        let Some(uuid) = words.next().and_then(parse_uuid) else {
            return false;
        };
        let tag = Vec::new();
        let mut origin = Origin { uuid, tag };
        let mut ends_with_numbers = false;
        for word in words {
            ends_with_numbers = word.starts_with(|first: char| first.is_ascii_digit());
            if word.is_empty() {
                return false;
            }
            if !ends_with_numbers {
                origin.tag = word.as_bytes().to_vec();
            } else if !parse_interval(word).is_some_and(|range| self.has(&origin, range)) {
                return false;
            }
        }
        ends_with_numbers
    }

    fn has(&self, origin: &Origin, (first, last): (u64, u64)) -> bool {
        let intervals = self.intervals.get(origin).map_or(&[][..], Vec::as_slice);
        let next = intervals.partition_point(|(start, _)| *start <= first);
        0 < next && last <= intervals[next - 1].1
    }
}

impl fmt::Display for MalformedGtids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are no GTID set")
    }
}

impl Error for MalformedGtids {}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], MalformedGtids> {
    let (taken, left) = rest.split_first_chunk::<N>().ok_or(MalformedGtids)?;
    *rest = left;
    Ok(*taken)
}

fn take_tag(rest: &mut &[u8]) -> Result<Vec<u8>, MalformedGtids> {
    let [doubled] = take(rest)?;
    let len = usize::from(doubled / 2);
    let is_length = doubled % 2 == 0 && len <= LONGEST_TAG;
    let split = rest.split_at_checked(len).filter(|_| is_length);
    let (tag, left) = split.ok_or(MalformedGtids)?;
    *rest = left;
    Ok(tag.to_vec())
}

fn take_intervals(rest: &mut &[u8]) -> Result<Vec<(u64, u64)>, MalformedGtids> {
    let count = u64::from_le_bytes(take(rest)?);
    let mut intervals: Vec<(u64, u64)> = Vec::new();
    for _ in 0..count {
        let first = u64::from_le_bytes(take(rest)?);
        let behind = u64::from_le_bytes(take(rest)?);
        let least = intervals
            .last()
            .map_or(1, |(_, last)| last.saturating_add(2));
        if first < least || behind <= first {
            return Err(MalformedGtids);
        }
        intervals.push((first, behind - 1));
    }
    Ok(intervals)
}

fn parse_uuid(text: &str) -> Option<[u8; UUID_LEN]> {
    let mut uuid = [0; UUID_LEN];
    let mut digits = text.bytes().filter(|byte| *byte != b'-');
    for byte in &mut uuid {
        let high = char::from(digits.next()?).to_digit(16)?;
        let low = char::from(digits.next()?).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    digits.next().is_none().then_some(uuid)
}

/// `5`, `5-7`, or `5#13`, which a session with the id 13 owns.
fn parse_interval(word: &str) -> Option<(u64, u64)> {
    let word = word.split('#').next()?;
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (0 < first && first <= last).then_some((first, last))
}

const UUID_LEN: usize = 16;

/// Bytes of the longest tag.
const LONGEST_TAG: usize = 32;

#[cfg(test)]
mod tests;
