//! A fault of ours in a hook: caught, logged, and in nobody's way.
//!
//! The libraries of these tests are built with the feature `fault-injection`, which makes them
//! panic in the hook whose name stands in a file. Every hook of both plugins has its turn.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use semisync_flight::{Ending, Recording, Replay, Step};
use semisync_tests::servers::{
    INSTALL_REPLICA, INSTALL_SOURCE, Link, Plugins, Server, ServerOptions, Session, Topology,
    fault_libraries, wait_until,
};

const SOON: Duration = Duration::from_secs(30);

/// The file in which a test names the hook that is to fail.
struct Faults(PathBuf);

impl Faults {
    fn new(test: &str) -> Faults {
        let process = std::process::id();
        let file = std::env::temp_dir().join(format!("semisync-fault-{process}-{test}"));
        Faults(file)
    }

    fn options(&self) -> ServerOptions {
        let mut options = ServerOptions::of(Plugins::Ours).with("replica-net-timeout=10");
        options.libraries = Some(fault_libraries());
        let file = self.0.display().to_string();
        options.environment = vec![("SEMISYNC_FAULT_FILE".to_owned(), file)];
        options
    }

    /// From now on the hook fails; until the plugin that failed is loaded anew, only once.
    fn ask_for(&self, hook: &str) {
        let new = self.0.with_extension("new");
        std::fs::write(&new, hook).expect("a file can be written");
        std::fs::rename(&new, &self.0).expect("a file can be moved");
    }

