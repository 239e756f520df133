//! Checkers: they watch a cluster and say what broke, with the values.
//!
//! They never steer. Each property is one file with the property's name. [`Checkers`] hands each of
//! them the marks that are new since the last look, and asks all of them once more at the end of a
//! run, when every fault is over and nothing is in flight.

mod history;

pub mod acknowledged_commits_are_kept;

pub mod answers_are_kept;

pub mod answers_follow_waits;

pub mod counters_add_up;

pub mod origins_have_their_own;

pub mod replicas_converge;

pub mod waits_end;

pub use history::History;

use std::fmt;

use semisync_core::Instant;

use crate::ServerIndex;
use crate::cluster::Cluster;
use crate::trace::{Lane, TraceEvent};

/// A property did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one, as a heading.
    pub property: &'static str,
    /// When it was noticed.
    pub at: Instant,
    /// What was found, with the values.
    pub words: String,
}

/// One property.
pub trait Checker {
    /// The property, as a heading.
    fn property(&self) -> &'static str;

    /// Looks at what happened since the last time.
    ///
    /// # Errors
    /// What was found, if the property does not hold.
    fn observe(
        &mut self,
        cluster: &Cluster,
        history: &History,
        new: &[&TraceEvent],
    ) -> Result<(), String> {
        for event in new {
            if let Lane::Server(ix) = event.lane {
                self.server_did(cluster, history, ix, event)?;
            }
        }
        Ok(())
    }

    /// Looks at one thing a server did; [`Checker::observe`] hands over each of them.
    ///
    /// # Errors
    /// What was found, if the property does not hold.
    fn server_did(
        &mut self,
        _cluster: &Cluster,
        _history: &History,
        _ix: ServerIndex,
        _event: &TraceEvent,
    ) -> Result<(), String> {
        Ok(())
    }

    /// Looks at a cluster in which all faults are over and nothing is in flight.
    ///
    /// # Errors
    /// What was found, if the property does not hold.
    fn at_rest(&mut self, _cluster: &Cluster, _history: &History) -> Result<(), String> {
        Ok(())
    }
}

/// All properties together.
pub struct Checkers {
    all: Vec<Box<dyn Checker>>,
    history: History,
    seen: usize,
}

impl Checkers {
    /// All of them, for a cluster from now on.
    pub fn new(cluster: &Cluster) -> Checkers {
        Checkers::of(
            cluster,
            vec![
                Box::new(acknowledged_commits_are_kept::AcknowledgedCommitsAreKept::default()),
                Box::new(answers_are_kept::AnswersAreKept::default()),
                Box::new(answers_follow_waits::AnswersFollowWaits::default()),
                Box::new(counters_add_up::CountersAddUp::new(cluster)),
                Box::new(origins_have_their_own::OriginsHaveTheirOwn),
                Box::new(replicas_converge::ReplicasConverge),
                Box::new(waits_end::WaitsEnd::default()),
            ],
        )
    }

    /// These, for a cluster from now on.
    pub fn of(cluster: &Cluster, all: Vec<Box<dyn Checker>>) -> Checkers {
        Checkers {
            all,
            history: History::new(cluster),
            seen: cluster.trace().len(),
        }
    }

    /// To be called after every step.
    ///
    /// # Errors
    /// The first property that does not hold.
    pub fn observe(&mut self, cluster: &Cluster) -> Result<(), Violation> {
        let new: Vec<_> = cluster.trace().iter_from(self.seen).collect();
        self.seen = cluster.trace().len();
        if new.is_empty() {
            return Ok(());
        }
        self.history.observe(cluster, &new);
        self.ask(cluster, |checker, history| {
            checker.observe(cluster, history, &new)
        })
    }

    /// To be called once at the end.
    ///
    /// # Errors
    /// The first property that does not hold.
    pub fn at_rest(&mut self, cluster: &Cluster) -> Result<(), Violation> {
        self.observe(cluster)?;
        self.ask(cluster, |checker, history| {
            checker.at_rest(cluster, history)
        })
    }

    fn ask(
        &mut self,
        cluster: &Cluster,
        mut question: impl FnMut(&mut Box<dyn Checker>, &History) -> Result<(), String>,
    ) -> Result<(), Violation> {
        for checker in &mut self.all {
            question(checker, &self.history).map_err(|words| Violation {
                property: checker.property(),
                at: cluster.now(),
                words,
            })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Checkers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.all.iter().map(|checker| checker.property());
        f.debug_list().entries(names).finish()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "at {}: not so: {}: {}",
            self.at, self.property, self.words
        )
    }
}

impl std::error::Error for Violation {}
