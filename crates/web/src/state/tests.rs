//! The reducer and what it derives, driven without a browser.

use semisync_console::Recording;
use semisync_core::Instant;
use semisync_sim::trace::Lane;
use semisync_sim::{Fault, ServerIndex, TransactionId};

use super::fixture::{self, SOURCE, position};
use super::marks::{Shape, Tone};
use super::names::Names;
use super::stage::{Arrangement, between_edges, places, progress};
use super::story::{Promise, Teller, stories};
use super::tape::{SpanKind, Tape};
use super::tour::STEPS;
use super::{Action, Goal, Model, Play, Settings, Submitted, first_cluster};

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
    assert_eq!(tape.lanes[1..3], [client, Lane::Server(SOURCE)]);
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
    let carded = places(&view, Arrangement::WideWithCard);
    assert!(carded[0].y < wide[0].y && carded[1] == wide[1]);
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

/// Lets the page run until it rests.
fn rest(model: &mut Model) {
    for _ in 0..20_000 {
        if !model.is_moving() {
            return;
        }
        model.tick(16.0);
    }
    panic!("the page does not come to rest at {}", model.now());
}

fn page() -> Model {
    Model::new(Recording::new(first_cluster()), Settings::default())
}

#[test]
fn the_tour_reaches_every_goal_in_order() {
    let mut model = page();
    for (index, step) in STEPS.iter().enumerate() {
        assert!(
            !step.is_done(&model.view, &model.stories),
            "{step:?} is to be done"
        );
        model.update(Action::Tour(Some(index)));
        model.update(Action::DoStep);
        rest(&mut model);
        assert_eq!(model.notice, None, "{step:?}");
        for done in &STEPS[..=index] {
            let promises: Vec<_> = model.stories.iter().map(|story| story.promise).collect();
            assert!(
                done.is_done(&model.view, &model.stories),
                "{done:?} {promises:?}"
            );
        }
    }
}

#[test]
fn a_statement_typed_while_time_stands_is_played_until_its_answer() {
    let mut model = page();
    let at = model.active;
    assert_eq!(
        model.submit(at, "CREATE TABLE lab.t (id INT PRIMARY KEY)"),
        Submitted::Incomplete
    );
    assert_eq!(
        model.submit(at, "CREATE TABLE lab.t (id INT PRIMARY KEY);"),
        Submitted::Sent
    );
    assert_eq!(model.play, Play::UntilAnswer(at));
    assert_eq!(model.submit(at, "SELECT 1;"), Submitted::Refused);
    rest(&mut model);
    let entry = &model.screens[&at].entries[0];
    assert!(entry.printed.starts_with("Query OK"), "{}", entry.printed);
}

#[test]
fn commits_side_by_side_are_told_with_the_statement_of_their_own_client() {
    let mut model = page();
    let first = model.active;
    model.submit(first, "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    rest(&mut model);
    model.update(Action::AddTab(SOURCE));
    let second = model.active;
    assert_ne!(first, second);
    model.submit(first, "INSERT INTO lab.t VALUES (1);");
    model.submit(second, "INSERT INTO lab.t VALUES (2);");
    rest(&mut model);
    let statements = model.stories.iter().rev().take(2);
    let mut statements: Vec<_> = statements.map(|story| story.statement.as_deref()).collect();
    statements.sort_unstable();
    let expected = [
        "INSERT INTO lab.t VALUES (1)",
        "INSERT INTO lab.t VALUES (2)",
    ];
    assert_eq!(statements, expected.map(Some));
}

#[test]
fn acting_in_the_past_leaves_the_old_future_as_a_branch() {
    let mut model = page();
    let at = model.active;
    model.submit(at, "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    rest(&mut model);
    let whole = model.tape.marks.len();
    for _ in 0..4 {
        model.update(Action::StepBack);
    }
    assert_eq!(
        model.tape.marks.len(),
        whole,
        "the future stays on the tape"
    );
    model.update(Action::Inject(Fault::Crash(SOURCE)));
    assert_eq!(
        model.tape.marks.len(),
        model.marks(),
        "the new future is empty"
    );
    assert_eq!(model.playback().branches().len(), 1);
    model.update(Action::Reopen(0));
    assert_eq!(model.tape.marks.len(), whole);
}

#[test]
fn running_to_what_never_comes_changes_nothing_and_says_so() {
    let mut model = page();
    let before = model.now();
    model.update(Action::RunTo(Goal::Timeout, true));
    assert_eq!(model.now(), before);
    assert!(model.notice.is_some_and(|notice| notice.refused));
}

#[test]
fn stories_told_from_anywhere_are_the_same_as_told_from_the_beginning() {
    let once = fixture::trace().marks;
    // Long enough for several places to go on from.
    let whole: Vec<_> = std::iter::repeat_n(once, 400).flatten().collect();
    let mut teller = Teller::default();
    let looks = [whole.len(), 5, 4_000, 4_100, 2_048, whole.len(), 0, 3_000];
    for marks in looks {
        teller.tell(&whole[..marks]);
        assert_eq!(teller.stories(), stories(&whole[..marks]), "{marks}");
    }
    // Another future from the middle on.
    let mut other = whole[..3_000].to_vec();
    other.extend(fixture::trace().marks);
    for marks in [other.len(), 2_500, other.len()] {
        teller.tell(&other[..marks]);
        assert_eq!(teller.stories(), stories(&other[..marks]), "{marks}");
    }
}
