//! The stage: clients, servers, links and packets.

use std::rc::Rc;

use semisync_console::SessionAddress;
use semisync_sim::view::{LinkView, PacketView, SessionView};
use semisync_sim::{ClusterView, Fault};
use yew::{Html, Properties, classes, component, html};

use super::icon::{CUT, Icon};
use super::server_card::ServerCard;
use super::tour::{TourCard, Welcome};
use crate::state::marks::packet_tone;
use crate::state::names::Names;
use crate::state::narration::packet_words;
use crate::state::pace::spell;
use crate::state::stage::{Spot, client_places, places};
use crate::state::story::Story;
use crate::state::{Action, Selection};
use crate::store::Store;
use semisync_sim::trace::PacketKind;

#[derive(Properties, PartialEq)]
pub(crate) struct StageProps {
    pub(crate) store: Store,
    pub(crate) view: Rc<ClusterView>,
    pub(crate) names: Rc<Names>,
    pub(crate) tabs: Rc<Vec<SessionAddress>>,
    pub(crate) stories: Rc<Vec<Story>>,
    pub(crate) selection: Selection,
    pub(crate) wide: bool,
    pub(crate) tour: Option<usize>,
    pub(crate) welcome: bool,
    pub(crate) scripted: bool,
}

#[component]
pub(crate) fn Stage(props: &StageProps) -> Html {
    let view = &props.view;
    let spots = places(view, props.wide);
    let clients: Vec<SessionAddress> = props
        .tabs
        .iter()
        .filter(|at| at.server.0 == 0)
        .copied()
        .collect();
    let client_spots = client_places(clients.len(), props.wide);
    let client_keys = clients.iter().zip(&client_spots);
    html! {
        <section id="stage" class="stage" aria-label="Cluster" data-testid="stage">
            <svg class="links" aria-hidden="true">
                for (at, spot) in client_keys.clone() {
                    { client_line(*spot, spots.first(), session_of(props, *at)) }
                }
                for link in &view.links {
                    { link_line(link, &spots) }
                }
            </svg>
            for (at, spot) in client_keys {
                { client(props, *at, *spot) }
            }
            for link in &view.links {
                { link_button(props, link, &spots) }
            }
            for packet in &view.packets {
                { token(props, packet) }
            }
            for (server, spot) in view.servers.iter().zip(&spots) {
                <ServerCard key={server.index.0} store={props.store.clone()} server={server.clone()}
                    role={crate::state::stage::role(view, server.index)} spot={*spot}
                    selected={props.selection == Selection::Server(server.index)} />
            }
            if props.welcome {
                <Welcome store={props.store.clone()} />
            } else if let Some(step) = props.tour {
                <TourCard store={props.store.clone()} {step} view={view.clone()}
                    stories={props.stories.clone()} scripted={props.scripted} />
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

fn link_button(props: &StageProps, link: &LinkView, spots: &[Spot]) -> Html {
    let ends = (
        spots.get(usize::from(link.from.0)),
        spots.get(usize::from(link.to.0)),
    );
    let (Some(from), Some(to)) = ends else {
        return html! {};
    };
    let middle = Spot {
        x: f64::midpoint(from.x, to.x),
        y: f64::midpoint(from.y, to.y),
    };
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
        (props.selection == chosen).then_some("selected")
    );
    let (from, to) = (props.names.server(link.from), props.names.server(link.to));
    html! {
        <div {class} style={at(middle)} data-testid={format!("link-{from}-{to}")}>
            <button class="link-name" aria-label={format!("Link from {from} to {to}: {how}")}
                onclick={props.store.does(Action::Select(chosen))}>
                { how }<small>{ spell(link.latency_us) }</small>
            </button>
            <button class="link-cut" title={format!("{what} the link")}
                aria-label={format!("{what} the link between {from} and {to}")}
                data-testid={format!("cut-{from}-{to}")}
                onclick={props.store.does(Action::Inject(fault))}><Icon path={CUT} />
                <span class="caption">{ what }</span></button>
        </div>
    }
}

fn session_of(props: &StageProps, at: SessionAddress) -> Option<&SessionView> {
    let server = props
        .view
        .servers
        .iter()
        .find(|server| server.index == at.server)?;
    server
        .sessions
        .iter()
        .find(|session| props.names.address(session.key) == Some(at))
}

fn client(props: &StageProps, address: SessionAddress, spot: Spot) -> Html {
    let session = session_of(props, address);
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
            onclick={props.store.does(Action::Activate(address))}>
            <strong>{ format!("client {}", address.session) }</strong>
            <span class="client-state">{ state }
                if statement.is_some() {
                    { " " }<span id={format!("client-{}-{}", address.server.0, address.session)} />
                }
            </span>
            if let Some(statement) = statement {
                <code>{ statement }</code>
            }
        </button>
    }
}

fn token(props: &StageProps, packet: &PacketView) -> Html {
    let (kind, text) = match &packet.what {
        PacketKind::BinlogEvent {
            event,
            ack_requested,
            ..
        } => {
            let asks = *ack_requested == Some(true);
            (if asks { "event asks" } else { "event" }, event.clone())
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
        (props.selection == chosen).then_some("selected")
    );
    let from = props.names.server(packet.from);
    let to = props.names.server(packet.to);
    let name = format!("Packet from {from} to {to}: {}", packet_words(&packet.what));
    html! {
        <button key={packet.id.0} id={format!("packet-{}", packet.id.0)} {class} title={name.clone()}
            aria-label={name} data-testid="packet" onclick={props.store.does(Action::Select(chosen))}>
            { text }
        </button>
    }
}
