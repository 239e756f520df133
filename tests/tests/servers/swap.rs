//! From the stock plugins to ours and back on a running topology, as docs/plugin.md tells it: the
//! replicas first, the source last, under load, and no commit is lost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use semisync_tests::servers::{
    INSTALL_REPLICA, INSTALL_SOURCE, Link, Plugins, Server, ServerOptions, Session, Topology,
    wait_until,
};

const SOON: Duration = Duration::from_secs(60);

const SOURCE: &str = "semisync_source.so";

const REPLICA: &str = "semisync_replica.so";

fn swap_replica(topology: &Topology, replica: &Server, to: Plugins) {
    let mut session = replica.session();
    session.run_all(&[
        "STOP REPLICA IO_THREAD",
        "UNINSTALL PLUGIN rpl_semi_sync_replica",
    ]);
    replica.replace_library(to, REPLICA);
    session.run_all(&[
        INSTALL_REPLICA,
        "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
        "START REPLICA IO_THREAD",
    ]);
    wait_until("it is a semisynchronous replica again", SOON, || {
        session.status("Rpl_semi_sync_replica_status") == "ON"
    });
    topology.wait_for_clients(2);
}

fn swap_source(topology: &Topology, to: Plugins) {
    let mut source = topology.source.session();
    source.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
    for replica in &topology.replicas {
        replica.session().run("STOP REPLICA IO_THREAD");
    }
    wait_until("the source lets its plugin go", SOON, || {
        source
            .try_run("UNINSTALL PLUGIN rpl_semi_sync_source")
            .is_ok()
    });
    topology.source.replace_library(to, SOURCE);
    source.run(INSTALL_SOURCE);
    for replica in &topology.replicas {
        replica.session().run("START REPLICA IO_THREAD");
    }
    topology.wait_for_clients(2);
    source.run("SET GLOBAL rpl_semi_sync_source_enabled = ON");
}

/// Whose libraries a server runs.
fn author(server: &Server, plugin: &str) -> String {
    server.session().value(&format!(
        "SELECT plugin_author FROM information_schema.plugins WHERE plugin_name = '{plugin}'"
    ))
}

/// Commits are acknowledged now.
#[track_caller]
fn assert_protected(session: &mut Session) {
    wait_until("semisynchronous", SOON, || {
        session.status("Rpl_semi_sync_source_status") == "ON"
    });
    let before = session.source_count("yes_tx");
    wait_until("commits are acknowledged", SOON, || {
        before + 20 < session.source_count("yes_tx")
    });
}

#[test]
fn a_running_topology_goes_to_our_plugins_and_back_without_losing_a_commit() {
    let stock = [Plugins::Stock, Plugins::Stock];
    let topology = Topology::start(Plugins::Stock, &stock, Link::PLAIN);
    let is_over = AtomicBool::new(false);
    let next = AtomicU32::new(0);
    let committed = Mutex::new(Vec::new());
    let mut source = topology.source.session();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let mut session = topology.source.session();
            let (is_over, next, committed) = (&is_over, &next, &committed);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
                    committed.lock().expect("whole").push(id);
                }
            });
        }
        let end = Ended(&is_over);
        assert_protected(&mut source);
        for to in [Plugins::Ours, Plugins::Stock] {
            for replica in &topology.replicas {
                swap_replica(&topology, replica, to);
                assert_protected(&mut source);
            }
            swap_source(&topology, to);
            assert_protected(&mut source);
            let is_ours = to == Plugins::Ours;
            let authors = [
                author(&topology.source, "rpl_semi_sync_source"),
                author(&topology.replicas[0], "rpl_semi_sync_replica"),
                author(&topology.replicas[1], "rpl_semi_sync_replica"),
            ];
            for author in authors {
                assert_eq!(author.contains("Semisync Lab"), is_ours, "{author}");
            }
        }
        drop(end);
    });
    let mut committed = committed.into_inner().expect("whole");
    committed.sort_unstable();
    assert!(200 < committed.len());
    topology.wait_for_replicas();
    for server in topology.replicas.iter().chain([&topology.source]) {
        let rows = server
            .session()
            .rows("SELECT id FROM shop.orders ORDER BY id");
        let ids: Vec<u32> = rows
            .iter()
            .map(|row| row[0].parse().expect("a number"))
            .collect();
        assert_eq!(ids, committed);
    }
}

/// Ends the load, also when a test fails: its threads are waited for.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn what_ours_persisted_does_not_keep_a_server_with_the_stock_plugin_from_starting() {
    let mut server = Server::start("back", ServerOptions::of(Plugins::Ours));
    server.session().run_all(&[
        INSTALL_SOURCE,
        "SET PERSIST rpl_semi_sync_source_timeout = 1234",
        "SET PERSIST semisync_lab.flight_recorder = 'kept'",
    ]);
    server.replace_library(Plugins::Stock, SOURCE);
    server.restart();
    let mut session = server.session();
    let timeout = "SELECT @@GLOBAL.rpl_semi_sync_source_timeout";
    assert_eq!(session.value(timeout), "1234");
    session.run("RESET PERSIST IF EXISTS `semisync_lab.flight_recorder`");
    server.replace_library(Plugins::Ours, SOURCE);
    server.restart();
    let mut session = server.session();
    assert_eq!(session.value(timeout), "1234");
    assert_eq!(session.status("Semisync_lab_source_flight_recorder"), "OFF");
}
