//! ACKs that are lost with their connection. The replica has the transaction and is not sent it again,
//! so nobody asks it for that ACK again: what it says when it comes back must do.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use semisync_core::BinlogPosition;
use semisync_tests::servers::{
    FakeReplica, Link, Plugins, ServerOptions, Session, Topology, wait_until,
};

use super::ack_receiver::EndsWithScope;

const SOON: Duration = Duration::from_secs(20);

const TIMEOUT: Duration = Duration::from_secs(5);

/// A source whose only replicas are the test's.
fn source(plugins: Plugins, wait_point: &str) -> Topology {
    let mut topology = Topology::launch(ServerOptions::of(plugins), &[]);
    topology.install();
    topology.source.session().run_all(&[
        &format!("SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"),
        "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
    ]);
    topology
}

/// The number of the source's last transaction.
fn last_number(topology: &Topology) -> u64 {
    let executed = topology
        .source
        .session()
        .value("SELECT @@GLOBAL.gtid_executed");
    let last = executed.rsplit([':', '-']).next();
    last.and_then(|last| last.parse().ok())
        .expect("one interval")
}

fn replica_with(topology: &Topology, last: u64) -> FakeReplica {
    FakeReplica::connect_with_gtids(&topology.source, 77, last)
}

fn commit(topology: &Topology, id: u32) -> JoinHandle<()> {
    let mut session = topology.source.session();
    std::thread::spawn(move || session.run(&format!("INSERT INTO shop.orders VALUES ({id})")))
}

fn wait_for_sleepers(topology: &Topology, count: u64) {
    let mut session = topology.source.session();
    wait_until("the commits wait", SOON, || {
        session.source_count("wait_sessions") == count
    });
}

/// A replica gets a transaction, loses its connection before its ACK, and comes back at once. How
/// long the commit waits after that, and whether it counts as acknowledged.
fn wait_after_return(plugins: Plugins, wait_point: &str, auto_position: bool) -> (Duration, bool) {
    let topology = source(plugins, wait_point);
    let timeout = TIMEOUT.as_millis();
    let mut session = topology.source.session();
    session.run(&format!(
        "SET GLOBAL rpl_semi_sync_source_timeout = {timeout}"
    ));
    let last = last_number(&topology);
    let mut replica = replica_with(&topology, last);
    topology.wait_for_clients(1);
    let commit = commit(&topology, 1);
    let end = replica.next_request();
    drop(replica);
    let start = Instant::now();
    let file = session.rows("SHOW BINARY LOG STATUS").swap_remove(0);
    let _replica = match auto_position {
        true => replica_with(&topology, last + 1),
        false => FakeReplica::connect(&topology.source, 77, &BinlogPosition::new(&file[0], end)),
    };
    commit.join().expect("the commit ends");
    let waited = start.elapsed();
    println!("{plugins:?}, {wait_point}, auto-position {auto_position}: {waited:?} more");
    let counts = (
        session.source_count("yes_tx"),
        session.source_count("no_tx"),
    );
    assert!(counts == (1, 0) || counts == (0, 1), "{counts:?}");
    (waited, counts == (1, 0))
}

#[track_caller]
fn check_released(plugins: Plugins, wait_point: &str, auto_position: bool) {
    let (waited, is_acknowledged) = wait_after_return(plugins, wait_point, auto_position);
    assert!(is_acknowledged && waited < TIMEOUT / 2, "{waited:?}");
}

#[test]
fn a_replica_that_comes_back_with_the_transaction_releases_its_commit() {
    check_released(Plugins::Ours, "AFTER_SYNC", true);
}

#[test]
fn a_replica_that_comes_back_with_the_transaction_releases_its_commit_at_after_commit() {
    check_released(Plugins::Ours, "AFTER_COMMIT", true);
}

#[test]
fn with_the_stock_plugin_the_commit_waits_for_its_timeout() {
    let (waited, is_acknowledged) = wait_after_return(Plugins::Stock, "AFTER_SYNC", true);
    assert!(!is_acknowledged && TIMEOUT / 2 < waited, "{waited:?}");
}

#[test]
fn with_file_and_position_both_plugins_release_it() {
    check_released(Plugins::Ours, "AFTER_SYNC", false);
    check_released(Plugins::Stock, "AFTER_SYNC", false);
}

#[test]
fn a_replica_that_comes_back_without_the_transaction_is_asked_again() {
    for wait_point in ["AFTER_SYNC", "AFTER_COMMIT"] {
        let topology = source(Plugins::Ours, wait_point);
        let last = last_number(&topology);
        let commit = commit(&topology, 1);
        wait_for_sleepers(&topology, 1);
        let mut replica = replica_with(&topology, last);
        let end = replica.next_request();
        wait_for_sleepers(&topology, 1);
        acknowledge(&topology, &mut replica, end);
        commit.join().expect("the commit ends");
        assert_eq!(topology.source.session().source_count("yes_tx"), 1);
    }
}

