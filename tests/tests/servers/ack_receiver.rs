//! The thread that reads ACKs: replicas that misbehave are nobody else's trouble.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use semisync_core::BinlogPosition;
use semisync_tests::servers::{
    FakeReplica, INSTALL_REPLICA, Link, Plugins, Server, ServerOptions, Session, Topology,
    wait_until,
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

/// How long commits took, sorted.
fn commit_times(session: &mut Session, ids: std::ops::Range<u32>) -> Vec<Duration> {
    let mut times: Vec<Duration> = ids
        .map(|id| {
            let start = Instant::now();
            session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}

/// Commits with one good replica, and another one that has just sent `bytes`.
#[track_caller]
fn check_undisturbed(bytes: &[u8]) -> Topology {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    let before = commit_times(&mut session, 0..30)[15];
    let mut fake = fake_at_the_end(&topology, 77);
    topology.wait_for_clients(2);
    fake.send(bytes);
    let times = commit_times(&mut session, 100..130);
    let (after, longest) = (times[15], times[29]);
    println!("median commit: {before:?} before, {after:?} beside it, longest {longest:?}");
    // On a busy machine commits differ by themselves; a reader that blocks costs one of them the
    // 30 seconds of net_read_timeout.
    assert!(
        after < 2 * before + Duration::from_millis(10),
        "{before:?} before, {after:?} after"
    );
    assert!(
        longest < Duration::from_secs(5),
        "a commit waited {longest:?}"
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

/// Says that it is over when it is dropped.
pub(crate) struct EndsWithScope<'a>(pub(crate) &'a AtomicBool);

impl Drop for EndsWithScope<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Commits from four sessions with one good replica, while `disturb` does what it does.
#[track_caller]
fn check_under_load(link: Link, disturb: impl FnOnce(&Topology)) {
    let topology = Topology::start(OURS, &[OURS], link);
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 60000");
    let is_over = AtomicBool::new(false);
    let committed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let id = committed.fetch_add(1, Ordering::Relaxed);
                    topology.insert(id..id + 1);
                }
            });
        }
        // Also when `disturb` panics: the scope waits for the sessions.
        let _ends = EndsWithScope(&is_over);
        disturb(&topology);
    });
    assert_eq!(
        session.source_count("no_tx"),
        0,
        "every commit was acknowledged"
    );
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
    let log = topology.source.error_log();
    assert!(!log.contains("internal error"), "no fault of the plugin");
    topology.wait_for_replicas();
    let rows = topology.replicas[0]
        .session()
        .number("SELECT COUNT(*) FROM shop.orders");
    assert_eq!(rows, u64::from(committed.load(Ordering::Relaxed)));
}

#[test]
fn replicas_come_and_go_while_sessions_commit() {
    check_under_load(Link::PLAIN, |topology| {
        let mut guests = VecDeque::new();
        for server_id in 1_000..1_060 {
            let mut guest = fake_at_the_end(topology, server_id);
            guest.send(&FakeReplica::ack_bytes(&BinlogPosition::new(
                "binlog.000001",
                4,
            )));
            guests.push_back(guest);
            if 5 < guests.len() {
                let oldest = guests.pop_front();
                match server_id % 2 {
                    0 => drop(oldest),
                    _ => oldest.into_iter().for_each(FakeReplica::quit),
                }
            }
        }
    });
}

#[test]
fn random_bytes_from_replicas_disturb_nobody() {
    check_under_load(Link::PLAIN, |topology| {
        let mut state = 0x5eed_u64;
        let mut random = || {
            // The multiplier of a 64-bit linear congruential generator; its upper bits are good.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state >> 33
        };
        for server_id in 1_000..1_040 {
            let mut guest = fake_at_the_end(topology, server_id);
            let len = 1 + random() % 3_000;
            let mut bytes: Vec<u8> = (0..len).map(|_| random() as u8).collect();
            if server_id % 2 == 0 {
                // A header that promises a packet of a fitting length.
                let head = [random() as u8, (random() % 2) as u8, 0, 0, 0xef];
                bytes.splice(..0, head);
            }
            guest.send(&bytes);
        }
    });
}

#[test]
fn a_replica_over_tls_comes_and_goes_while_sessions_commit() {
    let link = Link {
        tls: true,
        compression: Some("zstd"),
    };
    check_under_load(link, |topology| {
        let guest = Server::start("guest", ServerOptions::of(OURS));
        let mut session = guest.session();
        session.run_all(&[
            INSTALL_REPLICA,
            "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
        ]);
        topology.connect(&guest, link);
        for round in 0..8 {
            wait_until("the guest has come", SOON, || {
                round < topology.source.count_logged(11170) - 1
            });
            session.run_all(&["STOP REPLICA IO_THREAD", "START REPLICA IO_THREAD"]);
        }
    });
}

/// Group commits meet rotation of the binary log, unordered commits, both wait points and a replica
/// that comes and goes: whoever holds a lock that another needs would stop all of them.
fn rotate_reorder_and_reconnect(topology: &Topology) {
    let mut session = topology.source.session();
    let mut replica = topology.replicas[0].session();
    for round in 0..12 {
        let order = ["OFF", "ON"][round % 2];
        let wait_point = ["AFTER_COMMIT", "AFTER_SYNC"][round / 2 % 2];
        session.run_all(&[
            "FLUSH BINARY LOGS",
            &format!("SET GLOBAL binlog_order_commits = {order}"),
            &format!("SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"),
        ]);
        replica.run_all(&["STOP REPLICA IO_THREAD", "START REPLICA IO_THREAD"]);
        let acknowledged = session.source_count("yes_tx");
        wait_until("commits go on", SOON, || {
            acknowledged + 20 < session.source_count("yes_tx")
        });
    }
}

#[test]
fn group_commits_rotations_and_reconnects_do_not_stop_each_other() {
    check_under_load(Link::PLAIN, rotate_reorder_and_reconnect);
}

#[test]
fn group_commits_rotations_and_reconnects_do_not_stop_each_other_over_tls() {
    let link = Link {
        tls: true,
        compression: None,
    };
    check_under_load(link, rotate_reorder_and_reconnect);
}
