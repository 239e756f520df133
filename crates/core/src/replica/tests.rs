//! The table of the replica machine: handshake, packets, life cycle.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use super::*;
use crate::log::LogMessage;
use crate::source::SemisyncStatus;
use crate::time::Instant;
use crate::{BinlogPosition, Generation};

/// Feeds the inputs one after the other and writes down the outputs: queries, `request`, `refuse`,
/// `skip N`, `stop`, `ack FILE OFFSET`, log numbers; at the end the status.
#[track_caller]
fn check(config: ReplicaConfig, inputs: Vec<Input>, expected: &[&str]) {
    let mut replica = Replica::new(config);
    let mut seen = Vec::new();
    for input in inputs {
        replica.handle(Instant::ZERO, input);
        while let Some(output) = replica.poll_output() {
            seen.push(in_short(&output));
        }
    }
    seen.push(replica.status().to_string());
    assert_eq!(
        replica.can_uninstall(),
        replica.status() == SemisyncStatus::Off
    );
    assert_eq!(seen, expected);
}

fn in_short(output: &Output) -> String {
    match output {
        Output::Query(query) => (*query).into(),
        Output::RequestDump => "request".into(),
        Output::RefuseDump => "refuse".into(),
        Output::SkipHeader(len) => format!("skip {len}"),
        Output::StopReceiver => "stop".into(),
        Output::SendAck(ack) => format!("ack {} {}", ack.position.file, ack.position.offset),
        Output::Log(message) => message.number().to_string(),
    }
}

fn v9_7() -> ReplicaConfig {
    ReplicaConfig::default()
}

fn of(generation: Generation) -> ReplicaConfig {
    ReplicaConfig {
        generation,
        ..ReplicaConfig::default()
    }
}

fn started() -> Input {
    Input::ReceiverStarted {
        user: "repl".into(),
        host: "127.0.0.1".into(),
        port: 3306,
        position: BinlogPosition::new("binlog.000001", 4),
    }
}

fn answered(errno: u32) -> Input {
    Input::QueryAnswered(match errno {
        0 => Ok(()),
        errno => Err(QueryError { errno }),
    })
}

fn packet(head: [u8; 2]) -> Input {
    Input::PacketRead {
        packet_len: 60,
        head,
    }
}

fn queued(file: &str, offset: u64) -> Input {
    let position = BinlogPosition::new(file, offset);
    Input::EventQueued { position }
}

/// A receiver thread that is connected.
fn connected() -> Vec<Input> {
    vec![
        Input::EnabledSet(true),
        started(),
        Input::DumpAboutToBeRequested,
        answered(0),
        answered(0),
    ]
}

#[track_caller]
fn check_connected(inputs: Vec<Input>, expected: &[&str]) {
    let mut all = connected();
    all.extend(inputs);
    let mut seen = vec!["11179", PROBE, ANNOUNCE, "request"];
    seen.extend(expected);
    check(v9_7(), all, &seen);
}

const PROBE: &str = "SELECT @@global.rpl_semi_sync_source_enabled";
const OLD_PROBE: &str = "SELECT @@global.rpl_semi_sync_master_enabled";
const ANNOUNCE: &str = "SET @rpl_semi_sync_replica = 1";
const ANNOUNCE_BOTH: &str = "SET @rpl_semi_sync_replica = 1, @rpl_semi_sync_slave = 1";

#[test]
fn an_enabled_replica_announces_itself() {
    check_connected(vec![], &["ON"]);
}

#[test]
fn a_disabled_replica_requests_the_dump_at_once() {
    let inputs = vec![started(), Input::DumpAboutToBeRequested];
    check(v9_7(), inputs, &["11179", "request", "OFF"]);
}

#[test]
fn starting_says_which_kind_of_replication() {
    let mut replica = Replica::new(v9_7());
    replica.handle(Instant::ZERO, started());
    let output = replica.poll_output();
    assert!(matches!(
        output,
        Some(Output::Log(LogMessage::ReceiverStarted {
            semisync: false,
            ..
        }))
    ));
}

#[test]
fn starting_switches_on_before_the_handshake() {
    let inputs = vec![Input::EnabledSet(true), started()];
    check(v9_7(), inputs, &["11179", "ON"]);
}

#[test]
fn a_source_without_the_plugin_is_followed_asynchronously() {
    let inputs = vec![
        Input::EnabledSet(true),
        started(),
        Input::DumpAboutToBeRequested,
        answered(1193),
        packet([0x0F, 0x00]),
        queued("binlog.000001", 500),
    ];
    check(v9_7(), inputs, &["11179", PROBE, "11184", "request", "OFF"]);
}

#[test]
fn a_probe_with_another_error_refuses_the_dump() {
    let inputs = vec![
        Input::EnabledSet(true),
        Input::DumpAboutToBeRequested,
        answered(1045),
    ];
    check(v9_7(), inputs, &[PROBE, "11183", "refuse", "OFF"]);
}

#[test]
fn a_failed_announcement_refuses_the_dump() {
    let inputs = vec![
        Input::EnabledSet(true),
        Input::DumpAboutToBeRequested,
        answered(0),
        answered(2013),
    ];
    check(v9_7(), inputs, &[PROBE, ANNOUNCE, "11185", "refuse", "OFF"]);
}

#[test]
fn a_refused_dump_leaves_the_status_as_it_was() {
    let reconnect = vec![Input::DumpAboutToBeRequested, answered(1045)];
    check_connected(reconnect, &[PROBE, "11183", "refuse", "ON"]);
}

