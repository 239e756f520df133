//! The tape: lanes, marks, arrows, waits and bands along time.

use std::rc::Rc;

use semisync_core::source::WaitOutcome;
use semisync_sim::trace::Lane;
use semisync_sim::{ClusterView, ServerIndex};
use yew::{Callback, Html, MouseEvent, Properties, classes, component, html, use_state};

use super::icon::shape_path;
use crate::browser;
use crate::paint::TAPE_MARGIN;
use crate::state::marks::Mark;
use crate::state::names::Names;
use crate::state::pace::spell;
use crate::state::stage::{Role, role};
use crate::state::tape::{Arrow, Band, Span, SpanKind, Tape};
use crate::state::{Action, Selection};
use crate::store::Store;

#[derive(Properties, PartialEq)]
pub(crate) struct TapeViewProps {
    pub(crate) store: Store,
    pub(crate) tape: Rc<Tape>,
    pub(crate) names: Rc<Names>,
    pub(crate) view: Rc<ClusterView>,
    pub(crate) zoom: f64,
    pub(crate) selection: Selection,
    pub(crate) marks: usize,
}

#[component]
pub(crate) fn TapeView(props: &TapeViewProps) -> Html {
    let window = use_state(|| 0_i64);
    let scrolled = {
        let window = window.clone();
        Callback::from(move |_| {
            let left = browser::scroll("tape-scroll").map_or(0.0, |(left, _)| left);
            let page = (left / PAGE) as i64;
            if page != *window {
                window.set(page);
            }
        })
    };
    let click = {
        let (store, zoom) = (props.store.clone(), props.zoom);
        Callback::from(move |event: MouseEvent| {
            let left = browser::scroll("tape-scroll").map_or(0.0, |(left, _)| left);
            let offset = browser::left_edge("tape-scroll");
            let x = f64::from(event.client_x()) - offset + left - TAPE_MARGIN;
            store.send(Action::SeekPlace(x / zoom));
        })
    };
    // What is drawn reaches a page further than what is seen.
    let from = (*window as f64 - 2.0) * PAGE;
    let to = from + 6.0 * PAGE;
    let drawing = Drawing { props, from, to };
    let height = props.tape.lanes.len() as f64 * LANE;
    let width = props.tape.length() * props.zoom + TAPE_MARGIN + 600.0;
    html! {
        <div class="tape" data-testid="tape">
            <ol class="lane-names" aria-hidden="true">
                for lane in &props.tape.lanes {
                    <li class={lane_class(props, *lane)} style={format!("height:{LANE}px")}>
                        { lane_name(props, *lane) }</li>
                }
            </ol>
            <div id="tape-scroll" class="tape-scroll" onscroll={scrolled} onclick={click}>
                <div class="tape-inner" style={format!("width:{width:.0}px;height:{height:.0}px")}>
                    <svg class="tape-drawing" width={format!("{width:.0}")} height={format!("{height:.0}")}
                        role="img" aria-label="Marks along time; the Events panel lists them in words">
                        { drawing.lanes() }
                        { drawing.bands() }
                        { drawing.gaps() }
                        { drawing.spans() }
                        { drawing.arrows() }
                        { drawing.marks() }
                    </svg>
                    <div id="tape-future" class="tape-future" />
                    <div id="play-head" class="play-head" data-testid="play-head" />
                </div>
            </div>
        </div>
    }
}

struct Drawing<'a> {
    props: &'a TapeViewProps,
    from: f64,
    to: f64,
}

