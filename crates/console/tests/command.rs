//! The command `semisync-lab` as a person or a script runs it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn lab(words: &[&str], typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_semisync-lab"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(typed.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn recorded(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/labs");
    root.join(name).display().to_string()
}

#[track_caller]
fn check(output: &Output, status: i32, printed: &str) {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{out}{err}");
    let all = format!("{out}{err}");
    assert!(all.contains(printed), "no {printed:?} in {all}");
}

#[test]
fn run_prints_the_transcript_and_checks_it() {
    let (script, expected) = (recorded("install-order.lab"), recorded("install-order.txt"));
    let printed = lab(&["run", &script], "");
    check(&printed, 0, "ERROR 1193 (HY000)");
    assert_eq!(
        String::from_utf8(printed.stdout).unwrap(),
        std::fs::read_to_string(&expected).unwrap()
    );
    check(
        &lab(&["run", &script, "--check", &expected], ""),
        0,
        "as recorded",
    );
    let other = recorded("old-statements.txt");
    check(
        &lab(&["run", &script, "--check", &other], ""),
        1,
        "differs from",
    );
}

#[test]
fn raw_keeps_what_the_client_prints() {
    let script = recorded("old-statements.lab");
    let raw = lab(&["run", "--raw", &script], "");
    check(&raw, 0, "| Server_Id | Host     | Port  |");
}

#[test]
fn what_cannot_be_done_is_said_and_exits_with_two() {
    check(&lab(&[], ""), 2, "Usage:");
    check(&lab(&["run"], ""), 2, "Usage:");
    check(
        &lab(&["run", "no-such-file.lab"], ""),
        2,
        "no-such-file.lab: ",
    );
    check(&lab(&["run", "--fast"], ""), 2, "unknown option --fast");
    check(&lab(&["repl", "--servers", "0"], ""), 2, "1 to 9");
    // A transcript is no script: its first line says so.
    let text = recorded("old-statements.txt");
    check(
        &lab(&["run", &text], ""),
        2,
        "line 1: there is no server `source`",
    );
}

#[test]
fn the_repl_takes_statements_faults_and_its_own_words() {
    let typed = "CREATE TABLE t (\n  id INT);\n.server replica1\nSHOW TABLES;\n! crash source\n\
                 ! crash nobody\n.server source/2\nSELECT 1;\n.servers\n.nothing\n.quit\nSELECT 2;\n";
    let output = lab(&["repl", "--servers", "2"], typed);
    check(&output, 0, "     ->   id INT);\nQuery OK, 0 rows affected");
    check(
        &output,
        0,
        "replica1> SHOW TABLES;\n+---------------+\n| Tables_in_lab |",
    );
    check(
        &output,
        0,
        "there is no server `nobody`, only source, replica1",
    );
    check(&output, 0, "source/2> SELECT 1;\nERROR 2002 (HY000)");
    check(&output, 0, "replica1 (server_id 2)");
    check(&output, 0, "unknown; .help lists");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("SELECT 2"));
}

#[test]
fn the_repl_speaks_for_older_servers_too() {
    let output = lab(&["repl", "--version", "5.5"], "SHOW SLAVE HOSTS;\n");
    check(&output, 0, "Server_id");
    let output = lab(&["repl", "--version", "9.7"], "SHOW SLAVE HOSTS;\n");
    check(&output, 0, "near 'SLAVE HOSTS' at line 1");
}
