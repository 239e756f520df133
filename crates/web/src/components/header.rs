//! The head of the page: its name, the tour, what to do with the session, settings.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::{Callback, Event, Html, TargetCast, html};

use super::icon::{LINK, MOVE, OPEN, PLUS, SAVE, SUN, icon};
use super::opening;
use super::scene::Scene;
use crate::state::{Action, Sheet, first_cluster};
use crate::store::Store;
use crate::{browser, link};
use semisync_console::recording::Recording;

pub(crate) fn header(scene: &Scene<'_>) -> Html {
    let store = scene.store;
    let settings = &scene.model.settings;
    let theme = {
        let store = store.clone();
        Callback::from(move |_| store.set(|settings| settings.theme = settings.theme.next()))
    };
    let motion = {
        let store = store.clone();
        Callback::from(move |_| store.set(|settings| settings.motion = settings.motion.next()))
    };
    let tour = if scene.model.tour.is_some() {
        Action::Tour(None)
    } else {
        Action::Tour(Some(0))
    };
    html! {
        <header class="head">
            <h1 class="brand">
                <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
                    <path class="logo-way" d="M8 11h12.5" /><path class="logo-way back" d="M24 21H11.5" />
                    <path class="logo-tip" d="M19 6.5l6 4.5l-6 4.5z" />
                    <path class="logo-tip back" d="M13 16.5L7 21l6 4.5z" />
                </svg>
                { "Semisync Lab" }
            </h1>
            <p class="tagline">{ "MySQL semisynchronous replication, in slow motion" }</p>
            <nav class="tools" aria-label="Session and settings">
                <button class="button" data-testid="tour-button" aria-pressed={scene.model.tour.is_some().to_string()}
                    onclick={store.does(tour)}>{ "Tour" }</button>
                <span class="divider" />
                { session_tools(store) }
                <span class="divider" />
                <button class="button icon-button" onclick={theme} data-testid="theme"
                    title={format!("Theme: {}", settings.theme.name())}
                    aria-label={format!("Theme: {}", settings.theme.name())}>
                    { icon(SUN) }<span class="caption">{ settings.theme.name() }</span>
                </button>
                <button class="button icon-button" onclick={motion} data-testid="motion"
                    title={format!("Motion: {}", settings.motion.name())}
                    aria-label={format!("Motion: {}", settings.motion.name())}>
                    { icon(MOVE) }<span class="caption">{ settings.motion.name() }</span>
                </button>
                <button class="button icon-button" data-testid="help-button" title="Keys (?)"
                    aria-label="List of keys" onclick={store.does(Action::Open(Some(Sheet::Keys)))}>{ "?" }</button>
            </nav>
        </header>
    }
}

fn session_tools(store: &Store) -> Html {
    let share = {
        let store = store.clone();
        Callback::from(move |_| {
            let hash = link::hash_of(&store.read().playback().recording());
            browser::copy(&browser::address_with(&hash));
            store.say("Copied: an address that opens this session at this moment.");
        })
    };
    let save = {
        let store = store.clone();
        Callback::from(move |_| {
            let json = store.read().playback().recording().to_json();
            browser::download("session.semisync.json", &json);
        })
    };
    let fresh = {
        let store = store.clone();
        Callback::from(move |_| {
            browser::clear_hash();
            store.send(Action::Load(Box::new(Recording::new(first_cluster()))));
        })
    };
    let open = {
        let store = store.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let store = store.clone();
            browser::read_chosen_file(&input, move |name, file| opening::open(&store, name, file));
        })
    };
    let choose = Callback::from(|_| {
        if let Some(input) = browser::element("open-file")
            && let Ok(input) = input.dyn_into::<HtmlInputElement>()
        {
            input.click();
        }
    });
    html! {
        <>
            <button class="button icon-button" data-testid="share" title="Copy a link to this moment"
                aria-label="Copy a link to this moment" onclick={share}>{ icon(LINK) }</button>
            <button class="button icon-button" data-testid="export" title="Save the session as a file"
                aria-label="Save the session as a file" onclick={save}>{ icon(SAVE) }</button>
            <button class="button icon-button" data-testid="import" title="Open a session, or a flight recording of a server"
                aria-label="Open a session, or a flight recording of a server" onclick={choose}>{ icon(OPEN) }</button>
            <input id="open-file" class="hidden" type="file" accept=".json,.flight" tabindex="-1"
                aria-label="Session file" onchange={open} />
            <button class="button icon-button" data-testid="new-session" title="Start afresh"
                aria-label="Start afresh" onclick={fresh}>{ icon(PLUS) }</button>
        </>
    }
}
