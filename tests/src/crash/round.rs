//! One round: load, crash, failover, judgement, and everybody at work again.

use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::servers::{Session, wait_until};

use super::cluster::{Cluster, WaitPoint};
use super::load::{Load, Told, commit, last_numbers};
use super::verdict::{Row, Verdict, judge};

/// What happens in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sessions commit, and the source is killed at a random moment. In half of the rounds one of the
    /// replicas falls behind first.
    Random,
    /// No replica is there, the source falls back to asynchronous replication and tells a client OK,
    /// and is killed: a loss that must be seen.
    AfterTimeout,
    /// No replica is there, a commit waits, and the source is killed: at `AFTER_COMMIT` others have
    /// read what is gone then, which must be seen.
    BeforeAck,
}

/// What came of a round.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its number.
    pub number: u32,
    /// What happened in it.
    pub kind: Kind,
    /// Transactions that clients were told OK for.
    pub told: u64,
    /// What the promoted replica has of them.
    pub verdict: Verdict,
    /// What the other replica would have lost.
    pub lost_with_the_other: u64,
    /// Transactions that only the killed server has.
    pub errant: u64,
    /// Whether the source fell back to asynchronous replication.
    pub fell_back: bool,
    /// How long all of it took.
    pub took: Duration,
}

/// Plays a round; afterwards the cluster is ready for the next.
///
/// # Panics
/// When a server does not do what it should.
pub fn play(cluster: &mut Cluster, kind: Kind, number: u32, seed: u64) -> Outcome {
    let start = Instant::now();
    cluster.wait_until_semisynchronous();
    let switched_off = cluster.switched_off();
    let dice = Dice::part(seed, u64::from(number));
    let (load, fell_back) = match kind {
        Kind::Random => (random_load(cluster, number, dice), false),
        Kind::AfterTimeout => (asynchronous_load(cluster, number), true),
        Kind::BeforeAck => (waiting_load(cluster, number), false),
    };
    assert_eq!(switched_off < cluster.switched_off(), fell_back);
    let crashed = cluster.crash();
    let told = load.into_told();
    let [best, other] = cluster.replicas_by_progress();
    let verdict = verdict_of(cluster, best, number, &told);
    let lost_with_the_other = verdict_of(cluster, other, number, &told).lost;
    cluster.promote(best, other);
    let errant = cluster.rejoin(crashed, &beyond(&verdict, number));
    Outcome {
        number,
        kind,
        told: told.answered.iter().map(|count| u64::from(*count)).sum(),
        verdict,
        lost_with_the_other,
        errant,
        fell_back,
        took: start.elapsed(),
    }
}

/// Who worked on the source before it was killed.
enum Work {
    Sessions(Load),
    /// One that was answered so often, and a reader that saw so much.
    Known(Told),
    /// One whose commit waits; a reader saw so much.
    Waiting {
        client: std::thread::JoinHandle<Result<(), ()>>,
        seen: u32,
    },
}

impl Work {
    fn into_told(self) -> Told {
        match self {
            Work::Sessions(load) => load.told(),
            Work::Known(told) => told,
            Work::Waiting { client, seen } => {
                let answer = client.join().expect("the client meets no error");
                Told {
                    answered: vec![u32::from(answer.is_ok())],
                    seen: vec![seen],
                }
            }
        }
    }
}

fn random_load(cluster: &Cluster, number: u32, mut dice: Dice) -> Work {
    let load = Load::start(cluster.source(), number, CLIENTS);
    let wait_for_answers = |answers: u64| {
        wait_until("sessions commit", PATIENCE, || {
            answers <= u64::from(load.answered())
        });
    };
    let behind = cluster.server(cluster.replicas()[dice.index(2)]);
    let before = dice.below(MOST_COMMITS);
    let after = dice.below(MOST_COMMITS);
    wait_for_answers(before);
    match dice.below(4) {
        0 => behind.freeze(),
        1 => behind.session().run("STOP REPLICA IO_THREAD"),
        _ => {}
    }
    wait_for_answers(before + after);
    let moment = Instant::now() + Duration::from_micros(dice.below(3_000));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    Work::Sessions(load)
}

/// Commits that are answered after the timeout, and nobody has them but the source.
fn asynchronous_load(cluster: &Cluster, number: u32) -> Work {
    stop_receivers(cluster);
    let mut session = cluster.source().session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 50");
    for transaction in 0..UNPROTECTED {
        commit(&mut session, number, 0, transaction).expect("the source is there");
    }
    Work::Known(Told {
        answered: vec![UNPROTECTED],
        seen: vec![visible(&mut session, number)],
    })
}

/// A commit that waits for an ACK that cannot come.
fn waiting_load(cluster: &Cluster, number: u32) -> Work {
    stop_receivers(cluster);
    let mut committing = cluster.source().session();
    let mut reading = cluster.source().session();
    let client = std::thread::spawn(move || commit(&mut committing, number, 0, 0));
    wait_until("the commit waits", PATIENCE, || {
        reading.source_count("wait_sessions") == 1
    });
    if cluster.wait_point == WaitPoint::AfterCommit {
        wait_until("the row is visible", PATIENCE, || {
            visible(&mut reading, number) == 1
        });
    }
    let seen = visible(&mut reading, number);
    Work::Waiting { client, seen }
}

fn stop_receivers(cluster: &Cluster) {
    for replica in cluster.replicas() {
        cluster
            .server(replica)
            .session()
            .run("STOP REPLICA IO_THREAD");
    }
}

fn visible(session: &mut Session, number: u32) -> u32 {
    last_numbers(session, number, 1).expect("the source is there")[0]
}

fn verdict_of(cluster: &Cluster, server: usize, number: u32, told: &Told) -> Verdict {
    let rows = cluster.server(server).session().rows(&format!(
        "SELECT client, number, COUNT(*) FROM ledger.entries WHERE round = {number} \
         GROUP BY client, number"
    ));
    let rows: Vec<Row> = rows
        .iter()
        .map(|row| {
            let value = |index: usize| row[index].parse::<u32>().expect("a number");
            Row {
                client: value(0) as usize,
                number: value(1),
                parts: value(2),
            }
        })
        .collect();
    judge(told, &rows)
}

/// The rows that the promoted replica has not.
fn beyond(verdict: &Verdict, number: u32) -> String {
    let clients: Vec<String> = verdict
        .kept
        .iter()
        .enumerate()
        .map(|(client, kept)| format!("(client = {client} AND {kept} <= number)"))
        .collect();
    format!("round = {number} AND ({})", clients.join(" OR "))
}

/// Sessions that commit at the same time.
const CLIENTS: usize = 8;

/// Answers before one of the replicas falls behind, and again before the crash, at most.
const MOST_COMMITS: u64 = 200;

/// Commits that are lost on purpose.
const UNPROTECTED: u32 = 3;

const PATIENCE: Duration = Duration::from_secs(60);
