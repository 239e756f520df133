//! A bad text for every rule, and a good one beside it.

use super::*;
use crate::scratch::Scratch;

#[track_caller]
fn check_rule(find: fn(&Path, &str) -> Vec<(usize, String)>, good: &str, bad: &str, line: usize) {
    let file = Path::new("crates/sim/src/x.rs");
    assert_eq!(find(file, good), [], "the good text");
    let found = find(file, bad);
    assert_eq!(found.len(), 1, "the bad text: {found:?}");
    assert_eq!(found[0].0, line, "the bad text: {found:?}");
}

#[test]
fn a_file_of_801_lines_is_too_long() {
    check_rule(too_long, &"x\n".repeat(800), &"x\n".repeat(801), 801);
}

#[test]
fn a_module_without_a_heading_is_found() {
    check_rule(
        without_heading,
        "//! What it is.\nfn f() {}",
        "fn f() {}",
        1,
    );
}

#[test]
fn mod_rs_is_found_by_its_name() {
    assert_eq!(named_mod(Path::new("a/b.rs"), ""), []);
    assert_eq!(named_mod(Path::new("a/mod.rs"), "").len(), 1);
}

#[test]
fn work_left_for_later_is_found() {
    check_rule(
        left_for_later,
        "// done",
        concat!("// done\n// TO", "DO: more"),
        2,
    );
    check_rule(left_for_later, "f()", concat!("to", "do!()"), 1);
    check_rule(
        left_for_later,
        "#[test]",
        concat!("#[test]\n#[ig", "nore]"),
        2,
    );
    check_rule(
        left_for_later,
        "\"#[ignored by]\"",
        concat!("#[ig", "nore = \"slow\"]"),
        1,
    );
}

#[test]
fn the_path_of_a_machine_is_found() {
    let bad = concat!("cp /ro", "ot/x /tmp");
    check_rule(machine_paths, "see target/ro\u{6f}t/x or $HOME/x", bad, 1);
    check_rule(
        machine_paths,
        "/usr/share",
        concat!("a\nb = \"/ho", "me/me/x\""),
        2,
    );
}

#[test]
fn a_crate_from_elsewhere_is_found() {
    let good = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let bad = "name = \"x\"\nsource = \"git+https://example.org/x\"\n";
    check_rule(other_registries, good, bad, 2);
}

#[test]
fn different_versions_of_wasm_bindgen_are_found() {
    let manifest = "wasm-bindgen = \"=0.2.130\"";
    assert!(bindgen_versions_differ("wasm_bindgen = \"0.2.130\"", manifest).is_empty());
    assert_eq!(
        bindgen_versions_differ("wasm_bindgen = \"0.2.129\"", manifest).len(),
        1
    );
    assert_eq!(bindgen_versions_differ("", "").len(), 1);
}

#[test]
fn clocks_threads_and_hash_maps_are_found() {
    let good = "use std::collections::BTreeMap;\nfn f(at: Instant, dump_thread: u8) {}";
    check_rule(
        banned_paths,
        good,
        "\nuse std::collections::{BTreeMap, HashMap};",
        2,
    );
    check_rule(
        banned_paths,
        good,
        "use std::{sync::Arc, time::{Duration, Instant}};",
        1,
    );
    check_rule(banned_paths, good, "fn f() { std::thread::sleep(x) }", 1);
    check_rule(banned_paths, good, "fn f() -> SystemTime { x }", 1);
    check_rule(banned_paths, good, "use hashbrown::HashSet;", 1);
}

#[test]
fn only_the_deterministic_crates_outside_tests_are_bound() {
    assert!(is_deterministic(Path::new(
        "crates/console/src/bin/semisync-lab.rs"
    )));
    assert!(is_deterministic(Path::new("crates/sim/src/cluster.rs")));
    assert!(!is_deterministic(Path::new(
        "crates/sim/src/cluster/tests.rs"
    )));
    assert!(!is_deterministic(Path::new("crates/sim/src/tests/x.rs")));
    assert!(!is_deterministic(Path::new(
        "crates/native-plugin/source/src/lib.rs"
    )));
}

#[test]
fn findings_name_the_file_and_the_line() {
    let scratch = Scratch::new("sources").unwrap();
    fs::write(scratch.path().join("a.rs"), "fn f() {}\n").unwrap();
    fs::write(scratch.path().join("b.txt"), "text\n").unwrap();
    let rule = RULES
        .iter()
        .find(|rule| rule.name == "every module says what it is")
        .unwrap();
    let files = [PathBuf::from("a.rs"), PathBuf::from("b.txt")];
    assert_eq!(
        check(rule, scratch.path(), &files).unwrap(),
        ["a.rs:1: starts without `//!`"]
    );
}
