//! A crash at every single event of a commit, of either server, at both wait points.

use semisync_sim::checkers::Checkers;
use semisync_sim::{Fault, Outcome, ServerIndex};

use crate::harness::{Lab, SOURCE, insert, set_word};

const REPLICA: ServerIndex = ServerIndex(1);

/// Injects the fault after each event of one commit; tells what each run came to: whether the
/// client got its OK, and whether the row survived.
fn crash_everywhere(wait_point: &str, fault: &Fault) -> Vec<(bool, bool)> {
    let mut lab = Lab::semisync(1);
    let session = lab.open(SOURCE);
    lab.ok(
        session,
        set_word("rpl_semi_sync_source_wait_point", wait_point),
    );
    let before = lab.cluster.clone();
    let statement = lab.send(session, insert(1));
    let mut results = Vec::new();
    loop {
        let mut run = lab.clone();
        run.fault(fault.clone());
        let crashed = match fault {
            Fault::Crash(ix) | Fault::PowerCut(ix) => *ix,
            other => panic!("{other:?} is no crash"),
        };
        run.wait_millis(500);
        run.fault(Fault::Start(crashed));
        run.wait_millis(75_000);
        run.settle();
        let told = matches!(run.outcome(statement), Some(Outcome::Ok(_)));
        let (source, replica) = (run.ids(SOURCE), run.ids(REPLICA));
        assert_eq!(
            source,
            replica,
            "{wait_point} {fault:?} run {}",
            results.len()
        );
        let verdict = Checkers::new(&before).at_rest(&run.cluster);
        assert_eq!(verdict, Ok(()));
        assert!(
            !told || source == [1],
            "a client was told of a row that is gone"
        );
        results.push((told, source == [1]));
        if lab.outcome(statement).is_some() && lab.cluster.is_quiescent() {
            return results;
        }
        lab.step();
    }
}

#[test]
fn a_source_that_crashes_loses_only_what_it_had_not_written() {
    for wait_point in ["AFTER_SYNC", "AFTER_COMMIT"] {
        let results = crash_everywhere(wait_point, &Fault::Crash(SOURCE));
        let lost = results.iter().filter(|(_, survived)| !survived).count();
        // Before the flush stage has ended it is lost, afterwards never.
        assert!(0 < lost && lost < results.len());
        assert!(results[lost..].iter().all(|(_, survived)| *survived));
        let unanswered = results.iter().filter(|(told, _)| !told).count();
        assert!(lost < unanswered, "some survive although nobody was told");
    }
}

#[test]
fn a_source_that_loses_power_is_never_behind_its_replica() {
    for wait_point in ["AFTER_SYNC", "AFTER_COMMIT"] {
        let results = crash_everywhere(wait_point, &Fault::PowerCut(SOURCE));
        let lost = results.iter().filter(|(_, survived)| !survived).count();
        assert!(results[lost..].iter().all(|(_, survived)| *survived));
        let crash = crash_everywhere(wait_point, &Fault::Crash(SOURCE));
        let lost_by_crash = crash.iter().filter(|(_, survived)| !survived).count();
        assert!(lost_by_crash < lost, "written and not synced is gone, too");
    }
}

#[test]
fn a_replica_that_crashes_at_any_moment_gets_everything_in_the_end() {
    for fault in [Fault::Crash(REPLICA), Fault::PowerCut(REPLICA)] {
        let results = crash_everywhere("AFTER_SYNC", &fault);
        assert!(results.iter().all(|result| *result == (true, true)));
    }
}
