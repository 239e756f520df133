//! Where these plugins do better than the stock ones: each scenario is played with both, and the stock
//! ones must fail it (but for silence, which delays nobody with either). When one no longer does, docs/plugin.md lists a difference that is gone. (Exact
//! counting at a count of 3, with its own control, is in `counting`.)

use std::time::{Duration, Instant};

use semisync_core::BinlogPosition;
use semisync_tests::servers::{
    FakeReplica, Link, Plugins, Server, ServerOptions, Session, Topology, wait_until,
};

const SOON: Duration = Duration::from_secs(20);

/// A fake replica that asks for what is not written yet.
fn fake_at_the_end(topology: &Topology, server_id: u32) -> FakeReplica {
    let row = topology.source.session().rows("SHOW BINARY LOG STATUS");
    let offset = row[0][1].parse().expect("a position");
    let end = BinlogPosition::new(&row[0][0], offset);
    FakeReplica::connect(&topology.source, server_id, &end)
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

/// A good replica acknowledges; another one has sent `bytes` and nothing more. By how much the median
/// of the commits and the longest of them are later than without it.
fn delay_of_others(plugins: Plugins, bytes: &[u8]) -> (Duration, Duration) {
    let topology = Topology::start(plugins, &[plugins], Link::PLAIN);
    let mut session = topology.source.session();
    // How long the stock plugin waits for the rest; the commits wait for it.
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
        "SET GLOBAL net_read_timeout = 2",
    ]);
    let before = commit_times(&mut session, 0..60);
    let mut fake = fake_at_the_end(&topology, 77);
    topology.wait_for_clients(2);
    fake.send(bytes);
    let after = commit_times(&mut session, 100..160);
    assert_eq!(
        session.source_count("no_tx"),
        0,
        "every commit was acknowledged"
    );
    let median = after[30].saturating_sub(before[30]);
    let longest = after[59].saturating_sub(before[59]);
    println!("{plugins:?}: median {median:?} later, longest {longest:?} later");
    (median, longest)
}

fn half_an_ack() -> Vec<u8> {
    let whole = FakeReplica::ack_bytes(&BinlogPosition::new("binlog.000001", 4));
    whole[..whole.len() / 2].to_vec()
}

/// The most that a replica may delay the ACKs of others.
const ALLOWED: Duration = Duration::from_millis(10);

/// No commit may wait for another replica's time-out; a busy machine may do the rest.
const NO_TIMEOUT: Duration = Duration::from_millis(1_500);

#[track_caller]
fn check_nobody_waits(bytes: &[u8]) {
    let (median, longest) = delay_of_others(Plugins::Ours, bytes);
    assert!(median <= ALLOWED, "{median:?}");
    assert!(longest < NO_TIMEOUT, "{longest:?}");
}

#[test]
fn half_an_ack_delays_nobody() {
    check_nobody_waits(&half_an_ack());
}

#[test]
fn garbage_delays_nobody() {
    // A header that promises a hundred bytes, of which seven come.
    check_nobody_waits(b"\x64\x00\x00\x00garbage");
}

#[test]
fn silence_delays_nobody() {
    check_nobody_waits(b"");
}

/// No difference, so docs/plugin.md lists none: that thread waits for the rest of a packet that began.
#[test]
fn with_the_stock_plugin_silence_holds_up_nobody_either() {
    let (median, longest) = delay_of_others(Plugins::Stock, b"");
    assert!(median <= ALLOWED, "{median:?}");
    assert!(longest < NO_TIMEOUT, "{longest:?}");
}

#[test]
fn with_the_stock_plugin_half_an_ack_holds_up_the_others() {
    let (_, longest) = delay_of_others(Plugins::Stock, &half_an_ack());
    assert!(NO_TIMEOUT < longest, "{longest:?}");
}

#[test]
fn with_the_stock_plugin_garbage_holds_up_the_others() {
    let (_, longest) = delay_of_others(Plugins::Stock, b"\x64\x00\x00\x00garbage");
    assert!(NO_TIMEOUT < longest, "{longest:?}");
}

/// The sum of the first commits after five connects, while another replica is connected.
fn first_commits(plugins: Plugins) -> Duration {
    let mut topology = Topology::launch(ServerOptions::of(plugins), &[plugins]);
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
    println!("{plugins:?}: first commits after five connects took {total:?}");
    total
}

/// A thread that polls for a second each time makes this half a second for each of five.
const WITHOUT_POLLING: Duration = Duration::from_millis(1_200);

#[test]
fn the_first_commit_after_a_connect_does_not_wait_for_a_poll_period() {
    let total = first_commits(Plugins::Ours);
    assert!(total < WITHOUT_POLLING, "{total:?}");
}

#[test]
fn with_the_stock_plugin_the_first_commit_after_a_connect_waits_for_a_poll_period() {
    let total = first_commits(Plugins::Stock);
    assert!(WITHOUT_POLLING < total, "{total:?}");
}

