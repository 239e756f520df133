//! What the variables of our own show.

use alloc::string::{String, ToString};

use super::*;
use crate::source::{Input, SessionId, SourceConfig, WakeCause};
use crate::{BinlogPosition, ServerId};

const START: UtcTime = UtcTime {
    unix_micros: 1_795_168_800_000_000,
};

/// A source that was told these inputs, one every 10 ms from the start on.
fn source(inputs: impl IntoIterator<Item = Input>) -> Source {
    let mut source = Source::new(SourceConfig::default());
    for (input, at) in inputs.into_iter().zip(0..) {
        while source.poll_output().is_some() {}
        source.handle(Instant::from_millis(at * 10), input);
    }
    while source.poll_output().is_some() {}
    source
}

fn at_ms(ms: u64) -> WallClock {
    WallClock {
        now: Instant::from_millis(ms),
        utc: UtcTime {
            unix_micros: START.unix_micros + ms * 1_000,
        },
    }
}

fn value(source: &Source, ms: u64, name: &str) -> String {
    let variable = OBSERVED_VARIABLES
        .iter()
        .find(|v| v.name == alloc::format!("Semisync_lab_source_{name}"));
    variable
        .expect("it is in the table")
        .value(source, at_ms(ms))
        .to_string()
}

fn dump_started(id: u32) -> Input {
    Input::DumpStarted {
        server_id: ServerId(id),
        position: BinlogPosition::new("", 4),
        semisync: true,
    }
}

fn waiting() -> [Input; 4] {
    let position = BinlogPosition::new("binlog.000001", 500);
    [
        Input::EnabledSet(true),
        dump_started(2),
        Input::BinlogFlushed {
            position: position.clone(),
        },
        Input::CommitQueueSynced {
            session: SessionId(0),
            position: Some(position),
        },
    ]
}

fn acked() -> Input {
    Input::AckReceived {
        server_id: ServerId(2),
        position: BinlogPosition::new("binlog.000001", 500),
    }
}

#[test]
fn a_blocked_commit_shows_since_when() {
    let blocked = source(waiting());
    assert_eq!(value(&blocked, 530, "state"), "SEMISYNCHRONOUS");
    assert_eq!(
        value(&blocked, 530, "blocked_since"),
        "2026-11-20 10:00:00.030000"
    );
    assert_eq!(value(&blocked, 530, "blocked_us"), "500000");
    let idle = source(waiting().into_iter().chain([acked()]));
    assert_eq!(value(&idle, 530, "blocked_since"), "");
    assert_eq!(value(&idle, 530, "blocked_us"), "0");
}

#[test]
fn the_last_ack_of_each_replica_shows_with_its_time() {
    let more = [acked(), dump_started(3)];
    let source = source(waiting().into_iter().chain(more));
    assert_eq!(
        value(&source, 1_040, "replicas"),
        "[{\"server_id\": 2, \"connected\": true, \"acks\": 1, \"file\": \"binlog.000001\", \
         \"position\": 500, \"at\": \"2026-11-20 10:00:00.040000\", \"age_us\": 1000000}, \
         {\"server_id\": 3, \"connected\": true, \"acks\": 0}]"
    );
}

#[test]
fn a_list_of_replicas_ends_where_its_room_does() {
    let inputs = (0..1_000).map(dump_started);
    let text = value(&source(inputs), 0, "replicas");
    assert!(text.len() <= MAX_TEXT_LEN, "{} bytes", text.len());
    assert!(text.ends_with("\"acks\": 0}]"), "{text}");
}

#[test]
fn a_file_name_stays_json_whatever_its_bytes() {
    let position = BinlogPosition::new(b"a\"\\\xff\n", 4);
    let server_id = ServerId(2);
    let ack = Input::AckReceived {
        server_id,
        position,
    };
    let text = value(&source([dump_started(2), ack]), 0, "replicas");
    let (_, name) = text.split_once("\"file\": \"").expect("a file name");
    let (name, _) = name.split_once("\", \"position\"").expect("the name's end");
    assert!(!name.contains(['"', '\\']), "{name}");
}

#[test]
fn a_timed_out_wait_is_counted_once_and_a_released_one_apart() {
    let mut source = source(waiting());
    let ticket = match source.poll_timeout().expect("a deadline").reason {
        crate::source::DeadlineReason::CommitWait { ticket, .. } => ticket,
    };
    let cause = WakeCause::DeadlineReached;
    source.handle(
        Instant::from_millis(10_030),
        Input::SessionWoken { ticket, cause },
    );
    while source.poll_output().is_some() {}
    assert_eq!(value(&source, 10_030, "state"), "ASYNCHRONOUS");
    assert_eq!(value(&source, 10_030, "timed_out_waits"), "1");
    assert_eq!(value(&source, 10_030, "unacknowledged_waits"), "1");
    assert_eq!(value(&source, 10_030, "ack_waits"), "0");
}

#[test]
fn every_bound_has_a_variable_that_names_it() {
    let named = OBSERVED_VARIABLES
        .iter()
        .filter_map(|v| v.name.split_once("_le_"));
    let bounds: alloc::vec::Vec<u64> = named
        .map(|(_, bound)| {
            let digits = bound.trim_end_matches(|letter: char| letter.is_alphabetic());
            let unit = match &bound[digits.len()..] {
                "us" => 1,
                "ms" => 1_000,
                "s" => 1_000_000,
                other => panic!("{other}"),
            };
            digits.parse::<u64>().expect("a number") * unit
        })
        .collect();
    assert_eq!(bounds, WaitHistogram::BOUNDS_US);
}
