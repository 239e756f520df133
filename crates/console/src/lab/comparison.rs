//! Two transcripts, line by line.

use std::fmt;

/// Where two transcripts differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// In both, and its number in the expected transcript.
    Same(usize, String),
    Expected(usize, String),
    Actual(String),
}

/// Compares two transcripts: lines are equal when they are, but for whole seconds, which may differ
/// by one. `None` when all lines are.
pub fn compare(expected: &str, actual: &str) -> Option<Difference> {
    compare_lines(expected, actual, is_equal)
}

/// Compares a recorded transcript with that of a real server, which may be slow: an ACK can come
/// before the commit sleeps for it, and then `Rpl_semi_sync_source_tx_waits` and the wait times
/// count one wait less.
pub fn compare_real(expected: &str, actual: &str) -> Option<Difference> {
    compare_lines(expected, actual, |expected, actual| {
        is_equal(expected, actual) || counts_fewer_waits(expected, actual)
    })
}

fn compare_lines(
    expected: &str,
    actual: &str,
    is_equal: impl Fn(&str, &str) -> bool,
) -> Option<Difference> {
    let expected: Vec<&str> = expected.lines().collect();
    let actual: Vec<&str> = actual.lines().collect();
    let lines = align(&expected, &actual, is_equal);
    let is_same = lines.iter().all(|line| matches!(line, Line::Same(..)));
    (!is_same).then_some(Difference { lines })
}

/// The longest common subsequence, with what is beside it.
fn align(expected: &[&str], actual: &[&str], is_equal: impl Fn(&str, &str) -> bool) -> Vec<Line> {
    let (rows, columns) = (expected.len(), actual.len());
    let mut common = vec![vec![0_u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            common[row][column] = if is_equal(expected[row], actual[column]) {
                common[row + 1][column + 1] + 1
            } else {
                common[row + 1][column].max(common[row][column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    while row < rows || column < columns {
        let both = row < rows && column < columns;
        if both && is_equal(expected[row], actual[column]) {
            lines.push(Line::Same(row + 1, expected[row].to_owned()));
            row += 1;
            column += 1;
        } else if column == columns || (both && common[row][column + 1] <= common[row + 1][column])
        {
            lines.push(Line::Expected(row + 1, expected[row].to_owned()));
            row += 1;
        } else {
            lines.push(Line::Actual(actual[column].to_owned()));
            column += 1;
        }
    }
    lines
}

fn is_equal(expected: &str, actual: &str) -> bool {
    if expected == actual {
        return true;
    }
    match (whole_seconds(expected), whole_seconds(actual)) {
        (Some((expected, left)), Some((actual, right))) => {
            expected == actual && left.abs_diff(right) <= 1
        }
        _ => false,
    }
}

/// What stands before `(10 sec)`, and the seconds; `(0.00 sec)` is not whole.
fn whole_seconds(line: &str) -> Option<(&str, u64)> {
    let (before, seconds) = line.strip_suffix(" sec)")?.rsplit_once('(')?;
    Some((before, seconds.parse().ok()?))
}

/// Whether two lines are the row of a counter of waits that the other side has more of.
fn counts_fewer_waits(expected: &str, actual: &str) -> bool {
    let (Some((name, expected)), Some((other, actual))) = (counter(expected), counter(actual))
    else {
        return false;
    };
    let is_of_waits = ["_tx_waits", "_tx_wait_time", "_tx_avg_wait_time"]
        .iter()
        .any(|suffix| name.starts_with("Rpl_semi_sync_") && name.ends_with(suffix));
    let is_fewer = match (expected.parse::<u64>(), actual.parse::<u64>()) {
        (Ok(expected), Ok(actual)) => actual < expected,
        // A time that is not zero is not compared.
        (Err(_), Ok(actual)) => actual == 0,
        _ => false,
    };
    is_of_waits && name == other && is_fewer
}

/// Name and value in a row of two columns.
fn counter(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix('|')?.strip_suffix('|')?.split_once('|')?;
    Some((name.trim(), value.trim()))
}

/// Lines of the expected transcript begin with `-`, lines of the other with `+`; unchanged lines are
/// shown near a change only.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NEAR: usize = 3;
        let is_near = |index: usize| {
            let from = index.saturating_sub(NEAR);
            let to = (index + NEAR + 1).min(self.lines.len());
            self.lines[from..to]
                .iter()
                .any(|line| !matches!(line, Line::Same(..)))
        };
        let mut skipped = false;
        for (index, line) in self.lines.iter().enumerate() {
            if !is_near(index) {
                skipped = true;
                continue;
            }
            if skipped {
                writeln!(f, "      …")?;
                skipped = false;
            }
            match line {
                Line::Same(number, text) => writeln!(f, "{number:>5}  {text}")?,
                Line::Expected(number, text) => writeln!(f, "{number:>5} -{text}")?,
                Line::Actual(text) => writeln!(f, "      +{text}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_may_differ_by_one_and_nothing_else_may() {
        let ok = |seconds: &str| format!("Query OK, 1 row affected ({seconds} sec)\n");
        assert_eq!(compare(&ok("2"), &ok("2")), None);
        assert_eq!(compare(&ok("2"), &ok("3")), None);
        assert_eq!(compare(&ok("3"), &ok("2")), None);
        assert!(compare(&ok("2"), &ok("4")).is_some());
        assert!(compare(&ok("0.00"), &ok("2")).is_some());
        assert!(compare("a\n", "a\nb\n").is_some());
    }

    #[test]
    fn a_real_server_may_count_fewer_waits_and_no_more() {
        let row = |name: &str, value: &str| format!("| Rpl_semi_sync_source_{name} | {value} |\n");
        let waits = |count: &str| row("tx_waits", count);
        assert_eq!(compare_real(&waits("2"), &waits("1")), None);
        assert!(compare_real(&waits("1"), &waits("2")).is_some());
        assert!(compare(&waits("2"), &waits("1")).is_some());
        let time = |time: &str| row("tx_wait_time", time);
        assert_eq!(compare_real(&time("…"), &time("0")), None);
        assert!(compare_real(&time("0"), &time("…")).is_some());
        assert!(compare_real(&row("yes_tx", "2"), &row("yes_tx", "1")).is_some());
    }

    #[test]
    fn a_difference_shows_both_sides_and_what_is_near() {
        let expected = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let actual = "1\n2\n3\n4\n5\n6\nx\n8\n9\n";
        let shown = compare(expected, actual).unwrap().to_string();
        assert_eq!(
            shown,
            "      …\n    4  4\n    5  5\n    6  6\n    7 -7\n      +x\n    8  8\n    9  9\n"
        );
    }
}