    fn ask_for_none(&self) {
        self.ask_for("");
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A source whose hooks can fail, and a replica.
struct Setting {
    faults: Faults,
    topology: Topology,
    next_id: u32,
}

impl Setting {
    fn new(test: &str) -> Setting {
        let faults = Faults::new(test);
        let mut topology = Topology::launch(faults.options(), &[Plugins::Ours]);
        topology.install();
        let mut setting = Setting {
            faults,
            topology,
            next_id: 0,
        };
        setting
            .topology
            .connect(&setting.topology.replicas[0], Link::PLAIN);
        setting.make_whole("AFTER_SYNC");
        setting
    }

    fn source(&self) -> Session {
        self.topology.source.session()
    }

    fn replica(&self) -> Session {
        self.topology.replicas[0].session()
    }

    /// A commit that nobody may hold up.
    fn commit(&mut self) {
        let id = self.next_id;
        self.next_id += 1;
        let start = Instant::now();
        self.source()
            .run(&format!("INSERT INTO shop.orders VALUES ({id})"));
        assert!(
            start.elapsed() < SOON,
            "a commit took {:?}",
            start.elapsed()
        );
    }

    /// Semisynchronous, with a timeout that no test lives to see.
    fn make_whole(&mut self, wait_point: &str) {
        self.source().run_all(&[
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
            &format!("SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"),
        ]);
        self.replica().run_all(&["STOP REPLICA", "START REPLICA"]);
        self.topology.wait_for_clients(1);
        self.commit();
        assert_eq!(self.source().status("Rpl_semi_sync_source_status"), "ON");
    }

    /// A panic in a hook of the source: commits go on at once, the replica follows, the plugin
    /// says what happened, and can be loaded anew.
    #[track_caller]
    fn check(&mut self, hook: &str, wait_point: &str, trigger: impl FnOnce(&mut Setting)) {
        self.make_whole(wait_point);
        let asked = format!("a fault was asked for in {hook}");
        let switched_off = "switched off after an internal error; replication goes on";
        let before = self
            .topology
            .source
            .error_log()
            .matches(switched_off)
            .count();
        self.faults.ask_for(hook);
        trigger(self);
        wait_until(hook, SOON, || {
            let log = self.topology.source.error_log();
            log.contains(&asked) && log.matches(switched_off).count() == before + 1
        });
        self.commit();

        let mut session = self.source();
        assert_eq!(
            session.status("Rpl_semi_sync_source_status"),
            "OFF",
            "{hook}"
        );
        assert_eq!(
            session.status("Semisync_lab_source_state"),
            "FAILED",
            "{hook}"
        );
        let enabled = "SELECT @@GLOBAL.rpl_semi_sync_source_enabled";
        assert_eq!(session.value(enabled), "0", "{hook}");
        let refused = session.try_run("SET GLOBAL rpl_semi_sync_source_enabled = ON");
        assert_eq!(refused.map_err(|error| error.number), Err(1815), "{hook}");
        assert_eq!(session.value(enabled), "0", "{hook}");
        session.run("SHOW GLOBAL STATUS LIKE '%semi%sync%'");
        self.topology.wait_for_replicas();
        let headers = self.topology.replicas[0].count_logged(11178);
        assert_eq!(headers, 0, "{hook}: headers were always there");
        self.load_anew(hook);
    }

    #[track_caller]
    fn load_anew(&mut self, hook: &str) {
        self.faults.ask_for_none();
        self.replica().run("STOP REPLICA");
        let mut session = self.source();
        // A dump that ends while UNINSTALL looks at the plugin ends without its hook, and counts for ever.
        let dumps = "SELECT COUNT(*) FROM performance_schema.threads \
                     WHERE processlist_command LIKE 'Binlog Dump%'";
        wait_until("the dump has ended", SOON, || {
            self.commit();
            session.number(dumps) == 0
        });
        wait_until("the plugin can be unloaded", SOON, || {
            let uninstalled = session.try_run("UNINSTALL PLUGIN rpl_semi_sync_source");
            uninstalled.is_ok()
        });
        wait_until("the library is unmapped", SOON, || {
            self.topology.source.mappings_of("semisync_source.so") == 0
        });
        session.run(INSTALL_SOURCE);
        assert_eq!(
            session.status("Semisync_lab_source_state"),
            "DISABLED",
            "{hook}"
        );
    }
}

#[test]
fn in_every_hook_of_a_commit() {
    let mut setting = Setting::new("commit");
    setting.check("after_flush", "AFTER_SYNC", Setting::commit);
    setting.check("after_sync", "AFTER_SYNC", Setting::commit);
    setting.check("after_commit", "AFTER_COMMIT", Setting::commit);
    setting.check("after_rollback", "AFTER_SYNC", |setting| {
        let mut session = setting.source();
        session.run_all(&["BEGIN", "INSERT INTO shop.orders VALUES (999)", "ROLLBACK"]);
    });
    setting.check("machine", "AFTER_SYNC", Setting::commit);
    setting.topology.source.begin_shutdown();
    assert!(setting.topology.source.wait_for_end(SOON * 2).success());
}

#[test]
fn in_every_hook_of_a_dump_and_in_the_ack_receiver() {
    let reconnect = |setting: &mut Setting| {
        let mut replica = setting.replica();
        replica.run_all(&["STOP REPLICA", "START REPLICA"]);
    };
    let mut setting = Setting::new("dump");
    setting.check("transmit_start", "AFTER_SYNC", reconnect);
    setting.check("reserve_header", "AFTER_SYNC", Setting::commit);
    setting.check("before_send_event", "AFTER_SYNC", Setting::commit);
    setting.check("after_send_event", "AFTER_SYNC", Setting::commit);
    setting.check("ack", "AFTER_SYNC", Setting::commit);
    setting.check("ack_receiver", "AFTER_SYNC", reconnect);
    setting.check("transmit_stop", "AFTER_SYNC", |setting| {
        reconnect(setting);
        setting.commit();
    });
}

#[test]
fn in_every_function_of_a_variable() {
    let mut setting = Setting::new("variables");
    for (hook, statement) in [
        ("enabled", "SET GLOBAL rpl_semi_sync_source_enabled = ON"),
        ("timeout", "SET GLOBAL rpl_semi_sync_source_timeout = 5"),
        (
            "wait_no_replica",
            "SET GLOBAL rpl_semi_sync_source_wait_no_replica = OFF",
        ),
        (
            "trace_level",
            "SET GLOBAL rpl_semi_sync_source_trace_level = 16",
        ),
        (
            "wait_point",
            "SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_COMMIT'",
        ),
        (
            "wait_for_replica_count",
            "SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 2",
        ),
        (
            "status",
            "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_status'",
        ),
        (
            "counter",
            "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_clients'",
        ),
        (
            "observed",
            "SHOW GLOBAL STATUS LIKE 'Semisync_lab_source_state'",
        ),
        (
            "flight_recorder_name",
            "SET GLOBAL semisync_lab.flight_recorder = 'x'",
        ),
    ] {
        setting.check(hook, "AFTER_SYNC", |setting| {
            setting.source().run(statement)
        });
        setting.source().run_all(&[
            "SET GLOBAL rpl_semi_sync_source_wait_no_replica = DEFAULT",
            "SET GLOBAL rpl_semi_sync_source_trace_level = DEFAULT",
            "SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = DEFAULT",
        ]);
    }
    for (hook, statement, number) in [
        (
            "check_flight_recorder",
            "SET GLOBAL semisync_lab.flight_recorder = 'x'",
            1231,
        ),
        (
            "check_uninstall",
            "UNINSTALL PLUGIN rpl_semi_sync_source",
            1883,
        ),
    ] {
        setting.check(hook, "AFTER_SYNC", |setting| {
            let refused = setting.source().try_run(statement);
            assert_eq!(refused.map_err(|error| error.number), Err(number), "{hook}");
        });
    }
}

#[test]
fn in_init_and_deinit_and_a_reset() {
    let faults = Faults::new("life");
    let mut server = Server::start("life", faults.options());
    let mut session = server.session();
    for (install, uninstall, library) in [
        (
            INSTALL_SOURCE,
            "UNINSTALL PLUGIN rpl_semi_sync_source",
            "semisync_source.so",
        ),
        (
            INSTALL_REPLICA,
            "UNINSTALL PLUGIN rpl_semi_sync_replica",
            "semisync_replica.so",
        ),
    ] {
        faults.ask_for("init");
        let refused = session.try_run(install).map_err(|error| error.number);
        assert_eq!(refused, Err(1123), "{install}");
        assert_eq!(server.mappings_of(library), 0, "{library}");
        // Hooks that were left behind would lead into the unmapped library.
        session.run_all(&["CREATE DATABASE shop", "DROP DATABASE shop"]);
        faults.ask_for("deinit");
        session.run_all(&[install, uninstall]);
        assert_eq!(server.mappings_of(library), 0, "{library}");
        session.run_all(&["CREATE DATABASE shop", "DROP DATABASE shop"]);
        faults.ask_for_none();
        session.run(install);
    }
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_timeout = 10",
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
    ]);
    faults.ask_for("after_reset");
    session.run_all(&["RESET BINARY LOGS AND GTIDS", "CREATE DATABASE shop"]);
    assert_eq!(session.status("Semisync_lab_source_state"), "FAILED");
    server.begin_shutdown();
    assert!(server.wait_for_end(SOON * 2).success());
}

