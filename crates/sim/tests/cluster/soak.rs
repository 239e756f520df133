//! Seeded random workloads with random faults: no property breaks.

use semisync_sim::soak;

#[test]
fn hundreds_of_random_clusters_keep_all_promises() {
    let mut faults = 0;
    for seed in 0..200 {
        match soak::run(seed) {
            Ok(report) => faults += report.faults,
            Err(violation) => panic!("seed {seed}: {violation}"),
        }
    }
    assert!(2000 < faults, "the runs are disturbed: {faults}");
}
