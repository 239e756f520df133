//! A recording as it is read back.

use core::fmt;

use semisync_core::Instant;
use semisync_core::source::Source;

use crate::write::{FILE_HEAD, take_block};
use crate::{Entry, Origin};

/// What one or more files of a recording hold.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// In the order of the files.
    pub segments: Vec<Segment>,
    /// Whether the end of a file is torn off, as it is when its server was killed. What is read
    /// is whole.
    pub is_torn: bool,
}

/// Entries that can be replayed: a state, and all that came after it without a hole.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Where it begins.
    pub origin: Origin,
    /// The machine's state there.
    pub source: Box<Source>,
    /// What followed: everything but [`Entry::Began`].
    pub entries: Vec<Entry>,
}

/// Why bytes are no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// They do not begin as one.
    NotARecording,
    /// They begin as one of another version of this format.
    OtherVersion {
        /// The version they name.
        version: u8,
    },
    /// A block is whole but does not say anything this version knows.
    Damaged {
        /// Where the block begins in the file.
        at_byte: usize,
    },
}

impl Recording {
    /// Reads a file.
    pub fn read(file: &[u8]) -> Result<Recording, ReadError> {
        let mut recording = Recording::default();
        recording.append(file)?;
        Ok(recording)
    }

    /// Reads the next file of the same recording.
    pub fn append(&mut self, file: &[u8]) -> Result<(), ReadError> {
        let Some((head, mut rest)) = file.split_first_chunk::<8>() else {
            return Err(ReadError::NotARecording);
        };
        if head != &FILE_HEAD {
            return Err(match head[..7] == FILE_HEAD[..7] {
                true => ReadError::OtherVersion { version: head[7] },
                false => ReadError::NotARecording,
            });
        }
        while !rest.is_empty() {
            let at_byte = file.len() - rest.len();
            let Some((entries, behind)) = take_block(rest) else {
                self.is_torn = true;
                break;
            };
            self.take_entries(entries)
                .ok_or(ReadError::Damaged { at_byte })?;
            rest = behind;
        }
        Ok(())
    }

    /// How many inputs there are.
    pub fn inputs(&self) -> usize {
        let entries = self.segments.iter().flat_map(|segment| &segment.entries);
        entries
            .filter(|entry| matches!(entry, Entry::Told { .. }))
            .count()
    }

    fn take_entries(&mut self, mut entries: &[u8]) -> Option<()> {
        while !entries.is_empty() {
            let (entry, rest) = Entry::take(entries)?;
            entries = rest;
            match entry {
                Entry::Began(origin, source) => self.segments.push(Segment {
                    origin,
                    source,
                    entries: Vec::new(),
                }),
                entry @ (Entry::Told { .. }
                | Entry::Fatal { .. }
                | Entry::Lost { .. }
                | Entry::Counted(_)
                | Entry::Ended) => self.segments.last_mut()?.entries.push(entry),
            }
        }
        Some(())
    }
}

impl Segment {
    /// When it ends.
    pub fn end(&self) -> Instant {
        let mut times = self.entries.iter().filter_map(|entry| match entry {
            Entry::Told { at, .. } | Entry::Fatal { at, .. } => Some(*at),
            Entry::Began(..) | Entry::Lost { .. } | Entry::Counted(_) | Entry::Ended => None,
        });
        times.next_back().unwrap_or(self.origin.at)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotARecording => f.write_str("this is no flight recording"),
            ReadError::OtherVersion { version } => write!(
                f,
                "a flight recording of version {version}, and only version {} is known",
                FILE_HEAD[7]
            ),
            ReadError::Damaged { at_byte } => {
                write!(f, "the recording is damaged at byte {at_byte}")
            }
        }
    }
}

impl core::error::Error for ReadError {}
