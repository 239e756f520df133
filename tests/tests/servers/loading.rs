//! Loading, unloading, and what a server shows of it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use semisync_tests::servers::{
    INSTALL_REPLICA, INSTALL_SOURCE, Installation, Link, Plugins, Server, ServerOptions, Topology,
    wait_until,
};

#[test]
fn both_plugins_load_and_are_listed_as_the_stock_ones() {
    let listings = [Plugins::Ours, Plugins::Stock].map(|plugins| {
        let server = Server::start("listed", ServerOptions::of(plugins));
        let mut session = server.session();
        session.run_all(&[INSTALL_SOURCE, INSTALL_REPLICA]);
        let plugins = session.rows(
            "SELECT plugin_name, plugin_version, plugin_status, plugin_type, plugin_type_version, \
             plugin_library, plugin_library_version, plugin_description, plugin_license, \
             load_option FROM information_schema.plugins WHERE plugin_name LIKE 'rpl_semi%'",
        );
        let instruments = session.rows(
            "SELECT name, enabled, timed FROM performance_schema.setup_instruments \
             WHERE name LIKE '%semisync%' ORDER BY name",
        );
        (plugins, instruments)
    });
    let [ours, stock] = &listings;
    assert_eq!(ours.0.len(), 2, "two plugins are active: {:?}", ours.0);
    assert_eq!(ours, stock);
}

#[test]
fn a_library_can_be_unloaded_and_loaded_again() {
    let server = Server::start("reload", ServerOptions::of(Plugins::Ours));
    let mut session = server.session();
    for round in 0..20 {
        session.run_all(&[
            INSTALL_SOURCE,
            INSTALL_REPLICA,
            "SET GLOBAL rpl_semi_sync_source_timeout = 1",
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            "CREATE DATABASE shop",
            "DROP DATABASE shop",
        ]);
        assert_eq!(
            session.source_count("no_tx"),
            2,
            "round {round}: counters begin anew"
        );
        session.run_all(&[
            "UNINSTALL PLUGIN rpl_semi_sync_source",
            "UNINSTALL PLUGIN rpl_semi_sync_replica",
        ]);
        let unknown = session.try_run("SELECT @@GLOBAL.rpl_semi_sync_source_enabled");
        assert_eq!(unknown.map_err(|error| error.number), Err(1193));
        for library in ["semisync_source.so", "semisync_replica.so"] {
            assert_eq!(
                server.mappings_of(library),
                0,
                "round {round}: {library} is unmapped"
            );
        }
    }
    assert_eq!(server.logged(&[11166]).len(), 20, "a thread for each round");
    assert_eq!(server.logged(&[11168]).len(), 20, "each of them ended");
}

#[test]
fn a_plugin_in_use_is_not_unloaded() {
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours], Link::PLAIN);
    let mut source = topology.source.session();
    let mut replica = topology.replicas[0].session();

    let refused = source.try_run("UNINSTALL PLUGIN rpl_semi_sync_source");
    assert_eq!(refused.as_ref().map_err(|error| error.number), Err(1883));
    assert_eq!(
        source.rows("SHOW WARNINGS"),
        [
            [
                "Error",
                "1883",
                "Plugin 'rpl_semi_sync_source' cannot be uninstalled now. Stop any active \
                 semisynchronous replicas of this source first."
            ],
            [
                "Error",
                "1883",
                "Plugin 'rpl_semi_sync_source' cannot be uninstalled now. Plugin is still in use."
            ],
        ]
    );
    let refused = replica.try_run("UNINSTALL PLUGIN rpl_semi_sync_replica");
    assert_eq!(
        refused.map_err(|error| error.message),
        Err(
            "Plugin 'rpl_semi_sync_replica' cannot be uninstalled now. Stop any active \
             semisynchronous I/O threads on this replica first."
                .to_owned()
        )
    );

    replica.run_all(&["STOP REPLICA", "UNINSTALL PLUGIN rpl_semi_sync_replica"]);
    // The source's dump thread notices at its next write.
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 100");
    source.run("INSERT INTO shop.orders VALUES (1)");
    topology.wait_for_clients(0);
    source.run("UNINSTALL PLUGIN rpl_semi_sync_source");
    assert_eq!(topology.source.count_logged(11175), 1);
}

