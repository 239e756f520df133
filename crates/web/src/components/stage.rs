//! The stage: clients, servers, links and packets.

use semisync_console::SessionAddress;
use semisync_sim::Fault;
use semisync_sim::view::{LinkView, PacketView, SessionView};
use yew::{Html, classes, html};

use super::icon::{CUT, icon};
use super::scene::Scene;
use super::server_card::server_card;
use super::tour::card;
use crate::state::marks::packet_tone;
use crate::state::narration::packet_words;
use crate::state::pace::spell;
use crate::state::stage::{Arrangement, Spot, client_places, places};
use crate::state::{Action, Selection};
use semisync_sim::trace::PacketKind;

pub(crate) fn stage(scene: &Scene<'_>) -> Html {
    let view = &scene.model.view;
    let spots = places(view, scene.room);
    let clients: Vec<SessionAddress> = scene
        .model
        .tabs
        .iter()
        .filter(|at| at.server.0 == 0)
        .copied()
        .collect();
    let client_spots = client_places(clients.len(), scene.room);
    let client_keys = clients.iter().zip(&client_spots);
    html! {
        <section id="stage" class="stage" aria-label="Cluster" data-testid="stage">
            <svg class="links" aria-hidden="true">
                for (at, spot) in client_keys.clone() {
                    { client_line(*spot, spots.first(), session_of(scene, *at)) }
                }
                for link in &view.links {
                    { link_line(link, &spots) }
                }
            </svg>
            for (at, spot) in client_keys {
                { client(scene, *at, *spot) }
            }
            for link in &view.links {
                { link_button(scene, link, &spots) }
            }
            for packet in &view.packets {
                { token(scene, packet) }
            }
            for (server, spot) in view.servers.iter().zip(&spots) {
                { server_card(scene, server, *spot) }
            }
            if scene.room == Arrangement::WideWithCard {
                { card(scene) }
            }
        </section>
    }
}

fn percent(spot: Spot) -> (String, String) {
    (
        format!("{:.2}%", spot.x * 100.0),
        format!("{:.2}%", spot.y * 100.0),
    )
}

fn at(spot: Spot) -> String {
    let (x, y) = percent(spot);
    format!("left:{x};top:{y}")
}

fn client_line(spot: Spot, source: Option<&Spot>, session: Option<&SessionView>) -> Html {
    let Some(source) = source else {
        return html! {};
    };
    let ((x1, y1), (x2, y2)) = (percent(spot), percent(*source));
    let busy = session.is_some_and(|session| session.statement.is_some());
    html! { <line class={classes!("client-line", busy.then_some("busy"))} {x1} {y1} {x2} {y2} /> }
}

fn link_line(link: &LinkView, spots: &[Spot]) -> Html {
    let ends = (
        spots.get(usize::from(link.from.0)),
        spots.get(usize::from(link.to.0)),
    );
    let (Some(from), Some(to)) = ends else {
        return html! {};
    };
    let ((x1, y1), (x2, y2)) = (percent(*from), percent(*to));
    let class = classes!(
        "link-line",
        link.connected.then_some("connected"),
        link.semisync.then_some("semisync"),
        link.cut.then_some("cut")
    );
    html! { <line {class} {x1} {y1} {x2} {y2} /> }
}

fn link_button(scene: &Scene<'_>, link: &LinkView, spots: &[Spot]) -> Html {
    let ends = (
        spots.get(usize::from(link.from.0)),
        spots.get(usize::from(link.to.0)),
    );
    let (Some(from), Some(to)) = ends else {
        return html! {};
    };
    let style = label_style(*from, *to, scene.room);
    let (fault, what) = if link.cut {
        (Fault::HealLink(link.from, link.to), "Heal")
    } else {
        (Fault::CutLink(link.from, link.to), "Cut")
    };
    let how = match (link.cut, link.connected, link.semisync) {
        (true, ..) => "cut",
        (false, false, _) => "not connected",
        (false, true, true) => "semisync",
        (false, true, false) => "async",
    };
    let chosen = Selection::Link(link.from, link.to);
    let class = classes!(
        "link-label",
        link.cut.then_some("cut"),
        (scene.model.selection == chosen).then_some("selected")
    );
    let (from, to) = (
        scene.model.names.server(link.from),
        scene.model.names.server(link.to),
    );
    html! {
        <div {class} {style} data-testid={format!("link-{from}-{to}")}>
            <button class="link-name" aria-label={format!("Link from {from} to {to}: {how}")}
                onclick={scene.store.does(Action::Select(chosen))}>
                { how }
                if link.connected {
                    <small>{ spell(link.latency_us) }</small>
                }
            </button>
            <button class="link-cut" title={format!("{what} the link")}
                aria-label={format!("{what} the link between {from} and {to}")}
                data-testid={format!("cut-{from}-{to}")}
                onclick={scene.store.does(Action::Inject(fault))}>{ icon(CUT) }</button>
        </div>
    }
}

