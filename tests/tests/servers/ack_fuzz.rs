//! Malformed ACKs by the thousand, and the ACKs of a good replica among them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use semisync_core::BinlogPosition;
use semisync_tests::dice::Dice;
use semisync_tests::servers::{FakeReplica, Link, Plugins, Session, Topology};

const SEED: u64 = 20_261_120;
const GUESTS: u32 = 60;
const PACKETS: u32 = 50;

/// The most that all of them together may delay the ACKs of the good one.
const ALLOWED: Duration = Duration::from_millis(10);

#[test]
fn thousands_of_malformed_acks_delay_nobody_and_break_nothing() {
    println!("seed {SEED}");
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours], Link::PLAIN);
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    let next = AtomicU32::new(0);
    let quiet = median(commit_while(&mut session, &next, |count| count < 100));

    let is_over = AtomicBool::new(false);
    let mut committing = topology.source.session();
    let beside = std::thread::scope(|scope| {
        let commits = scope.spawn(|| {
            commit_while(&mut committing, &next, |count| {
                count < 100 || !is_over.load(Ordering::Relaxed)
            })
        });
        send_rubbish(&topology, &mut Dice::new(SEED));
        is_over.store(true, Ordering::Relaxed);
        median(commits.join().expect("commits go on"))
    });
    println!("median commit: {quiet:?} before, {beside:?} beside {GUESTS} x {PACKETS} packets");
    assert!(
        beside < quiet + ALLOWED,
        "{quiet:?} before, {beside:?} beside"
    );

    assert_eq!(
        session.source_count("no_tx"),
        0,
        "every commit was acknowledged"
    );
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
    let log = topology.source.error_log();
    assert!(!log.contains("internal error"), "no fault of the plugin");
    let reported = topology.source.count_logged(11137);
    assert!(
        GUESTS as usize <= reported,
        "wrong magic numbers were read: {reported}"
    );
    topology.wait_for_replicas();
    let rows = topology.replicas[0]
        .session()
        .number("SELECT COUNT(*) FROM shop.orders");
    assert_eq!(rows, u64::from(next.load(Ordering::Relaxed)));
}

/// Guests come one after the other; each sends packets that can be told apart, and at last something
/// that ends that.
fn send_rubbish(topology: &Topology, dice: &mut Dice) {
    let mut guests = Vec::new();
    for server_id in 1_000..1_000 + GUESTS {
        let status = topology.source.session().rows("SHOW BINARY LOG STATUS");
        let end = BinlogPosition::new(&status[0][0], status[0][1].parse().expect("a number"));
        let mut guest = FakeReplica::connect(&topology.source, server_id, &end);
        let mut bytes = packet(0, b"magic");
        for _ in 0..PACKETS - 2 {
            bytes.extend(whole_packet(dice));
        }
        bytes.extend(last_packet(dice));
        guest.send(&bytes);
        guests.push(guest);
        if 8 < guests.len() {
            guests.remove(dice.index(4));
        }
    }
}

/// A frame of a fitting length, with something wrong in it.
fn whole_packet(dice: &mut Dice) -> Vec<u8> {
    let mut payload = vec![0xef];
    match dice.below(5) {
        0 => payload = some_bytes(dice, 1, 60),
        // Too short for a position.
        1 => payload.extend(some_bytes(dice, 0, 7)),
        // A position in a file that comes before all others, or that nobody has.
        2 => {
            payload.extend(dice.bytes(8));
            payload.extend(b"binlog.000000");
        }
        3 => payload.extend(dice.bytes(8)),
        // Right in all but the first byte.
        _ => {
            payload = vec![0xee];
            payload.extend(dice.bytes(8));
            payload.extend(b"binlog.000001");
        }
    }
    if payload[0] == 0xef && 9 <= payload.len() && payload.len() != 9 && payload[9] != b'b' {
        // By chance an ACK of a file with a strange name, which could be a longer one.
        payload[0] = 0xed;
    }
    packet(0, &payload)
}

/// A frame that is wrong in itself.
fn last_packet(dice: &mut Dice) -> Vec<u8> {
    let ack = FakeReplica::ack_bytes(&BinlogPosition::new("binlog.000000", 4));
    match dice.below(5) {
        // Half of it.
        0 => ack[..1 + dice.index(ack.len() - 1)].to_vec(),
        // A wrong sequence number.
        1 => {
            let mut ack = ack;
            ack[3] = 1 + dice.below(255) as u8;
            ack
        }
        // Longer than any ACK.
        2 => packet(0, &some_bytes(dice, 522, 4_500)),
        // A length that never comes.
        3 => vec![0xff, 0xff, 0xff, 0, 0xef],
        _ => some_bytes(dice, 1, 2_000),
    }
}

fn some_bytes(dice: &mut Dice, least: usize, most: usize) -> Vec<u8> {
    let len = least + dice.index(most - least + 1);
    dice.bytes(len)
}

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("a short packet");
    let [a, b, c, _] = len.to_le_bytes();
    [&[a, b, c, sequence], payload].concat()
}

fn commit_while(
    session: &mut Session,
    next: &AtomicU32,
    goes_on: impl Fn(usize) -> bool,
) -> Vec<Duration> {
    let mut times = Vec::new();
    while goes_on(times.len()) {
        let id = next.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
        times.push(start.elapsed());
    }
    times
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
