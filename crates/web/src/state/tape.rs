//! The tape: lanes, marks, arrows, waits and bands, laid out along warped time.
//!
//! It grows with the trace and is laid out once per mark; a fork cuts it and lets it grow again.

use std::collections::BTreeMap;
use std::rc::Rc;

use semisync_core::Instant;
use semisync_core::source::WaitOutcome;
use semisync_sim::trace::Lane;
use semisync_sim::{PacketId, ServerIndex, StatementId, TraceEvent, TraceKind};

use super::marks::{Mark, Tone, carries_data, packet_tone};
use super::names::Names;
use super::pace::{is_compressed, warp};

/// The laid-out trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tape {
    /// The marks, in order.
    pub marks: Vec<Rc<Mark>>,
    /// The lanes, from top to bottom.
    pub lanes: Vec<Lane>,
    /// Packets, from lane to lane.
    pub arrows: Vec<Arrow>,
    /// Statements, commit waits and times a server was down.
    pub spans: Vec<Span>,
    /// When semisynchronous replication was on or off.
    pub bands: Vec<Band>,
    last_event: Option<Rc<TraceEvent>>,
    flying: BTreeMap<PacketId, f64>,
    open: BTreeMap<OpenSpan, usize>,
}

/// A packet that arrived or was lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// Which.
    pub packet: PacketId,
    /// Its sender.
    pub from: ServerIndex,
    /// Its receiver.
    pub to: ServerIndex,
    /// When it left.
    pub x1: f64,
    /// When it arrived or was lost.
    pub x2: f64,
    /// Its colour.
    pub tone: Tone,
    /// Whether it never arrived.
    pub lost: bool,
}

/// Something with a length on one lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The lane.
    pub lane: Lane,
    /// Its beginning.
    pub x1: f64,
    /// Its end; `None` while it goes on.
    pub x2: Option<f64>,
    /// Since when, in cluster time.
    pub since: Instant,
    /// What it is.
    pub what: SpanKind,
    /// The mark that began it.
    pub mark: usize,
}

/// What a span shows.
#[derive(Clone, Debug, PartialEq)]
pub enum SpanKind {
    /// A statement between being sent and answered.
    Statement(String),
    /// A commit wait and how it ended, if it did.
    Wait(Option<WaitOutcome>),
    /// A server that does not run.
    Down,
}

/// Semisynchronous replication, on or off.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// On which server.
    pub server: ServerIndex,
    /// From.
    pub x: f64,
    /// On or off.
    pub on: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum OpenSpan {
    Statement(StatementId),
    Wait(u64),
    Down(ServerIndex),
}

impl Tape {
    /// An empty tape for so many servers.
    pub fn new(servers: usize) -> Tape {
        let servers = (0..servers).map(|index| Lane::Server(ServerIndex(index as u16)));
        Tape {
            lanes: [Lane::Cluster].into_iter().chain(servers).collect(),
            ..Tape::default()
        }
    }

    /// Whether the tape shows exactly this trace, as far as it goes.
    pub fn is_prefix_of(&self, trace: &[Rc<TraceEvent>]) -> bool {
        match &self.last_event {
            None => true,
            Some(last) => trace
                .get(self.marks.len() - 1)
                .is_some_and(|event| Rc::ptr_eq(event, last)),
        }
    }

    /// Adds the marks that are new in the trace.
    pub fn extend(&mut self, trace: &[Rc<TraceEvent>], names: &Names) {
        for event in &trace[self.marks.len()..] {
            self.push(event, names);
        }
        self.last_event = trace.last().cloned();
    }

    /// The length of the tape so far.
    pub fn length(&self) -> f64 {
        self.marks.last().map_or(0.0, |mark| mark.x)
    }

    /// Where the play head is when `marks` marks are done and the time is `now`; `next` is when
    /// something is due, if nothing is on the tape yet.
    pub fn head(&self, marks: usize, now: Instant, next: Option<Instant>) -> f64 {
        let (x, at) = match marks.checked_sub(1).and_then(|last| self.marks.get(last)) {
            Some(mark) => (mark.x, mark.at),
            None => (0.0, Instant::ZERO),
        };
        let since = micros_between(at, now);
        match self.marks.get(marks) {
            Some(ahead) => {
                let gap = micros_between(at, ahead.at);
                let part = if gap == 0 {
                    0.0
                } else {
                    since as f64 / gap as f64
                };
                x + (ahead.x - x) * part.min(1.0)
            }
            None => match next
                .map(|next| micros_between(at, next))
                .filter(|gap| *gap > 0)
            {
                Some(gap) => x + warp(gap) * (since as f64 / gap as f64).min(1.0),
                None => x + warp(since),
            },
        }
    }

    /// Spans that go on: they end at the play head.
    pub fn open_spans(&self) -> impl Iterator<Item = (usize, &Span)> {
        let open = self.open.values().copied();
        open.filter_map(|index| Some((index, self.spans.get(index)?)))
    }

    /// The mark nearest before a place on the tape.
    pub fn mark_before(&self, x: f64) -> Option<usize> {
        self.marks
            .partition_point(|mark| mark.x <= x)
            .checked_sub(1)
    }

