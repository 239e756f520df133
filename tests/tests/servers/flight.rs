//! Flight recordings of real servers, replayed with the same core.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::statvfs::statvfs;
use semisync_core::BinlogPosition;
use semisync_flight::{Ending, Recording, Replay, Step};
use semisync_tests::servers::{
    FakeReplica, INSTALL_SOURCE, Link, Plugins, Server, ServerOptions, Session, Topology,
    wait_until,
};

const SOON: Duration = Duration::from_secs(30);

fn recorder(session: &mut Session) -> String {
    session.status("Semisync_lab_source_flight_recorder")
}

fn file(server: &Server, name: &str) -> PathBuf {
    server.data_directory().join(name)
}

fn read(path: &Path) -> Recording {
    let bytes = std::fs::read(path).expect("the recording is there");
    Recording::read(&bytes).expect("it is a recording")
}

/// Replays all of it: every input must have led to the outputs it led to in the server, and the
/// counters must be the server's wherever they were noted.
#[track_caller]
fn check_replay(recording: &Recording) -> usize {
    let mut told = 0;
    for segment in &recording.segments {
        let mut replay = Replay::new(segment);
        while let Some(step) = replay.step() {
            match step {
                Step::Told {
                    input,
                    outputs,
                    agrees,
                    ..
                } => {
                    told += 1;
                    assert!(agrees, "input {told}: {input:?} led to {outputs:?}");
                }
                Step::Counted { agrees, recorded } => {
                    assert!(
                        agrees,
                        "{recorded:?} is not {:?}",
                        replay.source().counters()
                    );
                }
                Step::Ended(ending) => assert_eq!(ending, Ending::InOrder),
            }
        }
    }
    assert_eq!(told, recording.inputs());
    told
}

/// The counters at the end of the last segment, by the names of their status variables.
fn counters(recording: &Recording) -> Vec<(&'static str, String)> {
    let segment = recording.segments.last().expect("a segment");
    let mut replay = Replay::new(segment);
    while replay.step().is_some() {}
    let variables = semisync_core::variables::STATUS_VARIABLES.iter();
    variables
        .filter_map(|variable| {
            let value = variable.source_value(replay.source())?;
            Some((variable.name, value.to_string()))
        })
        .collect()
}

/// Commits, by four sessions, until something is so.
#[track_caller]
fn commit_until(topology: &Topology, what: &str, mut is_so: impl FnMut() -> bool) {
    let mut id = 100_000;
    wait_until(what, SOON * 3, || {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let first = id + thread * 100;
                scope.spawn(move || topology.insert(first..first + 100));
            }
        });
        id += 400;
        is_so()
    });
}

/// Load from several sessions while replicas come and go, the count and the timeout change, a
/// replica misbehaves, and commits time out.
fn incident(topology: &Topology) {
    let mut admin = topology.source.session();
    std::thread::scope(|scope| {
        for first in 0..4 {
            scope.spawn(move || topology.insert(first * 1_000..first * 1_000 + 150));
        }
        let mut replica = topology.replicas[0].session();
        admin.run("SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 2");
        replica.run("STOP REPLICA");
        // Nobody reads what it sends: the source notices at its next write.
        wait_until("a commit timed out", SOON, || {
            0 < admin.source_count("no_times")
        });
        admin.run("SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 1");
        replica.run("START REPLICA");
        wait_until("it is semisynchronous again", SOON, || {
            admin.run("DELETE FROM shop.orders WHERE id = 99999");
            admin.run("INSERT INTO shop.orders VALUES (99999)");
            admin.status("Rpl_semi_sync_source_status") == "ON"
        });
        let position = BinlogPosition::new("binlog.000001", 4);
        let mut fake = FakeReplica::connect(&topology.source, 4_001, &position);
        fake.send(&[1, 0, 0, 0, 0x42]);
        fake.quit();
        admin.run_all(&[
            "SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_COMMIT'",
            "SET GLOBAL rpl_semi_sync_source_timeout = 2000",
        ]);
    });
    topology.insert(5_000..5_050);
    admin.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
    ]);
    topology.insert(6_000..6_020);
}

