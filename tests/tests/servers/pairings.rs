//! Our plugins and the stock ones with each other, over every kind of connection.
//!
//! Every commit must be acknowledged, arrive, and leave the connection standing: a replica that
//! breaks and makes its connection anew after each commit would pass every other check.

use semisync_tests::servers::{Link, Plugins, Topology};

const OURS: Plugins = Plugins::Ours;
const STOCK: Plugins = Plugins::Stock;

const ZLIB: Link = Link {
    tls: false,
    compression: Some("zlib"),
};
const ZSTD: Link = Link {
    tls: false,
    compression: Some("zstd"),
};
const TLS: Link = Link {
    tls: true,
    compression: None,
};
const TLS_ZSTD: Link = Link {
    tls: true,
    compression: Some("zstd"),
};

const COMMITS: u32 = 60;

#[track_caller]
fn check(source: Plugins, replica: Plugins, link: Link) {
    let topology = Topology::start(source, &[replica], link);
    let mut session = topology.source.session();
    let before = Counts::of(&topology);

    topology.insert(0..COMMITS / 2);
    session.run("SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_COMMIT'");
    topology.insert(COMMITS / 2..COMMITS);
    // A row that is worth compressing, and a transaction larger than a network buffer.
    session.run_all(&[
        "CREATE TABLE shop.notes (id INT PRIMARY KEY, note LONGTEXT)",
        "INSERT INTO shop.notes VALUES (1, REPEAT('semisync', 100000))",
    ]);

    let waits = u64::from(COMMITS) + 2;
    let after = Counts::of(&topology);
    assert_eq!(
        after.yes_tx - before.yes_tx,
        waits,
        "every commit was acknowledged"
    );
    assert_eq!(
        after.no_tx, before.no_tx,
        "no commit went on without its ACK"
    );
    assert_eq!(
        after.net_waits - before.net_waits,
        waits,
        "one request for each commit"
    );
    assert_eq!(
        after.dumps, before.dumps,
        "no reconnect as the source sees it"
    );
    assert_eq!(after.resumptions, 0, "no reconnect as the replica sees it");
    assert_eq!(topology.source.logged(&[13129, 11137, 11138]), [""; 0]);

    topology.wait_for_replicas();
    let mut replica = topology.replicas[0].session();
    assert_eq!(
        replica.number("SELECT COUNT(*) FROM shop.orders"),
        u64::from(COMMITS)
    );
    assert_eq!(
        replica.number("SELECT SUM(LENGTH(note)) FROM shop.notes"),
        800_000
    );
    assert_eq!(replica.status("Rpl_semi_sync_replica_status"), "ON");
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
    check_link(&topology, link);
}

/// The connection is of the kind that was asked for.
#[track_caller]
fn check_link(topology: &Topology, link: Link) {
    let mut session = topology.source.session();
    let dump = session.number(
        "SELECT thread_id FROM performance_schema.threads \
         WHERE processlist_command LIKE 'Binlog Dump%'",
    );
    let mut status = |name: &str| {
        session.value(&format!(
            "SELECT variable_value FROM performance_schema.status_by_thread \
             WHERE thread_id = {dump} AND variable_name = '{name}'"
        ))
    };
    assert_eq!(!status("Ssl_cipher").is_empty(), link.tls, "encryption");
    assert_eq!(
        status("Compression") == "ON",
        link.compression.is_some(),
        "compression"
    );
    assert_eq!(
        status("Compression_algorithm"),
        link.compression.unwrap_or_default()
    );
}

/// Counters on both sides.
struct Counts {
    yes_tx: u64,
    no_tx: u64,
    net_waits: u64,
    dumps: usize,
    resumptions: usize,
}

impl Counts {
    fn of(topology: &Topology) -> Counts {
        let mut source = topology.source.session();
        Counts {
            yes_tx: source.source_count("yes_tx"),
            no_tx: source.source_count("no_tx"),
            net_waits: source.source_count("net_waits"),
            dumps: topology.source.count_logged(11170),
            resumptions: topology.replicas[0].count_logged(10592),
        }
    }
}

#[test]
fn our_source_and_our_replica() {
    check(OURS, OURS, Link::PLAIN);
}

#[test]
fn our_source_and_our_replica_over_tls() {
    check(OURS, OURS, TLS);
}

#[test]
fn our_source_and_our_replica_with_zlib() {
    check(OURS, OURS, ZLIB);
}

#[test]
fn our_source_and_our_replica_with_zstd() {
    check(OURS, OURS, ZSTD);
}

#[test]
fn our_source_and_our_replica_over_tls_with_zstd() {
    check(OURS, OURS, TLS_ZSTD);
}

#[test]
fn our_source_and_the_stock_replica() {
    check(OURS, STOCK, Link::PLAIN);
}

#[test]
fn our_source_and_the_stock_replica_over_tls_with_zstd() {
    check(OURS, STOCK, TLS_ZSTD);
}

#[test]
fn our_source_and_the_stock_replica_with_zlib() {
    check(OURS, STOCK, ZLIB);
}

#[test]
fn the_stock_source_and_our_replica() {
    check(STOCK, OURS, Link::PLAIN);
}

#[test]
fn the_stock_source_and_our_replica_with_zlib() {
    check(STOCK, OURS, ZLIB);
}

#[test]
fn the_stock_source_and_our_replica_over_tls_with_zstd() {
    check(STOCK, OURS, TLS_ZSTD);
}

#[test]
fn the_stock_source_and_the_stock_replica_pass_the_same_checks() {
    check(STOCK, STOCK, ZSTD);
}