    fn push(&mut self, event: &Rc<TraceEvent>, names: &Names) {
        let mut mark = Mark::new(event, names);
        if let Lane::Client(server, key) = mark.lane {
            mark.lane = Lane::Client(server, names.first_connection(key));
        }
        mark.seq = self.marks.len();
        let (last_x, last_at) = match self.marks.last() {
            Some(last) => (last.x, last.at),
            None => (-START_US, Instant::ZERO),
        };
        let gap = micros_between(last_at, event.at);
        mark.x = last_x + warp(gap).max(self.elbow_room(&mark));
        if is_compressed(gap) && !self.marks.is_empty() {
            mark.gap_us = gap;
        }
        self.add_lane(mark.lane);
        self.follow(event, mark.lane, mark.x);
        self.marks.push(Rc::new(mark));
    }

    /// Marks on the same lane must not hide each other.
    fn elbow_room(&self, mark: &Mark) -> f64 {
        let same_lane = |other: &&Rc<Mark>| other.lane == mark.lane;
        let neighbour = self.marks.iter().rev().take(8).find(same_lane);
        let Some((neighbour, last)) = neighbour.zip(self.marks.last()) else {
            return 0.0;
        };
        let room = if mark.is_major() && neighbour.is_major() {
            ROOM_MAJOR_US
        } else {
            ROOM_MINOR_US
        };
        (neighbour.x + room - last.x).max(0.0)
    }

    /// Clients stand above their server; the operator's lane is the first.
    fn add_lane(&mut self, lane: Lane) {
        if self.lanes.contains(&lane) {
            return;
        }
        let at = match lane {
            Lane::Cluster => 0,
            Lane::Server(_) => self.lanes.len(),
            Lane::Client(server, _) => self
                .lanes
                .iter()
                .position(|other| *other == Lane::Server(server))
                .unwrap_or(self.lanes.len()),
        };
        self.lanes.insert(at, lane);
    }

    fn follow(&mut self, event: &TraceEvent, lane: Lane, x: f64) {
        match &event.kind {
            TraceKind::PacketSent { packet, .. } => {
                self.flying.insert(*packet, x);
            }
            TraceKind::PacketDelivered {
                packet,
                from,
                to,
                what,
            }
            | TraceKind::PacketLost {
                packet,
                from,
                to,
                what,
            } => {
                let lost = matches!(event.kind, TraceKind::PacketLost { .. });
                let sent = self.flying.remove(packet);
                if let Some(x1) = sent.filter(|_| carries_data(what) || lost) {
                    let tone = if lost { Tone::Lost } else { packet_tone(what) };
                    self.arrows.push(Arrow {
                        packet: *packet,
                        from: *from,
                        to: *to,
                        x1,
                        x2: x,
                        tone,
                        lost,
                    });
                }
            }
            TraceKind::StatementSent { statement, text } => {
                let what =
                    SpanKind::Statement(text.split_whitespace().collect::<Vec<_>>().join(" "));
                self.begin(OpenSpan::Statement(*statement), event.at, lane, x, what);
            }
            TraceKind::StatementAnswered { statement, .. } => {
                self.end(OpenSpan::Statement(*statement), x);
            }
            TraceKind::CommitWaitStarted { session, .. } => {
                self.begin(
                    OpenSpan::Wait(session.0),
                    event.at,
                    lane,
                    x,
                    SpanKind::Wait(None),
                );
            }
            TraceKind::CommitWaitEnded {
                session, outcome, ..
            } => {
                if let Some(span) = self.end(OpenSpan::Wait(session.0), x) {
                    span.what = SpanKind::Wait(Some(*outcome));
                }
            }
            TraceKind::SwitchedOn { .. } => self.band(event.lane, x, true),
            TraceKind::SwitchedOff => self.band(event.lane, x, false),
            TraceKind::ServerCrashed { .. } | TraceKind::ServerStopped => {
                if let Lane::Server(server) = event.lane {
                    self.end_waits_of(event.lane, x);
                    self.band_ends(server, x);
                    self.begin(OpenSpan::Down(server), event.at, lane, x, SpanKind::Down);
                }
            }
            TraceKind::ServerReady => {
                if let Lane::Server(server) = event.lane {
                    self.end(OpenSpan::Down(server), x);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, key: OpenSpan, since: Instant, lane: Lane, x: f64, what: SpanKind) {
        self.open.insert(key, self.spans.len());
        self.spans.push(Span {
            lane,
            x1: x,
            x2: None,
            since,
            what,
            mark: self.marks.len(),
        });
    }

    fn end(&mut self, key: OpenSpan, x: f64) -> Option<&mut Span> {
        let span = self.spans.get_mut(self.open.remove(&key)?)?;
        span.x2 = Some(x);
        Some(span)
    }

    /// A server that dies takes its commit waits along.
    fn end_waits_of(&mut self, lane: Lane, x: f64) {
        let spans = &mut self.spans;
        self.open.retain(|key, index| {
            let span = &mut spans[*index];
            let ends = matches!(key, OpenSpan::Wait(_)) && span.lane == lane;
            if ends {
                span.x2 = Some(x);
            }
            !ends
        });
    }

    fn band(&mut self, lane: Lane, x: f64, on: bool) {
        if let Lane::Server(server) = lane {
            self.bands.push(Band { server, x, on });
        }
    }

    fn band_ends(&mut self, server: ServerIndex, x: f64) {
        let last = self.bands.iter().rev().find(|band| band.server == server);
        if last.is_some_and(|band| band.on) {
            self.bands.push(Band {
                server,
                x,
                on: false,
            });
        }
    }
}

fn micros_between(earlier: Instant, later: Instant) -> u64 {
    later.as_micros().saturating_sub(earlier.as_micros())
}

const START_US: f64 = -120.0;
const ROOM_MAJOR_US: f64 = 50.0;
const ROOM_MINOR_US: f64 = 26.0;