impl Drawing<'_> {
    fn x(&self, place: f64) -> f64 {
        place * self.props.zoom + TAPE_MARGIN
    }

    fn y(&self, lane: Lane) -> f64 {
        middle_of(&self.props.tape.lanes, lane)
    }

    fn is_seen(&self, x1: f64, x2: f64) -> bool {
        x2 >= self.from && x1 <= self.to
    }

    fn lanes(&self) -> Html {
        let lanes = self.props.tape.lanes.iter();
        let line = |lane: &Lane| {
            let y = format!("{:.1}", self.y(*lane));
            html! { <line class={lane_class(self.props, *lane)} x1="0" x2="100%" y1={y.clone()} y2={y} /> }
        };
        html! { <g class="lanes">{ lanes.map(line).collect::<Html>() }</g> }
    }

    fn bands(&self) -> Html {
        let bands = &self.props.tape.bands;
        let draw = |(index, band): (usize, &Band)| {
            let next = bands[index + 1..]
                .iter()
                .find(|other| other.server == band.server);
            let x1 = self.x(band.x);
            let x2 = next.map_or(self.x(self.props.tape.length()) + 600.0, |next| {
                self.x(next.x)
            });
            let y = self.y(Lane::Server(band.server)) - LANE / 2.0;
            let (class, words) = if band.on {
                ("band on", "semisync ON")
            } else {
                ("band off", "semisync OFF")
            };
            html! {
                <g {class}>
                    <rect x={px(x1)} y={px(y)} width={px((x2 - x1).max(1.0))} height={px(LANE)} />
                    <text x={px(x1.max(self.from) + 4.0)} y={px(y + 9.0)}>{ words }</text>
                </g>
            }
        };
        let seen = bands.iter().enumerate();
        html! { <g>{ seen.map(draw).collect::<Html>() }</g> }
    }

    fn gaps(&self) -> Html {
        let height = self.props.tape.lanes.len() as f64 * LANE;
        let marks = &self.props.tape.marks;
        let gap = |mark: &Rc<Mark>| {
            let before = mark
                .seq
                .checked_sub(1)
                .map_or(0.0, |before| marks[before].x);
            let (x1, x2) = (self.x(before) + 10.0, self.x(mark.x) - 10.0);
            html! {
                <g class="gap">
                    <rect x={px(x1)} y="0" width={px((x2 - x1).max(0.0))} height={px(height)} />
                    <text x={px(f64::midpoint(x1, x2))} y="17">{ spell(mark.gap_us) }</text>
                </g>
            }
        };
        let seen = self.seen_marks().iter().filter(|mark| mark.gap_us > 0);
        html! { <g>{ seen.map(gap).collect::<Html>() }</g> }
    }

    fn spans(&self) -> Html {
        let end = self.x(self.props.tape.length());
        let last = self
            .props
            .marks
            .checked_sub(1)
            .and_then(|last| self.props.tape.marks.get(last));
        let head = last.map_or(0.0, |mark| mark.x);
        let ends = |span: &Span| (self.x(span.x1), span.x2.map_or(end, |x2| self.x(x2)));
        let draw = |(index, span): (usize, &Span)| {
            let (x1, x2) = ends(span);
            let y = self.y(span.lane);
            // What a wait ends with is not known before the play head is there.
            let is_over = span.x2.is_some_and(|x2| x2 <= head);
            let (class, text) = span_look(span, is_over);
            // A wait is a strip under the marks; it is named where its end leaves room.
            let (top, height) = match span.what {
                SpanKind::Wait(_) => (y + 8.0, 5.0),
                SpanKind::Statement(_) => (y - 9.0, 18.0),
                SpanKind::Down => (y - 8.0, 16.0),
            };
            let shown = x1.max(self.from);
            let room = x2 - shown;
            let named = if let SpanKind::Wait(outcome) = span.what {
                let acked = is_over && outcome == Some(WaitOutcome::Acknowledged);
                let name = !acked && room > 230.0;
                name.then(|| html! { <text class="end" x={px(x2 - 46.0)} y={px(y + 3.5)}>{ text }</text> })
            } else {
                let clipped = clip(text, (room - 24.0) / 6.2);
                (room > 60.0).then(
                    || html! { <text x={px(shown + 12.0)} y={px(y + 3.5)}>{ clipped }</text> },
                )
            };
            html! {
                <g {class}>
                    <rect id={format!("span-{index}")} x={px(x1)} y={px(top)}
                        width={px((x2 - x1).max(2.0))} height={px(height)} rx="2.5" />
                    { named }
                </g>
            }
        };
        let spans = self.props.tape.spans.iter().enumerate();
        let seen = spans.filter(|(_, span)| {
            let (x1, x2) = ends(span);
            self.is_seen(x1, x2)
        });
        html! { <g>{ seen.map(draw).collect::<Html>() }</g> }
    }

    fn arrows(&self) -> Html {
        let draw = |arrow: &Arrow| {
            let (x1, x2) = (self.x(arrow.x1), self.x(arrow.x2));
            let (y1, y2) = (
                self.y(Lane::Server(arrow.from)),
                self.y(Lane::Server(arrow.to)),
            );
            let class = classes!("arrow", arrow.tone.class(), arrow.lost.then_some("lost"));
            html! { <line {class} x1={px(x1)} y1={px(y1)} x2={px(x2)} y2={px(y2)} /> }
        };
        let arrows = self.props.tape.arrows.iter();
        let seen = arrows.filter(|arrow| self.is_seen(self.x(arrow.x1), self.x(arrow.x2)));
        html! { <g>{ seen.map(draw).collect::<Html>() }</g> }
    }

    /// Page by page: while time passes, only the page with the play head is drawn again.
    fn marks(&self) -> Html {
        let pages = (self.from / PAGE) as i64..(self.to / PAGE) as i64;
        let draw = |page: i64| {
            let from = page as f64 * PAGE;
            let marks = self.marks_between(from, from + PAGE);
            let among = |seq: &usize| {
                let ends = marks.first().zip(marks.last());
                ends.is_some_and(|(first, last)| (first.seq..=last.seq).contains(seq))
            };
            let selected = match self.props.selection {
                Selection::Mark(seq) => Some(seq),
                _ => None,
            };
            html! {
                <MarksView key={page} store={self.props.store.clone()} marks={marks.to_vec()}
                    lanes={self.props.tape.lanes.clone()} zoom={self.props.zoom}
                    current={self.props.marks.checked_sub(1).filter(among)}
                    selected={selected.filter(among)} />
            }
        };
        html! { <g>{ pages.map(draw).collect::<Html>() }</g> }
    }

    fn seen_marks(&self) -> &[Rc<Mark>] {
        self.marks_between(self.from, self.to)
    }

    fn marks_between(&self, from: f64, to: f64) -> &[Rc<Mark>] {
        let marks = &self.props.tape.marks;
        let from = marks.partition_point(|mark| self.x(mark.x) < from);
        let to = marks.partition_point(|mark| self.x(mark.x) < to);
        &marks[from..to]
    }
}