#[test]
fn an_incident_under_load_replays_to_the_same_outputs_and_counters() {
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours, Plugins::Stock], Link::PLAIN);
    let mut session = topology.source.session();
    // Recording begins in the middle of a life, so its state is written down first.
    topology.insert(9_000..9_020);
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_timeout = 300",
        "SET GLOBAL semisync_lab.flight_recorder = 'incident'",
    ]);
    wait_until("it records", SOON, || recorder(&mut session) == "RECORDING");
    incident(&topology);
    session.run("SET GLOBAL semisync_lab.flight_recorder = ''");
    assert_eq!(recorder(&mut session), "OFF");
    let shown = session.rows("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source%'");

    let recording = read(&file(&topology.source, "incident.flight"));
    assert!(!recording.is_torn);
    assert_eq!(recording.segments.len(), 1);
    let told = check_replay(&recording);
    assert!(2_000 < told, "{told} inputs");
    let printed = semisync_console::flight::replay(&recording, true);
    assert!(printed.agrees, "{}", printed.text);
    assert!(300 < printed.text.matches(" → session ").count());
    let replayed = counters(&recording);
    assert_eq!(replayed.len(), 14);
    for (name, value) in replayed {
        let row = shown.iter().find(|row| row[0] == name).expect(name);
        assert_eq!(row[1], value, "{name}");
    }
    assert_eq!(
        session.status("Semisync_lab_source_flight_recorder_lost"),
        "0"
    );
}

#[test]
fn a_recording_stays_within_its_size_and_each_file_replays_by_itself() {
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours], Link::PLAIN);
    let mut session = topology.source.session();
    session.run_all(&[
        "SET GLOBAL semisync_lab.flight_recorder_size = 1048576",
        "SET GLOBAL semisync_lab.flight_recorder = 'ring'",
    ]);
    let (current, old) = ("ring.flight", "ring.old.flight");
    commit_until(&topology, "it was turned over", || {
        file(&topology.source, old).exists()
    });
    session.run("SET GLOBAL semisync_lab.flight_recorder = ''");
    let sizes = [current, old].map(|name| {
        let path = file(&topology.source, name);
        std::fs::metadata(path).expect("a file").len()
    });
    assert!(sizes.iter().sum::<u64>() < 1_048_576 + 400_000, "{sizes:?}");
    for name in [current, old] {
        check_replay(&read(&file(&topology.source, name)));
    }
    let mut both = read(&file(&topology.source, old));
    let bytes = std::fs::read(file(&topology.source, current)).expect("a file");
    both.append(&bytes).expect("a recording");
    assert_eq!(both.segments.len(), 2);
    check_replay(&both);
}

#[test]
fn a_killed_servers_recording_is_there_up_to_the_end() {
    let options = ServerOptions::of(Plugins::Ours)
        .with("plugin-load-add=semisync_source.so")
        .with("rpl_semi_sync_source_enabled=ON")
        .with("rpl_semi_sync_source_timeout=10")
        .with("loose-semisync_lab.flight_recorder=crash");
    let mut server = Server::start("killed", options);
    let mut session = server.session();
    assert_eq!(recorder(&mut session), "RECORDING");
    session.run("CREATE DATABASE shop");
    let flight = file(&server, "crash.flight");
    wait_until("the commit is in the file", SOON, || {
        0 < read(&flight).inputs()
    });
    server.kill();
    let before = read(&flight);
    for segment in &before.segments {
        let mut replay = Replay::new(segment);
        while let Some(step) = replay.step() {
            assert!(
                !matches!(step, Step::Told { agrees: false, .. }),
                "{step:?}"
            );
        }
    }
    server.start_again();
    assert_eq!(recorder(&mut server.session()), "RECORDING");
    let kept = read(&file(&server, "crash.old.flight"));
    assert_eq!(kept.inputs(), before.inputs(), "the next start keeps it");
}

