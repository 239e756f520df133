//! The same core, told the same again.

use core::time::Duration;

use semisync_core::source::{Counters, Input, Output, Source};
use semisync_core::{Instant, UtcTime};

use crate::{Digest, Entry, Origin, Segment};

/// A segment being replayed.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    origin: &'a Origin,
    source: Source,
    entries: core::slice::Iter<'a, Entry>,
}

/// One entry replayed.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a> {
    /// The machine was told something.
    Told {
        /// When.
        at: Instant,
        /// What.
        input: &'a Input,
        /// What it orders now.
        outputs: Vec<Output>,
        /// Whether it ordered the same in the server.
        agrees: bool,
    },
    /// The server's counters at this point.
    Counted {
        /// Whether they are the machine's.
        agrees: bool,
        /// As recorded.
        recorded: &'a Counters,
    },
    /// The segment is over.
    Ended(Ending<'a>),
}

/// How a segment ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending<'a> {
    /// The recorder was switched off.
    InOrder,
    /// The machine failed on this input in the server.
    Fatal {
        /// When.
        at: Instant,
        /// What it was told.
        input: &'a Input,
    },
    /// The disk was too slow for so many inputs.
    Lost {
        /// How many.
        inputs: u64,
    },
    /// This input cannot follow what came before: the recording is damaged.
    Impossible {
        /// When.
        at: Instant,
        /// What it would be told.
        input: &'a Input,
    },
}

impl<'a> Replay<'a> {
    /// From the beginning of a segment.
    pub fn new(segment: &'a Segment) -> Replay<'a> {
        Replay {
            origin: &segment.origin,
            source: Source::clone(&segment.source),
            entries: segment.entries.iter(),
        }
    }

    /// From where an earlier replay of the segment was after so many steps.
    pub fn resume(segment: &'a Segment, source: Source, steps: usize) -> Replay<'a> {
        let entries = segment.entries.get(steps..).unwrap_or_default();
        Replay {
            origin: &segment.origin,
            source,
            entries: entries.iter(),
        }
    }

    /// Replays the next entry; `None` when there is no more.
    pub fn step(&mut self) -> Option<Step<'a>> {
        let step = match self.entries.next()? {
            Entry::Told { at, input, outputs } => self.tell(*at, input, *outputs),
            Entry::Counted(recorded) => Step::Counted {
                agrees: **recorded == *self.source.counters(),
                recorded,
            },
            Entry::Fatal { at, input } => Step::Ended(Ending::Fatal { at: *at, input }),
            Entry::Lost { inputs } => Step::Ended(Ending::Lost { inputs: *inputs }),
            Entry::Began(..) | Entry::Ended => Step::Ended(Ending::InOrder),
        };
        if matches!(step, Step::Ended(_)) {
            self.entries = [].iter();
        }
        Some(step)
    }

    /// The machine as it is now.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The wall clock at a moment of the segment.
    pub fn utc(&self, at: Instant) -> UtcTime {
        self.origin.utc.saturating_add(self.since_start(at))
    }

    /// Time since the segment's beginning.
    pub fn since_start(&self, at: Instant) -> Duration {
        at.saturating_since(self.origin.at)
    }

    fn tell(&mut self, at: Instant, input: &'a Input, recorded: Digest) -> Step<'a> {
        if !self.source.accepts(input) {
            return Step::Ended(Ending::Impossible { at, input });
        }
        self.source.handle(at, input.clone());
        let mut digest = Digest::NONE;
        let mut outputs = Vec::new();
        while let Some(output) = self.source.poll_output() {
            digest.add(&output);
            outputs.push(output);
        }
        let agrees = digest == recorded;
        Step::Told {
            at,
            input,
            outputs,
            agrees,
        }
    }
}