/// What is logged about bad packets when ten replicas have said goodbye.
fn complaints_about_goodbyes(plugins: Plugins) -> usize {
    let mut topology = Topology::launch(ServerOptions::of(plugins), &[]);
    topology.install();
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 100");
    for round in 1..=10 {
        let fake = fake_at_the_end(&topology, 70 + round);
        topology.wait_for_clients(1);
        fake.quit();
        // The dump thread notices at its writes, the first of which may still succeed.
        let mut id = 1_000 * round;
        wait_until("the source has noticed", SOON, || {
            id += 1;
            session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
            session.source_count("clients") == 0
        });
    }
    topology.source.logged(&[11137, 11138, 11139, 13129]).len()
}

#[test]
fn a_replica_that_says_goodbye_is_not_logged_as_a_bad_packet() {
    assert_eq!(complaints_about_goodbyes(Plugins::Ours), 0);
}

#[test]
fn the_stock_plugin_logs_goodbyes_as_bad_packets() {
    assert!(0 < complaints_about_goodbyes(Plugins::Stock));
}

/// Commits on a semisynchronous and on an asynchronous source of one replica. Whether both channels
/// stood the whole time and every commit of the semisynchronous one was acknowledged.
fn two_channels_stand(plugins: Plugins) -> bool {
    let mut topology = Topology::start(Plugins::Ours, &[plugins], Link::PLAIN);
    let mut source = topology.source.session();
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 1000");
    // A second source, which knows nothing of semisynchronous replication.
    let plain = Server::start("plain", ServerOptions::of(plugins));
    let mut plain_session = plain.session();
    plain_session.run_all(&[
        "SET sql_log_bin = 0",
        "CREATE USER replica@'%' IDENTIFIED BY 'secret'",
        "GRANT REPLICATION SLAVE ON *.* TO replica@'%'",
        "SET sql_log_bin = 1",
        "CREATE DATABASE yard",
        "CREATE TABLE yard.goods (id INT PRIMARY KEY)",
    ]);
    let replica = topology.replicas.pop().expect("there is a replica");
    let mut session = replica.session();
    session.run_all(&[
        &format!(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, \
             SOURCE_USER = 'replica', SOURCE_PASSWORD = 'secret', SOURCE_AUTO_POSITION = 1, \
             GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1 FOR CHANNEL 'plain'",
            plain.port()
        ),
        "START REPLICA FOR CHANNEL 'plain'",
    ]);
    for id in 0..20 {
        plain_session.run(&format!("INSERT INTO yard.goods VALUES ({id})"));
        source.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
    }
    let mut rows = |table: &str| {
        let counted = session.try_rows(&format!("SELECT COUNT(*) FROM {table}"));
        counted.is_ok_and(|rows| rows == [["20"]])
    };
    let start = Instant::now();
    let mut has_arrived = false;
    while !has_arrived && start.elapsed() < SOON && replica.count_logged(11178) == 0 {
        has_arrived = rows("yard.goods") && rows("shop.orders");
    }
    has_arrived
        && replica.logged(&[11178, 13117]).is_empty()
        && source.source_count("yes_tx") == 20
        && source.source_count("no_tx") == 0
}

#[test]
fn a_semisynchronous_and_an_asynchronous_channel_stand_side_by_side() {
    assert!(two_channels_stand(Plugins::Ours));
}

#[test]
fn with_the_stock_plugin_an_asynchronous_channel_breaks_a_semisynchronous_one() {
    assert!(!two_channels_stand(Plugins::Stock));
}

/// Disables the replica side under a running receiver thread, which then loses its connection.
/// Whether the receiver thread stops instead of going on asynchronously.
fn receiver_stops(plugins: Plugins) -> bool {
    let topology = Topology::start(Plugins::Ours, &[plugins], Link::PLAIN);
    let mut source = topology.source.session();
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 300");
    let replica = &topology.replicas[0];
    let mut session = replica.session();
    session.run("SET GLOBAL rpl_semi_sync_replica_enabled = OFF");
    topology.insert(0..5);
    let dump = source
        .number("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'");
    source.run(&format!("KILL {dump}"));
    let has_failed = || 0 < replica.count_logged(13117) + replica.count_logged(11178);
    let mut id = 10;
    wait_until("the replica is back or has given up", SOON, || {
        id += 1;
        source.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
        let executed = session.value("SELECT @@GLOBAL.gtid_executed");
        let missing = "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed";
        let behind = source.value(&format!("{missing}, '{executed}')"));
        has_failed() || (behind.is_empty() && topology.source.count_logged(11170) == 2)
    });
    has_failed()
}

#[test]
fn a_replica_that_is_disabled_while_it_runs_goes_on_after_a_reconnect() {
    assert!(!receiver_stops(Plugins::Ours));
}

#[test]
fn a_replica_with_the_stock_plugin_stops_then() {
    assert!(receiver_stops(Plugins::Stock));
}