#[test]
fn a_recorder_that_fails_leaves_the_plugin_alone_and_one_that_runs_keeps_the_fatal_input() {
    let mut setting = Setting::new("recorder");
    setting.faults.ask_for("flight_recorder");
    let mut session = setting.source();
    session.run("SET GLOBAL semisync_lab.flight_recorder = 'lost'");
    wait_until("the recorder failed", SOON, || {
        let status = session.status("Semisync_lab_source_flight_recorder");
        status.starts_with("FAILED: an internal error")
    });
    setting.commit();
    assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
    setting.faults.ask_for_none();
    session.run_all(&[
        "SET GLOBAL semisync_lab.flight_recorder = ''",
        "SET GLOBAL semisync_lab.flight_recorder = 'kept'",
    ]);
    setting.commit();
    setting.faults.ask_for("machine");
    setting.commit();
    let file = setting.topology.source.data_directory().join("kept.flight");
    wait_until("the recording ended", SOON, || {
        let status = session.status("Semisync_lab_source_flight_recorder");
        status.starts_with("FAILED: the plugin failed")
    });
    let bytes = std::fs::read(file).expect("the recording is there");
    let recording = Recording::read(&bytes).expect("it is a recording");
    let mut replay = Replay::new(&recording.segments[0]);
    let mut last = None;
    while let Some(step) = replay.step() {
        last = Some(step);
    }
    assert!(
        matches!(last, Some(Step::Ended(Ending::Fatal { .. }))),
        "{last:?}"
    );
}

