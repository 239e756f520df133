//! Sources killed under load, and what the promoted replica has of what clients were told.
//!
//! A [`Cluster`] is a source and two replicas, each able to take the source's place. In a round
//! sessions commit, the source is killed, the replica that has most takes over, and its rows are
//! compared with what the sessions were told and what a reader saw ([`judge`]). The killed server
//! recovers and joins as a replica. Some rounds lose on purpose: without them nobody would know that
//! a loss is seen.

mod cluster;
mod load;
mod round;
mod tally;
mod verdict;

pub use cluster::{Cluster, WaitPoint};
pub use load::{Load, Told, parts_of};
pub use round::{Kind, Outcome, play};
pub use tally::Tally;
pub use verdict::{Row, Verdict, judge};

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::servers::Plugins;

/// What is played, how often.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whose plugins all servers have.
    pub plugins: Plugins,
    /// When commits wait.
    pub wait_point: WaitPoint,
    /// Rounds in which the source is killed at a random moment.
    pub rounds: u32,
    /// Rounds of each kind that must lose.
    pub losses: u32,
    /// Clusters side by side.
    pub jobs: u32,
    /// What all dice follow.
    pub seed: u64,
}

/// Plays all rounds; `tell` hears of each outcome.
///
/// # Panics
/// When a server does not do what it should.
pub fn run(settings: Settings, tell: impl Fn(&Outcome) + Sync) -> Tally {
    let next = AtomicU32::new(0);
    let tally = Mutex::new(Tally::new(settings));
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..settings.jobs)
            .map(|_| {
                scope.spawn(|| {
                    let mut cluster = Cluster::start(settings.plugins, settings.wait_point);
                    while let Some((number, kind)) = settings.take(&next) {
                        let outcome = play(&mut cluster, kind, number, settings.seed);
                        tell(&outcome);
                        tally.lock().expect("no job fails here").add(&outcome);
                    }
                })
            })
            .collect();
        for job in jobs {
            if let Err(panic) = job.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    tally.into_inner().expect("all jobs have ended")
}

impl Settings {
    fn take(&self, next: &AtomicU32) -> Option<(u32, Kind)> {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let kind = match number {
            number if number < self.losses => Kind::AfterTimeout,
            number if number < 2 * self.losses => Kind::BeforeAck,
            number if number < 2 * self.losses + self.rounds => Kind::Random,
            _ => return None,
        };
        Some((number, kind))
    }
}
