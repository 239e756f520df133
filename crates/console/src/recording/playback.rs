//! Replays a recording and stands at any moment of it.
//!
//! The unit of replay is one input or one event of the cluster. Every unit that made marks on the
//! tape can be sought; states in between are reached by running on from the nearest checkpoint.

use std::rc::Rc;

use semisync_core::Instant;
use semisync_sim::TraceEvent;
use semisync_sim::fault::FaultError;

use super::{Input, Moment, Recording, TimedInput};
use crate::workbench::{SubmitError, Workbench};

/// A recording, the state at the play head, and other branches of the same session.
#[derive(Clone, Debug)]
pub struct Playback {
    recording: Recording,
    /// All marks of this branch as far as it was ever played.
    trace: Vec<Rc<TraceEvent>>,
    /// For each mark, the number of the unit that made it.
    units: Vec<u64>,
    bench: Workbench,
    cursor: Cursor,
    end: Cursor,
    checkpoints: Vec<Checkpoint>,
    spacing: u64,
    branches: Vec<Branch>,
}

/// Another future of the session.
#[derive(Clone, Debug)]
pub struct Branch {
    /// How it is offered to the person.
    pub name: String,
    /// Where it leaves the branch that replaced it.
    pub fork: Moment,
    recording: Recording,
}

/// What ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An input of the recording.
    Input,
    /// An event of the cluster.
    Event,
}

/// Why an action was refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActError {
    /// The statement was not taken.
    Submit(SubmitError),
    /// The fault makes no sense now.
    Fault(FaultError),
}

/// Where a state is in its recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cursor {
    /// Units run: inputs and events.
    units: u64,
    moment: Moment,
    inputs: usize,
    marks: usize,
}

#[derive(Clone, Debug)]
struct Checkpoint {
    cursor: Cursor,
    bench: Workbench,
}

impl Playback {
    /// Replays a recording to its end and stands at its cursor.
    pub fn new(recording: Recording) -> Playback {
        let bench = Workbench::new(recording.config.clone());
        let mut playback = Playback {
            trace: Vec::new(),
            units: Vec::new(),
            cursor: Cursor::default(),
            end: Cursor::default(),
            checkpoints: vec![Checkpoint {
                cursor: Cursor::default(),
                bench: bench.clone(),
            }],
            spacing: FIRST_SPACING,
            branches: Vec::new(),
            bench,
            recording,
        };
        let (end, cursor) = (playback.recording.end, playback.recording.cursor);
        playback.seek_moment(end);
        playback.seek_moment(cursor);
        playback
    }

    /// The cluster and its clients at the play head.
    pub fn bench(&self) -> &Workbench {
        &self.bench
    }

    /// All marks known of this branch, also those after the play head.
    pub fn trace(&self) -> &[Rc<TraceEvent>] {
        &self.trace
    }

    /// How many marks lie before the play head.
    pub fn marks(&self) -> usize {
        self.cursor.marks
    }

    /// The play head.
    pub fn moment(&self) -> Moment {
        self.cursor.moment
    }

    /// Whether the play head stands at the end of what was played.
    pub fn is_at_end(&self) -> bool {
        self.cursor.units >= self.end.units
    }

    /// Inputs after the play head.
    pub fn inputs_ahead(&self) -> usize {
        self.recording.inputs.len() - self.cursor.inputs
    }

    /// The recording of this branch, with its present end and cursor.
    pub fn recording(&self) -> Recording {
        Recording {
            end: self.end.moment,
            cursor: self.cursor.moment,
            ..self.recording.clone()
        }
    }

    /// The other futures, oldest first.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// When the next input or event is due, if any.
    pub fn next_at(&self) -> Option<Instant> {
        let event = self.bench.next_event_at();
        match self.recording.inputs.get(self.cursor.inputs) {
            Some(next) => Some(event.map_or(next.when.at, |at| at.min(next.when.at))),
            None => event,
        }
    }

    /// Runs the next input or event. `None` if nothing is left to happen.
    pub fn run_unit(&mut self) -> Option<Unit> {
        let unit = match self.recording.inputs.get(self.cursor.inputs) {
            Some(next) if next.when.events <= self.cursor.moment.events => {
                let TimedInput { when, input } = next.clone();
                if self.bench.now() < when.at {
                    self.bench.advance_to(when.at);
                }
                // It was taken when it was recorded, and replay is exact; if a newer version of the
                // cluster refuses it, the session goes on without it.
                let _ = apply(&mut self.bench, &input);
                self.cursor.inputs += 1;
                Unit::Input
            }
            _ => {
                if !self.bench.step() {
                    return None;
                }
                self.cursor.moment.events += 1;
                Unit::Event
            }
        };
        self.account_for_unit();
        Some(unit)
    }

