//! How time passes: frame by frame, mark by mark, or at once to what is looked for.

use semisync_core::Instant;
use semisync_core::source::WaitOutcome;
use semisync_sim::{TraceEvent, TraceKind};

use super::pace::{SLOWNESS, warp};
use super::tour::Deed;
use super::{Model, Notice, Play};

/// What a person can run to, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A client has its answer.
    Answer,
    /// The source counts an ACK.
    Ack,
    /// A commit wait times out.
    Timeout,
}

impl Goal {
    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Goal::Answer => "answer",
            Goal::Ack => "ACK",
            Goal::Timeout => "timeout",
        }
    }

    fn is_met(self, event: &TraceEvent) -> bool {
        match (&event.kind, self) {
            (TraceKind::StatementAnswered { .. }, Goal::Answer)
            | (TraceKind::AckReceived { .. }, Goal::Ack) => true,
            (TraceKind::CommitWaitEnded { outcome, .. }, Goal::Timeout) => {
                *outcome == WaitOutcome::TimedOut
            }
            _ => false,
        }
    }
}

impl Model {
    /// Lets `real_ms` pass on the wall. True if anything but the play head moved.
    pub fn tick(&mut self, real_ms: f64) -> bool {
        let scripted = self.tick_script(real_ms);
        if self.play == Play::Paused {
            return scripted;
        }
        let slowness = SLOWNESS.get(self.settings.speed).copied().unwrap_or(1);
        let mut left = real_ms * 1_000.0 / f64::from(slowness);
        let (marks, inputs) = (self.marks(), self.playback.inputs_ahead());
        let mut ran = 0;
        while left > 0.0 && self.play != Play::Paused {
            let Some(next) = self.playback.next_at() else {
                self.pause_because("Nothing more will happen by itself. Type a statement.");
                break;
            };
            let gap = next.as_micros().saturating_sub(self.segment.as_micros());
            let whole = warp(gap).max(f64::MIN_POSITIVE);
            let missing = whole * (1.0 - self.fraction);
            if left < missing {
                self.fraction += left / whole;
                let into = (gap as f64 * self.fraction) as u64;
                let until = Instant::from_micros(self.segment.as_micros() + into);
                self.playback.move_time_to(until);
                break;
            }
            left -= missing;
            self.run_one();
            ran += 1;
            self.stop_if_reached(marks);
            if ran >= MAX_UNITS_A_FRAME {
                break;
            }
        }
        if ran > 0 || self.playback.inputs_ahead() != inputs {
            self.derive();
        }
        ran > 0 || scripted || self.play == Play::Paused
    }

    /// Runs one mark on. False if nothing is left to happen.
    pub(super) fn step_forward(&mut self) -> bool {
        let stepped = self.playback.step_forward();
        self.rest_here();
        stepped
    }

    /// Runs at once until the next thing of this kind, or goes back to the last one before.
    pub(super) fn run_to(&mut self, goal: Goal, forward: bool) {
        self.play = Play::Paused;
        let found = if forward {
            self.run_on_to(goal)
        } else {
            self.go_back_to(goal)
        };
        if !found {
            let where_to = if forward { "comes" } else { "came before" };
            self.notice = Some(Notice {
                text: format!("No {} {where_to} here.", goal.name()),
                refused: true,
            });
        }
        self.rest_here();
    }

    /// Time stands here; the next segment of the tape begins here.
    pub(super) fn rest_here(&mut self) {
        self.segment = self.playback.moment().at;
        self.fraction = 0.0;
        self.derive();
    }

    fn go_back_to(&mut self, goal: Goal) -> bool {
        let before = self.marks().saturating_sub(1);
        let trace = self.playback.trace();
        let found = trace[..before].iter().rposition(|event| goal.is_met(event));
        if let Some(mark) = found {
            self.playback.seek(mark);
        }
        found.is_some()
    }

    fn run_on_to(&mut self, goal: Goal) -> bool {
        let home = self.playback.moment();
        let limit = home.at.as_micros() + SEARCH_US;
        for _ in 0..SEARCH_UNITS {
            let marks = self.marks();
            let next = self.playback.next_at();
            if next.is_none_or(|next| next.as_micros() > limit) {
                break;
            }
            if self.playback.run_unit().is_none() {
                break;
            }
            let new = &self.playback.trace()[marks..self.marks()];
            if new.iter().any(|event| goal.is_met(event)) {
                return true;
            }
        }
        self.playback.seek_moment(home);
        false
    }

