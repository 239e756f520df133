//! Where statements are typed: a text area with the habits of a `mysql` prompt.

use semisync_console::SessionAddress;
use web_sys::{InputEvent, KeyboardEvent};
use yew::{
    Callback, Html, Properties, UseStateHandle, component, html, use_effect_with, use_state,
};

use crate::browser;
use crate::state::editing::{EditKey, Line, common_prefix};
use crate::state::names::Names;
use crate::state::{Action, Submitted};
use crate::store::Store;

#[derive(Properties, PartialEq)]
pub(crate) struct PromptProps {
    pub(crate) store: Store,
    pub(crate) at: SessionAddress,
    pub(crate) prompt: String,
    pub(crate) busy: bool,
}

/// The prompt of a session: `source> `, `source/2> `.
pub(crate) fn prompt_of(names: &Names, at: SessionAddress) -> String {
    format!("{}> ", names.prompt(at))
}

/// The continuation prompt of the same width.
pub(crate) fn continuation(prompt: &str) -> String {
    format!("{:>width$}", "-> ", width = prompt.chars().count())
}

#[component]
pub(crate) fn Prompt(props: &PromptProps) -> Html {
    let lines = use_state(|| 1_usize);
    let candidates = use_state(Vec::<String>::new);
    {
        let (store, lines) = (props.store.clone(), lines.clone());
        use_effect_with(props.at, move |at| {
            let draft = Line::at_end(store.draft(*at));
            browser::set_text_and_caret(AREA, &draft.text, draft.caret);
            lines.set(draft.text.split('\n').count());
        });
    }
    let keydown = {
        let editor = Editor {
            store: props.store.clone(),
            at: props.at,
            busy: props.busy,
            lines: lines.clone(),
            candidates: candidates.clone(),
        };
        Callback::from(move |event: KeyboardEvent| editor.press(&event))
    };
    let input = {
        let (lines, candidates) = (lines.clone(), candidates.clone());
        let (store, at) = (props.store.clone(), props.at);
        Callback::from(move |_: InputEvent| {
            if let Some((text, _)) = browser::text_and_caret(AREA) {
                store.keep_draft(at, &text);
                lines.set(text.split('\n').count());
            }
            if !candidates.is_empty() {
                candidates.set(Vec::new());
            }
        })
    };
    let mut gutter = props.prompt.clone();
    for _ in 1..*lines {
        gutter.push('\n');
        gutter.push_str(&continuation(&props.prompt));
    }
    let class = if props.busy {
        "prompt waiting"
    } else {
        "prompt"
    };
    html! {
        <>
            <div {class}>
                <pre class="gutter" aria-hidden="true">{ gutter }</pre>
                <textarea id={AREA} data-testid="prompt" rows={lines.to_string()} spellcheck="false"
                    autocapitalize="off" autocomplete="off" autocorrect="off" enterkeyhint="send"
                    aria-label={format!("Statement at {}", props.prompt.trim())}
                    placeholder={if props.busy { "waits for the answer" } else { "" }}
                    onkeydown={keydown} oninput={input} />
            </div>
            if !candidates.is_empty() {
                <p class="candidates" role="status" data-testid="candidates">
                    for candidate in candidates.iter().take(MAX_CANDIDATES) {
                        <span>{ candidate }</span>
                    }
                    if candidates.len() > MAX_CANDIDATES {
                        <span>{ format!("and {} more", candidates.len() - MAX_CANDIDATES) }</span>
                    }
                </p>
            }
        </>
    }
}

struct Editor {
    store: Store,
    at: SessionAddress,
    busy: bool,
    lines: UseStateHandle<usize>,
    candidates: UseStateHandle<Vec<String>>,
}

impl Editor {
    fn press(&self, event: &KeyboardEvent) {
        if event.is_composing() {
            return;
        }
        let Some((text, caret)) = browser::text_and_caret(AREA) else {
            return;
        };
        let line = Line { text, caret };
        let taken = match (event.key().as_str(), event.ctrl_key(), event.alt_key()) {
            ("Enter", false, false) if !event.shift_key() => self.enter(&line),
            ("ArrowUp", false, false) if line.is_on_first_line() => self.recall(true, &line),
            ("ArrowDown", false, false) if line.is_on_last_line() => self.recall(false, &line),
            ("Tab", false, false) if !event.shift_key() => self.complete(&line),
            ("c" | "C", true, false) => self.drop_unless_selecting(),
            ("l" | "L", true, false) => {
                browser::scroll_to_bottom("screen");
                true
            }
            (key, ctrl, alt) => match edit_key(key, ctrl, alt) {
                Some(key) => self.show(&line.press(key)),
                None => false,
            },
        };
        if taken {
            event.prevent_default();
            event.stop_propagation();
        }
    }

    fn enter(&self, line: &Line) -> bool {
        if line.text.trim().is_empty() {
            return true;
        }
        match self.store.submit(self.at, &line.text) {
            Submitted::Sent => self.show(&Line::default()),
            Submitted::Incomplete => self.show(&Line::at_end(format!("{}\n", line.text))),
            Submitted::Refused => true,
        }
    }

    fn recall(&self, older: bool, line: &Line) -> bool {
        let mut history = self.store.history().borrow_mut();
        let found = if older {
            history.older(&line.text)
        } else {
            history.newer()
        };
        drop(history);
        if let Some(text) = found {
            self.show(&Line::at_end(text));
        }
        true
    }

    fn complete(&self, line: &Line) -> bool {
        if line.text.trim().is_empty() {
            return false;
        }
        let candidates = self.store.read().complete(self.at, line.before_caret());
        match candidates.as_slice() {
            [] => false,
            [one] => self.show(&line.complete(&format!("{one} "))),
            many => {
                let prefix = common_prefix(many);
                if !prefix.is_empty() {
                    self.show(&line.complete(&prefix));
                }
                self.candidates.set(candidates);
                true
            }
        }
    }

    /// Ctrl-C: interrupts what runs, or drops what is typed; a selection is copied.
    fn drop_unless_selecting(&self) -> bool {
        let selection = browser::window().get_selection().ok().flatten();
        if selection.is_some_and(|selection| !selection.is_collapsed()) {
            return false;
        }
        if self.busy {
            self.store.send(Action::Interrupt(self.at));
            return true;
        }
        self.show(&Line::default())
    }

    fn show(&self, line: &Line) -> bool {
        browser::set_text_and_caret(AREA, &line.text, line.caret);
        self.store.keep_draft(self.at, &line.text);
        self.lines.set(line.text.split('\n').count());
        self.candidates.set(Vec::new());
        true
    }
}

fn edit_key(key: &str, ctrl: bool, alt: bool) -> Option<EditKey> {
    match (key, ctrl, alt) {
        ("a" | "A", true, false) => Some(EditKey::LineStart),
        ("e" | "E", true, false) => Some(EditKey::LineEnd),
        ("k" | "K", true, false) => Some(EditKey::KillToEnd),
        ("u" | "U", true, false) => Some(EditKey::KillToStart),
        ("w" | "W", true, false) => Some(EditKey::KillWord),
        ("b" | "B", false, true) => Some(EditKey::WordBack),
        ("f" | "F", false, true) => Some(EditKey::WordForward),
        _ => None,
    }
}

const AREA: &str = "prompt";
const MAX_CANDIDATES: usize = 40;
