//! The one place that holds the [`Model`]: passes actions in, lets frames pass, keeps sessions.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use semisync_console::SessionAddress;
use semisync_console::recording::Recording;
use yew::Callback;

use crate::browser;
use crate::link;
use crate::paint::paint;
use crate::state::editing::History;
use crate::state::{Action, Model, Motion, Settings, Submitted, first_cluster};

/// A handle; clones are the same store.
#[derive(Clone)]
pub struct Store(Rc<Inner>);

struct Inner {
    model: RefCell<Model>,
    history: RefCell<History>,
    drafts: RefCell<BTreeMap<SessionAddress, String>>,
    redraw: RefCell<Callback<()>>,
    is_framing: Cell<bool>,
    last_frame: Cell<f64>,
}

impl PartialEq for Store {
    fn eq(&self, other: &Store) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Store {
    /// The session of the address, or a new one, with what the browser kept.
    pub fn open() -> Store {
        let settings = browser::load(SETTINGS)
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let history = browser::load(HISTORY)
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let recording = link::recording_from(&browser::hash());
        let recording = recording.unwrap_or_else(|| Recording::new(first_cluster()));
        let store = Store::with(Model::new(recording, settings), History::new(history));
        let drafts = browser::load(DRAFTS)
            .and_then(|text| serde_json::from_str::<Vec<_>>(&text).ok())
            .unwrap_or_default();
        store.0.drafts.borrow_mut().extend(drafts);
        store
    }

    /// A store around a model.
    pub fn with(model: Model, history: History) -> Store {
        let store = Store(Rc::new(Inner {
            model: RefCell::new(model),
            history: RefCell::new(history),
            drafts: RefCell::default(),
            redraw: RefCell::new(Callback::noop()),
            is_framing: Cell::new(false),
            last_frame: Cell::new(0.0),
        }));
        store.show_settings();
        store
    }

    /// Who draws the page.
    pub fn drawn_by(&self, redraw: Callback<()>) {
        *self.0.redraw.borrow_mut() = redraw;
    }

    /// The model, to read.
    pub fn read(&self) -> Ref<'_, Model> {
        self.0.model.borrow()
    }

    /// Does what a person asked for.
    pub fn send(&self, action: Action) {
        let is_setting = matches!(action, Action::Set(_));
        self.0.model.borrow_mut().update(action);
        if is_setting {
            self.show_settings();
            let text = serde_json::to_string(&self.read().settings).unwrap_or_default();
            browser::save(SETTINGS, &text);
        }
        self.after_change();
    }

    /// A callback that sends an action made from an event.
    pub fn sends<E>(&self, action: impl Fn(E) -> Action + 'static) -> Callback<E> {
        let store = self.clone();
        Callback::from(move |event| store.send(action(event)))
    }

    /// A callback that sends one action, whatever the event.
    pub fn does<E>(&self, action: Action) -> Callback<E> {
        let store = self.clone();
        Callback::from(move |_| store.send(action.clone()))
    }

    /// Changes one setting.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.read().settings.clone();
        change(&mut settings);
        self.send(Action::Set(settings));
    }

    /// Sends what was typed at a prompt.
    pub fn submit(&self, at: SessionAddress, text: &str) -> Submitted {
        let submitted = self.0.model.borrow_mut().submit(at, text);
        if submitted == Submitted::Sent {
            self.0.history.borrow_mut().push(text);
            let entries = serde_json::to_string(self.0.history.borrow().entries());
            browser::save(HISTORY, &entries.unwrap_or_default());
        }
        if submitted != Submitted::Incomplete {
            self.after_change();
        }
        submitted
    }

    /// Says something to the person.
    pub fn say(&self, text: &str) {
        self.send(Action::Say(text.to_owned(), false));
    }

    /// Says why something was refused.
    pub fn refuse(&self, text: &str) {
        self.send(Action::Say(text.to_owned(), true));
    }

    /// The statements typed before.
    pub fn history(&self) -> &RefCell<History> {
        &self.0.history
    }

    /// What was typed at a prompt and not sent yet.
    pub fn draft(&self, at: SessionAddress) -> String {
        self.0.drafts.borrow().get(&at).cloned().unwrap_or_default()
    }

    /// Keeps what is being typed at a prompt, for when the person comes back to it.
    pub fn keep_draft(&self, at: SessionAddress, text: &str) {
        let mut drafts = self.0.drafts.borrow_mut();
        if text.is_empty() {
            drafts.remove(&at);
        } else {
            drafts.insert(at, text.to_owned());
        }
        let list: Vec<_> = drafts.iter().collect();
        browser::save(DRAFTS, &serde_json::to_string(&list).unwrap_or_default());
    }

    /// Whether things stand still on the page.
    pub fn is_motion_reduced(&self) -> bool {
        match self.read().settings.motion {
            Motion::System => browser::wants_reduced_motion(),
            Motion::Full => false,
            Motion::Reduced => true,
        }
    }

    /// Puts everything that moves where it belongs now.
    pub fn paint(&self) {
        paint(&self.read(), self.is_motion_reduced());
    }

    fn show_settings(&self) {
        let model = self.read();
        browser::set_root_attribute("data-theme", model.settings.theme.name());
        browser::set_root_attribute("data-motion", model.settings.motion.name());
    }

    fn after_change(&self) {
        self.keep_session();
        let redraw = self.0.redraw.borrow().clone();
        redraw.emit(());
        if self.read().is_moving() && !self.0.is_framing.replace(true) {
            self.0.last_frame.set(f64::NAN);
            let store = self.clone();
            browser::each_frame(move |time| store.frame(time));
        }
    }

    /// One frame. True if another one must follow.
    fn frame(&self, time: f64) -> bool {
        let last = self.0.last_frame.replace(time);
        // The first frame has no length, and a page that was hidden does not catch up.
        let passed = if last.is_nan() {
            0.0
        } else {
            (time - last).min(LONGEST_FRAME_MS)
        };
        let changed = self.0.model.borrow_mut().tick(passed);
        let moving = self.read().is_moving();
        if changed || !moving {
            let redraw = self.0.redraw.borrow().clone();
            redraw.emit(());
        } else {
            self.paint();
        }
        if !moving {
            self.0.is_framing.set(false);
            self.keep_session();
        }
        moving
    }

    /// So that a reload, or the message after a failure, can give it back.
    fn keep_session(&self) {
        browser::save(SESSION, &self.read().playback().recording().to_json());
    }
}

const SETTINGS: &str = "semisync.settings";
const DRAFTS: &str = "semisync.drafts";
const HISTORY: &str = "semisync.history";
const SESSION: &str = "semisync.session";
const LONGEST_FRAME_MS: f64 = 100.0;