/// A panic in a hook of the replica: it goes on replicating, the source falls back, and the plugin
/// can be loaded anew.
#[track_caller]
fn check_replica(topology: &Topology, faults: &Faults, hook: &str, trigger: &[&str]) {
    let mut source = topology.source.session();
    let replica = &topology.replicas[0];
    let mut session = replica.session();
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
        "START REPLICA",
    ]);
    topology.wait_for_clients(1);
    source.run(ONE_MORE);
    wait_until("semisynchronous again", SOON, || {
        source.run(ONE_MORE);
        source.status("Rpl_semi_sync_source_status") == "ON"
    });
    faults.ask_for(hook);
    session.run_all(trigger);
    source.run(ONE_MORE);
    wait_until(hook, SOON, || {
        replica
            .error_log()
            .contains(&format!("a fault was asked for in {hook}"))
    });
    session.run("START REPLICA");
    source.run(ONE_MORE);
    topology.wait_for_replicas();
    assert_eq!(
        session.status("Rpl_semi_sync_replica_status"),
        "OFF",
        "{hook}"
    );
    assert_eq!(
        session.status("Semisync_lab_replica_state"),
        "FAILED",
        "{hook}"
    );
    let enabled = "SELECT @@GLOBAL.rpl_semi_sync_replica_enabled";
    assert_eq!(session.value(enabled), "0", "{hook}");
    let refused = session.try_run("SET GLOBAL rpl_semi_sync_replica_enabled = ON");
    assert_eq!(refused.map_err(|error| error.number), Err(1815), "{hook}");
    assert_eq!(
        source.status("Rpl_semi_sync_source_status"),
        "OFF",
        "{hook}"
    );
    faults.ask_for_none();
    session.run_all(&[
        "STOP REPLICA",
        "UNINSTALL PLUGIN rpl_semi_sync_replica",
        INSTALL_REPLICA,
    ]);
    assert_eq!(
        session.status("Semisync_lab_replica_state"),
        "DISABLED",
        "{hook}"
    );
}

#[test]
fn in_every_hook_of_the_replica() {
    let faults = Faults::new("replica");
    let mut topology = Topology::launch(ServerOptions::of(Plugins::Ours), &[]);
    topology
        .replicas
        .push(Server::start("faulty", faults.options()));
    topology.install();
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 200");
    topology.connect(&topology.replicas[0], Link::PLAIN);
    let restart = ["STOP REPLICA", "START REPLICA"];
    for (hook, trigger) in [
        ("thread_start", &restart[..]),
        ("thread_stop", &restart[..1]),
        ("before_request_transmit", &restart[..]),
        ("after_read_event", &[]),
        ("after_queue_event", &[]),
        (
            "enabled",
            &["SET GLOBAL rpl_semi_sync_replica_enabled = ON"],
        ),
        (
            "trace_level",
            &["SET GLOBAL rpl_semi_sync_replica_trace_level = 16"],
        ),
        (
            "status",
            &["SHOW GLOBAL STATUS LIKE 'Semisync_lab_replica_state'"],
        ),
    ] {
        check_replica(&topology, &faults, hook, trigger);
    }
}

/// A commit that is in the binary log.
const ONE_MORE: &str =
    "INSERT INTO shop.orders SELECT COALESCE(MAX(id), 0) + 1 FROM shop.orders AS before_it";
