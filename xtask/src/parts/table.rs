//! The closing table, and the line that counts.

use std::fmt::Write;

use super::{Outcome, Part};
use crate::progress::seconds;

/// Whether a part keeps the whole from passing.
pub(super) fn has_failed(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Ran { count, .. } => 0 < count.failed,
        Outcome::Broken { .. } => true,
        Outcome::LeftOut { .. } => false,
    }
}

/// One line for each part, then the sums alone on the last line. Parts that broke count as one
/// failure more, parts that were left out as one skipped.
pub(super) fn closing(outcomes: &[(Part, Outcome)]) -> String {
    let mut text = String::from("\n");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (part, outcome) in outcomes {
        let _ = write!(text, "{:<8} ", part.name());
        match outcome {
            Outcome::Ran { count, took } => {
                passed += count.passed;
                failed += count.failed;
                skipped += count.ignored;
                let verdict = if has_failed(outcome) {
                    "FAILED"
                } else {
                    "passed"
                };
                let _ = write!(
                    text,
                    "{verdict:<9} {:>11}  {}",
                    seconds(*took),
                    tests(count.passed)
                );
                if 0 < count.failed {
                    let _ = write!(text, " passed, {} failed", count.failed);
                }
            }
            Outcome::Broken { count, why, took } => {
                passed += count.passed;
                failed += count.failed + 1;
                skipped += count.ignored;
                let why = why.lines().next().unwrap_or_default();
                let _ = write!(text, "{:<9} {:>11}  {why}", "FAILED", seconds(*took));
            }
            Outcome::LeftOut { by } => {
                skipped += 1;
                let _ = write!(text, "{:<9} {:>11}  {by}", "LEFT OUT", "");
            }
        }
        text.push('\n');
    }
    let _ = write!(text, "\n{passed} passed, {failed} failed");
    if 0 < skipped {
        let _ = write!(text, ", {skipped} skipped");
    }
    text.push('\n');
    text
}

fn tests(number: u64) -> String {
    if number == 1 {
        "1 test".to_owned()
    } else {
        format!("{number} tests")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::process::TestCount;

    fn ran(passed: u64, failed: u64, ignored: u64) -> Outcome {
        let count = TestCount {
            passed,
            failed,
            ignored,
        };
        Outcome::Ran {
            count,
            took: Duration::from_millis(1500),
        }
    }

    #[test]
    fn the_last_line_counts_and_stands_alone() {
        let text = closing(&[(Part::Tidy, ran(9, 0, 0)), (Part::Native, ran(30, 0, 0))]);
        assert!(text.ends_with("\n\n39 passed, 0 failed\n"), "{text}");
        assert!(text.contains("tidy     passed"), "{text}");
    }

    #[test]
    fn what_failed_and_what_was_left_out_is_named() {
        let broken = Outcome::Broken {
            count: TestCount {
                passed: 1,
                failed: 0,
                ignored: 0,
            },
            why: "a browser is missing\nsecond line".to_owned(),
            took: Duration::from_secs(61),
        };
        let text = closing(&[
            (Part::Native, ran(5, 2, 1)),
            (Part::Wasm, broken),
            (
                Part::Plugins,
                Outcome::LeftOut {
                    by: "--without-mysql",
                },
            ),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "native   FAILED          1.5 s  5 tests passed, 2 failed"
        );
        assert_eq!(
            lines[2],
            "wasm     FAILED      1 min 1 s  a browser is missing"
        );
        assert_eq!(lines[3], "plugins  LEFT OUT               --without-mysql");
        assert_eq!(lines.last(), Some(&"6 passed, 3 failed, 2 skipped"));
    }
}
