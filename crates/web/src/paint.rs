//! Moves what moves: packets, the play head, waits that drain, clocks. No virtual DOM is involved.

use std::collections::BTreeMap;

use semisync_core::Instant;

use crate::browser;
use crate::state::pace::{clock, spell};
use crate::state::stage::{Spot, between_edges, places, progress};
use crate::state::{Model, Play};

/// Puts everything where it belongs at this moment.
pub fn paint(model: &Model, motion_reduced: bool) {
    browser::set_text("clock", &clock(model.now().as_micros()));
    paint_head(model);
    paint_packets(model, motion_reduced);
    paint_waits(model);
    paint_prompts(model);
}

fn paint_head(model: &Model) {
    let x = model.head() * model.settings.zoom + TAPE_MARGIN;
    browser::set_style("play-head", "transform", &format!("translateX({x:.1}px)"));
    browser::set_style("tape-future", "left", &format!("{x:.1}px"));
    for (index, span) in model.tape.open_spans() {
        let width = (x - TAPE_MARGIN - span.x1 * model.settings.zoom).max(2.0);
        browser::set_attribute(&format!("span-{index}"), "width", &format!("{width:.1}"));
    }
    if let Some((left, width)) = browser::scroll("tape-scroll")
        && width > 0.0
        && (x < left + 24.0 || x > left + width * 0.82)
    {
        let target = if model.play == Play::Paused {
            0.5
        } else {
            0.35
        };
        browser::scroll_to("tape-scroll", (x - width * target).max(0.0));
    }
}

fn paint_packets(model: &Model, motion_reduced: bool) {
    let view = &model.view;
    if view.packets.is_empty() {
        return;
    }
    let Some((width, height)) = browser::size("stage") else {
        return;
    };
    let to_pixels = |spot: &Spot| (spot.x * width, spot.y * height);
    let centres: Vec<_> = places(view, model.arrangement(browser::arrangement()))
        .iter()
        .map(to_pixels)
        .collect();
    let card = browser::size("server-0").unwrap_or((200.0, 140.0));
    let mut trains: BTreeMap<(u16, u16, Instant), usize> = BTreeMap::new();
    for packet in &view.packets {
        let ends = (
            centres.get(usize::from(packet.from.0)),
            centres.get(usize::from(packet.to.0)),
        );
        let (Some(from), Some(to)) = ends else {
            continue;
        };
        let wagon = trains
            .entry((packet.from.0, packet.to.0, packet.sent))
            .or_default();
        let part = if motion_reduced {
            0.5
        } else {
            progress(packet, model.now())
        };
        let (x, y) = on_the_way(*from, *to, card, part, *wagon);
        *wagon += 1;
        browser::place(&format!("packet-{}", packet.id.0), x, y);
    }
}

/// Packets keep to one side of the link, and those sent together follow each other.
fn on_the_way(
    from: (f64, f64),
    to: (f64, f64),
    card: (f64, f64),
    part: f64,
    wagon: usize,
) -> (f64, f64) {
    let (start, end) = between_edges(from, to, card);
    let (dx, dy) = (end.0 - start.0, end.1 - start.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let way = (length * part - wagon as f64 * WAGON).max(0.0);
    // Left of its own direction: the two ways never share a track.
    (
        start.0 + ux * way + uy * ASIDE,
        start.1 + uy * way - ux * ASIDE,
    )
}

fn paint_waits(model: &Model) {
    for server in &model.view.servers {
        let Some(wait) = server.waiting.first() else {
            continue;
        };
        let whole = wait
            .deadline
            .saturating_since(wait.since)
            .as_micros()
            .max(1);
        let gone = model.now().saturating_since(wait.since).as_micros();
        let left = 1.0 - (gone as f64 / whole as f64).min(1.0);
        let id = server.index.0;
        browser::set_style(
            &format!("drain-{id}"),
            "transform",
            &format!("scaleX({left:.4})"),
        );
        let text = format!("{} / {}", spell(gone as u64), spell(whole as u64));
        browser::set_text(&format!("waited-{id}"), &text);
    }
}

fn paint_prompts(model: &Model) {
    for (at, screen) in model.screens.iter() {
        let Some(entry) = screen.entries.iter().find(|entry| entry.answered.is_none()) else {
            continue;
        };
        let gone = model.now().saturating_since(entry.sent).as_micros();
        let text = spell(u64::try_from(gone).unwrap_or(u64::MAX));
        for place in ["busy", "client"] {
            browser::set_text(&format!("{place}-{}-{}", at.server.0, at.session), &text);
        }
    }
}

/// Space before the first mark of the tape, in pixels.
pub const TAPE_MARGIN: f64 = 28.0;
const WAGON: f64 = 20.0;
const ASIDE: f64 = 11.0;
