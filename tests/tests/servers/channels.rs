//! A replica's channels, each with a state of its own.

use std::time::Duration;

use semisync_tests::servers::{
    INSTALL_REPLICA, Link, Plugins, Server, ServerOptions, Topology, wait_until,
};

const SOON: Duration = Duration::from_secs(20);

const OURS: Plugins = Plugins::Ours;

#[test]
fn a_semisynchronous_and_an_asynchronous_channel_live_side_by_side() {
    let mut topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut source = topology.source.session();
    // A second source, which knows nothing of semisynchronous replication.
    let plain = Server::start("plain", ServerOptions::of(OURS));
    let mut plain_session = plain.session();
    plain_session.run_all(&[
        "SET sql_log_bin = 0",
        "CREATE USER replica@'%' IDENTIFIED BY 'secret'",
        "GRANT REPLICATION SLAVE ON *.* TO replica@'%'",
        "SET sql_log_bin = 1",
    ]);
    let replica = topology.replicas.pop().expect("there is a replica");
    let mut session = replica.session();
    session.run(&format!(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, \
         SOURCE_USER = 'replica', SOURCE_PASSWORD = 'secret', SOURCE_AUTO_POSITION = 1, \
         GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1 FOR CHANNEL 'plain'",
        plain.port()
    ));
    session.run("START REPLICA FOR CHANNEL 'plain'");
    plain_session.run_all(&[
        "CREATE DATABASE yard",
        "CREATE TABLE yard.goods (id INT PRIMARY KEY)",
    ]);
    for id in 0..20 {
        plain_session.run(&format!("INSERT INTO yard.goods VALUES ({id})"));
        source.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
    }
    wait_until("both channels have arrived", SOON, || {
        let rows = |table: &str| format!("SELECT COUNT(*) FROM {table}");
        session
            .try_rows(&rows("yard.goods"))
            .is_ok_and(|rows| rows == [["20"]])
            && session.rows(&rows("shop.orders")) == [["20"]]
    });
    assert_eq!(source.source_count("yes_tx"), 20);
    assert_eq!(source.source_count("no_tx"), 0);
    assert_eq!(session.status("Rpl_semi_sync_replica_status"), "ON");
    assert_eq!(replica.logged(&[11178, 13117]), [""; 0]);
    let states = "SELECT channel_name, service_state \
                  FROM performance_schema.replication_connection_status ORDER BY channel_name";
    assert_eq!(session.rows(states), [["", "ON"], ["plain", "ON"]]);

    // The one channel's end is not the other's.
    session.run("STOP REPLICA FOR CHANNEL 'plain'");
    source.run("INSERT INTO shop.orders VALUES (100)");
    assert_eq!(source.source_count("yes_tx"), 21);
}

#[test]
fn a_replica_disabled_while_it_runs_goes_on_asynchronously_after_a_reconnect() {
    let topology = Topology::start(OURS, &[OURS], Link::PLAIN);
    let mut source = topology.source.session();
    let replica = &topology.replicas[0];
    let mut session = replica.session();
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 300");

    session.run("SET GLOBAL rpl_semi_sync_replica_enabled = OFF");
    topology.insert(0..5);
    assert_eq!(
        source.source_count("yes_tx"),
        5,
        "the running receiver does not notice"
    );
    let dump = source
        .number("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'");
    source.run(&format!("KILL {dump}"));
    wait_until("the replica is back", SOON, || {
        topology
            .source
            .logged(&[11170])
            .last()
            .is_some_and(|line| line.contains("asynchronous"))
    });
    topology.insert(5..10);
    topology.wait_for_replicas();
    assert_eq!(session.number("SELECT COUNT(*) FROM shop.orders"), 10);
    assert_eq!(session.status("Rpl_semi_sync_replica_status"), "OFF");
    assert_eq!(
        replica.logged(&[11178, 13117]),
        [""; 0],
        "the receiver did not stop"
    );
}

#[test]
fn enabling_a_running_replica_takes_effect_when_its_receiver_starts() {
    let mut topology = Topology::launch(ServerOptions::of(OURS), &[OURS]);
    topology.install();
    let mut source = topology.source.session();
    let mut session = topology.replicas[0].session();
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 300");
    session.run_all(&["UNINSTALL PLUGIN rpl_semi_sync_replica"]);
    topology.connect(&topology.replicas[0], Link::PLAIN);
    topology.insert(0..3);
    topology.wait_for_replicas();
    session.run_all(&[
        INSTALL_REPLICA,
        "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
    ]);
    topology.insert(3..6);
    topology.wait_for_replicas();
    assert_eq!(source.source_count("clients"), 0);
    assert_eq!(session.status("Rpl_semi_sync_replica_status"), "OFF");

    session.run_all(&["STOP REPLICA IO_THREAD", "START REPLICA IO_THREAD"]);
    topology.wait_for_clients(1);
    assert_eq!(session.status("Rpl_semi_sync_replica_status"), "ON");
    let mut id = 100;
    wait_until("the source is semisynchronous again", SOON, || {
        id += 1;
        source.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
        source.status("Rpl_semi_sync_source_status") == "ON"
    });
}
