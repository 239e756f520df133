//! The page: the grid of its parts, the keys, and the frame after each drawing.

use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::{
    Callback, Html, Properties, component, html, use_effect, use_effect_with, use_force_update,
    use_state,
};

use super::details::Details;
use super::header::Header;
use super::help::{Help, NoticeLine};
use super::stage::Stage;
use super::tape::TapeView;
use super::terminal::Terminals;
use super::transport::Transport;
use crate::browser::{self, Listener};
use crate::state::{Action, Goal};
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
    let wide = use_state(browser::is_wide);
    {
        let (store, wide) = (store.clone(), wide.clone());
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
            let resize = Listener::new("resize", move |_| {
                wide.set(browser::is_wide());
                store.paint();
            });
            move || drop((keys, resize))
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
    html! {
        <div class="page" data-testid="app">
            <Header store={store.clone()} settings={model.settings.clone()} touring={model.tour.is_some()} />
            <main class="desk">
                <Stage
                    store={store.clone()} view={model.view.clone()} names={model.names.clone()}
                    tabs={model.tabs.clone()} stories={model.stories.clone()}
                    selection={model.selection} wide={*wide} tour={model.tour}
                    welcome={model.welcome} scripted={model.is_scripted()}
                />
                <section class="side" aria-label="Terminals and details">
                    <Terminals
                        store={store.clone()} tabs={model.tabs.clone()} active={model.active}
                        screens={model.screens.clone()} tape={model.tape.clone()}
                        names={model.names.clone()} marks={model.marks()} view={model.view.clone()}
                        play_after_enter={model.settings.play_after_enter}
                    />
                    <Details
                        store={store.clone()} panel={model.panel} selection={model.selection}
                        view={model.view.clone()} names={model.names.clone()}
                        stories={model.stories.clone()} tape={model.tape.clone()}
                        changed={model.changed.clone()} marks={model.marks()}
                    />
                </section>
            </main>
            <section class="editor" aria-label="Time line">
                <Transport
                    store={store.clone()} playing={model.is_moving()} marks={model.marks()}
                    total={model.tape.marks.len()} speed={model.settings.speed}
                    branches={model.playback().branches().iter().map(|b| b.name.clone()).collect::<Vec<_>>()}
                    current={model.marks().checked_sub(1).and_then(|m| model.tape.marks.get(m)).map(|m| m.sentence.clone())}
                />
                <TapeView
                    store={store.clone()} tape={model.tape.clone()} names={model.names.clone()}
                    view={model.view.clone()} zoom={model.settings.zoom} selection={model.selection}
                    marks={model.marks()}
                />
            </section>
            if let Some(notice) = &model.notice {
                <NoticeLine store={store.clone()} text={notice.text.clone()} refused={notice.refused} />
            }
            if model.help {
                <Help store={store.clone()} />
            }
        </div>
    }
}

fn press(store: &Store, event: &KeyboardEvent) {
    let key = event.key();
    if key == "Escape" {
        if store.read().help {
            store.send(Action::ToggleHelp);
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
        "?" => Action::ToggleHelp,
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
