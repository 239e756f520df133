//! The entries of a recording and their bytes.
//!
//! Each is a tag byte and then what postcard makes of its fields. An input is followed by the four
//! bytes of its digest, so a writer can write it before it knows what the machine will order.

use semisync_core::source::{Counters, Input, Source};
use semisync_core::{Instant, UtcTime};
use serde::{Deserialize, Serialize};

use crate::Digest;

/// Where and when a segment of a recording begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The server's version, as it prints it.
    pub server_version: String,
    /// The clock of the inputs, ...
    pub at: Instant,
    /// ... and the wall clock at the same moment.
    pub utc: UtcTime,
}

/// One fact of a recording.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A segment begins: the machine's whole state, from which all that follows is replayed.
    Began(Origin, Box<Source>),
    /// The machine was told something.
    Told {
        /// When.
        at: Instant,
        /// What.
        input: Input,
        /// Of what it ordered.
        outputs: Digest,
    },
    /// The machine was told something and did not come back: a fault of ours, caught by the host.
    Fatal {
        /// When.
        at: Instant,
        /// What.
        input: Input,
    },
    /// Inputs that found no room because the disk was too slow. A new segment follows.
    Lost {
        /// How many.
        inputs: u64,
    },
    /// What the machine's counters were here.
    Counted(Box<Counters>),
    /// The recording was ended in order.
    Ended,
}

pub(crate) const BEGAN: u8 = 1;
pub(crate) const TOLD: u8 = 2;
pub(crate) const FATAL: u8 = 3;
pub(crate) const LOST: u8 = 4;
pub(crate) const COUNTED: u8 = 5;
pub(crate) const ENDED: u8 = 6;

impl Entry {
    /// Takes one entry off the front; `None` when the bytes are none.
    pub(crate) fn take(bytes: &[u8]) -> Option<(Entry, &[u8])> {
        let (tag, rest) = bytes.split_first()?;
        match *tag {
            BEGAN => {
                let (origin, rest) = field::<Origin>(rest)?;
                let (source, rest) = field::<Source>(rest)?;
                let is_sound = source.is_sound();
                is_sound.then(|| (Entry::Began(origin, Box::new(source)), rest))
            }
            TOLD => {
                let (at, rest) = field::<Instant>(rest)?;
                let (input, rest) = field::<Input>(rest)?;
                let (digest, rest) = rest.split_first_chunk::<4>()?;
                let outputs = Digest::from_bytes(*digest);
                Some((Entry::Told { at, input, outputs }, rest))
            }
            FATAL => {
                let (at, rest) = field::<Instant>(rest)?;
                let (input, rest) = field::<Input>(rest)?;
                Some((Entry::Fatal { at, input }, rest))
            }
            LOST => field(rest).map(|(inputs, rest)| (Entry::Lost { inputs }, rest)),
            COUNTED => field(rest).map(|(counters, rest)| (Entry::Counted(counters), rest)),
            ENDED => Some((Entry::Ended, rest)),
            _ => None,
        }
    }
}

fn field<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<(T, &'a [u8])> {
    postcard::take_from_bytes(bytes).ok()
}