#[test]
fn servers_with_both_names_try_the_old_one_too() {
    let inputs = |second| {
        vec![
            Input::EnabledSet(true),
            Input::DumpAboutToBeRequested,
            answered(1193),
            answered(second),
        ]
    };
    let mut accepted = inputs(0);
    accepted.push(answered(0));
    let seen = [PROBE, OLD_PROBE, ANNOUNCE_BOTH, "request", "ON"];
    check(of(Generation::V8_4), accepted, &seen);
    let seen = [PROBE, OLD_PROBE, "11184", "request", "OFF"];
    check(of(Generation::V8_4), inputs(1193), &seen);
    let seen = [PROBE, OLD_PROBE, "11183", "refuse", "OFF"];
    check(of(Generation::V8_4), inputs(1045), &seen);
}

#[test]
fn old_servers_know_the_old_name_only() {
    let mut inputs = connected();
    let announce = "SET @rpl_semi_sync_slave= 1";
    let seen = ["11179", OLD_PROBE, announce, "request", "ON"];
    check(of(Generation::V5_5), inputs.clone(), &seen);
    inputs.truncate(3);
    inputs.push(answered(1193));
    let seen = ["11179", OLD_PROBE, "11184", "request", "OFF"];
    check(of(Generation::V5_5), inputs, &seen);
}

#[test]
fn an_event_without_a_flag_is_not_acknowledged() {
    let inputs = vec![packet([0xEF, 0x00]), queued("binlog.000001", 500)];
    check_connected(inputs, &["skip 2", "ON"]);
}

#[test]
fn a_flagged_event_is_acknowledged_once_queued() {
    let inputs = vec![packet([0xEF, 0x01]), queued("binlog.000001", 500)];
    check_connected(inputs, &["skip 2", "ack binlog.000001 500", "ON"]);
}

#[test]
fn only_the_lowest_bit_is_the_flag() {
    let inputs = vec![
        packet([0xEF, 0x03]),
        queued("binlog.000001", 500),
        packet([0xEF, 0xFE]),
        queued("binlog.000001", 600),
    ];
    let seen = ["skip 2", "ack binlog.000001 500", "skip 2", "ON"];
    check_connected(inputs, &seen);
}

#[test]
fn a_flagged_rotate_event_acknowledges_the_next_file() {
    let inputs = vec![packet([0xEF, 0x01]), queued("binlog.000002", 4)];
    check_connected(inputs, &["skip 2", "ack binlog.000002 4", "ON"]);
}

#[test]
fn a_packet_without_the_magic_number_stops_the_receiver() {
    let inputs = vec![packet([0x0F, 0x01])];
    check_connected(inputs, &["11178", "stop", "ON"]);
}

#[test]
fn a_packet_shorter_than_the_header_stops_the_receiver() {
    for packet_len in [0, 1] {
        let head = [0xEF, 0x01];
        let inputs = vec![Input::PacketRead { packet_len, head }];
        check_connected(inputs, &["11178", "stop", "ON"]);
    }
}

#[test]
fn an_ack_that_cannot_be_sent_is_logged() {
    let message = "broken pipe".into();
    let inputs = vec![
        Input::AckSendFailed(SendError::Write { message, errno: 32 }),
        Input::AckSendFailed(SendError::Flush),
    ];
    check_connected(inputs, &["11182", "11181", "ON"]);
}

#[test]
fn stopping_switches_off() {
    check_connected(vec![Input::ReceiverStopped], &["OFF"]);
}

#[test]
fn disabling_under_a_running_receiver_breaks_the_reconnect_of_the_stock_plugin() {
    let inputs = vec![
        Input::EnabledSet(false),
        packet([0xEF, 0x00]),
        Input::DumpAboutToBeRequested,
        packet([0x0F, 0x00]),
    ];
    let seen = ["skip 2", "request", "11178", "stop", "ON"];
    check_connected(inputs, &seen);
}

#[test]
fn disabling_gracefully_goes_on_asynchronously_after_the_reconnect() {
    let config = ReplicaConfig {
        disable_conduct: DisableConduct::Graceful,
        ..v9_7()
    };
    let mut inputs = connected();
    inputs.extend([
        Input::EnabledSet(false),
        packet([0xEF, 0x00]),
        Input::DumpAboutToBeRequested,
        packet([0x0F, 0x00]),
    ]);
    let seen = [
        "11179", PROBE, ANNOUNCE, "request", "skip 2", "request", "OFF",
    ];
    check(config, inputs, &seen);
}

#[test]
fn enabling_under_a_running_receiver_changes_nothing() {
    let inputs = vec![
        started(),
        Input::DumpAboutToBeRequested,
        Input::EnabledSet(true),
        packet([0x0F, 0x00]),
        queued("binlog.000001", 500),
    ];
    check(v9_7(), inputs, &["11179", "request", "OFF"]);
}

#[test]
fn detail_is_logged_only_when_asked_for() {
    let inputs = vec![
        Input::TraceLevelSet(16),
        packet([0xEF, 0x01]),
        queued("binlog.000001", 500),
    ];
    let seen = ["11177", "skip 2", "11180", "ack binlog.000001 500", "ON"];
    check_connected(inputs, &seen);
}

#[test]
#[should_panic(expected = "a query was answered that was not sent")]
fn an_answer_without_a_query_is_the_hosts_mistake() {
    check(v9_7(), vec![answered(0)], &[]);
}
