//! Commits at both wait points, with ACKs, timeouts, and groups.

use semisync_sim::operation::Outcome;
use semisync_sim::{Fault, ServerIndex};

use crate::harness::{Lab, SOURCE, create_table, insert, set, set_word};

const REPLICA: ServerIndex = ServerIndex(1);

#[test]
fn a_lab_starts_with_the_files_positions_and_sets_of_a_real_one() {
    let lab = Lab::new(1);
    let files = lab.cluster.binlog_files(SOURCE);
    assert_eq!(files.len(), 1);
    assert_eq!(
        (files[0].name.as_str(), files[0].size),
        ("binlog.000001", 340)
    );
    let executed = "11111111-1111-1111-1111-111111111111:1";
    assert_eq!(lab.cluster.gtid_executed(SOURCE), executed);
    assert_eq!(lab.cluster.gtid_executed(REPLICA), executed);
    assert_eq!(lab.cluster.now().as_micros(), 0);
    assert!(lab.cluster.trace().is_empty());
    assert!(lab.cluster.is_quiescent());
}

#[test]
fn a_commit_waits_for_the_replicas_ack_and_the_row_arrives() {
    let mut lab = Lab::semisync(1);
    assert_eq!(lab.source_status("clients"), "1");
    assert_eq!(lab.source_status("yes_tx"), "1");
    let session = lab.open(SOURCE);
    let id = lab.send(session, insert(1));
    assert!(matches!(lab.wait_for(id), Outcome::Ok(ok) if ok.affected_rows == 1));
    assert_eq!(lab.source_status("yes_tx"), "2");
    assert_eq!(lab.source_status("tx_waits"), "2");
    lab.settle();
    assert_eq!(lab.ids(REPLICA), [1]);
    assert!(lab.millis(id) < 10);
}

#[test]
fn a_wait_at_after_sync_hides_the_row_and_one_at_after_commit_shows_it() {
    for (wait_point, seen) in [("AFTER_SYNC", vec![]), ("AFTER_COMMIT", vec![1])] {
        let mut lab = Lab::semisync(1);
        let session = lab.open(SOURCE);
        lab.ok(
            session,
            set_word("rpl_semi_sync_source_wait_point", wait_point),
        );
        lab.fault(Fault::Freeze(REPLICA));
        let id = lab.send(session, insert(1));
        lab.wait_millis(2000);
        assert_eq!(lab.outcome(id), None);
        assert_eq!(lab.ids(SOURCE), seen, "{wait_point}");
        lab.fault(Fault::Thaw(REPLICA));
        lab.wait_for(id);
        assert_eq!(lab.ids(SOURCE), [1]);
        assert_eq!(lab.source_status("no_tx"), "0");
    }
}

#[test]
fn a_timeout_falls_back_and_catching_up_comes_back() {
    let mut lab = Lab::semisync(1);
    let sessions: Vec<_> = (0..3).map(|_| lab.open(SOURCE)).collect();
    lab.ok(sessions[0], set("rpl_semi_sync_source_timeout", 4000));
    lab.fault(Fault::CutLink(SOURCE, REPLICA));
    let first = lab.send(sessions[0], insert(1));
    lab.wait_millis(2000);
    let second = lab.send(sessions[1], insert(2));
    assert_eq!(lab.ids(SOURCE), Vec::<i128>::new());
    lab.wait_for(first);
    lab.wait_for(second);
    assert_eq!(lab.millis(first) / 1000, 4);
    assert_eq!(lab.millis(second) / 1000, 2);
    assert_eq!(lab.source_status("status"), "OFF");
    assert_eq!(lab.source_status("no_times"), "1");
    assert_eq!(lab.source_status("no_tx"), "2");
    lab.ok(sessions[2], insert(3));
    lab.fault(Fault::HealLink(SOURCE, REPLICA));
    lab.wait_millis(3000);
    assert_eq!(lab.source_status("status"), "ON");
    lab.ok(sessions[2], insert(4));
    assert_eq!(lab.source_status("no_tx"), "3");
    assert_eq!(lab.source_status("yes_tx"), "2");
    lab.settle();
    assert_eq!(lab.ids(REPLICA), [1, 2, 3, 4]);
}

#[test]
fn one_side_alone_is_asynchronous() {
    let mut lab = Lab::new(1);
    let session = lab.open(SOURCE);
    lab.ok(
        session,
        crate::harness::install("rpl_semi_sync_source", "semisync_source.so"),
    );
    lab.ok(session, set("rpl_semi_sync_source_enabled", 1));
    lab.ok(session, set("rpl_semi_sync_source_timeout", 3000));
    let id = lab.send(session, create_table());
    lab.wait_for(id);
    assert_eq!(lab.millis(id) / 1000, 3);
    assert_eq!(lab.source_status("no_tx"), "1");
    lab.ok(session, insert(1));
    assert_eq!(lab.source_status("status"), "OFF");
    lab.settle();
    lab.enable_replica(REPLICA);
    lab.settle();
    assert_eq!(lab.source_status("clients"), "1");
    lab.ok(session, insert(3));
    lab.settle();
    let expected = [
        ("net_waits", "1"),
        ("no_times", "1"),
        ("no_tx", "3"),
        ("status", "ON"),
        ("tx_waits", "0"),
        ("yes_tx", "0"),
    ];
    for (name, value) in expected {
        assert_eq!(lab.source_status(name), value, "{name}");
    }
}
