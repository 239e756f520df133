//! Crashes, cuts, kills and shutdowns during a commit.

use semisync_sim::trace::TraceKind;
use semisync_sim::{Fault, Outcome, ServerIndex};

use crate::harness::{Lab, SOURCE, insert, kill, set};

const REPLICA: ServerIndex = ServerIndex(1);

#[test]
fn kill_query_does_not_end_a_commit_wait() {
    let mut lab = Lab::semisync(1);
    let (waiter, killer) = (lab.open(SOURCE), lab.open(SOURCE));
    lab.ok(killer, set("rpl_semi_sync_source_timeout", 6000));
    lab.fault(Fault::CutLink(SOURCE, REPLICA));
    let id = lab.send(waiter, insert(1));
    lab.wait_millis(2000);
    let rows = lab.cluster.processlist(SOURCE);
    let row = rows
        .iter()
        .find(|row| row.state.as_deref() == Some("Waiting for semi-sync ACK from replica"));
    let victim = row.expect("a waiting session").id;
    lab.ok(killer, kill(victim, false));
    lab.wait_millis(10);
    assert_eq!(lab.source_status("wait_sessions"), "1");
    assert_eq!(lab.source_status("wait_pos_backtraverse"), "1");
    assert!(matches!(lab.wait_for(id), Outcome::Ok(_)));
    assert_eq!(lab.millis(id) / 1000, 6);
    assert_eq!(lab.ids(SOURCE), [1]);
}

#[test]
fn kill_connection_loses_the_client_at_once_and_the_commit_goes_on() {
    let mut lab = Lab::semisync(1);
    let (waiter, killer) = (lab.open(SOURCE), lab.open(SOURCE));
    lab.fault(Fault::Freeze(REPLICA));
    let id = lab.send(waiter, insert(1));
    lab.wait_millis(1000);
    let victim = lab.cluster.connection(waiter).expect("a connection");
    lab.ok(killer, kill(victim.processlist_id, true));
    assert_eq!(lab.outcome(id), Some(Outcome::LostConnection));
    let rows = lab.cluster.processlist(SOURCE);
    let row = rows.iter().find(|row| row.id == victim.processlist_id);
    assert_eq!(row.map(|row| row.command.as_str()), Some("Killed"));
    lab.fault(Fault::Thaw(REPLICA));
    lab.settle();
    assert_eq!(lab.ids(SOURCE), [1]);
    assert_eq!(lab.cluster.connection(waiter), None);
    let error = lab.error(killer, kill(victim.processlist_id, false));
    assert_eq!(error.code, 1094);
}

#[test]
fn a_crashed_source_commits_what_its_binary_log_has() {
    let mut lab = Lab::semisync(1);
    let session = lab.open(SOURCE);
    lab.fault(Fault::Freeze(REPLICA));
    let id = lab.send(session, insert(1));
    lab.until_mark(|kind| matches!(kind, TraceKind::CommitWaitStarted { .. }));
    lab.fault(Fault::Crash(SOURCE));
    assert_eq!(lab.outcome(id), Some(Outcome::LostConnection));
    lab.fault(Fault::Thaw(REPLICA));
    lab.fault(Fault::Start(SOURCE));
    lab.wait_millis(3000);
    lab.settle();
    assert_eq!(lab.ids(SOURCE), [1]);
    assert_eq!(lab.ids(REPLICA), [1]);
    let executed = lab.cluster.gtid_executed(SOURCE);
    assert_eq!(executed, lab.cluster.gtid_executed(REPLICA));
    assert!(executed.ends_with(":1-3"), "{executed}");
}
