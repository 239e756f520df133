//! A fault of ours in a hook: caught, logged, and in nobody's way.
//!
//! The libraries of these tests are built with the feature `fault-injection`, which makes them
//! panic in the hook that `SEMISYNC_FAULT` names.

use std::time::{Duration, Instant};

use semisync_tests::servers::{
    Link, Plugins, ServerOptions, Topology, fault_libraries, wait_until,
};

const SOON: Duration = Duration::from_secs(20);

fn options(fault: &str) -> ServerOptions {
    let mut options = ServerOptions::of(Plugins::Ours).with("replica-net-timeout=10");
    options.libraries = Some(fault_libraries());
    options.environment = vec![("SEMISYNC_FAULT".to_owned(), fault.to_owned())];
    options
}

/// A panic in a hook of the source: commits go on at once, the replica follows, and the server
/// lives.
#[track_caller]
fn check_source(fault: &str, wait_point: &str) {
    let mut topology = Topology::launch(options(fault), &[Plugins::Ours]);
    topology.install();
    let mut session = topology.source.session();
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
        &format!("SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"),
    ]);
    topology.connect(&topology.replicas[0], Link::PLAIN);
    topology.replicas[0].session().run("DO 1");
    let start = Instant::now();
    for id in 0..10 {
        session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
    }
    wait_until("the fault was caught", SOON, || {
        topology
            .source
            .error_log()
            .contains("switched off after an internal error")
    });
    assert!(start.elapsed() < SOON, "commits took {:?}", start.elapsed());
    let log = topology.source.error_log();
    assert!(
        log.contains(&format!("a fault was asked for in {fault}")),
        "the panic is logged"
    );
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "OFF");
    session.run("INSERT INTO shop.orders VALUES (10)");
    topology.wait_for_replicas();
    let mut replica = topology.replicas[0].session();
    assert_eq!(replica.number("SELECT COUNT(*) FROM shop.orders"), 11);
    assert_eq!(
        topology.replicas[0].count_logged(11178),
        0,
        "headers were always there"
    );

    // The plugin leaves as it should, and the next one works.
    replica.run("STOP REPLICA");
    wait_until("the plugin can be unloaded", SOON, || {
        session.run("REPLACE INTO shop.orders VALUES (10)");
        session
            .try_run("UNINSTALL PLUGIN rpl_semi_sync_source")
            .is_ok()
    });
    topology.source.begin_shutdown();
    assert!(topology.source.wait_for_end(SOON * 2).success());
}

#[test]
fn in_after_flush() {
    check_source("after_flush", "AFTER_SYNC");
}

#[test]
fn in_after_sync() {
    check_source("after_sync", "AFTER_SYNC");
}

#[test]
fn in_after_commit() {
    check_source("after_commit", "AFTER_COMMIT");
}

#[test]
fn in_transmit_start() {
    check_source("transmit_start", "AFTER_SYNC");
}

#[test]
fn in_before_send_event() {
    check_source("before_send_event", "AFTER_SYNC");
}

#[test]
fn in_after_send_event() {
    check_source("after_send_event", "AFTER_SYNC");
}

#[test]
fn in_the_ack_receiver_while_commits_wait() {
    check_source("ack", "AFTER_SYNC");
}

/// A panic in a hook of the replica: it goes on replicating, and the source falls back.
#[track_caller]
fn check_replica(fault: &str) {
    let mut topology = Topology::launch(ServerOptions::of(Plugins::Ours), &[]);
    let replica = semisync_tests::servers::Server::start("faulty", options(fault));
    topology.replicas.push(replica);
    topology.install();
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 300");
    topology.connect(&topology.replicas[0], Link::PLAIN);
    topology.insert(0..10);
    topology.wait_for_replicas();
    let replica = &topology.replicas[0];
    let mut replica_session = replica.session();
    assert_eq!(
        replica_session.number("SELECT COUNT(*) FROM shop.orders"),
        10
    );
    assert!(
        replica
            .error_log()
            .contains(&format!("a fault was asked for in {fault}"))
    );
    assert_eq!(
        replica_session.status("Rpl_semi_sync_replica_status"),
        "OFF"
    );
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "OFF");
    replica_session.run_all(&["STOP REPLICA", "UNINSTALL PLUGIN rpl_semi_sync_replica"]);
}

#[test]
fn in_before_request_transmit() {
    check_replica("before_request_transmit");
}

#[test]
fn in_after_read_event() {
    check_replica("after_read_event");
}

#[test]
fn in_after_queue_event() {
    check_replica("after_queue_event");
}
