//! Settings and counters: what is configured, what was negotiated, what is in effect.

use semisync_sim::ServerIndex;
use semisync_sim::view::{ServerView, SourceView};
use yew::{Html, classes, html};

use super::scene::Scene;
use super::server_card::{is_down, state_word};
use crate::state::{Action, Selection};

pub(crate) fn status(scene: &Scene<'_>) -> Html {
    let sources = scene
        .model
        .view
        .servers
        .iter()
        .filter_map(|server| server.source.as_ref().map(|source| (server, source)));
    html! {
        <div class="status" data-testid="status">
            <table class="grid">
                <thead><tr><th>{ "server" }</th><th>{ "configured" }</th>
                    <th>{ "negotiated" }</th><th>{ "effective" }</th></tr></thead>
                <tbody>
                    for server in &scene.model.view.servers { { row(scene, server) } }
                </tbody>
            </table>
            for (server, source) in sources { { counters(scene, server, source) } }
        </div>
    }
}

fn row(scene: &Scene<'_>, server: &ServerView) -> Html {
    let select = scene
        .store
        .does(Action::Select(Selection::Server(server.index)));
    let (configured, effective) = match (&server.source, &server.replica_plugin) {
        (Some(source), _) => (on(source.enabled), source.status.as_str()),
        (None, Some(plugin)) => (on(plugin.enabled), plugin.status.as_str()),
        (None, None) if is_down(server.state) => (state_word(server.state), "–"),
        (None, None) => ("no plugin", "–"),
    };
    let negotiated = match (&server.source, &server.channel) {
        (Some(source), _) => match source.clients {
            1 => "1 replica".to_owned(),
            count => format!("{count} replicas"),
        },
        (None, Some(channel)) if channel.receiver != "Yes" => "not connected".to_owned(),
        (None, Some(channel)) if channel.semisync => "semisync".to_owned(),
        (None, Some(_)) => "asynchronous".to_owned(),
        (None, None) => "–".to_owned(),
    };
    html! {
        <tr><th scope="row"><button class="text-button" onclick={select}>{ &server.name }</button></th>
            <td>{ configured }</td><td>{ negotiated }</td>
            <td class={effective_class(effective)}>{ effective }</td></tr>
    }
}

fn counters(scene: &Scene<'_>, server: &ServerView, source: &SourceView) -> Html {
    let settings = [
        ("timeout", format!("{} ms", source.timeout_ms)),
        ("wait_point", source.wait_point.clone()),
        (
            "wait_for_replica_count",
            source.wait_for_replica_count.to_string(),
        ),
        ("wait_no_replica", on(source.wait_no_replica).to_owned()),
    ];
    html! {
        <>
            <h3>{ format!("{}: rpl_semi_sync_source_…", server.name) }</h3>
            <dl class="variables">
                for (name, value) in settings {
                    <dt>{ name }</dt><dd>{ value }</dd>
                }
            </dl>
            <h3>{ format!("{}: Rpl_semi_sync_source_…", server.name) }</h3>
            <dl class="variables" data-testid="status-variables">
                for (name, value) in &source.status_variables {
                    { variable(scene, server.index, name, value) }
                }
            </dl>
        </>
    }
}

fn variable(scene: &Scene<'_>, server: ServerIndex, name: &str, value: &str) -> Html {
    let changed = scene.model.changed.contains(&(server, name.to_owned()));
    let short = name.strip_prefix("Rpl_semi_sync_source_").unwrap_or(name);
    let class = classes!(changed.then_some("changed"));
    html! {
        <>
            <dt class={class.clone()} title={name.to_owned()}>{ short.to_owned() }</dt>
            <dd {class} data-testid={name.to_owned()}>{ value.to_owned() }
                if changed { <span class="changed-sign">{ "changed" }</span> }
            </dd>
        </>
    }
}

fn on(value: bool) -> &'static str {
    if value { "ON" } else { "OFF" }
}

fn effective_class(value: &str) -> &'static str {
    match value {
        "ON" => "tone-ack",
        "OFF" => "tone-fallen",
        _ => "",
    }
}
