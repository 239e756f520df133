//! The inspector's answer for each kind of thing.

use semisync_core::source::SemisyncStatus;
use semisync_sim::Fault;
use semisync_sim::trace::PacketKind;
use semisync_sim::view::{LinkView, PacketView, ServerState, ServerView};
use web_sys::{HtmlInputElement, InputEvent};
use yew::{Callback, Html, TargetCast, html};

use crate::components::icon::promise_badge;
use crate::components::scene::Scene;
use crate::components::server_card::state_word;
use crate::state::marks::Mark;
use crate::state::narration::{list, packet_words};
use crate::state::pace::{clock, spell};
use crate::state::story::Story;
use crate::state::{Action, Selection};

/// All commits, newest first.
pub(super) fn ledger(scene: &Scene<'_>) -> Html {
    if scene.model.stories.is_empty() {
        return html! {
            <p class="hint">{ "Select a server, a link, a packet or a mark of the tape to read what it \
                is. Each commit will be listed here with what its OK promised." }</p>
        };
    }
    html! {
        <>
            <h3>{ "Commits, and what their OK promised" }</h3>
            <ol class="ledger">
                for story in scene.model.stories.iter().rev().take(MAX_LEDGER) {
                    <li key={story.transaction.0}><button class="ledger-line" data-testid="commit"
                        onclick={scene.store.does(Action::Select(Selection::Commit(story.transaction)))}>
                        { promise_badge(story.promise) }
                        <code>{ story.statement.clone().unwrap_or_else(|| "transaction".into()) }</code>
                        <span class="duration">{ story.duration().unwrap_or_default() }</span>
                    </button></li>
                }
            </ol>
        </>
    }
}

pub(super) fn commit(scene: &Scene<'_>, story: &Story) -> Html {
    let names = &scene.model.names;
    html! {
        <>
            { heading(scene, "Commit", story.gtid.clone().unwrap_or_default()) }
            <p class="statement"><code>{ story.statement.clone().unwrap_or_default() }</code></p>
            <p class="sentence">{ promise_badge(story.promise) }{ " " }
                { story.promise_sentence(names) }</p>
            <dl class="facts">
                if let Some(duration) = story.duration() {
                    <dt>{ "client waited" }</dt><dd>{ duration }</dd>
                }
                if !story.late.is_empty() {
                    <dt>{ "ACK too late to matter" }</dt><dd>{ list(&story.late, names) }</dd>
                }
                <dt>{ "applied by" }</dt><dd>{ list(&story.applied_by, names) }</dd>
            </dl>
            <h3>{ "Phases" }</h3>
            <ol class="phases">
                for (what, at, mark) in &story.phases {
                    <li><button class="text-button" onclick={scene.store.does(Action::Seek(*mark))}>
                        <span class="offset">{ format!("+{}", spell(at.as_micros()
                            .saturating_sub(story.began.as_micros()))) }</span>{ *what }</button></li>
                }
            </ol>
        </>
    }
}

pub(super) fn mark(scene: &Scene<'_>, mark: &Mark) -> Html {
    let story = mark.transaction.and_then(|transaction| {
        scene
            .model
            .stories
            .iter()
            .find(|story| story.transaction == transaction)
    });
    html! {
        <>
            { heading(scene, &capitalised(mark.label), clock(mark.at.as_micros())) }
            <p class="sentence">{ &mark.sentence }</p>
            <div class="row">
                <button class="button small" data-testid="go-there"
                    onclick={scene.store.does(Action::Seek(mark.seq))}>{ "Go there" }</button>
                if let Some(story) = story {
                    <button class="button small"
                        onclick={scene.store.does(Action::Select(Selection::Commit(story.transaction)))}>
                        { "Its commit" }</button>
                    { promise_badge(story.promise) }
                }
            </div>
        </>
    }
}