#[test]
fn a_replica_that_comes_back_with_the_first_of_two_is_asked_for_the_second() {
    let topology = source(Plugins::Ours, "AFTER_SYNC");
    let last = last_number(&topology);
    let mut replica = replica_with(&topology, last);
    topology.wait_for_clients(1);
    let first = commit(&topology, 1);
    let first_end = replica.next_request();
    let second = commit(&topology, 2);
    // It is flushed while the first one waits.
    let second_end = replica.next_request();
    drop(replica);
    let mut replica = replica_with(&topology, last + 1);
    assert_eq!(replica.next_request(), second_end);
    assert!(first_end < second_end);
    let mut session = topology.source.session();
    assert_eq!(session.source_count("yes_tx"), 0);
    acknowledge(&topology, &mut replica, second_end);
    first.join().expect("the commit ends");
    second.join().expect("the commit ends");
    assert_eq!(session.source_count("yes_tx"), 2);
}

#[test]
fn one_replica_that_comes_back_does_not_count_as_two() {
    let topology = source(Plugins::Ours, "AFTER_SYNC");
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 2");
    let last = last_number(&topology);
    let commit = commit(&topology, 1);
    wait_for_sleepers(&topology, 1);
    for _ in 0..2 {
        // The first packet comes after the request was looked at.
        replica_with(&topology, last + 1).next_event();
        assert_eq!(session.source_count("wait_sessions"), 1);
    }
    let _second = FakeReplica::connect_with_gtids(&topology.source, 78, last + 1);
    commit.join().expect("the commit ends");
    assert_eq!(session.source_count("yes_tx"), 1);
}

fn acknowledge(topology: &Topology, replica: &mut FakeReplica, end: u64) {
    let status = topology.source.session().rows("SHOW BINARY LOG STATUS");
    let position = BinlogPosition::new(&status[0][0], end);
    replica.send(&FakeReplica::ack_bytes(&position));
}

/// Four sessions commit, one of them with tagged GTIDs, while the replica's compressed connection is
/// cut eight times. Every commit must be acknowledged, sooner than by its timeout.
#[test]
fn a_compressed_connection_that_is_cut_under_load_loses_no_ack() {
    let link = Link {
        tls: false,
        compression: Some("zlib"),
    };
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours], link);
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 500");
    let is_over = AtomicBool::new(false);
    let committed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (topology, is_over, committed) = (&topology, &is_over, &committed);
            scope.spawn(move || {
                let mut session = topology.source.session();
                if number == 0 {
                    session.run("SET gtid_next = 'AUTOMATIC:shop'");
                }
                while !is_over.load(Ordering::Relaxed) {
                    let id = committed.fetch_add(1, Ordering::Relaxed);
                    session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
                }
            });
        }
        let _ends = EndsWithScope(&is_over);
        for _ in 0..8 {
            cut(&topology, &mut session);
        }
    });
    let log = topology.source.error_log();
    assert_eq!(session.source_count("no_tx"), 0, "{log}");
    assert_eq!(topology.source.count_logged(13129), 0, "{log}");
    topology.wait_for_replicas();
    for server in [&topology.source, &topology.replicas[0]] {
        let rows = server.session().number("SELECT COUNT(*) FROM shop.orders");
        assert_eq!(rows, u64::from(committed.load(Ordering::Relaxed)));
    }
}

/// Ends the replica's connection in the midst of commits, and waits until they go on.
fn cut(topology: &Topology, session: &mut Session) {
    let began = topology.source.count_logged(11170);
    let dump = "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'";
    for dump in session.rows(dump) {
        // One that has ended meanwhile is as good as killed.
        let _ = session.try_run(&format!("KILL {}", dump[0]));
    }
    wait_until("the replica has come again", SOON, || {
        began < topology.source.count_logged(11170)
    });
    let acknowledged = session.source_count("yes_tx");
    wait_until("commits are acknowledged", SOON, || {
        acknowledged + 20 < session.source_count("yes_tx")
    });
}

/// A replica that is no test's: it gets the transactions asynchronously, then it is enabled. Its
/// request has a tag if one of them has.
#[test]
fn a_server_that_comes_back_with_the_transactions_releases_their_commits() {
    for gtid in ["AUTOMATIC", "AUTOMATIC:shop"] {
        let ours = Plugins::Ours;
        let mut topology = Topology::launch(ServerOptions::of(ours), &[ours]);
        topology.install();
        let replica = &topology.replicas[0];
        let mut session = replica.session();
        session.run("SET GLOBAL rpl_semi_sync_replica_enabled = OFF");
        topology.connect(replica, Link::PLAIN);
        let mut source = topology.source.session();
        source.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
        let mut committer = topology.source.session();
        committer.run(&format!("SET gtid_next = '{gtid}'"));
        let commit = std::thread::spawn(move || {
            committer.run("INSERT INTO shop.orders VALUES (1)");
        });
        let rows = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'";
        wait_until("the replica has the table", SOON, || {
            session.number(rows) == 1
        });
        wait_until("the replica has the row", SOON, || {
            session.number("SELECT COUNT(*) FROM shop.orders") == 1
        });
        wait_for_sleepers(&topology, 1);
        session.run_all(&[
            "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
            "STOP REPLICA IO_THREAD",
            "START REPLICA IO_THREAD",
        ]);
        wait_until("the commit goes on", SOON, || commit.is_finished());
        commit.join().expect("the commit ends");
        assert_eq!(source.source_count("no_tx"), 0);
        assert_eq!(source.source_count("yes_tx"), 1);
    }
}
