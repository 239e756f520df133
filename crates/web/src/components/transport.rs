//! Play, pause, step, speed, scrub, and the other futures.

use web_sys::{HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::{Callback, Event, Html, Properties, TargetCast, component, html};

use super::icon::{BACK, END, FORWARD, Icon, MINUS, PAUSE, PLAY, PLUS, START};
use crate::state::pace::{SLOWNESS, speed_name};
use crate::state::{Action, Goal};
use crate::store::Store;

#[derive(Properties, PartialEq)]
pub(crate) struct TransportProps {
    pub(crate) store: Store,
    pub(crate) playing: bool,
    pub(crate) marks: usize,
    pub(crate) total: usize,
    pub(crate) speed: usize,
    pub(crate) branches: Vec<String>,
    pub(crate) current: Option<String>,
}

#[component]
pub(crate) fn Transport(props: &TransportProps) -> Html {
    let store = &props.store;
    let (path, play) = if props.playing {
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
                onclick={store.does(action)}><Icon {path} /></button>
        }
    };
    html! {
        <div class="transport">
            <div class="cluster-of-buttons" role="group" aria-label="Play">
                { step("to-start", "To the beginning (Home)", START, Action::SeekStart) }
                { step("step-back", "One mark back (←)", BACK, Action::StepBack) }
                <button class="button play" data-testid="play" title={format!("{play} (Space)")}
                    aria-label={play} onclick={store.does(Action::TogglePlay)}>
                    <Icon {path} /><span class="caption">{ play }</span>
                </button>
                { step("step-forward", "One mark on (→)", FORWARD, Action::StepForward) }
                { step("to-end", "To the end (End)", END, Action::SeekEnd) }
            </div>
            <output id="clock" class="clock" data-testid="clock" aria-label="Cluster time">{ "0.000 000 s" }</output>
            <input class="scrub" data-testid="scrub" type="range" min="0" max={props.total.to_string()}
                value={props.marks.to_string()} step="1" aria-label="Mark on the tape"
                aria-valuetext={props.current.clone().unwrap_or_else(|| "the beginning".into())}
                oninput={scrub} />
            <span class="count" data-testid="mark-count">{ format!("{} / {}", props.marks, props.total) }</span>
            <RunTo store={store.clone()} />
            <Speed store={store.clone()} speed={props.speed} />
            <Branches store={store.clone()} branches={props.branches.clone()} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct RunToProps {
    store: Store,
}

#[component]
fn RunTo(props: &RunToProps) -> Html {
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
                        let store = props.store.clone();
                        Callback::from(move |event: yew::MouseEvent| {
                            store.send(Action::RunTo(goal, !event.shift_key()));
                        })
                    }}>{ name }</button>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct SpeedProps {
    store: Store,
    speed: usize,
}

#[component]
fn Speed(props: &SpeedProps) -> Html {
    let change = {
        let store = props.store.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let speed = input.value_as_number() as usize;
            store.set(|settings| settings.speed = speed.min(SLOWNESS.len() - 1));
        })
    };
    let zoom = |factor: f64| {
        let store = props.store.clone();
        Callback::from(move |_| {
            store.set(|settings| settings.zoom = (settings.zoom * factor).clamp(0.02, 1.5));
        })
    };
    html! {
        <>
            <label class="speed">
                <span class="group-label">{ "speed" }</span>
                <input type="range" min="0" max={(SLOWNESS.len() - 1).to_string()} step="1"
                    data-testid="speed" value={props.speed.to_string()}
                    aria-valuetext={speed_name(props.speed)} oninput={change} />
                <span class="speed-name">{ speed_name(props.speed) }</span>
            </label>
            <div class="cluster-of-buttons zoom" role="group" aria-label="Zoom of the tape">
                <button class="button icon-button" aria-label="Narrower" title="Narrower tape"
                    onclick={zoom(1.0 / 1.4)}><Icon path={MINUS} /></button>
                <button class="button icon-button" aria-label="Wider" title="Wider tape"
                    onclick={zoom(1.4)}><Icon path={PLUS} /></button>
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct BranchesProps {
    store: Store,
    branches: Vec<String>,
}

#[component]
fn Branches(props: &BranchesProps) -> Html {
    if props.branches.is_empty() {
        return html! {};
    }
    let reopen = {
        let store = props.store.clone();
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
                <option value="" selected=true>{ format!("{} kept…", props.branches.len()) }</option>
                for (index, name) in props.branches.iter().enumerate() {
                    <option value={index.to_string()}>{ name }</option>
                }
            </select>
        </label>
    }
}