    /// Runs all that is due up to and including `until`, then moves time there.
    pub fn advance_to(&mut self, until: Instant) {
        while self.next_at().is_some_and(|at| at <= until) && self.run_unit().is_some() {}
        self.move_time_to(until);
    }

    /// Moves time to `until`, but not past what is due next.
    pub fn move_time_to(&mut self, until: Instant) {
        let until = match self.next_at() {
            Some(next) if next <= until => {
                Instant::from_micros(next.as_micros().saturating_sub(1)).max(self.bench.now())
            }
            _ => until,
        };
        if until > self.bench.now() {
            self.bench.advance_to(until);
            self.cursor.moment.at = until;
            self.end = self.end.max(self.cursor);
        }
    }

    /// Runs until something left a mark. False if nothing is left to happen.
    pub fn step_forward(&mut self) -> bool {
        let marks = self.cursor.marks;
        for _ in 0..MAX_UNMARKED_UNITS {
            if self.run_unit().is_none() {
                return false;
            }
            if self.cursor.marks > marks {
                return true;
            }
        }
        false
    }

    /// Goes back to just before the unit that made the last mark. False at the beginning.
    pub fn step_back(&mut self) -> bool {
        let Some(last) = self.cursor.marks.checked_sub(1) else {
            return false;
        };
        let unit = self.units[last];
        let before = self.units[..last].partition_point(|other| *other < unit);
        self.seek_marks(before);
        true
    }

    /// Goes to where the mark with this number has just been made. Numbers past the end go to the end.
    pub fn seek(&mut self, mark: usize) {
        self.seek_marks((mark + 1).min(self.trace.len()));
    }

    /// Goes to the beginning.
    pub fn seek_start(&mut self) {
        self.seek_marks(0);
    }

    /// Goes to a moment, behind all inputs made there.
    pub fn seek_moment(&mut self, moment: Moment) {
        let from = self
            .checkpoints
            .iter()
            .rposition(|checkpoint| {
                checkpoint.cursor.moment <= moment && checkpoint.cursor.units <= self.end.units
            })
            .unwrap_or(0);
        let is_ahead = self.cursor.moment <= moment
            && self.cursor.units >= self.checkpoints[from].cursor.units;
        if !is_ahead {
            self.restore(from);
        }
        loop {
            let input_due = self
                .recording
                .inputs
                .get(self.cursor.inputs)
                .is_some_and(|next| next.when <= moment);
            if !input_due && self.cursor.moment.events >= moment.events {
                break;
            }
            if self.run_unit().is_none() {
                break;
            }
        }
        self.move_time_to(moment.at);
    }

    /// Acts at the play head. When something is known to come after it, that future becomes a branch.
    ///
    /// # Errors
    /// When the cluster or the client refuses; nothing has changed then.
    pub fn act(&mut self, input: Input) -> Result<(), ActError> {
        let mut bench = self.bench.clone();
        apply(&mut bench, &input)?;
        if self.trace.len() > self.cursor.marks || self.inputs_ahead() > 0 {
            self.keep_future_as_branch();
        }
        self.forget_future();
        self.recording.inputs.push(TimedInput {
            when: self.cursor.moment,
            input,
        });
        self.bench = bench;
        self.cursor.inputs += 1;
        self.account_for_unit();
        Ok(())
    }

    /// Changes to another future, at the moment where it forks; the present one becomes a branch.
    /// An index that does not exist changes nothing.
    pub fn reopen(&mut self, index: usize) {
        if index >= self.branches.len() {
            return;
        }
        let branch = self.branches.remove(index);
        let shared = self.shared_inputs(&branch.recording);
        let fork = self.fork_moment(shared, &branch.recording);
        self.branches.push(Branch {
            name: name_of(&self.recording, shared),
            fork,
            recording: self.recording(),
        });
        self.checkpoints.retain(|checkpoint| {
            checkpoint.cursor.inputs <= shared && checkpoint.cursor.moment < fork
        });
        if self.checkpoints.is_empty() {
            self.checkpoints.push(Checkpoint {
                cursor: Cursor::default(),
                bench: Workbench::new(branch.recording.config.clone()),
            });
        }
        self.recording = branch.recording;
        self.restore(self.checkpoints.len() - 1);
        self.trace.truncate(self.cursor.marks);
        self.units.truncate(self.cursor.marks);
        self.end = self.cursor;
        self.seek_moment(self.recording.end);
        self.seek_moment(fork);
    }

    fn keep_future_as_branch(&mut self) {
        self.branches.push(Branch {
            name: name_of(&self.recording, self.cursor.inputs),
            fork: self.cursor.moment,
            recording: self.recording(),
        });
    }