#[test]
fn options_of_an_option_file_are_in_force_from_the_start() {
    let options = ServerOptions::of(Plugins::Ours)
        .with("plugin-load-add=semisync_source.so")
        .with("plugin-load-add=semisync_replica.so")
        .with("rpl-semi-sync-source-enabled=1")
        .with("rpl-semi-sync-source-timeout=77")
        .with("rpl_semi_sync_source_wait_for_replica_count=3")
        .with("rpl_semi_sync_source_wait_point=AFTER_COMMIT")
        .with("rpl_semi_sync_source_wait_no_replica=OFF")
        .with("rpl_semi_sync_replica_enabled=ON");
    let server = Server::start("options", options);
    let mut session = server.session();
    assert_eq!(
        session.rows("SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync%'"),
        [
            ["rpl_semi_sync_replica_enabled", "ON"],
            ["rpl_semi_sync_replica_trace_level", "32"],
            ["rpl_semi_sync_source_enabled", "ON"],
            ["rpl_semi_sync_source_timeout", "77"],
            ["rpl_semi_sync_source_trace_level", "32"],
            ["rpl_semi_sync_source_wait_for_replica_count", "3"],
            ["rpl_semi_sync_source_wait_no_replica", "OFF"],
            ["rpl_semi_sync_source_wait_point", "AFTER_COMMIT"],
        ]
    );
    assert_eq!(server.count_logged(11142), 1, "enabled at start");
    wait_until("the ACK receiver runs", Duration::from_secs(10), || {
        let threads = "SELECT processlist_state FROM performance_schema.threads \
                       WHERE name = 'thread/semisync/Ack_receiver'";
        session.rows(threads) == [["Waiting for semi-sync replica connection"]]
    });
    assert_eq!(
        session.status("Rpl_semi_sync_source_status"),
        "OFF",
        "too few replicas, and wait_no_replica is OFF"
    );
}

#[test]
fn persisted_values_survive_a_restart() {
    let mut server = Server::start("persist", ServerOptions::of(Plugins::Ours));
    server.session().run_all(&[
        INSTALL_SOURCE,
        INSTALL_REPLICA,
        "SET PERSIST rpl_semi_sync_source_timeout = 1234",
        "SET PERSIST rpl_semi_sync_source_wait_point = 'AFTER_COMMIT'",
        "SET PERSIST_ONLY rpl_semi_sync_source_enabled = ON",
        "SET PERSIST rpl_semi_sync_replica_enabled = ON",
    ]);
    server.restart();
    let mut session = server.session();
    assert_eq!(
        session.rows(
            "SELECT @@GLOBAL.rpl_semi_sync_source_timeout, \
             @@GLOBAL.rpl_semi_sync_source_wait_point, @@GLOBAL.rpl_semi_sync_source_enabled, \
             @@GLOBAL.rpl_semi_sync_replica_enabled"
        ),
        [["1234", "AFTER_COMMIT", "1", "1"]]
    );
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
}

#[test]
fn a_server_of_another_series_is_refused() {
    // Libraries that were made for 8.7: the series they compare with is changed in the file.
    let libraries = Path::new(env!("CARGO_TARGET_TMPDIR")).join("another-series");
    std::fs::create_dir_all(&libraries).expect("a directory can be made");
    for name in ["semisync_source.so", "semisync_replica.so"] {
        let library = Installation::get().library(Plugins::Ours, name);
        let mut bytes = std::fs::read(library).expect("the library can be read");
        let mut changed = 0;
        for index in 0..bytes.len() - 4 {
            if bytes[index..].starts_with(b"9.7.") {
                bytes[index] = b'8';
                changed += 1;
            }
        }
        assert_ne!(changed, 0, "{name} has its series in it");
        std::fs::write(libraries.join(name), bytes).expect("the library can be written");
    }
    let mut options = ServerOptions::of(Plugins::Ours);
    options.libraries = Some(libraries);
    let server = Server::start("series", options);
    let mut session = server.session();
    for install in [INSTALL_SOURCE, INSTALL_REPLICA] {
        let refused = session.try_run(install).map_err(|error| error.number);
        assert_eq!(refused, Err(1123), "{install}");
    }
    let log = server.error_log();
    assert_eq!(
        log.matches("refuses to load: it was built for MySQL")
            .count(),
        2,
        "{log}"
    );
    assert_eq!(
        session.rows("SHOW GLOBAL VARIABLES LIKE 'rpl_semi%'"),
        [[""; 0]; 0]
    );
}

#[test]
fn a_library_comes_and_goes_while_sessions_commit() {
    let mut topology = Topology::launch(ServerOptions::of(Plugins::Ours), &[]);
    topology.install();
    let mut session = topology.source.session();
    session.run("UNINSTALL PLUGIN rpl_semi_sync_source");
    let is_over = AtomicBool::new(false);
    let committed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut session = topology.source.session();
            let (is_over, committed) = (&is_over, &committed);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let id = committed.fetch_add(1, Ordering::Relaxed);
                    session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
                }
            });
        }
        for round in 0..CYCLES {
            session.run_all(&[
                INSTALL_SOURCE,
                "SET GLOBAL rpl_semi_sync_source_timeout = 1",
                [
                    "SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_COMMIT'",
                    "DO 0",
                ][round % 2],
                "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            ]);
            wait_until("commits passed through the plugin", SOON, || {
                3 < session.source_count("no_tx")
            });
            session.run("UNINSTALL PLUGIN rpl_semi_sync_source");
            wait_until("the library is unmapped", SOON, || {
                topology.source.mappings_of("semisync_source.so") == 0
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let committed = u64::from(committed.load(Ordering::Relaxed));
    assert_eq!(
        session.number("SELECT COUNT(*) FROM shop.orders"),
        committed
    );
    let threads = "SELECT COUNT(*) FROM performance_schema.threads WHERE name LIKE '%semisync%'";
    assert_eq!(session.number(threads), 0, "no thread is left behind");
}

const SOON: Duration = Duration::from_secs(10);

const CYCLES: usize = 40;
