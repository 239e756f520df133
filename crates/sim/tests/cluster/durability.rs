//! The four durability settings: what a crash of the process and a power cut take, on a source and
//! on a replica.

use semisync_sim::{Fault, Operation, Outcome, ServerIndex};

use crate::harness::{Lab, SOURCE, create_table, insert, set};

const REPLICA: ServerIndex = ServerIndex(1);

/// What is left of a commit on its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Row and identifier.
    Everything,
    /// The identifier is executed, the row is gone: the binary log has what the engine lost.
    IdentifierOnly,
    /// The row is there, and its identifier counts as purged: the engine has what the binary log
    /// lost.
    NotInBinaryLog,
    /// Nothing.
    Nothing,
}

/// A source with these settings and a replica that replicates asynchronously; one row is committed,
/// and after `millis` the source goes down and comes back.
#[track_caller]
fn check(sync_binlog: i128, flush_log: i128, millis: u64, fault: Fault, expected: Left) {
    let mut lab = Lab::new(1);
    let session = lab.open(SOURCE);
    lab.ok(session, create_table());
    lab.wait_millis(5000);
    lab.ok(session, set("sync_binlog", sync_binlog));
    lab.ok(session, set("innodb_flush_log_at_trx_commit", flush_log));
    // Just after the engine's own thread has synced everything.
    lab.wait_millis(1000 - lab.cluster.now().as_micros() / 1000 % 1000 + 10);
    let before = lab.cluster.gtid_executed(SOURCE);
    lab.ok(session, insert(1));
    lab.wait_millis(millis);
    lab.fault(Fault::CutLink(SOURCE, REPLICA));
    lab.fault(fault);
    lab.fault(Fault::Start(SOURCE));
    lab.wait_millis(1000);
    let has_row = lab.ids(SOURCE) == [1];
    let has_identifier = lab.cluster.gtid_executed(SOURCE) != before;
    let variables = lab.cluster.global_variables(SOURCE);
    let purged = variables.iter().find(|row| row.name == "gtid_purged");
    let is_purged = purged.is_some_and(|row| !row.shown.is_empty());
    let left = match (has_row, has_identifier, is_purged) {
        (true, true, false) => Left::Everything,
        (true, true, true) => Left::NotInBinaryLog,
        (false, true, false) => Left::IdentifierOnly,
        (false, false, false) => Left::Nothing,
        other => panic!("row, identifier, purged: {other:?}"),
    };
    assert_eq!(
        left, expected,
        "sync_binlog={sync_binlog} innodb_flush_log_at_trx_commit={flush_log} after {millis} ms"
    );
}

#[test]
fn a_process_that_dies_loses_only_what_the_engine_had_not_written() {
    for sync_binlog in [0, 1, 100] {
        let crash = || Fault::Crash(SOURCE);
        check(sync_binlog, 1, 1, crash(), Left::Everything);
        check(sync_binlog, 2, 1, crash(), Left::Everything);
        check(sync_binlog, 0, 1, crash(), Left::IdentifierOnly);
        // A second later the engine has written its log by itself.
        check(sync_binlog, 0, 2000, crash(), Left::Everything);
    }
}

#[test]
fn a_power_cut_takes_what_either_log_had_not_synced() {
    let cut = || Fault::PowerCut(SOURCE);
    check(1, 1, 1, cut(), Left::Everything);
    check(1, 2, 1, cut(), Left::IdentifierOnly);
    check(1, 0, 1, cut(), Left::IdentifierOnly);
    for sync_binlog in [0, 100] {
        for flush_log in [0, 1, 2] {
            check(sync_binlog, flush_log, 1, cut(), Left::Nothing);
            check(sync_binlog, flush_log, 2000, cut(), Left::NotInBinaryLog);
        }
    }
    for flush_log in [0, 1, 2] {
        check(1, flush_log, 2000, cut(), Left::Everything);
    }
}

#[test]
fn a_table_whose_drop_was_not_on_disk_comes_back() {
    for (sync_binlog, comes_back) in [(0, true), (1, false)] {
        let mut lab = Lab::new(1);
        let session = lab.open(SOURCE);
        lab.ok(session, create_table());
        lab.ok(session, insert(1));
        lab.wait_millis(5000);
        lab.ok(session, set("sync_binlog", sync_binlog));
        lab.wait_millis(1000 - lab.cluster.now().as_micros() / 1000 % 1000 + 10);
        let drop = Operation::DropTables {
            tables: vec![("lab".to_owned(), "t".to_owned())],
            if_exists: false,
        };
        lab.ok(session, drop);
        lab.fault(Fault::PowerCut(SOURCE));
        lab.fault(Fault::Start(SOURCE));
        lab.wait_millis(1000);
        let expected: &[i128] = if comes_back { &[1] } else { &[] };
        assert_eq!(lab.ids(SOURCE), expected, "sync_binlog={sync_binlog}");
    }
}

