//! Commits that wait: for how long, what others see meanwhile, and what ends the wait.

use std::time::{Duration, Instant};

use semisync_core::BinlogPosition;
use semisync_tests::servers::{
    FakeReplica, Link, Plugins, ServerOptions, Session, Topology, wait_until,
};

const OURS: Plugins = Plugins::Ours;

const SOON: Duration = Duration::from_secs(10);

/// A source without a replica, whose commits wait.
fn lonely_source(timeout_ms: u32) -> Topology {
    let mut topology = Topology::launch(ServerOptions::of(OURS), &[]);
    topology.install();
    topology.source.session().run_all(&[
        "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
        &format!("SET GLOBAL rpl_semi_sync_source_timeout = {timeout_ms}"),
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
        "FLUSH LOCAL STATUS",
    ]);
    topology
}

fn timed(session: &mut Session, sql: &str) -> Duration {
    let start = Instant::now();
    session.run(sql);
    start.elapsed()
}

/// Runs a statement in a session of its own, which may wait.
fn in_background(
    topology: &Topology,
    sql: &'static str,
) -> (u64, std::thread::JoinHandle<Result<Duration, u16>>) {
    let mut session = topology.source.session();
    let id = session.id();
    let thread = std::thread::spawn(move || {
        let start = Instant::now();
        match session.try_run(sql) {
            Ok(()) => Ok(start.elapsed()),
            Err(error) => Err(error.number),
        }
    });
    (id, thread)
}

fn wait_until_asleep(session: &mut Session, id: u64) {
    wait_until("the session waits for its ACK", SOON, || {
        let state = format!("SELECT state FROM information_schema.processlist WHERE id = {id}");
        session.rows(&state) == [["Waiting for semi-sync ACK from replica"]]
            && session.source_count("wait_sessions") == 1
    });
}

#[test]
fn without_a_replica_a_commit_waits_for_the_timeout_and_the_next_does_not() {
    let topology = lonely_source(3_000);
    let mut session = topology.source.session();
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");

    let waited = timed(&mut session, "INSERT INTO shop.orders VALUES (1)");
    assert!(
        Duration::from_millis(2_950) < waited,
        "it waited {waited:?}"
    );
    assert!(
        waited < Duration::from_millis(4_500),
        "it waited {waited:?}"
    );
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "OFF");
    assert_eq!(topology.source.count_logged(11153), 1);

    let waited = timed(&mut session, "INSERT INTO shop.orders VALUES (2)");
    assert!(
        waited < Duration::from_millis(1_500),
        "asynchronous, it took {waited:?}"
    );
    assert_eq!(
        session.number("SELECT COUNT(*) FROM shop.orders"),
        2,
        "nothing is lost"
    );
    println!("commit without a replica, timeout 3000 ms: {waited:?} after the fallback");
}

#[test]
fn with_a_replica_a_commit_takes_milliseconds() {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut session = topology.source.session();
    let mut times: Vec<Duration> = (0..100)
        .map(|id| {
            timed(
                &mut session,
                &format!("INSERT INTO shop.orders VALUES ({id})"),
            )
        })
        .collect();
    times.sort();
    let median = times[times.len() / 2];
    println!(
        "commit with a replica: median {median:?}, longest {:?}",
        times[times.len() - 1]
    );
    assert!(median < Duration::from_millis(50), "median {median:?}");
    assert_eq!(session.source_count("no_tx"), 0);
}

#[test]
fn a_source_that_fell_back_returns_when_a_replica_has_caught_up() {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut source = topology.source.session();
    let mut replica = topology.replicas[0].session();
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 200");

    replica.run("STOP REPLICA");
    source.run("INSERT INTO shop.orders VALUES (1)");
    assert_eq!(source.status("Rpl_semi_sync_source_status"), "OFF");
    source.run("INSERT INTO shop.orders VALUES (2)");

    replica.run("START REPLICA");
    wait_until("the source is back", SOON, || {
        source.status("Rpl_semi_sync_source_status") == "ON"
    });
    assert_eq!(topology.source.count_logged(11156), 1);
    let acknowledged = source.source_count("yes_tx");
    source.run("INSERT INTO shop.orders VALUES (3)");
    assert_eq!(source.source_count("yes_tx"), acknowledged + 1);
    topology.wait_for_replicas();
    assert_eq!(replica.number("SELECT COUNT(*) FROM shop.orders"), 3);
}

