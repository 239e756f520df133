//! MySQL's own tests: the quick ones pass with our libraries, and fail with broken ones.

use std::path::PathBuf;

use semisync_tests::mtr::{Format, Libraries, Report, Run, TestName, Verdict};
use semisync_tests::servers::fault_libraries;

/// One or two of each suite, which take seconds.
const TESTS: [&str; 5] = [
    "rpl.rpl_semisync_ssl",
    "rpl.binlog_compression_semisync",
    "rpl_gtid.rpl_semisync_gtid_tag",
    "rpl_nogtid.rpl_semi_sync_uninstall_plugin",
    "sys_vars.rpl_semi_sync_source_wait_point_basic",
];

fn play(libraries: Libraries, fault: Option<&str>) -> Report {
    let run = Run {
        root: directory("SEMISYNC_MYSQL_ROOT"),
        libraries,
        format: Format::Row,
        tests: TESTS
            .map(|test| TestName::parse(test).expect("a name"))
            .to_vec(),
        parallel: 2,
        minutes: 3,
        environment: fault
            .map(|fault| ("SEMISYNC_FAULT".to_owned(), fault.to_owned()))
            .into_iter()
            .collect(),
    };
    match run.carry_out(|_| {}) {
        Ok(report) => report,
        Err(error) => panic!("{error:#}"),
    }
}

fn directory(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set"));
    PathBuf::from(path).canonicalize().expect("a directory")
}

fn failed(report: &Report) -> Vec<String> {
    let mut failed: Vec<String> = report
        .results
        .iter()
        .filter(|result| result.verdict == Verdict::Failed)
        .map(|result| result.test.to_string())
        .collect();
    failed.sort();
    failed
}

#[test]
fn some_of_mysqls_own_tests_pass_with_our_libraries() {
    let report = play(Libraries::From(directory("SEMISYNC_PLUGIN_DIR")), None);
    assert_eq!(failed(&report), [""; 0], "{}", report.output);
    assert_eq!(report.results.len(), TESTS.len(), "{}", report.output);
    let has_passed = |verdict: &Verdict| matches!(verdict, Verdict::Passed(_));
    assert!(
        report
            .results
            .iter()
            .all(|result| has_passed(&result.verdict))
    );
}

#[test]
fn they_fail_with_a_replica_that_sends_no_ack() {
    let report = play(
        Libraries::From(fault_libraries()),
        Some("after_queue_event"),
    );
    assert_eq!(
        failed(&report),
        [TESTS[1], TESTS[0], TESTS[2], TESTS[3]],
        "{}",
        report.output
    );
}

#[test]
fn they_fail_with_libraries_that_cannot_be_loaded() {
    let report = play(Libraries::Swapped(directory("SEMISYNC_PLUGIN_DIR")), None);
    assert_eq!(failed(&report).len(), TESTS.len(), "{}", report.output);
}
