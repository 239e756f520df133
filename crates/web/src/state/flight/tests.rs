//! Opening a recording and moving in it.

use semisync_core::source::{SessionId, SourceConfig};
use semisync_core::{BinlogPosition, Instant, ServerId, UtcTime};
use semisync_flight::Origin;
use semisync_flight::write::{FILE_HEAD, Tap, block};

use super::*;

/// A commit that is acknowledged, and one that times out.
fn file() -> Vec<u8> {
    let mut source = Source::new(SourceConfig::default());
    let mut tap = Tap::new(10_000);
    let origin = Origin {
        server_version: "9.7.4".to_owned(),
        at: Instant::ZERO,
        utc: UtcTime {
            unix_micros: 1_795_168_800_000_000,
        },
    };
    tap.begin(&origin, &source);
    let mut ticket = None;
    let mut tell = |ms: u64, input: Input| {
        let at = Instant::from_millis(ms);
        tap.tell(at, &input);
        source.handle(at, input);
        while let Some(output) = source.poll_output() {
            if let Output::SessionSleeps { ticket: given, .. } = output {
                ticket = Some(given);
            }
            tap.ordered(&output);
        }
        tap.told();
        ticket
    };
    let (server_id, session) = (ServerId(2), SessionId(0));
    let at = |offset| BinlogPosition::new("binlog.000001", offset);
    tell(0, Input::EnabledSet(true));
    let position = BinlogPosition::new("", 4);
    let semisync = true;
    tell(
        1,
        Input::DumpStarted {
            server_id,
            position,
            semisync,
        },
    );
    for (offset, ms) in [(300, 10), (600, 20)] {
        let position = at(offset);
        tell(ms, Input::BinlogFlushed { position });
        let position = Some(at(offset));
        tell(ms, Input::CommitQueueSynced { session, position });
        if offset == 300 {
            let position = at(offset);
            let ticket = tell(
                ms + 1,
                Input::AckReceived {
                    server_id,
                    position,
                },
            );
            let cause = WakeCause::Signalled;
            let ticket = ticket.expect("it sleeps");
            tell(ms + 1, Input::SessionWoken { ticket, cause });
        } else {
            let cause = WakeCause::DeadlineReached;
            let ticket = tell(ms + 1, Input::TraceLevelSet(32)).expect("it sleeps");
            tell(10_020, Input::SessionWoken { ticket, cause });
        }
    }
    tap.count(source.counters());
    tap.end();
    [&FILE_HEAD, &block(&tap.take(Vec::new()))[..]].concat()
}

fn counter(flight: &Flight, name: &str) -> String {
    let counters = flight.counters();
    let found = counters.iter().find(|(known, _)| known.ends_with(name));
    found.expect(name).1.clone()
}

#[test]
fn the_counters_are_those_of_the_moment() {
    let mut flight = Flight::open("incident.flight", &file()).expect("a recording");
    assert_eq!(flight.steps().len(), 10);
    assert_eq!(counter(&flight, "no_tx"), "1");
    assert_eq!(flight.time(), "2026-11-20 10:00:10.020000");
    flight.seek(6);
    assert_eq!(counter(&flight, "yes_tx"), "1");
    assert_eq!(counter(&flight, "no_tx"), "0");
    assert_eq!(flight.time(), "2026-11-20 10:00:00.011000");
    flight.seek(0);
    assert_eq!(counter(&flight, "status"), "OFF");
    assert_eq!(flight.rows(3, 0), []);
}

#[test]
fn rows_stand_around_the_play_head() {
    let mut flight = Flight::open("incident.flight", &file()).expect("a recording");
    flight.seek(5);
    let rows = flight.rows(2, 1);
    let steps: Vec<usize> = rows.iter().map(|row| row.step).collect();
    assert_eq!(steps, [4, 5, 6]);
    assert_eq!(rows[1].told, "ACK (binlog.000001, 300) from replica 2");
    assert_eq!(rows[1].ordered, "wake session 0");
    assert_eq!(rows[1].time, "10:00:00.011000");
}

#[test]
fn trouble_is_found_forwards_and_backwards() {
    let mut flight = Flight::open("incident.flight", &file()).expect("a recording");
    flight.seek(0);
    flight.seek_trouble(true);
    assert_eq!(flight.head(), 10, "the timeout");
    assert!(flight.rows(1, 0)[0].is_trouble);
    flight.seek_trouble(false);
    assert_eq!(flight.head(), 0);
}

#[test]
fn another_file_is_refused() {
    assert!(!is_flight(b"{}"));
    assert!(is_flight(&file()));
    let error = Flight::open("x", b"{}").expect_err("no recording");
    assert_eq!(error, ReadError::NotARecording);
}