#[track_caller]
fn check_visibility(wait_point: &str, rows_seen: u64) {
    let topology = lonely_source(600_000);
    let mut session = topology.source.session();
    session.run(&format!(
        "SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"
    ));
    let (id, insert) = in_background(&topology, "INSERT INTO shop.orders VALUES (1)");
    wait_until_asleep(&mut session, id);
    assert_eq!(
        session.number("SELECT COUNT(*) FROM shop.orders"),
        rows_seen,
        "rows others see during the wait at {wait_point}"
    );

    session.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
    insert
        .join()
        .expect("the session ran")
        .expect("the commit succeeded");
    assert_eq!(session.number("SELECT COUNT(*) FROM shop.orders"), 1);
    assert_eq!(
        session.source_count("no_tx"),
        1,
        "it went on without an ACK"
    );
    assert_eq!(
        topology.source.count_logged(11153),
        0,
        "and not because of its timeout"
    );
}

#[test]
fn at_after_sync_nobody_sees_the_rows_during_the_wait() {
    check_visibility("AFTER_SYNC", 0);
}

#[test]
fn at_after_commit_others_see_the_rows_during_the_wait() {
    check_visibility("AFTER_COMMIT", 1);
}

#[test]
fn a_replica_that_connects_releases_a_waiting_commit() {
    let mut topology = Topology::launch(ServerOptions::of(OURS), &[OURS]);
    topology.install();
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    let (id, insert) = in_background(&topology, "CREATE TABLE shop.late (id INT)");
    wait_until_asleep(&mut session, id);
    topology.connect(&topology.replicas[0], Link::PLAIN);
    insert
        .join()
        .expect("the session ran")
        .expect("the statement succeeded");
    assert_eq!(session.source_count("yes_tx"), 1);
}

#[test]
fn kill_ends_neither_the_wait_nor_the_transaction() {
    let topology = lonely_source(600_000);
    let mut session = topology.source.session();
    let (id, insert) = in_background(&topology, "INSERT INTO shop.orders VALUES (1)");
    wait_until_asleep(&mut session, id);

    session.run(&format!("KILL QUERY {id}"));
    wait_until("the session was woken and sleeps again", SOON, || {
        session.source_count("wait_pos_backtraverse") == 1
    });
    wait_until_asleep(&mut session, id);
    session.run(&format!("KILL CONNECTION {id}"));
    let command = format!("SELECT command FROM information_schema.processlist WHERE id = {id}");
    wait_until("the session is marked", SOON, || {
        session.rows(&command) == [["Killed"]]
    });
    wait_until_asleep(&mut session, id);
    assert_eq!(
        insert.join().expect("the session ran"),
        Err(0),
        "its client lost it at once"
    );
    assert_eq!(session.number("SELECT COUNT(*) FROM shop.orders"), 0);

    session.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
    wait_until("the transaction is there", SOON, || {
        session.number("SELECT COUNT(*) FROM shop.orders") == 1
    });
}

#[test]
fn kill_is_noticed_as_soon_as_a_commit_waits() {
    let topology = lonely_source(600_000);
    let mut session = topology.source.session();
    let status = session.rows("SHOW BINARY LOG STATUS").swap_remove(0);
    let end = BinlogPosition::new(&status[0], status[1].parse().expect("a position"));
    let mut fake = FakeReplica::connect(&topology.source, 77, &end);
    topology.wait_for_clients(1);
    for round in 1..=10 {
        let mut committer = topology.source.session();
        let id = committer.id();
        let insert = std::thread::spawn(move || {
            committer.try_run(&format!("INSERT INTO shop.orders VALUES ({round})"))
        });
        let end = fake.next_request();
        wait_until("the commit waits", SOON, || {
            session.source_count("wait_sessions") == 1
        });
        session.run(&format!("KILL QUERY {id}"));
        wait_until("it was woken", SOON, || {
            session.source_count("wait_pos_backtraverse") == round
        });
        fake.send(&FakeReplica::ack_bytes(&BinlogPosition::new(
            &status[0], end,
        )));
        let _ = insert.join().expect("the session ran");
        assert_eq!(session.source_count("yes_tx"), round);
    }
}

#[test]
fn flush_status_zeroes_the_long_counters_only() {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut session = topology.source.session();
    topology.insert(0..5);
    assert_eq!(session.source_count("yes_tx"), 5);
    let waits = session.source_count("tx_waits");
    session.run("FLUSH LOCAL STATUS");
    assert_eq!(session.source_count("yes_tx"), 0);
    assert_eq!(session.source_count("tx_waits"), waits);
    topology.insert(5..8);
    assert_eq!(
        session.source_count("yes_tx"),
        3,
        "counting goes on from zero"
    );
}

