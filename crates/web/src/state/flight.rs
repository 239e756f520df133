//! A flight recording of a real source, at a moment of it.
//!
//! The same core that draws the virtual cluster replays what a server's plugin was told. Steps keep
//! their time and kind only; words and counters are made by replaying from the nearest checkpoint.

use core::ops::Range;

use semisync_core::log::LogMessage;
use semisync_core::source::{Input, Output, SemisyncStatus, Source, WaitOutcome, WakeCause};
use semisync_core::variables::{OBSERVED_VARIABLES, STATUS_VARIABLES, WallClock};
use semisync_flight::words::{Ordered, Told};
use semisync_flight::{Ending, ReadError, Recording, Replay, Step};

/// An open recording.
#[derive(Clone, Debug)]
pub struct Flight {
    /// The file's name.
    pub name: String,
    recording: Recording,
    steps: Vec<FlightStep>,
    /// The machine before the first step and before every [`BETWEEN_CHECKPOINTS`]th.
    checkpoints: Vec<Checkpoint>,
    /// How many steps are played.
    head: usize,
}

/// A place to replay from.
#[derive(Clone, Debug)]
struct Checkpoint {
    segment: usize,
    /// Entries of the segment before it.
    entries: usize,
    source: Source,
}

/// One input of the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlightStep {
    /// Microseconds since the recording's beginning.
    pub at_us: u64,
    /// What kind of fact it is.
    pub kind: Kind,
    /// Whether replication was semisynchronous afterwards.
    pub is_on: bool,
}

/// Kinds of facts, as the time line colours them; later ones stand out more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Events on their way, sessions that run again.
    Sent,
    /// A flush or a commit.
    Commit,
    /// An ACK.
    Ack,
    /// A variable was set, a replica came or left.
    Change,
    /// A timeout, a switch, a damaged packet, another outcome than the server's.
    Trouble,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its step, counted from 1.
    pub step: usize,
    /// Wall-clock time.
    pub time: String,
    /// What the core was told.
    pub told: String,
    /// What followed.
    pub ordered: String,
    /// Whether it stands out.
    pub is_trouble: bool,
}

impl Flight {
    /// Opens a file.
    pub fn open(name: &str, file: &[u8]) -> Result<Flight, ReadError> {
        let recording = Recording::read(file)?;
        let (steps, checkpoints) = steps(&recording);
        Ok(Flight {
            name: name.to_owned(),
            head: steps.len(),
            recording,
            steps,
            checkpoints,
        })
    }

    /// Every input.
    pub fn steps(&self) -> &[FlightStep] {
        &self.steps
    }

    /// How many are played.
    pub fn head(&self) -> usize {
        self.head
    }

    /// Plays so many.
    pub fn seek(&mut self, head: usize) {
        self.head = head.min(self.steps.len());
    }

    /// Plays up to the next trouble, or back to the one before.
    pub fn seek_trouble(&mut self, forward: bool) {
        let is_trouble = |step: &FlightStep| step.kind == Kind::Trouble;
        if forward {
            let next = self.steps[self.head..].iter().position(is_trouble);
            self.head = next.map_or(self.steps.len(), |next| self.head + next + 1);
        } else {
            let before = &self.steps[..self.head.saturating_sub(1)];
            self.head = before.iter().rposition(is_trouble).map_or(0, |at| at + 1);
        }
    }

    /// What the recording says of itself.
    pub fn title(&self) -> String {
        let Some(first) = self.recording.segments.first() else {
            return "an empty recording".to_owned();
        };
        let torn = if self.recording.is_torn {
            ", torn off at its end"
        } else {
            ""
        };
        format!(
            "MySQL {}, from {} UTC, {} inputs{torn}",
            first.origin.server_version,
            first.origin.utc,
            self.steps.len()
        )
    }

    /// The lines around the play head, the last played one among them.
    pub fn rows(&self, before: usize, after: usize) -> Vec<Row> {
        let from = self.head.saturating_sub(before);
        let to = (self.head + after).min(self.steps.len());
        let mut rows = Vec::new();
        self.replay(from..to, |index, replay, step| {
            rows.extend(row(index, self.steps[index].kind, replay, &step));
        });
        rows
    }

