//! What the parser takes and where it stops.

use super::*;
use crate::statement::{Assignment, Item};

#[track_caller]
fn refused(text: &str, near: &str) {
    refused_by(Generation::V9_7, text, near);
}

#[track_caller]
fn refused_by(generation: Generation, text: &str, near: &str) {
    match parse(text, generation) {
        Ok(parsed) => panic!("{text}: {parsed:?}"),
        Err(error) => {
            assert_eq!(error.code, 1064);
            let quoted = error.message.split_once("near '").unwrap().1;
            let quoted = &quoted[..quoted.rfind("' at line").unwrap()];
            assert_eq!(quoted, near, "{text}");
        }
    }
}

#[track_caller]
fn taken(text: &str) -> Statement {
    taken_by(Generation::V9_7, text)
}

#[track_caller]
fn taken_by(generation: Generation, text: &str) -> Statement {
    match parse(text, generation) {
        Ok(parsed) => parsed.statement,
        Err(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn old_statements_are_refused_at_the_old_word() {
    refused("SHOW MASTER STATUS", "MASTER STATUS");
    refused("SHOW MASTER LOGS", "MASTER LOGS");
    refused("SHOW SLAVE STATUS", "SLAVE STATUS");
    refused("START SLAVE", "SLAVE");
    refused("STOP SLAVE IO_THREAD", "SLAVE IO_THREAD");
    refused("RESET MASTER", "MASTER");
    refused("RESET SLAVE ALL", "SLAVE ALL");
    refused(
        "CHANGE MASTER TO MASTER_HOST = 'x'",
        "MASTER TO MASTER_HOST = 'x'",
    );
    refused(
        "CHANGE REPLICATION SOURCE TO MASTER_HOST = 'x'",
        "MASTER_HOST = 'x'",
    );
    refused("PURGE MASTER LOGS TO 'x'", "MASTER LOGS TO 'x'");
}

#[test]
fn an_old_server_takes_the_old_statements_only() {
    for text in [
        "SHOW MASTER STATUS",
        "SHOW SLAVE STATUS",
        "SHOW SLAVE HOSTS",
        "START SLAVE",
        "STOP SLAVE IO_THREAD",
        "RESET MASTER",
        "CHANGE MASTER TO MASTER_HOST='x', MASTER_PORT=3306",
    ] {
        taken_by(Generation::V5_5, text);
    }
    refused_by(Generation::V5_5, "START REPLICA", "REPLICA");
    refused_by(Generation::V8_4, "START SLAVE", "SLAVE");
}

#[test]
fn errors_quote_from_the_first_token_that_fits_nowhere() {
    refused("FOO", "FOO");
    refused("SELEC 1", "SELEC 1");
    refused("SELECT", "");
    refused("SELECT 1 1", "1");
    refused("SELECT * FROM", "");
    refused("SELECT * FROM t WHERE", "");
    refused("INSERT INTO t VALUES (1,", "");
    refused("SHOW", "");
    refused("SHOW FOO", "FOO");
    refused("SELECT 'a\nb' x y z", "y z");
    refused("INSTALL PLUGIN rpl_semi_sync_source", "");
    refused("FLUSH NOSUCH", "NOSUCH");
    refused("CREATE TABLE a2 (id NOSUCHTYPE)", "NOSUCHTYPE)");
    refused("CREATE TABLE a2 (id INT, nosuch)", ")");
    refused(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='x', SOURCE_NOSUCH=1",
        "SOURCE_NOSUCH=1",
    );
    refused("SET GLOBAL x", "");
    refused("NOSUCHFN()", "NOSUCHFN()");
}

#[test]
fn the_statements_of_both_documents_are_taken() {
    for text in [
        "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'",
        "SELECT PLUGIN_NAME, PLUGIN_STATUS\n FROM INFORMATION_SCHEMA.PLUGINS\n WHERE PLUGIN_NAME LIKE '%semi%'",
        "SET GLOBAL rpl_semi_sync_source_enabled = 1",
        "STOP REPLICA IO_THREAD",
        "START REPLICA IO_THREAD",
        "SELECT Variable_value INTO @value\nFROM INFORMATION_SCHEMA.GLOBAL_STATUS\nWHERE Variable_name = 'Rpl_semi_sync_master_status'",
    ] {
        taken(text);
    }
}

#[test]
fn headings_are_what_was_written() {
    let Statement::Select(select) =
        taken("SELECT id+1, v AS x, 'lit', t.id, COUNT( * ), \"a\" 'b', NULL, 1 y FROM t")
    else {
        panic!("no SELECT");
    };
    let headings: Vec<String> = select
        .items
        .into_iter()
        .map(|item| match item {
            Item::Expr { heading, .. } => heading,
            Item::All => "*".to_owned(),
        })
        .collect();
    assert_eq!(
        headings,
        ["id+1", "x", "lit", "id", "COUNT( * )", "a", "NULL", "y"]
    );
}

#[test]
fn a_scope_in_set_holds_for_what_follows() {
    let Statement::Set(assignments) = taken("SET GLOBAL a = 1, b = ON, SESSION c = off, @d := 2")
    else {
        panic!("no SET");
    };
    let scopes: Vec<String> = assignments
        .iter()
        .map(|assignment| match assignment {
            Assignment::System { scope, name, .. } => format!("{name} {scope:?}"),
            Assignment::User { name, .. } => format!("@{name}"),
        })
        .collect();
    assert_eq!(scopes, ["a Global", "b Global", "c Session", "@d"]);
}

#[test]
fn precedence_binds_and_before_or_and_not_before_and() {
    let bind = |text: &str| match taken(&format!("SELECT {text}")) {
        Statement::Select(select) => match &select.items[0] {
            Item::Expr { expr, .. } => expr.clone(),
            Item::All => panic!("star"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(bind("a OR b AND c"), bind("a OR (b AND c)"));
    assert_eq!(bind("NOT a = b AND c"), bind("(NOT (a = b)) AND c"));
    assert_eq!(bind("1 + 2 * 3 = 7"), bind("(1 + (2 * 3)) = 7"));
    assert_eq!(
        bind("a NOT LIKE 'x' OR b NOT IN (1, 2)"),
        bind("(a NOT LIKE 'x') OR (b NOT IN (1, 2))")
    );
}

#[test]
fn what_could_follow_is_known() {
    let after = |text: &str| expected_after(text, Generation::V9_7);
    assert!(after("SHOW ").contains(&"REPLICAS"));
    assert!(after("START ").contains(&"REPLICA"));
    assert!(!after("START ").contains(&"SLAVE"));
    assert!(after("").contains(&"INSTALL"));
    assert!(after("STOP REPLICA ").contains(&"IO_THREAD"));
    assert_eq!(after("INSTALL PLUGIN x "), ["SONAME"]);
}

/// Pieces of statements in any order, cut anywhere, with strange characters in between.
#[test]
fn no_text_makes_the_parser_panic_or_hang() {
    const PIECES: &[&str] = &[
        "SELECT ",
        "INSERT INTO t VALUES ",
        "SHOW ",
        "SET GLOBAL ",
        "CHANGE REPLICATION SOURCE TO ",
        "CREATE TABLE t (id INT ",
        "PREPARE s FROM ",
        "START REPLICA ",
        "'",
        "\"",
        "`",
        "\\",
        "(",
        ")",
        ",",
        "@",
        "@@",
        "@@global.",
        "= ",
        ":= ",
        "1",
        "1.5e",
        ".",
        "x",
        "NULL ",
        "LIKE ",
        "NOT ",
        "BETWEEN ",
        "CASE ",
        "WHEN ",
        "FROM ",
        "WHERE ",
        "LIMIT ",
        "INTO ",
        "/*",
        "*/",
        "/*!50000 ",
        "-- ",
        "#",
        "\n",
        ";",
        "é",
        "→",
        "\u{0}",
        "?",
    ];
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    for _ in 0..20_000 {
        let length = 1 + draw(12);
        let mut text: String = (0..length).map(|_| PIECES[draw(PIECES.len())]).collect();
        let cut = draw(text.len() + 1);
        if text.is_char_boundary(cut) {
            text.truncate(cut);
        }
        for generation in [Generation::V5_5, Generation::V9_7] {
            if let Err(error) = parse(&text, generation) {
                assert_eq!(error.code, 1064, "{text:?}");
            }
            expected_after(&text, generation);
        }
        let mut reader = crate::line_reader::LineReader::default();
        for line in text.lines() {
            reader.read(line);
        }
    }
}

#[test]
fn expressions_that_are_too_deep_are_refused() {
    for (before, after) in [
        ("(", ")"),
        ("NOT ", ""),
        ("- ", ""),
        ("1 + ", ""),
        ("IF(1, ", ", 2)"),
    ] {
        let text =
            |times: usize| format!("SELECT {}1{}", before.repeat(times), after.repeat(times));
        assert!(parse(&text(30), Generation::V9_7).is_ok(), "{before}");
        assert!(parse(&text(100_000), Generation::V9_7).is_err(), "{before}");
    }
}
