//! The page: the grid of its parts, the keys, and the frame after each drawing.

use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::{
    Callback, Html, Properties, component, html, use_effect, use_effect_with, use_force_update,
    use_state,
};

use super::details::details;
use super::flight::flight;
use super::header::header;
use super::help::{help, notice_line};
use super::opening::open;
use super::scene::Scene;
use super::simplifications::simplifications;
use super::stage::stage;
use super::tape::TapeView;
use super::terminal::Terminals;
use super::tour::card;
use super::transport::{caption, transport};
use crate::browser::{self, Listener};
use crate::state::stage::Arrangement;
use crate::state::{Action, Goal, Sheet};
use crate::store::Store;

/// What the page needs.
#[derive(Properties, PartialEq)]
pub struct AppProps {
    /// The store it draws.
    pub store: Store,
}

/// The page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let store = props.store.clone();
    let redraw = use_force_update();
    let room = use_state(browser::arrangement);
    {
        let (store, room) = (store.clone(), room.clone());
        use_effect_with((), move |()| {
            store.drawn_by(Callback::from(move |()| redraw.force_update()));
            let keys = {
                let store = store.clone();
                Listener::new("keydown", move |event| {
                    if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                        press(&store, event);
                    }
                })
            };
            let dropped = {
                let store = store.clone();
                browser::on_dropped_file(move |name, file| open(&store, name, file))
            };
            let resize = Listener::new("resize", move |_| {
                room.set(browser::arrangement());
                store.paint();
            });
            move || drop((keys, resize, dropped))
        });
    }
    {
        let store = store.clone();
        use_effect(move || {
            store.paint();
            || ()
        });
    }
    let model = store.read();
    let scene = Scene {
        store: &store,
        model: &model,
        room: model.arrangement(*room),
    };
    html! {
        <div class="page" data-testid="app">
            { header(&scene) }
            <main class="desk">
                if *room == Arrangement::Narrow {
                    { card(&scene) }
                }
                { stage(&scene) }
                <section class="side" aria-label="Terminals and details">
                    if *room == Arrangement::Compact {
                        { card(&scene) }
                    }
                    <Terminals
                        store={store.clone()} tabs={model.tabs.clone()} active={model.active}
                        screens={model.screens.clone()} tape={model.tape.clone()}
                        names={model.names.clone()} marks={model.marks()} view={model.view.clone()}
                        play_after_enter={model.settings.play_after_enter}
                    />
                    { details(&scene) }
                </section>
            </main>
            <section class="editor" aria-label="Time line">
                { transport(&scene) }
                { caption(&scene) }
                <TapeView
                    store={store.clone()} tape={model.tape.clone()} names={model.names.clone()}
                    view={model.view.clone()} zoom={model.settings.zoom} selection={model.selection}
                    marks={model.marks()}
                />
            </section>
            if let Some(notice) = &model.notice {
                { notice_line(&store, notice) }
            }
            if let Some(sheet) = model.sheet {
                { open_sheet(&store, sheet) }
            }
        </div>
    }
}

fn open_sheet(store: &Store, sheet: Sheet) -> Html {
    match sheet {
        Sheet::Keys => help(store),
        Sheet::Simplifications => simplifications(store),
        Sheet::Flight => store
            .read()
            .flight
            .as_ref()
            .map_or_else(Html::default, |open| flight(store, open)),
    }
}

fn press(store: &Store, event: &KeyboardEvent) {
    let key = event.key();
    if key == "Escape" {
        if store.read().sheet.is_some() {
            store.send(Action::Open(None));
        } else {
            browser::blur();
        }
        return;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() || browser::owns_keys(event) {
        return;
    }
    let action = match key.as_str() {
        " " => Action::TogglePlay,
        "ArrowRight" | "." => Action::StepForward,
        "ArrowLeft" | "," => Action::StepBack,
        "Home" => Action::SeekStart,
        "End" => Action::SeekEnd,
        "a" => Action::RunTo(Goal::Ack, true),
        "A" => Action::RunTo(Goal::Ack, false),
        "n" => Action::RunTo(Goal::Answer, true),
        "N" => Action::RunTo(Goal::Answer, false),
        "t" => Action::RunTo(Goal::Timeout, true),
        "T" => Action::RunTo(Goal::Timeout, false),
        "?" => Action::Open(Some(Sheet::Keys)),
        "/" => {
            event.prevent_default();
            browser::focus("prompt");
            return;
        }
        _ => return,
    };
    event.prevent_default();
    store.send(action);
}