/// A replica with these settings acknowledges a commit that it cannot apply yet, goes down, and
/// comes back when its source is gone: whether it has the row in the end.
fn keeps_what_it_acknowledged(sync_relay_log: &str, recovery: &str, fault: Fault) -> bool {
    let options = [
        ("sync_relay_log", sync_relay_log),
        ("relay_log_recovery", recovery),
    ];
    let mut lab = Lab::with_options(1, &options);
    lab.enable(1);
    let session = lab.open(SOURCE);
    lab.fault(Fault::SetApplyTime(REPLICA, 5_000_000));
    let sent = lab.send(session, insert(1));
    assert!(matches!(lab.wait_for(sent), Outcome::Ok(_)));
    assert_eq!(lab.source_status("yes_tx"), "2");
    lab.fault(Fault::Crash(SOURCE));
    lab.fault(fault);
    lab.fault(Fault::Start(REPLICA));
    lab.wait_millis(20_000);
    lab.ids(REPLICA) == [1]
}

#[test]
fn an_acknowledgement_is_worth_what_the_replica_synced() {
    for (sync_relay_log, recovery, survives_crash, survives_power_cut) in [
        ("1", "OFF", true, true),
        ("10000", "OFF", true, false),
        ("0", "OFF", true, false),
        ("1", "ON", false, false),
        ("10000", "ON", false, false),
    ] {
        let keeps = |fault| keeps_what_it_acknowledged(sync_relay_log, recovery, fault);
        let words = format!("sync_relay_log={sync_relay_log} relay_log_recovery={recovery}");
        assert_eq!(keeps(Fault::Crash(REPLICA)), survives_crash, "{words}");
        assert_eq!(
            keeps(Fault::PowerCut(REPLICA)),
            survives_power_cut,
            "{words}"
        );
    }
}

#[test]
fn a_replica_whose_logs_are_lax_applies_again_what_a_power_cut_took() {
    for sync_relay_log in ["1", "10000"] {
        let options = [
            ("sync_relay_log", sync_relay_log),
            ("sync_binlog", "0"),
            ("innodb_flush_log_at_trx_commit", "2"),
        ];
        let mut lab = Lab::with_options(1, &options);
        lab.enable(1);
        let session = lab.open(SOURCE);
        for id in 1..=5 {
            lab.ok(session, insert(id));
        }
        lab.settle();
        lab.fault(Fault::PowerCut(REPLICA));
        lab.fault(Fault::Start(REPLICA));
        lab.wait_millis(10_000);
        assert_eq!(lab.ids(REPLICA), lab.ids(SOURCE));
    }
}

#[test]
fn at_every_event_of_a_commit_strict_settings_keep_what_a_client_was_told() {
    for (sync_binlog, flush_log) in [(1, 1), (1, 2), (0, 1), (0, 0), (100, 2), (1, 0)] {
        for fault in [Fault::Crash(SOURCE), Fault::PowerCut(SOURCE)] {
            let mut lab = Lab::semisync(1);
            let session = lab.open(SOURCE);
            lab.ok(session, set("sync_binlog", sync_binlog));
            lab.ok(session, set("innodb_flush_log_at_trx_commit", flush_log));
            lab.wait_millis(3000);
            let id = lab.send(session, insert(1));
            while lab.outcome(id).is_none() || !lab.cluster.is_quiescent() {
                let mut run = lab.clone();
                let told = matches!(run.outcome(id), Some(Outcome::Ok(_)));
                run.fault(fault.clone());
                run.fault(Fault::Start(SOURCE));
                run.wait_millis(1000);
                let has_row = run.ids(SOURCE) == [1];
                let has_identifier = run.cluster.gtid_executed(SOURCE).ends_with(":1-3");
                let words = format!("{fault:?} sync_binlog={sync_binlog} flush={flush_log}");
                assert!(!has_row || has_identifier, "{words}: a row without a name");
                if flush_log == 1 {
                    assert_eq!(has_row, has_identifier, "{words}: a name without a row");
                }
                if (sync_binlog, flush_log) == (1, 1) {
                    assert!(!told || has_row, "{words}: told and gone");
                }
                lab.step();
            }
        }
    }
}
