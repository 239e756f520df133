//! Random labs: one seed makes a cluster, a workload and faults, and the checkers watch.
//!
//! A run is written down as a lab script while it is made, so that what a seed found can be replayed,
//! read, and made shorter ([`shrink`]). It has a phase with faults, in which promises must be kept,
//! and ends with `! mend`, after which the cluster must come to rest.

mod chance;

mod script;

mod configuration;

mod workload;

mod shrink;

use std::panic::{AssertUnwindSafe, catch_unwind};

use semisync_sim::Cluster;
use semisync_sim::checkers::Checkers;

use crate::lab::{Lab, Player, Step};
use chance::Chance;
pub use script::Script;
use workload::Workload;

/// What runs are made of.
#[derive(Clone, Copy)]
pub struct Soak {
    /// Random acts in the phase with faults.
    pub turns: u32,
    /// Who watches.
    pub checkers: fn(&Cluster) -> Checkers,
    /// Lines of `my.cnf` that every server gets beside its random ones.
    pub options: &'static [&'static str],
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Events of the cluster that ran.
    pub events: u64,
    /// The steps it was made of.
    pub steps: usize,
    /// What did not hold.
    pub finding: Option<Finding>,
}

/// A property that did not hold, and a lab that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The property, as a heading.
    pub property: String,
    /// When it was noticed and what was found.
    pub words: String,
    /// The lab.
    pub script: Script,
}

impl Default for Soak {
    fn default() -> Soak {
        Soak {
            turns: 100,
            checkers: Checkers::new,
            options: &[],
        }
    }
}

impl Soak {
    /// Runs one seed.
    pub fn run(&self, seed: u64) -> Report {
        let mut made = Script::default();
        let run = catch_unwind(AssertUnwindSafe(|| self.make(seed, &mut made)));
        let (events, broken) = match run {
            Ok(player) => (player.events(), broken(&player)),
            Err(panic) => (0, Some(crash(&*panic))),
        };
        Report {
            events,
            steps: made.steps.len(),
            finding: broken.map(|(property, words)| Finding {
                property,
                words,
                script: made,
            }),
        }
    }

    /// Plays a script and says what did not hold; steps that were refused are left out of it.
    pub fn judge(&self, script: &Script) -> Option<Finding> {
        let mut played = script.clone();
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut player = self.player(script)?;
            let mut refused = Vec::new();
            for (index, step) in self.steps(script)?.iter().enumerate() {
                if player.perform(step).is_err() {
                    refused.push(index);
                }
                if player.violation().is_some() {
                    played.steps.truncate(index + 1);
                    break;
                }
            }
            for index in refused.into_iter().rev() {
                played.steps.remove(index);
            }
            broken(&player)
        }));
        let (property, words) = run.unwrap_or_else(|panic| Some(crash(&*panic)))?;
        Some(Finding {
            property,
            words,
            script: played,
        })
    }

    /// The same finding in as few lines as can be found.
    pub fn shrink(&self, finding: &Finding) -> Finding {
        shrink::shrink(self, finding)
    }

    fn make(&self, seed: u64, made: &mut Script) -> Player {
        let mut chance = Chance::new(seed);
        let mut setting = configuration::random(&mut chance, seed);
        let options = self.options.iter();
        let lines = options.map(|option| format!("option: {option}"));
        setting.header.extend(lines);
        made.header.clone_from(&setting.header);
        let mut player = self.player(made).expect("a configuration that can be read");
        let mut workload = Workload::new(setting, chance);
        let mut act = |lines: Vec<String>, player: &mut Player| {
            for line in lines {
                made.steps.push(line);
                let step = made.last_step().expect("a step that can be read");
                if player.perform(&step).is_err() {
                    made.steps.pop();
                }
                if player.violation().is_some() {
                    return;
                }
            }
        };
        act(workload.beginning(), &mut player);
        for _ in 0..self.turns {
            if player.violation().is_some() {
                return player;
            }
            let lines = workload.turn(player.bench());
            act(lines, &mut player);
        }
        if player.violation().is_none() {
            act(vec!["! mend".to_owned()], &mut player);
        }
        player
    }

    fn player(&self, script: &Script) -> Option<Player> {
        let lab = Lab::parse(&script.text()).ok()?;
        Some(Player::watched(lab, false, self.checkers))
    }

    fn steps(&self, script: &Script) -> Option<Vec<Step>> {
        Some(Lab::parse(&script.text()).ok()?.steps)
    }
}

fn broken(player: &Player) -> Option<(String, String)> {
    let violation = player.violation()?;
    let words = format!("at {}: {}", violation.at, violation.words);
    Some((violation.property.to_owned(), words))
}

/// A panic is a broken promise of the cluster itself.
fn crash(panic: &(dyn std::any::Any + Send)) -> (String, String) {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    let property = "the virtual cluster does not panic".to_owned();
    (property, text.unwrap_or_default())
}

impl std::fmt::Debug for Soak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Soak")
            .field("turns", &self.turns)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
