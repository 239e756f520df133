//! The catalogue against the facts, and SET statements against what a 9.7.4 server answered.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::replica::{Replica, ReplicaConfig};
use crate::source::{Input, Source, SourceConfig, WaitPoint};
use crate::time::Instant;

/// `given` as it stands behind `SET GLOBAL rpl_semi_sync_… =`; `expected` is the stored value, with
/// a `!` when it was truncated, or the error's number and value.
#[track_caller]
fn check(name: &str, given: &str, expected: &str) {
    check_with_mode(name, given, false, expected);
}

#[track_caller]
fn check_with_mode(name: &str, given: &str, strict: bool, expected: &str) {
    let name = format!("rpl_semi_sync_{name}");
    let variable = find_system_variable(Generation::V9_7, &name).expect("a variable of 9.7");
    let value = parse(given);
    let outcome = match variable.check(&value, strict) {
        Ok(SetOutcome {
            value,
            truncated: false,
        }) => value.to_string(),
        Ok(SetOutcome {
            value: stored,
            truncated: true,
        }) => {
            let warning = format!("Truncated incorrect {name} value: '{given}'");
            assert_eq!(variable.truncation_warning(&value), warning);
            format!("{stored}!")
        }
        Err(error @ SetError::WrongType { .. }) => {
            let text = format!("Incorrect argument type to variable '{name}'");
            assert_eq!(error.to_string(), text);
            error.number().to_string()
        }
        Err(error @ SetError::WrongValue { .. }) => {
            let value = given.trim_matches('\'');
            let text = format!("Variable '{name}' can't be set to the value of '{value}'");
            assert_eq!(error.to_string(), text);
            error.number().to_string()
        }
    };
    assert_eq!(outcome, expected, "SET GLOBAL {name} = {given}");
}

fn parse(given: &str) -> SetValue {
    match given {
        "TRUE" => SetValue::Bool(true),
        "FALSE" => SetValue::Bool(false),
        "NULL" => SetValue::Null,
        _ if given.starts_with('\'') => SetValue::Text(given.trim_matches('\'').into()),
        _ if given.contains(['.', 'e']) => SetValue::Float,
        _ => SetValue::Int(given.parse().expect("an integer")),
    }
}

#[test]
fn bools_take_two_words_and_two_numbers() {
    check("source_enabled", "'ON'", "ON");
    check("source_enabled", "'oFf'", "OFF");
    check("source_enabled", "TRUE", "ON");
    check("source_enabled", "0", "OFF");
    check("source_enabled", "2", "1231");
    check("source_enabled", "-1", "1231");
    check("source_enabled", "'some text'", "1231");
    check("source_enabled", "'OF'", "1231");
    check("source_enabled", "'TRUE'", "1231");
    check("source_enabled", "'1'", "1231");
    check("source_enabled", "''", "1231");
    check("source_enabled", "NULL", "1231");
    check("source_enabled", "1.1", "1232");
    check("source_wait_no_replica", "1e1", "1232");
    check("replica_enabled", "1", "ON");
}

#[test]
fn the_wait_point_takes_its_words_and_their_numbers() {
    check("source_wait_point", "'AFTER_SYNC'", "AFTER_SYNC");
    check("source_wait_point", "'after_commit'", "AFTER_COMMIT");
    check("source_wait_point", "0", "AFTER_SYNC");
    check("source_wait_point", "TRUE", "AFTER_COMMIT");
    check("source_wait_point", "2", "1231");
    check("source_wait_point", "-1", "1231");
    check("source_wait_point", "'1'", "1231");
    check("source_wait_point", "'AFTER_'", "1231");
    check("source_wait_point", "NULL", "1231");
    check("source_wait_point", "0.1", "1232");
}