    fn forget_future(&mut self) {
        self.recording.inputs.truncate(self.cursor.inputs);
        self.trace.truncate(self.cursor.marks);
        self.units.truncate(self.cursor.marks);
        let cursor = self.cursor;
        self.checkpoints
            .retain(|checkpoint| checkpoint.cursor.units <= cursor.units);
        self.end = cursor;
    }

    fn shared_inputs(&self, other: &Recording) -> usize {
        let pairs = self.recording.inputs.iter().zip(&other.inputs);
        pairs.take_while(|(a, b)| a == b).count()
    }

    fn fork_moment(&self, shared: usize, other: &Recording) -> Moment {
        let ours = self.recording.inputs.get(shared).map(|next| next.when);
        let theirs = other.inputs.get(shared).map(|next| next.when);
        ours.into_iter().chain(theirs).min().unwrap_or(other.end)
    }

    fn seek_marks(&mut self, marks: usize) {
        let from = self
            .checkpoints
            .partition_point(|checkpoint| checkpoint.cursor.marks <= marks)
            .saturating_sub(1);
        let is_ahead =
            self.cursor.marks <= marks && self.cursor.units >= self.checkpoints[from].cursor.units;
        if !is_ahead || self.cursor.marks == marks {
            self.restore(from);
        }
        while self.cursor.marks < marks && self.run_unit().is_some() {}
    }

    fn restore(&mut self, checkpoint: usize) {
        let Checkpoint { cursor, bench } = &self.checkpoints[checkpoint];
        self.cursor = *cursor;
        self.bench = bench.clone();
    }

    /// Books what the last unit did: marks, time, checkpoints.
    fn account_for_unit(&mut self) {
        let made = self.bench.cluster().trace();
        for (known, mark) in made.iter().enumerate().skip(self.cursor.marks) {
            if known >= self.trace.len() {
                self.trace.push(Rc::new(mark.clone()));
                self.units.push(self.cursor.units);
            }
        }
        self.cursor.marks = made.len();
        self.cursor.units += 1;
        self.cursor.moment.at = self.bench.now();
        self.end = self.end.max(self.cursor);
        let last = self.checkpoints.last().map_or(0, |last| last.cursor.units);
        if self.cursor.units >= last + self.spacing {
            self.checkpoints.push(Checkpoint {
                cursor: self.cursor,
                bench: self.bench.clone(),
            });
            self.thin_checkpoints();
        }
    }

    fn thin_checkpoints(&mut self) {
        if self.checkpoints.len() <= MAX_CHECKPOINTS {
            return;
        }
        let mut keep = false;
        self.checkpoints.retain(|_| {
            keep = !keep;
            keep
        });
        self.spacing *= 2;
    }
}

impl std::fmt::Display for ActError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ActError::Submit(SubmitError::Busy) => {
                f.write_str("this session still runs a statement; open another one with +")
            }
            ActError::Submit(SubmitError::Incomplete) => {
                f.write_str(r"the statement does not end yet: ;, \g or \G")
            }
            ActError::Submit(SubmitError::Idle) => f.write_str("this session runs no statement"),
            ActError::Submit(SubmitError::NoSuchServer) => f.write_str("there is no such server"),
            ActError::Fault(error) => f.write_str(&error.reason),
        }
    }
}

impl std::error::Error for ActError {}

fn apply(bench: &mut Workbench, input: &Input) -> Result<(), ActError> {
    match input {
        Input::Typed { at, text } => bench.submit(*at, text).map_err(ActError::Submit),
        Input::Interrupted { at } => bench.interrupt(*at).map_err(ActError::Submit),
        Input::Fault(fault) => bench.inject(fault.clone()).map_err(ActError::Fault),
    }
}

/// A branch is named after the first thing that was done in it.
fn name_of(recording: &Recording, shared: usize) -> String {
    match recording.inputs.get(shared).map(|next| &next.input) {
        Some(Input::Typed { text, .. }) => {
            let line = text.lines().next().unwrap_or_default();
            let mut name: String = line.chars().take(NAME_LENGTH).collect();
            if name.len() < text.len() {
                name.push('…');
            }
            name
        }
        Some(Input::Interrupted { .. }) => "Ctrl-C".to_owned(),
        Some(Input::Fault(fault)) => format!("{fault:?}"),
        None => "nothing else done".to_owned(),
    }
}

const FIRST_SPACING: u64 = 128;
const MAX_CHECKPOINTS: usize = 64;
const MAX_UNMARKED_UNITS: usize = 10_000;
const NAME_LENGTH: usize = 40;