    /// The status variables at the play head, those of the stock plugin and ours.
    pub fn counters(&self) -> Vec<(&'static str, String)> {
        let Some((source, clock)) = self.state() else {
            return Vec::new();
        };
        let stock = STATUS_VARIABLES.iter().filter_map(|variable| {
            let value = variable.source_value(&source)?;
            Some((variable.name, value.to_string()))
        });
        let ours = OBSERVED_VARIABLES
            .iter()
            .filter(|variable| !variable.name.contains("_le_"))
            .map(|variable| (variable.name, variable.value(&source, clock).to_string()));
        stock.chain(ours).collect()
    }

    /// Wall-clock time at the play head.
    pub fn time(&self) -> String {
        match self.state() {
            Some((_, clock)) => clock.utc.to_string(),
            None => String::new(),
        }
    }

    fn state(&self) -> Option<(Source, WallClock)> {
        let Some(last) = self.head.checked_sub(1) else {
            let first = self.recording.segments.first()?;
            let (now, utc) = (first.origin.at, first.origin.utc);
            return Some((Source::clone(&first.source), WallClock { now, utc }));
        };
        let mut state = None;
        self.replay(last..self.head, |_, replay, step| {
            if let Some((now, _)) = kind(&step) {
                let utc = replay.utc(now);
                state = Some((replay.source().clone(), WallClock { now, utc }));
            }
        });
        state
    }

    /// Replays these steps, and those between them and the checkpoint before.
    fn replay(&self, range: Range<usize>, mut see: impl FnMut(usize, &Replay<'_>, Step<'_>)) {
        let number = range.start / BETWEEN_CHECKPOINTS;
        let Some(checkpoint) = self.checkpoints.get(number) else {
            return;
        };
        let segments = &self.recording.segments[checkpoint.segment..];
        let mut resumed = Some(checkpoint);
        let mut index = number * BETWEEN_CHECKPOINTS;
        for segment in segments {
            let mut replay = match resumed.take() {
                Some(at) => Replay::resume(segment, at.source.clone(), at.entries),
                None => Replay::new(segment),
            };
            while index < range.end
                && let Some(step) = replay.step()
            {
                if kind(&step).is_none() {
                    continue;
                }
                if range.contains(&index) {
                    see(index, &replay, step);
                }
                index += 1;
            }
        }
    }
}

fn steps(recording: &Recording) -> (Vec<FlightStep>, Vec<Checkpoint>) {
    let mut steps = Vec::new();
    let mut checkpoints = Vec::new();
    let Some(first) = recording.segments.first() else {
        return (steps, checkpoints);
    };
    for (number, segment) in recording.segments.iter().enumerate() {
        let mut replay = Replay::new(segment);
        let since_first = segment.origin.utc.unix_micros;
        let since_first = since_first.saturating_sub(first.origin.utc.unix_micros);
        for entries in 0.. {
            if steps.len() == checkpoints.len() * BETWEEN_CHECKPOINTS {
                checkpoints.push(Checkpoint {
                    segment: number,
                    entries,
                    source: replay.source().clone(),
                });
            }
            let Some(step) = replay.step() else { break };
            if let Some((at, kind)) = kind(&step) {
                let since_start = replay.since_start(at).as_micros() as u64;
                steps.push(FlightStep {
                    at_us: since_first.saturating_add(since_start),
                    kind,
                    is_on: replay.source().status() == SemisyncStatus::On,
                });
            }
        }
    }
    (steps, checkpoints)
}