    fn run_one(&mut self) {
        self.playback.run_unit();
        self.segment = self.playback.moment().at;
        self.fraction = 0.0;
    }

    fn stop_if_reached(&mut self, marks_before: usize) {
        match self.play {
            Play::UntilAnswer(at) => {
                if !self.is_busy(at) {
                    // What the statement set off goes on: ACKs, applying, connecting.
                    let limit = self.now().as_micros() + AFTERMATH_US;
                    self.play = Play::UntilQuiet(Instant::from_micros(limit));
                    self.stop_if_reached(marks_before);
                }
            }
            Play::UntilQuiet(limit) => {
                let next = self.playback.next_at();
                let is_far = next.is_none_or(|next| next > limit);
                if is_far || self.playback.bench().cluster().is_quiescent() {
                    self.play = Play::Paused;
                }
            }
            Play::Running => {
                let idle = self.playback.is_at_end()
                    && self.playback.bench().cluster().is_quiescent()
                    && self.marks() > marks_before
                    && self.tabs.iter().all(|at| !self.is_busy(*at));
                let far = self
                    .playback
                    .next_at()
                    .is_none_or(|next| next.as_micros() > self.now().as_micros() + IDLE_US);
                if idle && far {
                    self.pause_because("All is quiet. Type a statement, or break something.");
                }
            }
            Play::Paused => {}
        }
    }

    fn pause_because(&mut self, text: &str) {
        self.play = Play::Paused;
        self.notice = Some(Notice {
            text: text.to_owned(),
            refused: false,
        });
    }

    /// Does the next deed of the script when it is time. True if it did.
    fn tick_script(&mut self, real_ms: f64) -> bool {
        if self.script.is_empty() || self.play != Play::Paused {
            return false;
        }
        self.script_delay -= real_ms;
        if self.script_delay > 0.0 {
            return false;
        }
        self.script_delay = SCRIPT_PAUSE_MS;
        let Some(deed) = self.script.pop_front() else {
            return false;
        };
        if let Err(reason) = self.do_deed(&deed) {
            self.script.clear();
            self.notice = Some(Notice {
                text: reason,
                refused: true,
            });
        }
        // What comes next is typed by the person, most likely on the source.
        if self.script.is_empty()
            && let Some(first) = self.tabs.first()
        {
            self.active = *first;
        }
        self.rest_here();
        true
    }

    fn do_deed(&mut self, deed: &Deed) -> Result<(), String> {
        match deed {
            Deed::Type(at, text) => {
                self.active = *at;
                self.type_at(*at, text).map_err(|error| error.to_string())?;
                self.run_while(|model| model.is_busy(*at));
            }
            Deed::Watch(at, text) => {
                self.active = *at;
                self.type_at(*at, text).map_err(|error| error.to_string())?;
                self.play = Play::UntilAnswer(*at);
            }
            Deed::Inject(fault) => {
                self.inject(fault.clone())
                    .map_err(|error| error.to_string())?;
            }
            Deed::Settle => {
                self.run_while(|model| !model.playback.bench().cluster().is_quiescent());
            }
        }
        Ok(())
    }

    /// Runs at once while something holds, but not for ever.
    fn run_while(&mut self, holds: impl Fn(&Model) -> bool) {
        let limit = self.now().as_micros() + SETTLE_US;
        for _ in 0..SEARCH_UNITS {
            let next = self.playback.next_at();
            if !holds(self) || next.is_none_or(|next| next.as_micros() > limit) {
                break;
            }
            self.playback.run_unit();
        }
    }
}

const MAX_UNITS_A_FRAME: usize = 4_000;
const SEARCH_US: u64 = 120_000_000;
const SEARCH_UNITS: usize = 400_000;
const SETTLE_US: u64 = 15_000_000;
const IDLE_US: u64 = 200_000;
const AFTERMATH_US: u64 = 30_000;
const SCRIPT_PAUSE_MS: f64 = 260.0;
