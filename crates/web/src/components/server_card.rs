//! A server on the stage: what it is, how it fares, and the buttons that break it.

use semisync_core::source::SemisyncStatus;
use semisync_sim::Fault;
use semisync_sim::view::{ServerState, ServerView};
use yew::{Html, classes, html};

use super::icon::{BOLT, CHECK, CLOCK, CROSS, FALL, PLAY, POWER, SNOW, icon};
use super::scene::Scene;
use crate::state::stage::{Role, Spot, role};
use crate::state::{Action, Selection};

pub(crate) fn server_card(scene: &Scene<'_>, server: &ServerView, spot: Spot) -> Html {
    let (role, role_class) = match role(&scene.model.view, server.index) {
        Role::Source => ("source", "is-source"),
        Role::Replica => ("replica", "is-replica"),
    };
    let chosen = Selection::Server(server.index);
    let down = is_down(server.state);
    let class = classes!(
        "server",
        role_class,
        down.then_some("down"),
        (server.state == ServerState::Frozen).then_some("frozen"),
        (!server.waiting.is_empty()).then_some("waits"),
        (scene.model.selection == chosen).then_some("selected")
    );
    let style = format!("left:{:.2}%;top:{:.2}%", spot.x * 100.0, spot.y * 100.0);
    let select = scene
        .store
        .does(Action::Select(Selection::Server(server.index)));
    html! {
        <article key={server.index.0} id={format!("server-{}", server.index.0)} {class} {style}
            data-testid={format!("server-{}", server.name)}>
            <button class="server-name" onclick={select}
                aria-label={format!("{}, {role}, {}", server.name, state_word(server.state))}>
                <strong>{ &server.name }</strong>
                <span class="server-state">
                    if server.state == ServerState::Running { { role } } else { { state_word(server.state) } }
                </span>
            </button>
            if !down {
                { semisync_line(server) }
                { positions(server) }
            }
            if !server.waiting.is_empty() {
                <div class="wait" data-testid={format!("wait-{}", server.name)}>
                    { icon(CLOCK) }
                    <span>{ wait_words(server.waiting.len()) }</span>
                    <span class="waited" id={format!("waited-{}", server.index.0)} />
                    <span class="drain"><span id={format!("drain-{}", server.index.0)} /></span>
                </div>
            }
            { running(role, server) }
            { buttons(scene, server) }
        </article>
    }
}

/// Whether a server has no process.
pub(crate) fn is_down(state: ServerState) -> bool {
    matches!(state, ServerState::Crashed | ServerState::Stopped)
}

/// The state of a server, in a word.
pub(crate) fn state_word(state: ServerState) -> &'static str {
    match state {
        ServerState::Running => "running",
        ServerState::Starting => "starting",
        ServerState::Frozen => "frozen",
        ServerState::Stopping => "shutting down",
        ServerState::Stopped => "shut down",
        ServerState::Crashed => "crashed",
    }
}

fn wait_words(count: usize) -> String {
    match count {
        1 => "waiting".to_owned(),
        count => format!("{count} waiting"),
    }
}

fn semisync_line(server: &ServerView) -> Html {
    let (class, path, text) = if let Some(source) = &server.source {
        match (source.status, source.enabled) {
            (SemisyncStatus::On, _) => {
                let noun = if source.clients == 1 {
                    "replica"
                } else {
                    "replicas"
                };
                (
                    "semisync-line on",
                    CHECK,
                    format!("semisync ON · {} {noun}", source.clients),
                )
            }
            (SemisyncStatus::Off, true) => (
                "semisync-line fallen",
                FALL,
                "OFF · asynchronous".to_owned(),
            ),
            (SemisyncStatus::Off, false) => ("semisync-line", CROSS, "plugin disabled".to_owned()),
        }
    } else if let Some(plugin) = &server.replica_plugin {
        match (plugin.status, plugin.enabled) {
            (SemisyncStatus::On, _) => ("semisync-line on", CHECK, "semisync ON".to_owned()),
            (SemisyncStatus::Off, true) => {
                ("semisync-line", FALL, "enabled, not negotiated".to_owned())
            }
            (SemisyncStatus::Off, false) => ("semisync-line", CROSS, "plugin disabled".to_owned()),
        }
    } else {
        ("semisync-line none", CROSS, "no semisync plugin".to_owned())
    };
    html! {
        <p {class} data-testid={format!("semisync-{}", server.name)}>{ icon(path) }{ text }</p>
    }
}

fn positions(server: &ServerView) -> Html {
    let own = &server.binlog_end;
    html! {
        <dl class="positions">
            if let Some(channel) = &server.channel {
                <dt>{ "relay log" }</dt><dd>{ channel.received.offset }</dd>
                <dt>{ "applied" }</dt><dd>{ channel.applied.offset }
                    if channel.to_apply > 0 {
                        <em title="received, not applied yet">{ format!(" −{}", channel.to_apply) }</em>
                    }
                </dd>
            } else {
                <dt>{ own.file.to_string() }</dt><dd>{ own.offset }</dd>
                if let Some(acknowledged) = server.source.as_ref().and_then(|s| s.acknowledged.as_ref()).filter(|end| !end.file.is_empty()) {
                    <dt class="tone-ack">{ "acknowledged" }</dt><dd class="tone-ack">{ acknowledged.offset }</dd>
                }
            }
            <dt>{ "rows visible" }</dt><dd>{ server.visible_rows }</dd>
        </dl>
    }
}

/// What a client of a replica runs; clients of the source stand on the stage themselves.
fn running(role: &str, server: &ServerView) -> Html {
    let mut statements = server
        .sessions
        .iter()
        .filter_map(|session| session.statement.clone());
    match statements.next() {
        Some(statement) if role == "replica" => {
            html! { <p class="running"><code>{ statement }</code></p> }
        }
        _ => html! {},
    }
}

fn buttons(scene: &Scene<'_>, server: &ServerView) -> Html {
    let button = |name: &'static str, path: &'static str, fault: Fault| {
        html! {
            <button class="button small" data-testid={format!("{}-{}", name.to_lowercase(), server.name)}
                title={format!("{name} {}", server.name)} aria-label={format!("{name} {}", server.name)}
                onclick={scene.store.does(Action::Inject(fault))}>
                { icon(path) }<span class="caption">{ name }</span>
            </button>
        }
    };
    let at = server.index;
    html! {
        <div class="server-buttons">
            if is_down(server.state) {
                { button("Start", PLAY, Fault::Start(at)) }
            } else if server.state == ServerState::Frozen {
                { button("Thaw", PLAY, Fault::Thaw(at)) }
                { button("Crash", BOLT, Fault::Crash(at)) }
            } else {
                { button("Crash", BOLT, Fault::Crash(at)) }
                { button("Freeze", SNOW, Fault::Freeze(at)) }
                { button("Stop", POWER, Fault::Shutdown(at)) }
            }
        </div>
    }
}
