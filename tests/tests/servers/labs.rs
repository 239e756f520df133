//! Lab scripts: what was recorded once is what real servers print today, with stock plugins and ours.

use std::{fmt::Write, path::Path};

use semisync_tests::record::suite::{Arm, Outcome, labs_below, sample, side_by_side};

/// One lab of every topic; `cargo xtask labs` plays all of them.
#[test]
fn a_sample_of_the_labs_is_as_recorded_with_stock_plugins_and_with_ours() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let labs = labs_below(&here.join("labs")).expect("the labs");
    let tasks: Vec<_> = sample(&labs)
        .expect("the labs")
        .into_iter()
        .flat_map(|lab| [Arm::Stock, Arm::Ours].map(|arm| (lab.clone(), arm)))
        .collect();
    let outcomes = side_by_side(&tasks, 2, |(lab, arm)| arm.check(lab), |_, _| ());
    let mut failures = String::new();
    for ((lab, arm), outcome) in tasks.iter().zip(outcomes) {
        // On a busy machine a wait takes longer than it was recorded: once more, alone.
        let outcome = match outcome {
            Outcome::Different(_) => arm.check(lab),
            other => other,
        };
        let _ = match outcome {
            Outcome::Same => Ok(()),
            Outcome::Different(difference) => {
                writeln!(failures, "=== {}, {arm}\n{difference}", lab.display())
            }
            other => writeln!(failures, "=== {}, {arm}: {other:?}", lab.display()),
        };
    }
    assert!(failures.is_empty(), "\n{failures}");
}
