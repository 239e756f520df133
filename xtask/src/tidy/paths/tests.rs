//! Sources as values, and what is read from them.

use super::*;

#[track_caller]
fn check(source: &str, expected: &[(usize, &str)]) {
    let found = used_paths(source);
    for (line, path) in expected {
        let wanted = UsedPath {
            line: *line,
            path: (*path).to_owned(),
        };
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
}

#[track_caller]
fn check_absent(source: &str, path: &str) {
    let found = used_paths(source);
    assert!(
        found.iter().all(|used| !used.path.contains(path)),
        "{path} is in {found:?}"
    );
}

#[test]
fn use_trees_are_spelled_out() {
    check("use std::thread;", &[(1, "std::thread")]);
    check(
        "use std::{\n    thread,\n    time::{Duration, Instant as Now},\n};",
        &[
            (2, "std::thread"),
            (3, "std::time::Duration"),
            (3, "std::time::Instant"),
        ],
    );
    check(
        "pub(crate) use a::{self, b::*, c};",
        &[(1, "a::self"), (1, "a::b::*"), (1, "a::c")],
    );
    check("use a::{b,};\nuse c::d;", &[(1, "a::b"), (2, "c::d")]);
}

#[test]
fn paths_in_code_are_seen() {
    check(
        "fn f() { let _ = std::thread::spawn(g); }",
        &[(1, "std::thread::spawn")],
    );
    check(
        "type T = std::collections::HashMap<u8, u8>;",
        &[(1, "std::collections::HashMap")],
    );
}

#[test]
fn comments_texts_and_characters_are_not_code() {
    check_absent(
        "// std::thread\n/* std::thread /* x */ std::thread */ fn f() {}",
        "thread",
    );
    check_absent(
        r##"const A: &str = "std::thread \" std::thread"; "##,
        "thread",
    );
    check_absent("const A: &str = r#\"std::thread \" thread\"#;", "thread");
    check(
        "const A: char = '\"'; use std::thread;",
        &[(1, "std::thread")],
    );
    check(
        "const A: char = '\\''; use std::thread;",
        &[(1, "std::thread")],
    );
    check(
        "fn f<'a>(_: &'a str) { std::thread::yield_now() }",
        &[(1, "std::thread::yield_now")],
    );
}

#[test]
fn test_modules_are_left_out_and_what_precedes_them_is_not() {
    let source =
        "use a::b;\n#[cfg(test)]\nfn x() { c::d() }\n#[cfg(test)]\nmod tests { use e::f; }";
    check(source, &[(1, "a::b"), (3, "c::d")]);
    check_absent(source, "e::f");
}

#[test]
fn unfinished_sources_end_too() {
    for source in [
        "use a::{b",
        "\"abc",
        "/* abc",
        "r#\"abc",
        "use",
        "'",
        "'\\",
        "a::",
    ] {
        used_paths(source);
    }
}
