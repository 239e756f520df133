//! The sums of many rounds.

use std::fmt;
use std::time::Duration;

use super::Settings;
use super::cluster::WaitPoint;
use super::round::{Kind, Outcome};

/// What came of all rounds.
#[derive(Clone, Debug)]
pub struct Tally {
    settings: Settings,
    /// Rounds with a crash at a random moment.
    pub rounds: u64,
    /// Transactions that clients were told OK for in these.
    pub told: u64,
    /// Those of them that were lost.
    pub lost: u64,
    /// Transactions that were torn or come from nowhere.
    pub broken: u64,
    /// Transactions that others had read and that were gone.
    pub phantoms: u64,
    /// Transactions that are there without their client knowing it.
    pub unanswered: u64,
    /// Transactions that only killed servers had.
    pub errant: u64,
    /// Rounds in which the other replica would have lost what clients were told.
    pub wrong_choice_loses: u64,
    /// Rounds with a loss after a timeout, and those in which it was seen.
    pub after_timeout: (u64, u64),
    /// Rounds with a crash during a wait, and those in which others saw what they should.
    pub before_ack: (u64, u64),
    took: Duration,
}

impl Tally {
    /// Nothing yet.
    pub fn new(settings: Settings) -> Tally {
        Tally {
            settings,
            rounds: 0,
            told: 0,
            lost: 0,
            broken: 0,
            phantoms: 0,
            unanswered: 0,
            errant: 0,
            wrong_choice_loses: 0,
            after_timeout: (0, 0),
            before_ack: (0, 0),
            took: Duration::ZERO,
        }
    }

    /// Adds a round.
    pub fn add(&mut self, outcome: &Outcome) {
        let verdict = &outcome.verdict;
        self.broken += verdict.torn + verdict.invented;
        match outcome.kind {
            Kind::Random => {
                self.rounds += 1;
                self.told += outcome.told;
                self.lost += verdict.lost;
                self.phantoms += verdict.phantoms;
                self.unanswered += verdict.unanswered;
                self.errant += outcome.errant;
                self.wrong_choice_loses += u64::from(0 < outcome.lost_with_the_other);
                self.took += outcome.took;
            }
            Kind::AfterTimeout => {
                let is_seen = outcome.fell_back && 0 < outcome.told && verdict.lost == outcome.told;
                self.after_timeout.0 += 1;
                self.after_timeout.1 += u64::from(is_seen);
            }
            Kind::BeforeAck => {
                let phantoms = match self.settings.wait_point {
                    WaitPoint::AfterSync => 0,
                    WaitPoint::AfterCommit => 1,
                };
                let is_right = outcome.told == 0 && verdict.phantoms == phantoms;
                self.before_ack.0 += 1;
                self.before_ack.1 += u64::from(is_right);
            }
        }
    }

    /// Whether nothing was lost that must not be, and everything was that must be.
    pub fn is_good(&self) -> bool {
        let no_phantoms = self.phantoms == 0 || self.settings.wait_point == WaitPoint::AfterCommit;
        self.lost == 0
            && self.broken == 0
            && no_phantoms
            && self.after_timeout.0 == self.after_timeout.1
            && self.before_ack.0 == self.before_ack.1
            && self.rounds == u64::from(self.settings.rounds)
    }

    /// The lines above [`Tally`]'s own.
    pub const HEAD: &str = "\
| plugins | wait point | rounds | told OK | lost | torn or invented | read by others, gone | \
kept without an answer | only on the killed server | rounds in which the other replica loses | \
losses after a timeout seen | crashes in a wait as expected | seconds a round |\n\
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugins = self.settings.plugins.word();
        let seconds = self.took.as_secs_f64() / self.rounds.max(1) as f64;
        write!(
            f,
            "| {plugins} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} of {} | {} of {} | {seconds:.1} |",
            self.settings.wait_point,
            self.rounds,
            self.told,
            self.lost,
            self.broken,
            self.phantoms,
            self.unanswered,
            self.errant,
            self.wrong_choice_loses,
            self.after_timeout.1,
            self.after_timeout.0,
            self.before_ack.1,
            self.before_ack.0,
        )
    }
}
