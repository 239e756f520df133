//! What differs from the server's suite on purpose.

use super::results::{TestResult, Verdict};

/// Whether a test failed only because of variables of our own: `sys_vars.all_vars` lists every system
/// variable, and expects that no plugin adds one.
pub fn is_declared(result: &TestResult, output: &str) -> bool {
    let name = result.test.to_string();
    name == "sys_vars.all_vars"
        && result.verdict == Verdict::Failed
        && only_our_variables_are_added(output, "all_vars.result")
}

/// Whether the differences from a recorded result that the runner printed are lines with variables of
/// our own, and nothing else.
fn only_our_variables_are_added(output: &str, result: &str) -> bool {
    let mut lines = output
        .lines()
        .skip_while(|line| !(line.starts_with("--- ") && line.contains(result)))
        .skip(2);
    let changed: Vec<&str> = lines
        .by_ref()
        .take_while(|line| line.starts_with(['@', '+', '-', ' ']))
        .filter(|line| line.starts_with(['+', '-']))
        .collect();
    !changed.is_empty()
        && changed
            .iter()
            .all(|line| line.starts_with("+semisync_lab."))
}

#[cfg(test)]
mod tests {
    use super::only_our_variables_are_added;

    fn printed(change: &str) -> String {
        format!(
            "CURRENT_TEST: sys_vars.all_vars\n--- r/all_vars.result\t2026\n+++ log/all_vars.reject\t2026\n\
             @@ -130,6 +130,10 @@\n select_into_disk_sync\n{change}\n set_operations_buffer_size\n\n\
             mysqltest: Result content mismatch\n"
        )
    }

    #[test]
    fn our_variables_are_told_from_other_differences() {
        let is_ours =
            |change: &str| only_our_variables_are_added(&printed(change), "all_vars.result");
        assert!(is_ours("+semisync_lab.flight_recorder"));
        assert!(!is_ours(
            "+semisync_lab.flight_recorder\n-rpl_semi_sync_source_timeout"
        ));
        assert!(!is_ours("+something_else"));
        assert!(!is_ours(" nothing"));
        assert!(!only_our_variables_are_added("", "all_vars.result"));
    }
}
