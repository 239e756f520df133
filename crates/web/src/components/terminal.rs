//! The terminals: one tab for each server and session, and what was said there.

use std::collections::BTreeMap;
use std::rc::Rc;

use semisync_console::{Screen, SessionAddress, TerminalEntry};
use semisync_sim::trace::Lane;
use semisync_sim::{ClusterView, SharedLog};
use web_sys::HtmlInputElement;
use yew::{
    Callback, Event, Html, Properties, TargetCast, classes, component, html, use_effect_with,
};

use super::icon::{PLUS, icon};
use super::prompt::{Prompt, continuation, prompt_of};
use crate::browser;
use crate::state::Action;
use crate::state::marks::Mark;
use crate::state::names::Names;
use crate::state::tape::Tape;
use crate::store::Store;

#[derive(Properties, PartialEq)]
pub(crate) struct TerminalsProps {
    pub(crate) store: Store,
    pub(crate) tabs: Rc<Vec<SessionAddress>>,
    pub(crate) active: SessionAddress,
    pub(crate) screens: Rc<BTreeMap<SessionAddress, Screen>>,
    pub(crate) tape: Rc<Tape>,
    pub(crate) names: Rc<Names>,
    pub(crate) marks: usize,
    pub(crate) view: Rc<ClusterView>,
    pub(crate) play_after_enter: bool,
}

#[component]
pub(crate) fn Terminals(props: &TerminalsProps) -> Html {
    let at = props.active;
    let screen = props.screens.get(&at);
    let entries = screen
        .map(|screen| screen.entries.clone())
        .unwrap_or_default();
    let busy = entries.last().is_some_and(|entry| entry.answered.is_none());
    let printed: usize = entries.iter().map(|entry| entry.printed.len() + 1).sum();
    use_effect_with((at, entries.len(), printed, busy), |_| {
        browser::scroll_to_bottom("screen")
    });
    let toggle = {
        let store = props.store.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            store.set(|settings| settings.play_after_enter = input.checked());
        })
    };
    let prompt = prompt_of(&props.names, at);
    html! {
        <section class="terminals" aria-label="Terminals">
            <div class="tabs" role="tablist">
                for tab in props.tabs.iter() {
                    { tab_button(props, *tab) }
                }
                <button class="tab add" data-testid="add-session"
                    title="Another session on this server" aria-label="Another session on this server"
                    onclick={props.store.does(Action::AddTab(at.server))}>{ icon(PLUS) }</button>
                <label class="switch" title="After Enter, play until the answer is there and all is quiet">
                    <input type="checkbox" checked={props.play_after_enter} onchange={toggle}
                        data-testid="play-after-enter" /><span>{ "auto-play" }</span>
                </label>
            </div>
            <div id="screen" class="screen" role="tabpanel" data-testid="screen"
                onclick={Callback::from(|_| focus_unless_selecting())}>
                <div role="log" aria-label={format!("Output of {}", props.names.prompt(at))}>
                    if entries.is_empty() && !busy {
                        <p class="banner">{ banner(&props.names, at) }</p>
                    }
                    { conversation(props, &prompt, &entries) }
                </div>
                <Prompt key={format!("{}-{}", at.server.0, at.session)} store={props.store.clone()} {at}
                    prompt={prompt.clone()} {busy} />
            </div>
        </section>
    }
}

fn tab_button(props: &TerminalsProps, tab: SessionAddress) -> Html {
    let selected = tab == props.active;
    let name = props.names.prompt(tab);
    let busy = props
        .screens
        .get(&tab)
        .and_then(|screen| screen.entries.last())
        .is_some_and(|entry| entry.answered.is_none());
    let role = match crate::state::stage::role(&props.view, tab.server) {
        crate::state::stage::Role::Source => "is-source",
        crate::state::stage::Role::Replica => "is-replica",
    };
    html! {
        <button key={name.clone()} class={classes!("tab", role, selected.then_some("selected"))} role="tab"
            aria-selected={selected.to_string()} data-testid={format!("tab-{name}")}
            onclick={props.store.does(Action::Activate(tab))}>
            { name }
            if busy { <span class="tab-busy" title="waits" aria-label="waits">{ "…" }</span> }
        </button>
    }
}

/// Entries and the operator's deeds, in the order in which they happened, as in a lab script.
fn conversation(props: &TerminalsProps, prompt: &str, entries: &SharedLog<TerminalEntry>) -> Html {
    let done = &props.tape.marks[..props.marks.min(props.tape.marks.len())];
    let mut deeds = done
        .iter()
        .filter(|mark| mark.lane == Lane::Cluster)
        .peekable();
    let mut lines: Vec<Html> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        // In the same microsecond the order of the marks decides.
        let then = &done[done.partition_point(|mark| mark.at < entry.sent)..];
        let mut then = then.iter().take_while(|mark| mark.at == entry.sent);
        let sent = then.find(|mark| {
            let is_ours = matches!(mark.lane, Lane::Client(_, key)
                if props.names.address(key) == Some(props.active));
            is_ours && mark.label == "statement"
        });
        let is_before = |deed: &&Rc<Mark>| match sent {
            Some(sent) => deed.seq < sent.seq,
            None => deed.at < entry.sent,
        };
        while let Some(deed) = deeds.next_if(is_before) {
            lines.push(deed_line(deed.seq, &deed.sentence));
        }
        lines.push(entry_block(index, entry, prompt, props.active));
    }
    lines.extend(deeds.map(|deed| deed_line(deed.seq, &deed.sentence)));
    lines.into_iter().collect()
}

fn deed_line(seq: usize, sentence: &str) -> Html {
    let words = sentence
        .trim_start_matches("You: ")
        .trim_start_matches("! ");
    html! { <p key={format!("d{seq}")} class="deed" data-testid="deed">{ "! " }{ words }</p> }
}

fn entry_block(index: usize, entry: &TerminalEntry, prompt: &str, at: SessionAddress) -> Html {
    let typed = entry
        .typed
        .replace('\n', &format!("\n{}", continuation(prompt)));
    html! {
        <div key={index} class="entry" data-testid="entry">
            <pre class="typed"><b>{ prompt.to_owned() }</b>{ typed }</pre>
            if !entry.printed.is_empty() {
                <pre class="printed">{ entry.printed.trim_end_matches('\n').to_owned() }</pre>
            }
            if entry.answered.is_none() {
                <p class="busy" data-testid="busy">{ "running for " }
                    <span id={format!("busy-{}-{}", at.server.0, at.session)} />
                    { " of cluster time" }</p>
            }
        </div>
    }
}

fn banner(names: &Names, at: SessionAddress) -> String {
    format!(
        "Connected to {} as root. A statement ends with ; or \\G. Tab completes, ↑ recalls.",
        names.server(at.server)
    )
}

fn focus_unless_selecting() {
    let selection = browser::window().get_selection().ok().flatten();
    if selection.is_none_or(|selection| selection.is_collapsed()) {
        browser::focus("prompt");
    }
}
