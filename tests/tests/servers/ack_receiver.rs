//! The thread that reads ACKs: replicas that misbehave are nobody else's trouble.

use std::time::{Duration, Instant};

use semisync_core::BinlogPosition;
use semisync_tests::servers::{
    FakeReplica, Link, Plugins, ServerOptions, Session, Topology, wait_until,
};

const OURS: Plugins = Plugins::Ours;

const SOON: Duration = Duration::from_secs(10);

/// A fake replica that asks for what is not written yet.
fn fake_at_the_end(topology: &Topology, server_id: u32) -> FakeReplica {
    FakeReplica::connect(&topology.source, server_id, &end_of_binlog(topology))
}

fn end_of_binlog(topology: &Topology) -> BinlogPosition {
    let row = topology.source.session().rows("SHOW BINARY LOG STATUS");
    let offset = row[0][1].parse().expect("a position");
    BinlogPosition::new(&row[0][0], offset)
}

fn median_commit(session: &mut Session, ids: std::ops::Range<u32>) -> Duration {
    let mut times: Vec<Duration> = ids
        .map(|id| {
            let start = Instant::now();
            session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// Commits with one good replica, and another one that has just sent `bytes`.
#[track_caller]
fn check_undisturbed(bytes: &[u8]) -> Topology {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    let before = median_commit(&mut session, 0..30);
    let mut fake = fake_at_the_end(&topology, 77);
    topology.wait_for_clients(2);
    fake.send(bytes);
    let after = median_commit(&mut session, 100..130);
    println!("median commit: {before:?} before, {after:?} beside it");
    // On a busy machine commits differ by themselves; a reader that blocks costs 30 seconds.
    assert!(
        after < 2 * before + Duration::from_millis(10),
        "{before:?} before, {after:?} after"
    );
    assert_eq!(session.source_count("yes_tx"), 60);
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
    assert!(0 < fake.next_request(), "the dump goes on");
    drop(fake);
    topology
}

#[test]
fn half_an_ack_of_one_replica_does_not_hold_up_the_others() {
    let whole = FakeReplica::ack_bytes(&BinlogPosition::new("binlog.000001", 4));
    let topology = check_undisturbed(&whole[..whole.len() / 2]);
    assert!(
        !topology.source.error_log().contains("no more ACKs"),
        "half an ACK is no fault"
    );
}

#[test]
fn a_broken_frame_ends_the_reading_of_that_replica_only() {
    let topology = check_undisturbed(b"\x05\x00\x00\x09hello");
    let log = topology.source.error_log();
    assert_eq!(
        log.matches("no more ACKs are read from replica (server_id: 77)")
            .count(),
        1
    );
    assert_eq!(topology.source.count_logged(13129), 0);
}

#[test]
fn a_frame_that_is_no_ack_is_logged_and_dropped() {
    let topology = check_undisturbed(b"\x05\x00\x00\x00hello\x03\x00\x00\x00\xef\x01\x02");
    assert_eq!(
        topology.source.count_logged(11137),
        1,
        "not the magic number"
    );
    assert_eq!(topology.source.count_logged(11138), 1, "too short");
}

#[test]
fn an_ack_in_pieces_counts_when_its_last_byte_is_there() {
    let mut topology = Topology::launch(ServerOptions::of(OURS), &[]);
    topology.install();
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    let mut fake = fake_at_the_end(&topology, 77);
    topology.wait_for_clients(1);

    let mut committer = topology.source.session();
    let commit = std::thread::spawn(move || committer.run("INSERT INTO shop.orders VALUES (1)"));
    let end = fake.next_request();
    let ack = FakeReplica::ack_bytes(&BinlogPosition::new("binlog.000001", end));
    for byte in &ack[..ack.len() - 1] {
        fake.send(&[*byte]);
    }
    assert_eq!(session.source_count("wait_sessions"), 1);
    fake.send(&ack[ack.len() - 1..]);
    commit.join().expect("the commit went on");
    assert_eq!(session.source_count("yes_tx"), 1);
}

#[test]
fn a_replica_that_says_goodbye_is_not_logged_as_a_bad_packet() {
    let mut topology = Topology::launch(ServerOptions::of(OURS), &[]);
    topology.install();
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 100");
    let fake = fake_at_the_end(&topology, 77);
    topology.wait_for_clients(1);
    fake.quit();
    // The dump thread notices at its writes, the first of which may still succeed.
    let mut id = 0;
    wait_until("the source has noticed", SOON, || {
        id += 1;
        session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
        session.source_count("clients") == 0
    });
    assert_eq!(
        topology.source.logged(&[11137, 11138, 11139, 13129]),
        [""; 0]
    );
}

#[test]
fn the_first_commit_after_a_connect_does_not_wait_for_a_poll_period() {
    let mut topology = Topology::launch(ServerOptions::of(OURS), &[OURS]);
    topology.install();
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    // A replica that stays silent keeps the ACK receiver in its poll.
    let _silent = fake_at_the_end(&topology, 77);
    topology.wait_for_clients(1);
    let mut total = Duration::ZERO;
    for round in 0..5 {
        let replica = &topology.replicas[0];
        match round {
            0 => topology.connect(replica, Link::PLAIN),
            _ => replica
                .session()
                .run_all(&["STOP REPLICA IO_THREAD", "START REPLICA IO_THREAD"]),
        }
        wait_until("the replica is connected", SOON, || {
            topology.source.count_logged(11170) == 2 + round
        });
        let start = Instant::now();
        session.run(&format!("INSERT INTO shop.orders VALUES ({round})"));
        total += start.elapsed();
    }
    println!("first commits after five connects: {total:?}");
    // A thread that polls for a second each time makes this half a second for each.
    assert!(total < Duration::from_millis(1_500), "{total:?}");
}

#[test]
fn disabling_and_enabling_keeps_the_connections() {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut session = topology.source.session();
    let mut disabling = Duration::ZERO;
    for round in 0..10 {
        let start = Instant::now();
        session.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
        disabling += start.elapsed();
        session.run(&format!("INSERT INTO shop.orders VALUES ({})", 2 * round));
        session.run("SET GLOBAL rpl_semi_sync_source_enabled = ON");
        assert_eq!(session.source_count("clients"), 1);
        session.run(&format!(
            "INSERT INTO shop.orders VALUES ({})",
            2 * round + 1
        ));
    }
    println!("disabling ten times: {disabling:?}");
    assert!(
        disabling < Duration::from_secs(3),
        "the thread was woken: {disabling:?}"
    );
    assert_eq!(session.source_count("yes_tx"), 10);
    assert_eq!(session.source_count("no_tx"), 0);
    assert_eq!(topology.replicas[0].count_logged(10592), 0, "no reconnect");
}
