//! A flight recording over the page: its time line, what happened, and the counters there.

use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, TargetCast, classes, html};

use crate::state::flight::{Flight, Kind};
use crate::state::{Action, FlightMove};
use crate::store::Store;

pub(crate) fn flight(store: &Store, flight: &Flight) -> Html {
    let close = store.does(Action::Open(None));
    let go = |to: FlightMove| store.does(Action::MoveFlight(to));
    let head = flight.head();
    html! {
        <div class="veil" data-testid="flight">
            <section class="sheet flight" role="dialog" aria-modal="true" aria-label="Flight recording">
                <h2>{ &flight.name }</h2>
                <p class="hint">{ flight.title() }</p>
                { time_line(store, flight) }
                <p class="card-buttons">
                    <button class="button" data-testid="flight-trouble-before"
                        onclick={go(FlightMove::Trouble(false))}>{ "Trouble before" }</button>
                    <button class="button" data-testid="flight-back"
                        onclick={go(FlightMove::To(head.saturating_sub(1)))}>{ "Step back" }</button>
                    <button class="button" data-testid="flight-forward"
                        onclick={go(FlightMove::To(head + 1))}>{ "Step forward" }</button>
                    <button class="button" data-testid="flight-trouble-next"
                        onclick={go(FlightMove::Trouble(true))}>{ "Next trouble" }</button>
                    <span class="flight-time" data-testid="flight-time">{ flight.time() }</span>
                    <button class="button" data-testid="close-sheet" onclick={close}>{ "Close" }</button>
                </p>
                <div class="flight-columns">
                    <ol class="flight-rows" data-testid="flight-rows">
                        for row in flight.rows(ROWS_BEFORE, ROWS_AFTER) {
                            <li class={classes!(
                                row.is_trouble.then_some("trouble"),
                                (row.step == head).then_some("here"),
                                (head < row.step).then_some("later"),
                            )}>
                                <time>{ row.time }</time>{ " " }{ row.told }
                                if !row.ordered.is_empty() {
                                    <span class="followed">{ " → " }{ row.ordered }</span>
                                }
                            </li>
                        }
                    </ol>
                    <table class="flight-counters" data-testid="flight-counters">
                        for (name, value) in flight.counters() {
                            <tr><th scope="row">{ name }</th><td>{ value }</td></tr>
                        }
                    </table>
                </div>
            </section>
        </div>
    }
}

/// Where semisynchronous replication was on, and what stands out, by time; below it the play head.
fn time_line(store: &Store, flight: &Flight) -> Html {
    let steps = flight.steps();
    let length = steps.last().map_or(1, |last| last.at_us.max(1)) as f64;
    let x = |at_us: u64| at_us as f64 / length * WIDTH;
    // As many columns as can be told apart; each shows what stands out most in it.
    let mut columns: Vec<Option<Kind>> = vec![None; WIDTH as usize + 1];
    for step in steps {
        let column = &mut columns[x(step.at_us) as usize];
        *column = (*column).max(Some(step.kind));
    }
    let seek = {
        let store = store.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Ok(head) = input.value().parse() {
                store.send(Action::MoveFlight(FlightMove::To(head)));
            }
        })
    };
    let here = flight.head().checked_sub(1).map_or(0, |at| steps[at].at_us);
    html! {
        <>
            <svg class="flight-line" viewBox={format!("0 0 {WIDTH} 40")} preserveAspectRatio="none" role="img"
                aria-label="Time line: semisynchronous stretches, commits, ACKs and trouble">
                for (from, to) in stretches(flight) {
                    <rect class="on" x={x(from).to_string()} width={(x(to) - x(from)).to_string()} y="30" height="8" />
                }
                for (column, kind) in columns.iter().enumerate().filter_map(|(x, kind)| Some((x, (*kind)?))) {
                    <rect class={class_of(kind)} x={column.to_string()} width="1" y="4" height="22" />
                }
                <rect class="head" x={x(here).to_string()} width="2" y="0" height="40" />
            </svg>
            <input type="range" class="flight-head" data-testid="flight-head" aria-label="Play head" min="0"
                max={steps.len().to_string()} value={flight.head().to_string()} oninput={seek} />
        </>
    }
}

/// When replication was semisynchronous.
fn stretches(flight: &Flight) -> Vec<(u64, u64)> {
    let mut stretches = Vec::new();
    let mut since = None;
    for step in flight.steps() {
        match (since, step.is_on) {
            (None, true) => since = Some(step.at_us),
            (Some(from), false) => {
                stretches.push((from, step.at_us));
                since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    let end = flight.steps().last().map_or(0, |last| last.at_us);
    stretches.extend(since.map(|from| (from, end)));
    stretches
}

fn class_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Sent => "sent",
        Kind::Commit => "commit",
        Kind::Ack => "ack",
        Kind::Change => "change",
        Kind::Trouble => "trouble",
    }
}

const WIDTH: f64 = 800.0;

const ROWS_BEFORE: usize = 12;

const ROWS_AFTER: usize = 6;
