//! The lines in which the suite's runner tells results.

use super::search::TestName;

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// The test.
    pub test: TestName,
    /// The combination of options it ran with, empty for none.
    pub combination: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passed, in so many milliseconds.
    Passed(u64),
    /// It cannot run here, for this reason.
    Skipped(String),
    /// It failed.
    Failed,
}

/// The result that a line tells, if it does.
pub fn result_in(line: &str) -> Option<TestResult> {
    let line = line.trim();
    let (head, tail) = [" [ pass ]", " [ skipped ]", " [ fail ]"]
        .iter()
        .find_map(|mark| Some((*mark, line.split_once(mark)?)))
        .map(|(mark, (head, tail))| (head, (mark, tail.trim())))?;
    let head = match head.strip_prefix('[') {
        Some(percent) => percent.split_once(']')?.1,
        None => head,
    };
    let mut words = head.split_whitespace();
    let test = TestName::parse(words.next()?)?;
    let combination = words
        .filter(|word| word.starts_with('\''))
        .map(|word| word.trim_matches('\''))
        .collect::<Vec<_>>()
        .join(" ");
    let verdict = match tail {
        (" [ pass ]", time) => Verdict::Passed(time.parse().unwrap_or_default()),
        (" [ skipped ]", reason) => Verdict::Skipped(reason.to_owned()),
        _ => Verdict::Failed,
    };
    Some(TestResult {
        test,
        combination,
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, name: &str, combination: &str, verdict: Verdict) {
        let expected = TestResult {
            test: TestName::parse(name).expect("a name"),
            combination: combination.to_owned(),
            verdict,
        };
        assert_eq!(result_in(line), Some(expected), "{line}");
    }

    #[test]
    fn results_are_read() {
        let name = "rpl.rpl_semi_sync_event";
        check(
            "[ 20%] rpl.rpl_semi_sync_event  w2        [ pass ]  10542",
            name,
            "",
            Verdict::Passed(10_542),
        );
        check(
            "[100%] rpl.rpl_semi_sync_event 'row'      [ fail ]",
            name,
            "row",
            Verdict::Failed,
        );
        check(
            "rpl.rpl_semi_sync_event                   [ skipped ]  Test needs debug binaries.",
            name,
            "",
            Verdict::Skipped("Test needs debug binaries.".to_owned()),
        );
    }

    #[test]
    fn other_lines_tell_no_result() {
        for line in [
            "",
            "[ pass ]",
            "Logging: mysql-test-run.pl",
            "worker[1] a b",
        ] {
            assert_eq!(result_in(line), None, "{line}");
        }
    }
}
