//! The same inputs give the same run, and a copy goes on as the original does.

use semisync_sim::{Cluster, Fault, ServerIndex};

use crate::harness::{Lab, SOURCE, insert};

fn json(cluster: &Cluster) -> String {
    let trace = serde_json::to_string(cluster.trace()).expect("a trace");
    let view = serde_json::to_string(&cluster.view()).expect("a view");
    format!("{trace}\n{view}")
}

fn session_with_faults() -> Lab {
    let mut lab = Lab::semisync(2);
    let sessions: Vec<_> = (0..4).map(|_| lab.open(SOURCE)).collect();
    for (id, session) in (1..).zip(&sessions) {
        lab.send(*session, insert(id));
    }
    lab.wait_millis(1);
    lab.fault(Fault::Crash(ServerIndex(1)));
    lab.fault(Fault::CutLink(SOURCE, ServerIndex(2)));
    lab
}

#[test]
fn the_same_seed_and_inputs_give_the_same_trace_byte_for_byte() {
    let [mut first, mut second] = [session_with_faults(), session_with_faults()];
    first.wait_millis(30_000);
    second.wait_millis(30_000);
    assert_eq!(json(&first.cluster), json(&second.cluster));
}

#[test]
fn a_copy_at_any_event_goes_on_as_the_original_does() {
    let mut original = session_with_faults();
    let mut copies = Vec::new();
    for _ in 0..40 {
        copies.push(original.clone());
        for _ in 0..5 {
            original.step();
        }
    }
    let end = original.cluster.now();
    let expected = json(&original.cluster);
    for mut copy in copies {
        while copy.cluster.trace().len() < original.cluster.trace().len() {
            assert!(copy.step());
        }
        copy.cluster.advance_to(end);
        assert_eq!(json(&copy.cluster), expected);
    }
}