#[test]
fn integers_out_of_range_are_moved_to_the_bound() {
    check("source_wait_for_replica_count", "2", "2");
    check("source_wait_for_replica_count", "TRUE", "1");
    check("source_wait_for_replica_count", "-1", "1!");
    check("source_wait_for_replica_count", "0", "1!");
    check("source_wait_for_replica_count", "65535", "65535");
    check("source_wait_for_replica_count", "65536", "65535!");
    check("source_wait_for_replica_count", "4294967297", "65535!");
    check("source_timeout", "-1", "0!");
    check(
        "source_timeout",
        "18446744073709551615",
        "18446744073709551615",
    );
}

#[test]
fn integers_take_nothing_else() {
    check("source_timeout", "18446744073709551616", "1232");
    check("source_timeout", "1.1", "1232");
    check("source_timeout", "'text'", "1232");
    check("source_timeout", "NULL", "1232");
    check("replica_trace_level", "1e1", "1232");
}

#[test]
fn in_strict_mode_a_value_out_of_range_is_an_error() {
    check_with_mode("source_wait_for_replica_count", "0", true, "1231");
    check_with_mode("source_wait_for_replica_count", "65536", true, "1231");
    check_with_mode("source_timeout", "-1", true, "1231");
    check_with_mode("source_timeout", "5", true, "5");
}

#[test]
fn each_generation_knows_its_own_names() {
    let name_in = |generation, name| find_system_variable(generation, name).map(|it| it.name());
    let new = "rpl_semi_sync_source_enabled";
    let old = "rpl_semi_sync_master_enabled";
    let count = "rpl_semi_sync_master_wait_for_slave_count";
    assert_eq!(name_in(Generation::V9_7, new), Some(new));
    assert_eq!(name_in(Generation::V9_7, old), None);
    assert_eq!(name_in(Generation::V8_4, new), Some(new));
    assert_eq!(name_in(Generation::V8_4, old), Some(old));
    assert_eq!(name_in(Generation::V5_5, new), None);
    assert_eq!(name_in(Generation::V5_5, old), Some(old));
    assert_eq!(name_in(Generation::V8_4, count), Some(count));
    assert_eq!(name_in(Generation::V5_5, count), None);
}

#[test]
fn names_are_found_in_any_case_and_with_dashes() {
    let spelled = "RPL-semi-sync_Source_WAIT-no-replica";
    let found = find_system_variable(Generation::V9_7, spelled).map(|it| it.variable.id);
    assert_eq!(found, Some(SystemVariableId::SourceWaitNoReplica));
    assert!(find_system_variable(Generation::V9_7, "rpl_semi_sync_source").is_none());
    let status = find_status_variable(Generation::V8_4, "rpl_SEMI_sync_slave_status");
    assert!(status.is_some_and(|(it, _)| it.family == Family::Replica));
    assert!(find_status_variable(Generation::V9_7, "Rpl_semi_sync_slave_status").is_none());
}

#[test]
fn names_begin_with_their_plugin() {
    for naming in [Naming::SourceReplica, Naming::MasterSlave] {
        for variable in &SYSTEM_VARIABLES {
            let plugin = variable.family.plugin_name(naming);
            let suffix = variable.suffix(naming);
            assert_eq!(variable.name(naming), format!("{plugin}_{suffix}"));
        }
        for variable in &STATUS_VARIABLES {
            let name = variable.name(naming).to_lowercase();
            assert!(
                name.starts_with(variable.family.plugin_name(naming)),
                "{name}"
            );
        }
    }
}

#[test]
fn an_id_finds_its_row() {
    for variable in &SYSTEM_VARIABLES {
        assert!(core::ptr::eq(SystemVariable::of(variable.id), variable));
    }
}

#[test]
fn the_plugins_declare_what_the_stock_ones_do() {
    let suffixes = |family| {
        SystemVariable::of_family(family, Generation::V9_7)
            .map(|variable| variable.suffix(Naming::SourceReplica))
            .collect::<Vec<_>>()
    };
    let source = [
        "enabled",
        "timeout",
        "wait_no_replica",
        "trace_level",
        "wait_point",
        "wait_for_replica_count",
    ];
    assert_eq!(suffixes(Family::Source), source);
    assert_eq!(suffixes(Family::Replica), ["enabled", "trace_level"]);
    let status = StatusVariable::of_family(Family::Source);
    let long = status.filter(|variable| variable.kind == StatusKind::Long);
    assert_eq!(long.count(), 5);
}

