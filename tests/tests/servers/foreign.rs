//! A replica that shares no code with MySQL's: MariaDB Connector/C acknowledges what our source commits.

use std::time::{Duration, Instant};

use semisync_tests::servers::{
    ForeignAcker, Link, Manners, Plugins, ServerOptions, Topology, wait_for, wait_until,
};

const COMMITS: u32 = 100;

const SOON: Duration = Duration::from_secs(20);

fn lonely_source(plugins: Plugins, timeout_ms: u32) -> Topology {
    let mut topology = Topology::launch(ServerOptions::of(plugins), &[]);
    topology.install();
    topology.source.session().run_all(&[
        &format!("SET GLOBAL rpl_semi_sync_source_timeout = {timeout_ms}"),
        // So that what was committed before there was a replica is not counted.
        "FLUSH BINARY LOGS",
        "FLUSH LOCAL STATUS",
    ]);
    topology
}

/// Commits at both wait points, all of which only the foreign replica can have acknowledged.
#[track_caller]
fn check(plugins: Plugins, link: Link) {
    let topology = lonely_source(plugins, 600_000);
    let mut session = topology.source.session();
    let acker = ForeignAcker::connect(&topology.source, link, Manners::Acking);
    assert_eq!(acker.cipher().is_some(), link.tls);
    let algorithm = wait_for("the dump's row", SOON, || session.rows(COMPRESSION).pop());
    assert_eq!(algorithm, [link.compression.unwrap_or_default()]);
    topology.wait_for_clients(1);
    let [yes, no, asked] = ["yes_tx", "no_tx", "net_waits"].map(|name| session.source_count(name));
    let sent = acker.acknowledged();
    for (round, wait_point) in ["AFTER_SYNC", "AFTER_COMMIT"].into_iter().enumerate() {
        session.run(&format!(
            "SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"
        ));
        let first = round as u32 * COMMITS;
        topology.insert(first..first + COMMITS);
    }
    let commits = u64::from(2 * COMMITS);
    assert_eq!(session.source_count("yes_tx") - yes, commits);
    assert_eq!(session.source_count("no_tx"), no, "without an ACK");
    assert_eq!(session.source_count("net_waits") - asked, commits);
    assert_eq!(session.source_count("clients"), 1);
    wait_until("it has said how many ACKs it sent", SOON, || {
        (acker.acknowledged() - sent) as u64 == commits
    });
    assert_eq!(acker.complaints(), "");
    assert_eq!(topology.source.count_logged(11137), 0, "bad packets");
}

#[test]
fn a_foreign_replica_acknowledges_every_commit() {
    check(Plugins::Ours, Link::PLAIN);
}

#[test]
fn a_foreign_replica_acknowledges_every_commit_over_tls() {
    let link = Link {
        tls: true,
        compression: None,
    };
    check(Plugins::Ours, link);
}

#[test]
fn a_foreign_replica_acknowledges_every_commit_over_zlib() {
    let link = Link {
        tls: false,
        compression: Some("zlib"),
    };
    check(Plugins::Ours, link);
}

#[test]
fn a_foreign_replica_acknowledges_every_commit_of_the_stock_source() {
    check(Plugins::Stock, Link::PLAIN);
}

/// What the dump connection is compressed with.
const COMPRESSION: &str = "SELECT variable_value FROM performance_schema.status_by_thread \
     JOIN performance_schema.threads USING (thread_id) \
     WHERE variable_name = 'Compression_algorithm' AND processlist_command LIKE 'Binlog Dump%'";

/// Without its ACKs the same commits wait for their timeout.
#[track_caller]
fn check_control(manners: Manners, clients: u64) {
    let topology = lonely_source(Plugins::Ours, 1_500);
    let mut session = topology.source.session();
    let acker = ForeignAcker::connect(&topology.source, Link::PLAIN, manners);
    topology.wait_for_clients(clients);
    let no = session.source_count("no_tx");
    let start = Instant::now();
    topology.insert(0..1);
    let waited = start.elapsed();
    assert!(Duration::from_millis(1_500) <= waited, "{waited:?}");
    assert_eq!(session.source_count("no_tx"), no + 1);
    assert_eq!(acker.acknowledged(), 0);
    if manners == Manners::Asynchronous {
        wait_until("it reads the commit all the same", SOON, || {
            3 < acker.events()
        });
    }
}

#[test]
fn without_the_foreign_replicas_acks_a_commit_waits_for_its_timeout() {
    check_control(Manners::Mute, 1);
}

#[test]
fn a_foreign_replica_that_announces_nothing_is_not_asked() {
    check_control(Manners::Asynchronous, 0);
}
