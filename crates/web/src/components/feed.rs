//! Everything that happened, in words: the textual equivalent of the tape and the stage.

use std::rc::Rc;

use yew::{Html, Properties, classes, component, html, use_effect_with};

use super::icon::shape_path;
use crate::browser;
use crate::state::Action;
use crate::state::pace::clock;
use crate::state::tape::Tape;
use crate::store::Store;

#[derive(Properties, PartialEq)]
pub(crate) struct FeedProps {
    pub(crate) store: Store,
    pub(crate) tape: Rc<Tape>,
    pub(crate) marks: usize,
}

#[component]
pub(crate) fn Feed(props: &FeedProps) -> Html {
    let marks = props.marks;
    use_effect_with(marks, move |marks| {
        browser::reveal_in("panel", &format!("feed-{}", marks.saturating_sub(1)));
    });
    let all = &props.tape.marks;
    let from = marks.saturating_sub(BEFORE);
    let to = (marks + AFTER).min(all.len());
    if all.is_empty() {
        return html! { <p class="hint">{ "Nothing has happened yet." }</p> };
    }
    html! {
        <ol class="feed" data-testid="feed">
            if from > 0 {
                <li class="more">{ format!("{from} earlier events: step back to read them") }</li>
            }
            for mark in &all[from..to] {
                <li key={mark.seq}><button id={format!("feed-{}", mark.seq)}
                    class={classes!("feed-line", (mark.seq + 1 == marks).then_some("current"),
                        (mark.seq >= marks).then_some("future"))}
                    onclick={props.store.does(Action::Seek(mark.seq))}>
                    <time>{ clock(mark.at.as_micros()) }</time>
                    <svg class={classes!("mark-icon", mark.tone.class())} viewBox="-8 -8 16 16" aria-hidden="true">
                        <path d={shape_path(mark.shape)} fill-rule="evenodd" />
                    </svg>
                    <span>{ &mark.sentence }</span>
                </button></li>
            }
        </ol>
    }
}

const BEFORE: usize = 160;
const AFTER: usize = 40;
