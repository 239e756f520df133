//! Writing a recording.
//!
//! A [`Tap`] takes entries as fast as a machine makes them, into memory of a fixed size; whoever
//! writes the file takes them out as a [`block`] each time. What finds no room is counted, and the
//! writer begins a new segment.

use semisync_core::Instant;
use semisync_core::source::{Counters, Input, Output, Source};
use serde::Serialize;

use crate::entry::{BEGAN, COUNTED, ENDED, FATAL, LOST, TOLD};
use crate::{Digest, Origin};

/// What every file begins with.
pub const FILE_HEAD: [u8; 8] = *b"SSLFLT\x00\x02";

/// Entries on their way to a file.
#[derive(Debug)]
pub struct Tap {
    bytes: Vec<u8>,
    capacity: usize,
    /// Where the input begins that the machine is being told.
    open: Option<usize>,
    digest: Digest,
    lost: u64,
}

impl Tap {
    /// With room for about so many bytes.
    pub fn new(capacity: usize) -> Tap {
        Tap {
            bytes: Vec::with_capacity(capacity),
            capacity,
            open: None,
            digest: Digest::NONE,
            lost: 0,
        }
    }

    /// A segment begins with this state.
    pub fn begin(&mut self, origin: &Origin, source: &Source) {
        self.bytes.push(BEGAN);
        self.put(origin);
        self.put(source);
    }

    /// The machine is about to be told this.
    #[inline]
    pub fn tell(&mut self, at: Instant, input: &Input) {
        if self.lost != 0 || self.capacity < self.bytes.len() + ROOM_FOR_AN_INPUT {
            self.lost += 1;
            return;
        }
        self.open = Some(self.bytes.len());
        self.digest = Digest::NONE;
        self.bytes.push(TOLD);
        self.put(&at);
        self.put(input);
    }

    /// The machine ordered this.
    #[inline]
    pub fn ordered(&mut self, output: &Output) {
        if self.open.is_some() {
            self.digest.add(output);
        }
    }

    /// The machine has ordered all it had to.
    #[inline]
    pub fn told(&mut self) {
        if self.open.take().is_some() {
            self.bytes.extend_from_slice(&self.digest.to_bytes());
        }
    }

    /// What the counters are now.
    pub fn count(&mut self, counters: &Counters) {
        self.bytes.push(COUNTED);
        self.put(counters);
    }

    /// How many inputs found no room since the last [`Tap::take`]. All that came after the first
    /// of them are among them: a segment has no holes.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.lost == 0
    }

    /// Takes what is there, leaving `spare` in its place. An input that the machine did not come
    /// back from is marked as fatal, what found no room is noted.
    pub fn take(&mut self, spare: Vec<u8>) -> Vec<u8> {
        if let Some(open) = self.open.take() {
            self.bytes[open] = FATAL;
        }
        if self.lost != 0 {
            let lost = core::mem::take(&mut self.lost);
            self.bytes.push(LOST);
            self.put(&lost);
        }
        core::mem::replace(&mut self.bytes, spare)
    }

    /// The recording ends in order.
    pub fn end(&mut self) {
        self.bytes.push(ENDED);
    }

    fn put(&mut self, value: &impl Serialize) {
        let bytes = core::mem::take(&mut self.bytes);
        let whole = bytes.len();
        match postcard::to_extend(value, bytes) {
            Ok(bytes) => self.bytes = bytes,
            // Only types of unknown length fail, and there are none among ours.
            Err(error) => panic!("{error} behind {whole} bytes"),
        }
    }
}

/// A block of a file: entries with their length and checksum, so that a torn end shows.
pub fn block(entries: &[u8]) -> Vec<u8> {
    let mut block = Vec::with_capacity(BLOCK_HEAD_LEN + entries.len());
    block.extend_from_slice(&(entries.len() as u32).to_le_bytes());
    block.extend_from_slice(&crc32fast::hash(entries).to_le_bytes());
    block.extend_from_slice(entries);
    block
}

/// Takes the entries of a block off the front; `None` when it is torn.
pub(crate) fn take_block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let (entries, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    (crc32fast::hash(entries) == u32::from_le_bytes(*checksum)).then_some((entries, rest))
}

const BLOCK_HEAD_LEN: usize = 8;

/// More than an input with an ordinary file name needs; a longer name makes the memory grow once.
const ROOM_FOR_AN_INPUT: usize = 128;