/// When an input was, and its kind; `None` for what is no input.
fn kind(step: &Step<'_>) -> Option<(semisync_core::Instant, Kind)> {
    match step {
        Step::Told {
            at,
            input,
            outputs,
            agrees,
        } => {
            let is_trouble = !agrees || outputs.iter().any(is_trouble);
            Some((
                *at,
                if is_trouble {
                    Kind::Trouble
                } else {
                    kind_of(input)
                },
            ))
        }
        Step::Ended(Ending::Fatal { at, .. } | Ending::Impossible { at, .. }) => {
            Some((*at, Kind::Trouble))
        }
        Step::Ended(Ending::InOrder | Ending::Lost { .. }) | Step::Counted { .. } => None,
    }
}

fn is_trouble(output: &Output) -> bool {
    match output {
        Output::CommitReleased { outcome, .. } => *outcome == WaitOutcome::TimedOut,
        Output::Log(message) => matches!(
            message,
            LogMessage::SwitchedOff
                | LogMessage::SwitchedOn { .. }
                | LogMessage::ForcedShutdown
                | LogMessage::AckMagicNumberWrong
                | LogMessage::AckTooShort
                | LogMessage::AckFileNameTooLong
                | LogMessage::EventFlushFailed
        ),
        Output::SessionSleeps { .. }
        | Output::WakeSession { .. }
        | Output::EventFlag { .. }
        | Output::StartAckReceiver
        | Output::StopAckReceiver => false,
    }
}

fn kind_of(input: &Input) -> Kind {
    match input {
        Input::BinlogFlushed { .. }
        | Input::CommitQueueSynced { .. }
        | Input::TransactionCommitted { .. } => Kind::Commit,
        Input::AckReceived { .. } | Input::ReplicaHasReceived { .. } => Kind::Ack,
        Input::SessionWoken { cause, .. } => match cause {
            WakeCause::Signalled => Kind::Sent,
            WakeCause::DeadlineReached => Kind::Trouble,
        },
        Input::EventAboutToBeSent { .. } | Input::EventSent { .. } => Kind::Sent,
        Input::AckRejected { .. }
        | Input::EventFlushFailed
        | Input::EventHeaderDidNotFit
        | Input::DumpRegistrationFailed { .. }
        | Input::AckReceiverStartFailed { .. } => Kind::Trouble,
        Input::EnabledSet(_)
        | Input::TimeoutSet(_)
        | Input::WaitNoReplicaSet(_)
        | Input::WaitForReplicaCountSet(_)
        | Input::WaitPointSet(_)
        | Input::TraceLevelSet(_)
        | Input::DumpStarted { .. }
        | Input::DumpStopped { .. }
        | Input::BinaryLogsReset
        | Input::StatusFlushed
        | Input::ShutdownStarted => Kind::Change,
    }
}

fn row(index: usize, kind: Kind, replay: &Replay<'_>, step: &Step<'_>) -> Option<Row> {
    let (at, told, ordered) = match step {
        Step::Told {
            at,
            input,
            outputs,
            agrees,
        } => {
            let mut words: Vec<String> = outputs.iter().map(|o| Ordered(o).to_string()).collect();
            if !agrees {
                words.push("(not what the server did)".to_owned());
            }
            (*at, Told(input).to_string(), words.join("; "))
        }
        Step::Ended(Ending::Fatal { at, input }) => {
            let what = "the plugin failed on this".to_owned();
            (*at, Told(input).to_string(), what)
        }
        Step::Ended(Ending::Impossible { at, input }) => {
            let what = "cannot follow: the recording is damaged".to_owned();
            (*at, Told(input).to_string(), what)
        }
        Step::Ended(Ending::InOrder | Ending::Lost { .. }) | Step::Counted { .. } => return None,
    };
    let utc = replay.utc(at).to_string();
    Some(Row {
        step: index + 1,
        time: utc.split_once(' ').map_or("", |(_, time)| time).to_owned(),
        told,
        ordered,
        is_trouble: kind == Kind::Trouble,
    })
}

/// Whether a file is a flight recording.
pub fn is_flight(file: &[u8]) -> bool {
    file.starts_with(&semisync_flight::write::FILE_HEAD[..7])
}

/// Few enough that replaying them takes less than a frame.
const BETWEEN_CHECKPOINTS: usize = 500;

#[cfg(test)]
mod tests;