#[test]
fn a_name_is_a_name_and_survives_as_other_variables_do() {
    let mut server = Server::start("named", ServerOptions::of(Plugins::Ours));
    let mut session = server.session();
    session.run(INSTALL_SOURCE);
    assert_eq!(
        session.rows("SHOW GLOBAL VARIABLES LIKE 'semisync_lab%'"),
        [
            ["semisync_lab.flight_recorder", ""],
            ["semisync_lab.flight_recorder_size", "67108864"],
        ]
    );
    for bad in [
        "'../x'",
        "'/tmp/x'",
        "'a b'",
        "'x.sql'",
        "NULL",
        "REPEAT('x', 65)",
        "7",
    ] {
        let refused = session.try_run(&format!("SET GLOBAL semisync_lab.flight_recorder = {bad}"));
        let number = refused.map_err(|error| error.number);
        assert!(matches!(number, Err(1231 | 1232)), "{bad}: {number:?}");
    }
    assert_eq!(recorder(&mut session), "OFF");
    session.run("SET PERSIST semisync_lab.flight_recorder = 'kept'");
    assert_eq!(recorder(&mut session), "RECORDING");
    session.run("SET PERSIST semisync_lab.flight_recorder_size = 2000000");
    server.restart();
    let mut session = server.session();
    assert_eq!(
        session.rows("SELECT @@GLOBAL.semisync_lab.flight_recorder, @@GLOBAL.semisync_lab.flight_recorder_size"),
        [["kept", "2000000"]]
    );
    assert_eq!(recorder(&mut session), "RECORDING");
    session.run_all(&[
        "RESET PERSIST `semisync_lab.flight_recorder`",
        "SET GLOBAL semisync_lab.flight_recorder = DEFAULT",
    ]);
    assert_eq!(recorder(&mut session), "OFF");
    session.run("UNINSTALL PLUGIN rpl_semi_sync_source");
    assert_eq!(
        session.rows("SHOW GLOBAL VARIABLES LIKE 'semisync_lab%'"),
        [[""; 0]; 0]
    );
    assert_eq!(server.mappings_of("semisync_source.so"), 0);
}

#[test]
fn a_disk_that_fails_disturbs_no_commit() {
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours], Link::PLAIN);
    let mut session = topology.source.session();
    // Its file would be a directory.
    let taken = file(&topology.source, "taken.flight");
    std::fs::create_dir_all(taken.join("by")).expect("a directory");
    let old = file(&topology.source, "taken.old.flight");
    std::fs::create_dir_all(old.join("too")).expect("a directory");
    session.run("SET GLOBAL semisync_lab.flight_recorder = 'taken'");
    wait_until("it gives up", SOON, || {
        recorder(&mut session).starts_with("FAILED: taken.flight: ")
    });
    topology.insert(0..20);
    assert_eq!(session.source_count("no_tx"), 0);
    assert!(
        topology
            .source
            .error_log()
            .contains("the flight recorder ended")
    );

    session.run_all(&[
        "SET GLOBAL semisync_lab.flight_recorder_size = 1048576",
        "SET GLOBAL semisync_lab.flight_recorder = 'later'",
    ]);
    assert_eq!(recorder(&mut session), "RECORDING");
    let old = file(&topology.source, "later.old.flight");
    std::fs::create_dir_all(old.join("too")).expect("a directory");
    commit_until(&topology, "it cannot turn over", || {
        recorder(&mut session).starts_with("FAILED: later.flight: ")
    });
    assert_eq!(session.source_count("no_tx"), 0);
    check_replay(&read(&file(&topology.source, "later.flight")));
    session.run("SET GLOBAL semisync_lab.flight_recorder = ''");
    assert_eq!(recorder(&mut session), "OFF");
}

