//! Play, pause, step, speed, scrub, and the other futures.

use semisync_console::recording::Branch;
use web_sys::{HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::{Callback, Event, Html, TargetCast, classes, html};

use super::icon::{BACK, END, FORWARD, MINUS, PAUSE, PLAY, PLUS, START, icon, shape_path};
use super::scene::Scene;
use crate::state::pace::{SLOWNESS, speed_name};
use crate::state::{Action, Goal, Selection};
use crate::store::Store;

pub(crate) fn transport(scene: &Scene<'_>) -> Html {
    let store = scene.store;
    let (path, play) = if scene.model.is_moving() {
        (PAUSE, "Pause")
    } else {
        (PLAY, "Play")
    };
    let scrub = {
        let store = store.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            store.send(match input.value_as_number() as usize {
                0 => Action::SeekStart,
                mark => Action::Seek(mark - 1),
            });
        })
    };
    let step = |testid: &'static str, label: &'static str, path: &'static str, action: Action| {
        html! {
            <button class="button icon-button" data-testid={testid} title={label} aria-label={label}
                onclick={store.does(action)}>{ icon(path) }</button>
        }
    };
    html! {
        <div class="transport">
            <div class="cluster-of-buttons" role="group" aria-label="Play">
                { step("to-start", "To the beginning (Home)", START, Action::SeekStart) }
                { step("step-back", "One mark back (←)", BACK, Action::StepBack) }
                <button class="button play" data-testid="play" title={format!("{play} (Space)")}
                    aria-label={play} onclick={store.does(Action::TogglePlay)}>
                    { icon(path) }<span class="caption">{ play }</span>
                </button>
                { step("step-forward", "One mark on (→)", FORWARD, Action::StepForward) }
                { step("to-end", "To the end (End)", END, Action::SeekEnd) }
            </div>
            <output id="clock" class="clock" data-testid="clock" aria-label="Cluster time">{ "0.000 000 s" }</output>
            <input class="scrub" data-testid="scrub" type="range" min="0" max={scene.model.tape.marks.len().to_string()}
                value={scene.model.marks().to_string()} step="1" aria-label="Mark on the tape"
                aria-valuetext={scene.model.last_mark().map_or_else(|| "the beginning".to_owned(), |mark| mark.sentence.clone())}
                oninput={scrub} />
            <span class="count" data-testid="mark-count">{ format!("{} / {}", scene.model.marks(), scene.model.tape.marks.len()) }</span>
            { run_to(store) }
            { speed(store, scene.model.settings.speed) }
            { branches(store, scene.model.playback().branches()) }
        </div>
    }
}

/// What happened last, in words: a subtitle of the tape.
pub(crate) fn caption(scene: &Scene<'_>) -> Html {
    // While time passes, sentences come too fast to be read out.
    let live = if scene.model.is_moving() {
        "off"
    } else {
        "polite"
    };
    let Some(mark) = scene.model.last_mark() else {
        return html! {
            <p class="caption-line" aria-live={live} data-testid="caption">
                { "The beginning. Type a statement, or press Play." }</p>
        };
    };
    let select = scene.store.does(Action::Select(Selection::Mark(mark.seq)));
    html! {
        <p class="caption-line" aria-live={live} data-testid="caption">
            <svg class={classes!("mark-icon", mark.tone.class())} viewBox="-8 -8 16 16" aria-hidden="true">
                <path d={shape_path(mark.shape)} fill-rule="evenodd" />
            </svg>
            <button class="text-button" onclick={select}>{ &mark.sentence }</button>
        </p>
    }
}

fn run_to(store: &Store) -> Html {
    let goals = [
        (Goal::Ack, "ACK", "a"),
        (Goal::Answer, "answer", "n"),
        (Goal::Timeout, "timeout", "t"),
    ];
    html! {
        <div class="cluster-of-buttons" role="group" aria-label="Run to the next">
            <span class="group-label">{ "next" }</span>
            for (goal, name, key) in goals {
                <button class="button small" data-testid={format!("next-{name}")}
                    title={format!("Run to the next {name} ({key}); back to the last one with Shift")}
                    onclick={{
                        let store = store.clone();
                        Callback::from(move |event: yew::MouseEvent| {
                            store.send(Action::RunTo(goal, !event.shift_key()));
                        })
                    }}>{ name }</button>
            }
        </div>
    }
}

fn speed(store: &Store, speed: usize) -> Html {
    let change = {
        let store = store.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let speed = input.value_as_number() as usize;
            store.set(|settings| settings.speed = speed.min(SLOWNESS.len() - 1));
        })
    };
    let zoom = |factor: f64| {
        let store = store.clone();
        Callback::from(move |_| {
            store.set(|settings| settings.zoom = (settings.zoom * factor).clamp(0.02, 1.5));
        })
    };
    html! {
        <>
            <label class="speed">
                <span class="group-label">{ "speed" }</span>
                <input type="range" min="0" max={(SLOWNESS.len() - 1).to_string()} step="1"
                    data-testid="speed" value={speed.to_string()}
                    aria-valuetext={speed_name(speed)} oninput={change} />
                <span class="speed-name">{ speed_name(speed) }</span>
            </label>
            <div class="cluster-of-buttons zoom" role="group" aria-label="Zoom of the tape">
                <button class="button icon-button" aria-label="Narrower" title="Narrower tape"
                    onclick={zoom(1.0 / 1.4)}>{ icon(MINUS) }</button>
                <button class="button icon-button" aria-label="Wider" title="Wider tape"
                    onclick={zoom(1.4)}>{ icon(PLUS) }</button>
            </div>
        </>
    }
}

fn branches(store: &Store, branches: &[Branch]) -> Html {
    if branches.is_empty() {
        return html! {};
    }
    let reopen = {
        let store = store.clone();
        Callback::from(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            if let Ok(index) = select.value().parse() {
                store.send(Action::Reopen(index));
            }
        })
    };
    html! {
        <label class="branches">
            <span class="group-label">{ "other futures" }</span>
            <select data-testid="branches" onchange={reopen}>
                <option value="" selected=true>{ format!("{} kept…", branches.len()) }</option>
                for (index, branch) in branches.iter().enumerate() {
                    <option value={index.to_string()}>{ &branch.name }</option>
                }
            </select>
        </label>
    }
}