#[test]
fn reset_binary_logs_zeroes_all_counters_and_waiting_goes_on() {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut source = topology.source.session();
    let mut replica = topology.replicas[0].session();
    topology.insert(0..5);
    topology.wait_for_replicas();
    replica.run("STOP REPLICA");
    source.run("RESET BINARY LOGS AND GTIDS");
    for name in [
        "yes_tx",
        "no_tx",
        "no_times",
        "tx_waits",
        "tx_wait_time",
        "net_waits",
    ] {
        assert_eq!(source.source_count(name), 0, "{name}");
    }
    assert_eq!(source.status("Rpl_semi_sync_source_status"), "ON");
    replica.run_all(&[
        "RESET BINARY LOGS AND GTIDS",
        "RESET REPLICA",
        "START REPLICA",
    ]);
    wait_until("the replica is connected anew", SOON, || {
        topology.source.count_logged(11170) == 2
    });
    topology.insert(5..10);
    assert_eq!(source.source_count("yes_tx"), 5);
    assert_eq!(source.source_count("no_tx"), 0);
    topology.wait_for_replicas();
    assert_eq!(replica.number("SELECT COUNT(*) FROM shop.orders"), 10);
}

#[test]
fn two_replicas_must_acknowledge_when_two_are_asked_for() {
    let topology = Topology::start(OURS, &[OURS, Plugins::Stock], Link::PLAIN);
    let mut session = topology.source.session();
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
        "SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 2",
    ]);
    topology.insert(0..20);
    assert_eq!(session.source_count("yes_tx"), 20);
    assert_eq!(
        session.source_count("net_waits"),
        2 * 20,
        "both were asked each time"
    );

    topology.replicas[1].session().run("STOP REPLICA IO_THREAD");
    let (id, insert) = in_background(&topology, "INSERT INTO shop.orders VALUES (100)");
    wait_until_asleep(&mut session, id);
    let mut first = topology.replicas[0].session();
    wait_until("the first replica has it", SOON, || {
        first.number("SELECT COUNT(*) FROM shop.orders WHERE id = 100") == 1
    });
    assert_eq!(
        session.source_count("wait_sessions"),
        1,
        "one ACK is not enough"
    );
    topology.replicas[1]
        .session()
        .run("START REPLICA IO_THREAD");
    insert
        .join()
        .expect("the session ran")
        .expect("the commit succeeded");
    assert_eq!(session.source_count("no_tx"), 0);
}

#[test]
fn a_shutdown_does_not_wait_for_an_ack() {
    let mut topology = lonely_source(600_000);
    let (id, insert) = in_background(&topology, "INSERT INTO shop.orders VALUES (1)");
    let mut session = topology.source.session();
    wait_until_asleep(&mut session, id);
    drop(session);
    let start = Instant::now();
    topology.source.begin_shutdown();
    let status = topology.source.wait_for_end(Duration::from_secs(60));
    println!("shutdown with a waiting commit: {:?}", start.elapsed());
    assert!(status.success(), "{status}");
    assert!(
        insert.join().expect("the session ran").is_ok(),
        "the transaction is committed, and its client told so"
    );
    assert_eq!(
        topology.source.count_logged(11145),
        1,
        "SEMISYNC: Forced shutdown"
    );
}

#[test]
fn with_default_settings_a_shutdown_with_a_replica_releases_the_waiting_commit() {
    let mut topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    topology.replicas[0].session().run("STOP REPLICA IO_THREAD");
    let (id, insert) = in_background(&topology, "INSERT INTO shop.orders VALUES (1)");
    wait_until_asleep(&mut session, id);
    drop(session);
    topology.source.begin_shutdown();
    let status = topology.source.wait_for_end(Duration::from_secs(90));
    assert!(status.success(), "{status}");
    assert!(
        insert.join().expect("the session ran").is_ok(),
        "the transaction is committed, and its client told so"
    );
    assert_eq!(
        topology.source.count_logged(11145),
        1,
        "SEMISYNC: Forced shutdown"
    );
    assert_eq!(topology.source.count_logged(11153), 0, "no timeout");
}

#[test]
fn many_sessions_commit_side_by_side_at_both_wait_points() {
    let topology = Topology::start(OURS, &[OURS, OURS], Link::PLAIN);
    let mut session = topology.source.session();
    let sessions = 8;
    let commits = 40;
    for (round, setting) in [
        "SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_SYNC'",
        "SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_COMMIT'",
        "SET GLOBAL binlog_order_commits = OFF",
    ]
    .into_iter()
    .enumerate()
    {
        session.run(setting);
        std::thread::scope(|scope| {
            for number in 0..sessions {
                let first = (round as u32 * sessions + number) * commits;
                let topology = &topology;
                scope.spawn(move || topology.insert(first..first + commits));
            }
        });
    }
    let rows = u64::from(3 * sessions * commits);
    assert_eq!(session.number("SELECT COUNT(*) FROM shop.orders"), rows);
    assert_eq!(session.source_count("no_tx"), 0);
    assert_eq!(session.source_count("wait_sessions"), 0);
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
    topology.wait_for_replicas();
    for replica in &topology.replicas {
        let mut session = replica.session();
        assert_eq!(session.number("SELECT COUNT(*) FROM shop.orders"), rows);
        assert_eq!(replica.count_logged(10592), 0, "no reconnect");
    }
}
