//! The list of keys, and the line that says what was refused or why time stands.

use yew::{Callback, Html, MouseEvent, html};

use super::icon::{CROSS, icon};
use crate::state::{Action, Notice, Sheet};
use crate::store::Store;

const KEYS: [(&str, &str); 12] = [
    ("Space", "play, pause"),
    ("→  ←", "one mark forward, back"),
    ("Home  End", "to the beginning, to the end"),
    ("a  A", "to the next ACK, to the last one before"),
    ("n  N", "to the next answer, to the last one before"),
    ("t  T", "to the next timeout, to the last one before"),
    ("/", "to the prompt"),
    ("Esc", "leave the prompt, close this list"),
    ("↑  ↓", "at a prompt: statements typed before"),
    ("Tab", "at a prompt: complete a name; otherwise move on"),
    (
        "Ctrl-C  Ctrl-L",
        "at a prompt: drop or interrupt the statement, clear the screen",
    ),
    ("Ctrl-A E K U W", "at a prompt: as in readline"),
];

pub(crate) fn help(store: &Store) -> Html {
    let differences = {
        let store = store.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            store.send(Action::Open(Some(Sheet::Simplifications)));
        })
    };
    let close = store.does(Action::Open(None));
    html! {
        <div class="veil" data-testid="help" onclick={close.clone()}>
            <section class="sheet" role="dialog" aria-modal="true" aria-label="Keys">
                <h2>{ "Keys" }</h2>
                <dl class="keys">
                    for (key, what) in KEYS {
                        <dt><kbd>{ key }</kbd></dt><dd>{ what }</dd>
                    }
                </dl>
                <p class="hint">
                    { "A statement ends with " }<code>{ ";" }</code>{ ", " }<code>{ r"\g" }</code>{ " or " }
                    <code>{ r"\G" }</code>{ ". Everything happens in this page; nothing is sent anywhere." }
                </p>
                <p class="card-buttons">
                    <button class="button" onclick={close}>{ "Close" }</button>
                    <button class="button" data-testid="simplifications-button" onclick={differences}>
                        { "Where this differs from MySQL" }</button>
                </p>
            </section>
        </div>
    }
}

pub(crate) fn notice_line(store: &Store, notice: &Notice) -> Html {
    let class = if notice.refused {
        "notice refused"
    } else {
        "notice"
    };
    html! {
        <div {class} role="status" data-testid="notice">
            <span>{ &notice.text }</span>
            <button class="button icon-button bare" aria-label="Dismiss"
                onclick={store.does(Action::DismissNotice)}>{ icon(CROSS) }</button>
        </div>
    }
}
