//! The reducer and what it derives, driven without a browser.

use semisync_core::Instant;
use semisync_sim::trace::Lane;
use semisync_sim::{ServerIndex, TransactionId};

use super::fixture::{self, SOURCE, position};
use super::marks::{Shape, Tone};
use super::names::Names;
use super::stage::{Arrangement, between_edges, places, progress};
use super::story::{Promise, stories};
use super::tape::{SpanKind, Tape};

fn names() -> Names {
    Names::new(["source", "replica1", "replica2"].map(String::from))
}

fn tape() -> Tape {
    let mut tape = Tape::new(3);
    tape.extend(&fixture::trace().marks, &names());
    tape
}

#[test]
fn marks_never_go_back_on_the_tape_and_gaps_keep_their_true_length() {
    let tape = tape();
    assert!(tape.marks.windows(2).all(|pair| pair[0].x <= pair[1].x));
    let gaps: Vec<u64> = tape
        .marks
        .iter()
        .map(|mark| mark.gap_us)
        .filter(|gap| *gap > 0)
        .collect();
    assert_eq!(gaps, [10_000_200]);
    assert!(
        tape.length() < 6_000.0,
        "ten seconds are compressed: {}",
        tape.length()
    );
}

#[test]
fn a_clients_lane_stands_above_its_server() {
    let tape = tape();
    let client = Lane::Client(SOURCE, fixture::CLIENT);
    assert_eq!(tape.lanes[..2], [client, Lane::Server(SOURCE)]);
}

#[test]
fn a_commit_wait_is_a_span_that_is_open_until_its_end() {
    let tape = tape();
    let waits: Vec<bool> = tape
        .spans
        .iter()
        .filter(|span| matches!(span.what, SpanKind::Wait(_)))
        .map(|span| span.x2.is_some())
        .collect();
    assert_eq!(waits, [true, false]);
}

#[test]
fn an_ack_is_a_check_in_the_accent() {
    let tape = tape();
    let ack = tape
        .marks
        .iter()
        .find(|mark| mark.label == "ACK" && mark.shape == Shape::Check);
    let ack = ack.expect("the ACK of the first commit");
    assert_eq!(ack.tone, Tone::Ack);
    assert_eq!(
        ack.sentence,
        "source counts the ACK: replica1 has everything up to (binlog.000001, 640)."
    );
}

#[test]
fn the_play_head_moves_from_mark_to_mark_within_a_gap() {
    let tape = tape();
    let gap = tape
        .marks
        .iter()
        .find(|mark| mark.gap_us > 0)
        .expect("a gap")
        .seq;
    let before = &tape.marks[gap - 1];
    let middle = Instant::from_micros(before.at.as_micros() + 5_000_000);
    let x = tape.head(gap, middle, None);
    let (from, to) = (before.x, tape.marks[gap].x);
    assert!(
        from + (to - from) * 0.4 < x && x < from + (to - from) * 0.6,
        "{from} {x} {to}"
    );
    assert_eq!(tape.mark_before(before.x), Some(gap - 1));
}

#[test]
fn the_story_of_a_commit_says_who_acknowledged_it() {
    let trace = fixture::trace().marks;
    let told = stories(&trace);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].promise, Promise::Acknowledged);
    assert_eq!(told[0].acknowledged_by, [ServerIndex(1)]);
    assert_eq!(told[0].duration().as_deref(), Some("760 µs"));
    assert_eq!(told[1].promise, Promise::Waiting);
    assert_eq!(told[1].transaction, TransactionId(2));
    assert_eq!(told[1].position, Some(position(940)));
    let sentence = told[0].promise_sentence(&names());
    assert!(sentence.contains("relay log of replica1"), "{sentence}");
}

#[test]
fn the_source_stands_before_its_replicas_wide_and_narrow() {
    let view = fixture::view();
    let wide = places(&view, Arrangement::Wide);
    assert!(wide[0].x < wide[1].x && wide[1].x == wide[2].x && wide[1].y < wide[2].y);
    let narrow = places(&view, Arrangement::Narrow);
    assert!(narrow[0].y < narrow[1].y && narrow[1].y == narrow[2].y);
}

#[test]
fn a_packet_travels_from_edge_to_edge_between_sent_and_due() {
    let view = fixture::view();
    let event = &view.packets[0];
    assert_eq!(progress(event, event.sent), 0.0);
    assert_eq!(progress(event, Instant::from_micros(10_002_525)), 0.5);
    assert_eq!(progress(event, Instant::from_micros(99_000_000)), 1.0);
    let (start, end) = between_edges((0.0, 0.0), (400.0, 0.0), (200.0, 100.0));
    assert_eq!((start, end), ((100.0, 0.0), (300.0, 0.0)));
}