#[derive(Properties, PartialEq)]
struct MarksViewProps {
    store: Store,
    marks: Vec<Rc<Mark>>,
    lanes: Vec<Lane>,
    zoom: f64,
    current: Option<usize>,
    selected: Option<usize>,
}

/// The marks of one page of the tape.
#[component]
fn MarksView(props: &MarksViewProps) -> Html {
    let draw = |mark: &Rc<Mark>| {
        let class = classes!(
            "mark",
            mark.tone.class(),
            (props.selected == Some(mark.seq)).then_some("selected"),
            (props.current == Some(mark.seq)).then_some("current")
        );
        let (x, y) = (
            mark.x * props.zoom + TAPE_MARGIN,
            middle_of(&props.lanes, mark.lane),
        );
        let select = {
            let (store, seq) = (props.store.clone(), mark.seq);
            Callback::from(move |event: MouseEvent| {
                event.stop_propagation();
                store.send(Action::Seek(seq));
                store.send(Action::Select(Selection::Mark(seq)));
            })
        };
        html! {
            <g key={mark.seq} {class} transform={format!("translate({x:.1},{y:.1})")} onclick={select}
                data-testid={mark_testid(mark)} data-seq={mark.seq.to_string()}>
                <title>{ &mark.sentence }</title>
                <rect class="mark-target" x="-8" y="-12" width="16" height="24" />
                <path d={shape_path(mark.shape)} fill-rule="evenodd" />
            </g>
        }
    };
    html! { <g>{ props.marks.iter().map(draw).collect::<Html>() }</g> }
}

/// Where a lane is on the tape; what is on none is above it.
fn middle_of(lanes: &[Lane], lane: Lane) -> f64 {
    let row = lanes.iter().position(|other| *other == lane);
    row.map_or(-LANE, |row| (row as f64 + 0.5) * LANE)
}

fn span_look(span: &Span, is_over: bool) -> (&'static str, &str) {
    match &span.what {
        SpanKind::Statement(text) => ("span statement", text),
        SpanKind::Wait(_) if !is_over => ("span wait", "waiting for an ACK"),
        SpanKind::Wait(None) => ("span wait", "waiting for an ACK"),
        SpanKind::Wait(Some(WaitOutcome::Acknowledged)) => ("span wait acked", "acknowledged"),
        SpanKind::Wait(Some(WaitOutcome::TimedOut)) => ("span wait fallen", "no ACK: fell back"),
        SpanKind::Wait(Some(_)) => ("span wait fallen", "asynchronous"),
        SpanKind::Down => ("span down", "down"),
    }
}

fn mark_testid(mark: &Mark) -> String {
    format!(
        "mark-{}",
        mark.label.replace([' ', ','], "-").to_lowercase()
    )
}

fn lane_name(props: &TapeViewProps, lane: Lane) -> String {
    match lane {
        Lane::Cluster => "you".to_owned(),
        Lane::Server(server) => props.names.server(server).to_owned(),
        Lane::Client(_, key) => props.names.client(key),
    }
}

fn lane_class(props: &TapeViewProps, lane: Lane) -> &'static str {
    let of_server = |server: ServerIndex| match role(&props.view, server) {
        Role::Source => "lane tone-source",
        Role::Replica => "lane tone-replica",
    };
    match lane {
        Lane::Cluster => "lane tone-operator",
        Lane::Server(server) => of_server(server),
        Lane::Client(..) => "lane tone-client",
    }
}

fn clip(text: &str, letters: f64) -> String {
    let letters = letters.max(0.0) as usize;
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(letters.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

const LANE: f64 = 27.0;
const PAGE: f64 = 800.0;