/// Beside the middle of the link, so that packets pass it by.
fn label_style(from: Spot, to: Spot, room: Arrangement) -> String {
    let middle = Spot {
        x: f64::midpoint(from.x, to.x),
        y: f64::midpoint(from.y, to.y),
    };
    let (right, down) = match room {
        Arrangement::Narrow => (if to.x < from.x { -62 } else { 62 }, -4),
        _ if to.y < from.y => (-16, -36),
        _ if to.y > from.y => (-16, 36),
        _ => (0, 36),
    };
    format!("{};margin:{down}px 0 0 {right}px", at(middle))
}

fn session_of<'a>(scene: &Scene<'a>, at: SessionAddress) -> Option<&'a SessionView> {
    let server = scene
        .model
        .view
        .servers
        .iter()
        .find(|server| server.index == at.server)?;
    server
        .sessions
        .iter()
        .find(|session| scene.model.names.address(session.key) == Some(at))
}

fn client(scene: &Scene<'_>, address: SessionAddress, spot: Spot) -> Html {
    let session = session_of(scene, address);
    let statement = session.and_then(|session| session.statement.clone());
    let waits = session.is_some_and(|session| session.state.contains("ACK"));
    let state = match (&statement, session) {
        (Some(_), _) if waits => "waits for ACK",
        (Some(_), _) => "waits for its answer",
        (None, Some(session)) if session.in_transaction => "in a transaction",
        (None, Some(_)) => "idle",
        (None, None) => "not connected",
    };
    let class = classes!(
        "client",
        statement.is_some().then_some("busy"),
        waits.then_some("waits")
    );
    html! {
        <button {class} style={at(spot)} data-testid={format!("client-{}", address.session)}
            onclick={scene.store.does(Action::Activate(address))}>
            <span class="client-name"><strong>{ scene.model.names.prompt(address) }{ ">" }</strong>
                if statement.is_some() {
                    <span id={format!("client-{}-{}", address.server.0, address.session)} />
                }
            </span>
            <span class="client-state">{ state }</span>
            if let Some(statement) = statement {
                <code>{ statement }</code>
            }
        </button>
    }
}

fn token(scene: &Scene<'_>, packet: &PacketView) -> Html {
    let (kind, text) = match &packet.what {
        PacketKind::BinlogEvent {
            event,
            ack_requested,
            ..
        } => {
            let asks = *ack_requested == Some(true);
            (if asks { "event asks" } else { "event" }, event.to_string())
        }
        PacketKind::Ack { .. } => ("ack", "ACK".to_owned()),
        PacketKind::Handshake(_) => ("small", String::new()),
        PacketKind::Heartbeat => ("small", "♥".to_owned()),
        PacketKind::Goodbye => ("small", "bye".to_owned()),
    };
    let chosen = Selection::Packet(packet.id);
    let class = classes!(
        "packet",
        kind,
        packet_tone(&packet.what).class(),
        packet.due.is_none().then_some("held"),
        (scene.model.selection == chosen).then_some("selected")
    );
    let from = scene.model.names.server(packet.from);
    let to = scene.model.names.server(packet.to);
    let name = format!("Packet from {from} to {to}: {}", packet_words(&packet.what));
    html! {
        <button key={packet.id.0} id={format!("packet-{}", packet.id.0)} {class} title={name.clone()}
            aria-label={name} data-testid="packet" onclick={scene.store.does(Action::Select(chosen))}>
            { text }
        </button>
    }
}