pub(super) fn packet(scene: &Scene<'_>, packet: &PacketView) -> Html {
    let names = &scene.model.names;
    let title = match &packet.what {
        PacketKind::BinlogEvent { event, .. } => format!("{event} event"),
        PacketKind::Ack { .. } => "ACK".to_owned(),
        PacketKind::Handshake(_) => "Handshake".to_owned(),
        PacketKind::Heartbeat => "Heartbeat".to_owned(),
        PacketKind::Goodbye => "Goodbye".to_owned(),
    };
    let way = format!(
        "{} → {}",
        names.server(packet.from),
        names.server(packet.to)
    );
    let hold = match packet.due {
        Some(_) => (Fault::HoldPacket(packet.id), "Hold"),
        None => (Fault::ReleasePacket(packet.id), "Release"),
    };
    html! {
        <>
            { heading(scene, &title, way) }
            <p class="sentence">{ format!("{} sends {}.", names.server(packet.from), packet_words(&packet.what)) }</p>
            <div class="row">
                <button class="button small" data-testid="hold-packet"
                    onclick={scene.store.does(Action::Inject(hold.0))}>{ hold.1 }</button>
                <button class="button small danger" data-testid="drop-packet"
                    onclick={scene.store.does(Action::Inject(Fault::DropPacket(packet.id)))}>{ "Drop" }</button>
            </div>
            <h3>{ format!("{} bytes on the wire", packet.bytes.len()) }</h3>
            <pre class="hex">{ hex(&packet.bytes) }</pre>
        </>
    }
}

pub(super) fn link(scene: &Scene<'_>, link: &LinkView) -> Html {
    let names = &scene.model.names;
    let (from, to) = (link.from, link.to);
    let sentence = match (link.cut, link.connected, link.semisync) {
        (true, ..) => {
            "The link is cut: packets on it neither arrive nor get lost until it is healed."
        }
        (false, false, _) => "No binary log is sent over it now.",
        (false, true, true) => {
            "The binary log is sent over it, and the replica acknowledges what it is asked for."
        }
        (false, true, false) => {
            "The binary log is sent over it asynchronously: nobody waits for this replica."
        }
    };
    let fault = if link.cut {
        Fault::HealLink(from, to)
    } else {
        Fault::CutLink(from, to)
    };
    let delay = {
        let store = scene.store.clone();
        Callback::from(move |event: yew::Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            store.send(Action::Inject(Fault::SetLinkLatency(
                from,
                to,
                latency(&input),
            )));
        })
    };
    let show = Callback::from(|event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        crate::browser::set_text("latency-shown", &spell(latency(&input)));
    });
    html! {
        <>
            { heading(scene, "Link", format!("{} – {}", names.server(from), names.server(to))) }
            <p class="sentence">{ sentence }</p>
            <label class="slider"><span>{ "one-way latency" }</span>
                <input type="range" min="0" max="100" data-testid="latency"
                    value={position(link.latency_us).to_string()} onchange={delay} oninput={show} />
                <output id="latency-shown">{ spell(link.latency_us) }</output>
            </label>
            <div class="row"><button class="button small" onclick={scene.store.does(Action::Inject(fault))}>
                { if link.cut { "Heal" } else { "Cut" } }</button></div>
        </>
    }
}