/// A disk of its own for the calling thread and what it starts; gone with them.
fn disk() -> PathBuf {
    unshare(CloneFlags::CLONE_NEWNS).expect("mounts of one's own (root, Linux)");
    let (none, private) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
    mount(none, "/", none, private, none).expect("private mounts");
    let disk = std::env::temp_dir().join(format!("semisync-disk-{}", std::process::id()));
    std::fs::create_dir_all(&disk).expect("a directory");
    let options = Some("size=200m");
    mount(
        Some("tmpfs"),
        &disk,
        Some("tmpfs"),
        MsFlags::empty(),
        options,
    )
    .expect("a file system in memory");
    disk
}

/// Writes a file that leaves so many bytes.
fn fill(disk: &Path, left: u64) -> PathBuf {
    let info = statvfs(disk).expect("a file system");
    let free = info.blocks_available() * info.fragment_size();
    let filler = disk.join("filler");
    let len = usize::try_from(free - left).expect("a small disk");
    std::fs::write(&filler, vec![1; len]).expect("there is room");
    filler
}

/// Commits until something is so; gives the longest time that one took. No table grows.
fn update_until(session: &mut Session, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let mut longest = Duration::ZERO;
    wait_until(what, SOON * 4, || {
        for _ in 0..200 {
            let start = Instant::now();
            session.run("UPDATE shop.orders SET id = id + 1");
            longest = longest.max(start.elapsed());
        }
        is_so()
    });
    longest
}

/// The binary log and all else that grows lies elsewhere: only the recording finds no room.
fn record_on_a_full_disk(disk: &Path) {
    let options = ServerOptions {
        data: Some(disk.join("data")),
        ..ServerOptions::of(Plugins::Ours)
    };
    let logs = disk.with_extension("logs");
    std::fs::create_dir_all(&logs).expect("a directory");
    let log = format!("log-bin={}", logs.join("binlog").display());
    let mut topology = Topology::launch(options.with(&log), &[Plugins::Ours]);
    topology.install();
    topology.connect(&topology.replicas[0], Link::PLAIN);
    topology.wait_for_clients(1);
    topology.insert(0..1);
    let mut session = topology.source.session();
    let mut observer = topology.source.session();
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
        "SET GLOBAL semisync_lab.flight_recorder = 'full'",
    ]);
    wait_until("it records", SOON, || {
        file(&topology.source, "full.flight").exists()
    });
    let filler = fill(disk, 100_000);
    let longest = update_until(&mut session, "the disk is full", || {
        recorder(&mut observer) != "RECORDING"
    });
    let state = recorder(&mut observer);
    assert!(
        state.starts_with("FAILED: full.flight: No space left"),
        "{state}"
    );
    let longest = longest.max(update_until(&mut session, "commits go on", || true));
    println!("the longest commit took {longest:?}");
    assert!(longest < SOON, "{longest:?}");
    assert_eq!(session.source_count("no_tx"), 0);
    let log = topology.source.error_log();
    assert_eq!(log.matches("the flight recorder ended").count(), 1);

    let recording = read(&file(&topology.source, "full.flight"));
    assert!(100 < recording.inputs(), "{} inputs", recording.inputs());
    std::fs::remove_file(filler).expect("the filler is there");
    session.run_all(&[
        "SET GLOBAL semisync_lab.flight_recorder = ''",
        "SET GLOBAL semisync_lab.flight_recorder = 'later'",
    ]);
    topology_records_again(&topology, &mut session);
    let _ = std::fs::remove_dir_all(logs);
}

fn topology_records_again(topology: &Topology, session: &mut Session) {
    update_until(session, "commits go on", || true);
    session.run("SET GLOBAL semisync_lab.flight_recorder = ''");
    let inputs = check_replay(&read(&file(&topology.source, "later.flight")));
    assert!(200 < inputs, "{inputs}");
}

#[test]
fn a_full_disk_ends_the_recording_and_disturbs_no_commit() {
    let recording = std::thread::spawn(|| {
        let disk = disk();
        record_on_a_full_disk(&disk);
        disk
    });
    let disk = recording.join().expect("the recording went as it should");
    std::fs::remove_dir(disk).expect("its mount is gone, the directory is empty");
}
