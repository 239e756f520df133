//! What is printed of a recording.

use semisync_core::source::{Input, Output, SessionId, Source, SourceConfig};
use semisync_core::{BinlogPosition, Instant, ServerId};
use semisync_flight::Origin;
use semisync_flight::write::{FILE_HEAD, Tap, block};

use super::*;

/// One commit that waits for its ACK, recorded from the moment it was enabled.
fn entries() -> Vec<u8> {
    let mut source = Source::new(SourceConfig::default());
    let mut tap = Tap::new(10_000);
    let origin = Origin {
        server_version: "9.7.4".to_owned(),
        at: Instant::from_millis(1_000),
        utc: UtcTime {
            unix_micros: 1_795_168_800_000_000,
        },
    };
    tap.begin(&origin, &source);
    let (session, server_id) = (SessionId(3), ServerId(2));
    let position = BinlogPosition::new("binlog.000001", 500);
    let inputs = [
        Input::EnabledSet(true),
        Input::DumpStarted {
            server_id,
            position: BinlogPosition::new("", 4),
            semisync: true,
        },
        Input::BinlogFlushed {
            position: position.clone(),
        },
        Input::CommitQueueSynced {
            session,
            position: Some(position.clone()),
        },
        Input::AckReceived {
            server_id,
            position,
        },
    ];
    for (input, ms) in inputs.into_iter().zip(1_001..) {
        let at = Instant::from_millis(ms);
        tap.tell(at, &input);
        source.handle(at, input);
        while let Some(output) = source.poll_output() {
            let _: &Output = &output;
            tap.ordered(&output);
        }
        tap.told();
    }
    tap.count(source.counters());
    tap.end();
    tap.take(Vec::new())
}

fn recording(entries: &[u8]) -> Recording {
    let file = [&FILE_HEAD, &block(entries)[..]].concat();
    Recording::read(&file).expect("a recording")
}

#[test]
fn every_input_is_a_line_with_its_time_and_what_followed() {
    let replayed = replay(&recording(&entries()), true);
    assert!(replayed.agrees);
    let expected = "\
MySQL 9.7.4, 2026-11-20 10:00:00.000000 to 2026-11-20 10:00:00.005000 UTC
  10:00:00.001000  SET GLOBAL rpl_semi_sync_source_enabled = ON → log 11130: Semi-sync replication \
initialized for transactions.; log 11142: Semi-sync replication enabled on the source.; start the \
ACK receiver
  10:00:00.002000  semisynchronous replica 2 asks for (, 4) → log 11170: Start semi-sync \
binlog_dump to replica (server_id: 2), pos(, 4).
  10:00:00.003000  flushed up to (binlog.000001, 500)
  10:00:00.004000  commits synced up to (binlog.000001, 500), leader 3 → session 3 waits
  10:00:00.005000  ACK (binlog.000001, 500) from replica 2 → wake session 3

Rpl_semi_sync_source_status                   ON
Rpl_semi_sync_source_clients                  1
";
    assert_eq!(&replayed.text[..expected.len()], expected);
    let last = "5 inputs led to the same outputs and counters as in the server.\n";
    assert!(replayed.text.ends_with(last), "{}", replayed.text);
}

#[test]
fn another_outcome_is_marked_and_counted() {
    let mut entries = entries();
    // The digest of the last input stands before the counters: eleven bytes and two tags.
    let place = entries.len() - 2 - COUNTERS_LEN - 1;
    entries[place] ^= 1;
    let replayed = replay(&recording(&entries), true);
    assert!(!replayed.agrees);
    assert!(
        replayed.text.contains("\n! 10:00:00.005000  ACK "),
        "{}",
        replayed.text
    );
    assert!(replayed.text.contains("\n1 of 5 inputs led to other"));
}

#[test]
fn without_the_time_line_the_counters_are_left() {
    let replayed = replay(&recording(&entries()), false);
    assert!(!replayed.text.contains("10:00:00.001000"));
    assert!(
        replayed
            .text
            .contains("Rpl_semi_sync_source_wait_sessions            1\n")
    );
}

/// Ten counters below 128.
const COUNTERS_LEN: usize = 10;