pub(super) fn server(scene: &Scene<'_>, server: &ServerView) -> Html {
    let at = server.index;
    let fault = |name: &'static str, fault: Fault| {
        html! { <button class="button small" onclick={scene.store.does(Action::Inject(fault))}>{ name }</button> }
    };
    let down = matches!(server.state, ServerState::Crashed | ServerState::Stopped);
    html! {
        <>
            { heading(scene, &server.name, state_word(server.state).to_owned()) }
            <p class="sentence">{ server_sentence(scene, server) }</p>
            <dl class="facts">
                <dt>{ "gtid_executed" }</dt><dd class="mono">{ if server.gtid_executed.is_empty() { "(empty)" } else { &server.gtid_executed } }</dd>
                <dt>{ "binary log ends at" }</dt><dd class="mono">{ server.binlog_end.to_string() }</dd>
                if let Some(channel) = &server.channel {
                    <dt>{ "receiver, applier" }</dt><dd>{ format!("{}, {}", channel.receiver, channel.applier) }</dd>
                    <dt>{ "received, not applied" }</dt><dd>{ channel.to_apply }</dd>
                }
                <dt>{ "rows a reader sees" }</dt><dd>{ server.visible_rows }</dd>
            </dl>
            <div class="row">
                if down {
                    { fault("Start", Fault::Start(at)) }
                } else {
                    { fault("Crash", Fault::Crash(at)) }
                    { fault("Power cut", Fault::PowerCut(at)) }
                    { fault("Shut down", Fault::Shutdown(at)) }
                    if server.state == ServerState::Frozen { { fault("Thaw", Fault::Thaw(at)) } }
                    else { { fault("Freeze", Fault::Freeze(at)) } }
                }
            </div>
        </>
    }
}

fn server_sentence(scene: &Scene<'_>, server: &ServerView) -> String {
    if let Some(source) = &server.source {
        let count = source.wait_for_replica_count;
        let replicas = if count == 1 {
            "replica has"
        } else {
            "replicas have"
        };
        let timeout = spell(source.timeout_ms.saturating_mul(1_000));
        return match (source.status, source.enabled) {
            (SemisyncStatus::On, _) => format!(
                "Semisynchronous: a commit here returns when {count} {replicas} it in the relay log, \
                 or after {timeout}; {} can acknowledge.",
                source.clients
            ),
            (SemisyncStatus::Off, true) => "Enabled but OFF: it fell back, or no replica ever \
                caught up. Commits return without waiting for replicas."
                .to_owned(),
            (SemisyncStatus::Off, false) => "The plugin is installed and disabled: SET GLOBAL \
                rpl_semi_sync_source_enabled = 1 turns it on."
                .to_owned(),
        };
    }
    let from = server.channel.as_ref().and_then(|channel| channel.source);
    let from = from.map_or("nobody", |source| scene.model.names.server(source));
    match &server.replica_plugin {
        Some(plugin) if plugin.status == SemisyncStatus::On => format!(
            "A semisynchronous replica of {from}: it acknowledges what is in its relay log, before it applies it."
        ),
        Some(plugin) if plugin.enabled => format!(
            "Enabled, but the connection to {from} is asynchronous: restart the receiver thread."
        ),
        Some(_) => "The replica plugin is installed and disabled.".to_owned(),
        None if server.channel.is_some() => format!("An asynchronous replica of {from}."),
        None => "A source without the semisync plugin: commits return at once.".to_owned(),
    }
}

fn heading(scene: &Scene<'_>, title: &str, detail: String) -> Html {
    html! {
        <div class="heading">
            <h3>{ title.to_owned() }</h3><span class="detail">{ detail }</span>
            <button class="text-button" data-testid="all-commits"
                onclick={scene.store.does(Action::Select(Selection::Nothing))}>{ "all commits" }</button>
        </div>
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let line = |(index, chunk): (usize, &[u8])| {
        let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = |byte: &u8| {
            if byte.is_ascii_graphic() {
                char::from(*byte)
            } else {
                '·'
            }
        };
        let text: String = chunk.iter().map(shown).collect();
        format!("{:04x}  {:<47}  {text}", index * 16, hex.join(" "))
    };
    bytes
        .chunks(16)
        .enumerate()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The slider is logarithmic: 10 µs to 10 s.
fn latency(input: &HtmlInputElement) -> u64 {
    (10.0 * 10_f64.powf(input.value_as_number() / 100.0 * 6.0)) as u64
}

fn position(latency_us: u64) -> u64 {
    let latency = latency_us.max(10) as f64;
    ((latency / 10.0).log10() / 6.0 * 100.0).round() as u64
}

const MAX_LEDGER: usize = 60;
