//! Our plugins measured beside the stock ones and beside asynchronous replication.
//!
//! A [`Stage`] holds fresh servers for each [`Arm`], identical but for the plugins. The arms are
//! measured in turn, round after round, so that what the machine does meanwhile meets all of them;
//! what is compared are the two measurements of one round.

mod measure;
mod stage;
mod table;

pub use measure::{Measurement, measure};
pub use stage::{Arm, Setting, Stage};
pub use table::{Line, median};

use std::time::Duration;

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the servers are like, one after the other.
    pub settings: Vec<Setting>,
    /// Sessions that commit at the same time.
    pub clients: Vec<usize>,
    /// Rounds, in each of which every arm is measured once.
    pub rounds: usize,
    /// How long each measurement takes.
    pub time: Duration,
}

impl Plan {
    /// All that is asked for: about a quarter of an hour.
    pub fn full() -> Plan {
        let setting = |replicas, wait_point, is_durable| Setting {
            replicas,
            wait_point,
            is_durable,
        };
        Plan {
            settings: vec![
                setting(1, "AFTER_SYNC", false),
                setting(1, "AFTER_COMMIT", false),
                setting(4, "AFTER_SYNC", false),
                setting(4, "AFTER_COMMIT", false),
                setting(1, "AFTER_SYNC", true),
            ],
            clients: vec![1, 8, 64],
            rounds: 7,
            time: Duration::from_millis(2_000),
        }
    }

    /// The path from an ACK to one waiting session, often.
    pub fn one() -> Plan {
        let full = Plan::full();
        Plan {
            settings: full.settings[..1].to_vec(),
            clients: vec![1],
            rounds: 40,
            time: Duration::from_millis(500),
        }
    }

    /// A minute's worth, to see that it works.
    pub fn quick() -> Plan {
        let full = Plan::full();
        Plan {
            settings: full.settings[..2].to_vec(),
            clients: full.clients,
            rounds: 3,
            time: Duration::from_millis(500),
        }
    }
}

/// Carries out a plan; `tell` hears of each line as it is complete.
///
/// # Panics
/// When a server does not do what it should.
pub fn carry_out(plan: &Plan, tell: impl Fn(&Line)) -> Vec<Line> {
    let mut lines = Vec::new();
    for setting in &plan.settings {
        let stage = Stage::set(*setting);
        for clients in &plan.clients {
            let line = play(&stage, *setting, *clients, plan);
            tell(&line);
            lines.push(line);
        }
    }
    lines
}

fn play(stage: &Stage, setting: Setting, clients: usize, plan: &Plan) -> Line {
    let mut line = Line::new(setting, clients);
    for round in 0..plan.rounds {
        // The first arm of a round is another one each time.
        for step in 0..Arm::ALL.len() {
            let arm = Arm::ALL[(round + step) % Arm::ALL.len()];
            let measurement = measure(stage, arm, clients, plan.time);
            line.add(arm, measurement);
        }
    }
    line
}
