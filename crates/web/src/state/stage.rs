//! Where servers, clients and packets stand on the stage, as fractions of its size.

use semisync_core::Instant;
use semisync_sim::view::PacketView;
use semisync_sim::{ClusterView, ServerIndex};

/// A place on the stage; (0, 0) is the upper left corner, (1, 1) the lower right one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// How the stage is arranged, by the room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// Clients, source and replicas in columns.
    Wide,
    /// The same, with room below clients and source for a card.
    WideWithCard,
    /// Clients above the source, replicas beside it.
    Compact,
    /// All in rows.
    Narrow,
}

/// What role a server plays, for colour and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Replicates from nobody.
    Source,
    /// Has a replication channel.
    Replica,
}

/// The role of a server.
pub fn role(view: &ClusterView, server: ServerIndex) -> Role {
    let found = view.servers.iter().find(|other| other.index == server);
    match found.and_then(|server| server.channel.as_ref()) {
        Some(_) => Role::Replica,
        None if server.0 == 0 => Role::Source,
        None => Role::Replica,
    }
}

/// Places for all servers: sources first, then replicas beside them, or below when it is narrow.
pub fn places(view: &ClusterView, how: Arrangement) -> Vec<Spot> {
    let depths: Vec<usize> = view
        .servers
        .iter()
        .map(|server| depth(view, server.index))
        .collect();
    let columns = depths.iter().max().map_or(1, |deepest| deepest + 1);
    let (first, last) = match how {
        Arrangement::Wide | Arrangement::WideWithCard => (0.375, 0.84),
        Arrangement::Compact => (0.22, 0.79),
        Arrangement::Narrow => (0.35, 0.81),
    };
    let along = |column: usize| match columns {
        1 => f64::midpoint(first, last),
        _ => first + (last - first) * column as f64 / (columns - 1) as f64,
    };
    let across = |server: usize| {
        let is_peer = |depth: &&usize| **depth == depths[server];
        let peers = depths.iter().filter(is_peer).count();
        let before = depths[..server].iter().filter(is_peer).count();
        (before as f64 + 0.5) / peers as f64
    };
    (0..depths.len())
        .map(|server| {
            let (main, cross) = (along(depths[server]), across(server));
            match how {
                Arrangement::WideWithCard if depths[server] == 0 => Spot { x: main, y: CARD_Y },
                Arrangement::Wide | Arrangement::WideWithCard => Spot { x: main, y: cross },
                Arrangement::Compact if depths[server] == 0 => Spot {
                    x: main,
                    y: cross + 0.09,
                },
                Arrangement::Compact => Spot { x: main, y: cross },
                Arrangement::Narrow => Spot { x: cross, y: main },
            }
        })
        .collect()
}

/// Places for `count` clients of the source.
pub fn client_places(count: usize, how: Arrangement) -> Vec<Spot> {
    (0..count)
        .map(|index| {
            let cross = (index as f64 + 0.5) / count as f64;
            match how {
                // Near the middle, however many there are.
                Arrangement::Wide => Spot {
                    x: 0.105,
                    y: 0.5 + (cross - 0.5) * (0.2 * count as f64).min(0.86),
                },
                Arrangement::WideWithCard => Spot {
                    x: 0.105,
                    y: CARD_Y + (cross - 0.5) * (0.16 * count as f64).min(0.4),
                },
                Arrangement::Compact => Spot {
                    x: 0.22 + (cross - 0.5) * (0.25 * count as f64).min(0.42),
                    y: 0.1,
                },
                Arrangement::Narrow => Spot { x: cross, y: 0.075 },
            }
        })
        .collect()
}

/// How far a packet has come, from 0 (sender) to 1 (receiver). A packet that is held, or stuck on a
/// cut link, stands in the middle.
pub fn progress(packet: &PacketView, now: Instant) -> f64 {
    let Some(due) = packet.due else {
        return HELD_AT;
    };
    let whole = due.saturating_since(packet.sent).as_micros();
    if whole == 0 {
        return 1.0;
    }
    let gone = now.saturating_since(packet.sent).as_micros();
    (gone as f64 / whole as f64).clamp(0.0, 1.0)
}

/// The way between two cards of one size, from edge to edge; points are centres, in pixels.
pub fn between_edges(
    from: (f64, f64),
    to: (f64, f64),
    card: (f64, f64),
) -> ((f64, f64), (f64, f64)) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let reach = |half: f64, way: f64| {
        if way == 0.0 {
            f64::INFINITY
        } else {
            half / way.abs()
        }
    };
    let part = reach(card.0 / 2.0, dx)
        .min(reach(card.1 / 2.0, dy))
        .min(0.5);
    (
        (from.0 + dx * part, from.1 + dy * part),
        (to.0 - dx * part, to.1 - dy * part),
    )
}

fn depth(view: &ClusterView, server: ServerIndex) -> usize {
    let mut depth = 0;
    let mut at = server;
    while depth < view.servers.len() {
        let found = view.servers.iter().find(|other| other.index == at);
        let channel = found.and_then(|server| server.channel.as_ref());
        match channel.and_then(|channel| channel.source) {
            Some(source) if source != at => at = source,
            _ if depth == 0 && server.0 != 0 => return 1,
            _ => break,
        }
        depth += 1;
    }
    depth
}

const CARD_Y: f64 = 0.2;
const HELD_AT: f64 = 0.5;