#[test]
fn machines_begin_with_the_default_values() {
    let source = Source::new(SourceConfig::default());
    let replica = Replica::new(ReplicaConfig::default());
    for variable in &SYSTEM_VARIABLES {
        let value = match variable.family {
            Family::Source => variable.source_value(&source),
            Family::Replica => variable.replica_value(&replica),
        };
        assert_eq!(value, Some(variable.default_value()), "{}", variable.name);
    }
}

#[test]
fn a_value_that_is_set_is_read_back() {
    let mut source = Source::new(SourceConfig::default());
    let mut replica = Replica::new(ReplicaConfig::default());
    for variable in &SYSTEM_VARIABLES {
        let value = match variable.kind {
            VariableKind::Bool { default } => Value::Bool(!default),
            VariableKind::UnsignedLong { .. } | VariableKind::UnsignedInt { .. } => {
                Value::Integer(17)
            }
            VariableKind::Enum { .. } => Value::WaitPoint(WaitPoint::AfterCommit),
        };
        let read = match variable.effect(value) {
            Effect::Source(input) => {
                while source.poll_output().is_some() {}
                source.handle(Instant::ZERO, input);
                variable.source_value(&source)
            }
            Effect::Replica(input) => {
                replica.handle(Instant::ZERO, input);
                variable.replica_value(&replica)
            }
        };
        assert_eq!(read, Some(value), "{}", variable.name);
    }
}

#[test]
fn status_variables_read_the_machines() {
    let mut source = Source::new(SourceConfig::default());
    while source.poll_output().is_some() {}
    source.handle(Instant::ZERO, Input::EnabledSet(true));
    let shown: Vec<_> = STATUS_VARIABLES
        .iter()
        .filter_map(|variable| variable.source_value(&source))
        .map(|value| value.to_string())
        .collect();
    let zeroes = core::iter::repeat_n("0", 13);
    let expected: Vec<_> = core::iter::once("ON").chain(zeroes).collect();
    assert_eq!(shown, expected);
}

#[test]
fn option_files_take_suffixes_and_words() {
    let parse = |id, text| SystemVariable::of(id).parse_option(text);
    let enabled = SystemVariableId::SourceEnabled;
    assert_eq!(parse(enabled, None), Ok(Value::Bool(true)));
    assert_eq!(parse(enabled, Some("1")), Ok(Value::Bool(true)));
    assert_eq!(parse(enabled, Some("off")), Ok(Value::Bool(false)));
    let timeout = SystemVariableId::SourceTimeout;
    assert_eq!(parse(timeout, Some("3000")), Ok(Value::Integer(3000)));
    assert_eq!(parse(timeout, Some("2K")), Ok(Value::Integer(2048)));
    assert_eq!(parse(timeout, Some("-4")), Ok(Value::Integer(0)));
    assert_eq!(parse(timeout, None), Err(OptionError::ValueMissing));
    let value = "abc".into();
    let error = OptionError::NotAnInteger { value };
    assert_eq!(parse(timeout, Some("abc")), Err(error));
    let count = SystemVariableId::SourceWaitForReplicaCount;
    assert_eq!(parse(count, Some("70000")), Ok(Value::Integer(65_535)));
    let after_commit = Ok(Value::WaitPoint(WaitPoint::AfterCommit));
    let wait_point = SystemVariableId::SourceWaitPoint;
    assert_eq!(parse(wait_point, Some("after_commit")), after_commit);
    assert_eq!(parse(wait_point, Some("1")), after_commit);
    assert!(parse(wait_point, Some("2")).is_err());
}
