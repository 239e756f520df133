//! Group commit, row locks, and statements that wait for commits.

use semisync_sim::operation::{Operation, Outcome};
use semisync_sim::trace::TraceKind;
use semisync_sim::{Fault, ServerIndex};

use crate::harness::{Lab, SOURCE, insert, insert_named, set};

const REPLICA: ServerIndex = ServerIndex(1);

#[test]
fn commits_that_arrive_during_a_wait_become_one_group() {
    let mut lab = Lab::semisync(1);
    let sessions: Vec<_> = (0..6).map(|_| lab.open(SOURCE)).collect();
    let before: u64 = lab.source_status("yes_tx").parse().expect("a number");
    lab.fault(Fault::CutLink(SOURCE, REPLICA));
    let mut ids = Vec::new();
    for (id, session) in (1..).zip(&sessions) {
        ids.push(lab.send(*session, insert(id)));
        lab.wait_millis(50);
    }
    let states: Vec<_> = lab.cluster.processlist(SOURCE);
    let count = |text: &str| {
        let rows = states.iter();
        rows.filter(|row| row.state.as_deref() == Some(text))
            .count()
    };
    assert_eq!(count("Waiting for semi-sync ACK from replica"), 1);
    assert_eq!(count("waiting for handler commit"), 5);
    assert_eq!(lab.source_status("wait_sessions"), "1");
    lab.fault(Fault::HealLink(SOURCE, REPLICA));
    for id in ids {
        assert!(matches!(lab.wait_for(id), Outcome::Ok(_)));
    }
    // The first commit, and the five that merged behind it.
    let after: u64 = lab.source_status("yes_tx").parse().expect("a number");
    assert_eq!(after - before, 2);
    lab.settle();
    assert_eq!(lab.ids(REPLICA), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn commits_at_the_same_moment_share_a_flush_and_its_one_flag() {
    let mut lab = Lab::semisync(1);
    let sessions: Vec<_> = (0..4).map(|_| lab.open(SOURCE)).collect();
    let flagged: u64 = lab.source_status("net_waits").parse().expect("a number");
    let mut sent = Vec::new();
    for (id, session) in (1..).zip(&sessions) {
        sent.push(lab.send(*session, insert(id)));
    }
    for id in sent {
        lab.wait_for(id);
    }
    // The first found the flush stage free; the others queued behind it and led by one of them.
    let now: u64 = lab.source_status("net_waits").parse().expect("a number");
    assert_eq!(now - flagged, 2);
}

#[test]
fn a_second_writer_of_a_row_waits_for_the_first() {
    let mut lab = Lab::semisync(1);
    let (first, second) = (lab.open(SOURCE), lab.open(SOURCE));
    lab.ok(first, Operation::Begin);
    lab.ok(first, insert_named(1, "first"));
    let id = lab.send(second, insert_named(1, "second"));
    lab.wait_millis(1000);
    assert_eq!(lab.outcome(id), None);
    lab.ok(first, Operation::Commit);
    let Outcome::Error(error) = lab.wait_for(id) else {
        panic!("the key is taken");
    };
    assert_eq!((error.code, error.sqlstate.as_str()), (1062, "23000"));
    assert_eq!(error.message, "Duplicate entry '1' for key 't.PRIMARY'");
}

#[test]
fn a_lock_wait_ends_after_its_timeout_and_a_rollback_gives_the_row_free() {
    let mut lab = Lab::semisync(1);
    let (first, second) = (lab.open(SOURCE), lab.open(SOURCE));
    lab.ok(first, Operation::Begin);
    lab.ok(first, insert(1));
    let id = lab.send(second, insert(1));
    let Outcome::Error(error) = lab.wait_for(id) else {
        panic!("nobody gave the lock back");
    };
    assert_eq!(error.code, 1205);
    assert_eq!(lab.millis(id) / 1000, 50);
    let id = lab.send(second, insert(1));
    lab.wait_millis(100);
    lab.ok(first, Operation::Rollback);
    assert!(matches!(lab.wait_for(id), Outcome::Ok(_)));
}

#[test]
fn a_row_stays_locked_during_an_after_sync_wait() {
    let mut lab = Lab::semisync(1);
    let (first, second) = (lab.open(SOURCE), lab.open(SOURCE));
    lab.fault(Fault::Freeze(REPLICA));
    lab.send(first, insert(1));
    lab.wait_millis(100);
    let id = lab.send(second, insert(1));
    lab.wait_millis(1000);
    assert_eq!(lab.outcome(id), None);
    lab.fault(Fault::Thaw(REPLICA));
    assert!(matches!(lab.wait_for(id), Outcome::Error(error) if error.code == 1062));
}

#[test]
fn flush_binary_logs_waits_for_the_commit_and_holds_up_the_next() {
    let mut lab = Lab::semisync(1);
    let sessions: Vec<_> = (0..3).map(|_| lab.open(SOURCE)).collect();
    lab.fault(Fault::CutLink(SOURCE, REPLICA));
    let commit = lab.send(sessions[0], insert(1));
    lab.wait_millis(100);
    let flush = lab.send(sessions[1], Operation::FlushBinaryLogs);
    lab.wait_millis(100);
    let next = lab.send(sessions[2], insert(2));
    lab.wait_millis(1000);
    for id in [commit, flush, next] {
        assert_eq!(lab.outcome(id), None);
    }
    lab.fault(Fault::HealLink(SOURCE, REPLICA));
    for id in [commit, flush, next] {
        assert!(matches!(lab.wait_for(id), Outcome::Ok(_)));
    }
    let files = lab.cluster.binlog_files(SOURCE);
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["binlog.000001", "binlog.000002"]);
    lab.settle();
    assert_eq!(lab.ids(REPLICA), [1, 2]);
    let status = lab.cluster.replica_status(REPLICA).expect("a channel");
    assert_eq!(status.source_log_file, "binlog.000002");
}

#[test]
fn reset_waits_for_commits_and_zeroes_the_counters() {
    let mut lab = Lab::semisync(1);
    let (first, second) = (lab.open(SOURCE), lab.open(SOURCE));
    lab.fault(Fault::Freeze(REPLICA));
    let commit = lab.send(first, insert(1));
    lab.wait_millis(100);
    let reset = lab.send(second, Operation::ResetBinaryLogs { to: None });
    lab.wait_millis(1000);
    assert_eq!(lab.outcome(reset), None);
    lab.fault(Fault::Thaw(REPLICA));
    lab.wait_for(commit);
    assert!(matches!(lab.wait_for(reset), Outcome::Ok(_)));
    assert_eq!(lab.source_status("yes_tx"), "0");
    assert_eq!(lab.source_status("status"), "ON");
    assert_eq!(lab.source_status("clients"), "1");
    assert_eq!(lab.cluster.gtid_executed(SOURCE), "");
    let files = lab.cluster.binlog_files(SOURCE);
    assert_eq!((files.len(), files[0].size), (1, 158));
}

#[test]
fn without_commit_order_several_sessions_wait_side_by_side() {
    let mut lab = Lab::semisync(1);
    let sessions: Vec<_> = (0..4).map(|_| lab.open(SOURCE)).collect();
    lab.ok(sessions[0], set("binlog_order_commits", 0));
    lab.fault(Fault::CutLink(SOURCE, REPLICA));
    let mut ids = Vec::new();
    for (id, session) in (1..).zip(&sessions) {
        ids.push(lab.send(*session, insert(id)));
        lab.wait_millis(50);
    }
    assert_eq!(lab.source_status("wait_sessions"), "4");
    lab.fault(Fault::HealLink(SOURCE, REPLICA));
    for id in ids {
        assert!(matches!(lab.wait_for(id), Outcome::Ok(_)));
    }
}

#[test]
fn a_shutdown_with_a_waiter_waits_for_it_then_goes_without_the_ack() {
    let mut lab = Lab::semisync(1);
    let session = lab.open(SOURCE);
    lab.ok(session, set("rpl_semi_sync_source_timeout", 60_000));
    lab.fault(Fault::CutLink(SOURCE, REPLICA));
    let id = lab.send(session, insert(1));
    lab.wait_millis(100);
    lab.fault(Fault::Shutdown(SOURCE));
    lab.wait_millis(7000);
    assert_eq!(lab.outcome(id), None);
    assert_eq!(lab.cluster.view().servers[0].waiting.len(), 1);
    lab.wait_millis(5000);
    assert!(matches!(lab.outcome(id), Some(Outcome::Ok(_))));
    let marks = lab.cluster.trace().iter();
    let numbers: Vec<_> = marks
        .filter_map(|event| match &event.kind {
            TraceKind::LogLine { number, .. } => Some(*number),
            TraceKind::ServerStopped => Some(0),
            _ => None,
        })
        .filter(|number| matches!(number, 0 | 11171 | 11145 | 11155))
        .collect();
    assert!(numbers.ends_with(&[11171, 11145, 11155, 0]), "{numbers:?}");
    lab.fault(Fault::HealLink(SOURCE, REPLICA));
    lab.fault(Fault::Start(SOURCE));
    lab.wait_millis(3000);
    lab.settle();
    assert_eq!(lab.ids(SOURCE), [1]);
    assert_eq!(lab.ids(REPLICA), [1]);
}
