//! Checkers: they watch a cluster and say what broke, with the values.
//!
//! They never steer. Each property is one file with the property's name. [`Checkers`] hands each of
//! them the marks that are new since the last look, and asks all of them once more at the end of a
//! run, when every fault is over and nothing is in flight.

pub mod acknowledged_commits_are_kept;

pub mod answers_are_kept;

pub mod counters_add_up;

pub mod replicas_converge;

pub mod waits_end;

use std::fmt;

use semisync_core::Instant;

use crate::cluster::Cluster;
use crate::trace::TraceEvent;

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
    fn observe(&mut self, cluster: &Cluster, new: &[&TraceEvent]) -> Result<(), String>;

    /// Looks at a cluster in which all faults are over and nothing is in flight.
    ///
    /// # Errors
    /// What was found, if the property does not hold.
    fn at_rest(&mut self, cluster: &Cluster) -> Result<(), String>;
}

/// All properties together.
pub struct Checkers {
    all: Vec<Box<dyn Checker>>,
    seen: usize,
}

impl Checkers {
    /// All of them.
    pub fn new() -> Checkers {
        Checkers {
            all: vec![
                Box::new(acknowledged_commits_are_kept::AcknowledgedCommitsAreKept::default()),
                Box::new(answers_are_kept::AnswersAreKept::default()),
                Box::new(counters_add_up::CountersAddUp::default()),
                Box::new(replicas_converge::ReplicasConverge),
                Box::new(waits_end::WaitsEnd::default()),
            ],
            seen: 0,
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
        self.ask(cluster, |checker| checker.observe(cluster, &new))
    }

    /// To be called once at the end.
    ///
    /// # Errors
    /// The first property that does not hold.
    pub fn at_rest(&mut self, cluster: &Cluster) -> Result<(), Violation> {
        self.observe(cluster)?;
        self.ask(cluster, |checker| checker.at_rest(cluster))
    }

    fn ask(
        &mut self,
        cluster: &Cluster,
        mut question: impl FnMut(&mut Box<dyn Checker>) -> Result<(), String>,
    ) -> Result<(), Violation> {
        for checker in &mut self.all {
            question(checker).map_err(|words| Violation {
                property: checker.property(),
                at: cluster.now(),
                words,
            })?;
        }
        Ok(())
    }
}

impl Default for Checkers {
    fn default() -> Checkers {
        Checkers::new()
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
