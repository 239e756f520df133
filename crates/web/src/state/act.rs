//! What a person can do on the page, and what the page does then.

use std::rc::Rc;

use semisync_console::SessionAddress;
use semisync_console::recording::{ActError, Input, Recording};
use semisync_console::workbench::SubmitError;
use semisync_sim::{Fault, ServerIndex};

use super::flight::Flight;
use super::tour::{STEPS, set_up};
use super::{Goal, Model, Notice, Panel, Play, Selection, Settings, Sheet};

/// What a person did.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Play or pause.
    TogglePlay,
    /// One mark on.
    StepForward,
    /// One mark back.
    StepBack,
    /// To where this mark has just been made.
    Seek(usize),
    /// To a place on the tape, in tape microseconds.
    SeekPlace(f64),
    /// To the beginning.
    SeekStart,
    /// To the end of what was played.
    SeekEnd,
    /// On to the next, or back to the last one.
    RunTo(Goal, bool),
    /// Press Ctrl-C at a prompt whose statement runs.
    Interrupt(SessionAddress),
    /// Inject a fault.
    Inject(Fault),
    /// Open another session on a server.
    AddTab(ServerIndex),
    /// Bring a prompt to the front.
    Activate(SessionAddress),
    /// Open something in the inspector.
    Select(Selection),
    /// Bring a panel to the front.
    Show(Panel),
    /// Type the manual's installation statements.
    SetUp,
    /// Open a step of the tour, or close it.
    Tour(Option<usize>),
    /// Do the open step.
    DoStep,
    /// Change to another future.
    Reopen(usize),
    /// Replace the session.
    Load(Box<Recording>),
    /// Change settings.
    Set(Settings),
    /// Close the opening words.
    CloseWelcome,
    /// Open a flight recording: the file's name, and what is in it.
    OpenFlight(String, Vec<u8>),
    /// Move in the open flight recording.
    MoveFlight(FlightMove),
    /// Open a sheet over the page, or close the open one.
    Open(Option<Sheet>),
    /// Say something; true when it is why something was refused.
    Say(String, bool),
    /// Close what was said.
    DismissNotice,
}

/// Where to go in a flight recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightMove {
    /// To where so many inputs are played.
    To(usize),
    /// To the next trouble, or back to the one before.
    Trouble(bool),
}

/// What became of a statement typed at a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It was sent.
    Sent,
    /// It does not end yet: the prompt asks for another line.
    Incomplete,
    /// It was refused; the notice says why.
    Refused,
}

impl Model {
    /// Does what a person asked for.
    pub fn update(&mut self, action: Action) {
        match action {
            Action::TogglePlay => self.toggle_play(),
            Action::StepForward => {
                self.halt();
                if !self.step_forward() {
                    self.say(
                        "Nothing more will happen by itself. Type a statement.",
                        false,
                    );
                }
            }
            Action::StepBack => {
                self.halt();
                if !self.playback.step_back() {
                    self.say("This is the beginning.", false);
                }
                self.rest_here();
            }
            Action::Seek(mark) => {
                self.halt();
                self.playback.seek(mark);
                self.rest_here();
            }
            Action::SeekPlace(x) => self.seek_place(x),
            Action::SeekStart => {
                self.halt();
                self.playback.seek_start();
                self.rest_here();
            }
            Action::SeekEnd => {
                self.halt();
                let end = self.playback.recording().end;
                self.playback.seek_moment(end);
                self.rest_here();
            }
            Action::RunTo(goal, forward) => {
                self.halt();
                self.run_to(goal, forward);
            }
            Action::Inject(fault) => {
                if let Err(error) = self.inject(fault) {
                    self.say(&error.to_string(), true);
                }
                self.rest_here();
            }
            Action::Interrupt(at) => {
                self.notice = None;
                if let Err(error) = self.act(Input::Interrupted { at }) {
                    self.say(&error.to_string(), true);
                }
                self.rest_here();
            }
            Action::AddTab(server) => self.add_tab(server),
            Action::Activate(at) => self.active = at,
            Action::Select(selection) => {
                self.selection = selection;
                self.panel = Panel::Inspector;
            }
            Action::Show(panel) => self.panel = panel,
            Action::SetUp => {
                self.welcome = false;
                self.script = set_up(&self.view).into();
            }
            Action::Tour(step) => {
                self.welcome = false;
                self.tour = step.filter(|step| *step < STEPS.len());
            }
            Action::DoStep => self.do_step(),
            Action::Reopen(index) => {
                self.halt();
                self.playback.reopen(index);
                self.rest_here();
            }
            Action::Load(recording) => *self = Model::new(*recording, self.settings.clone()),
            Action::Set(settings) => self.settings = settings,
            Action::CloseWelcome => self.welcome = false,
            Action::Open(sheet) => {
                self.sheet = sheet;
                self.flight = None;
            }
            Action::OpenFlight(name, file) => self.open_flight(&name, &file),
            Action::MoveFlight(to) => self.move_flight(to),
            Action::Say(text, refused) => self.say(&text, refused),
            Action::DismissNotice => self.notice = None,
        }
    }

    /// Sends what was typed at a prompt.
    pub fn submit(&mut self, at: SessionAddress, text: &str) -> Submitted {
        let paused = self.play == Play::Paused;
        match self.type_at(at, text) {
            Ok(()) => {
                self.welcome = false;
                if paused && self.settings.play_after_enter {
                    self.play = Play::UntilAnswer(at);
                }
                self.rest_here();
                Submitted::Sent
            }
            Err(ActError::Submit(SubmitError::Incomplete)) => Submitted::Incomplete,
            Err(error) => {
                self.say(&error.to_string(), true);
                Submitted::Refused
            }
        }
    }

    pub(super) fn type_at(&mut self, at: SessionAddress, text: &str) -> Result<(), ActError> {
        self.notice = None;
        self.act(Input::Typed {
            at,
            text: text.to_owned(),
        })
    }

    pub(super) fn inject(&mut self, fault: Fault) -> Result<(), ActError> {
        self.notice = None;
        self.welcome = false;
        self.act(Input::Fault(fault))
    }

    fn act(&mut self, input: Input) -> Result<(), ActError> {
        let branches = self.playback.branches().len();
        self.playback.act(input)?;
        if self.playback.branches().len() > branches {
            self.say(
                "You changed the past: the old future is kept as a branch beside the tape.",
                false,
            );
        }
        Ok(())
    }

    fn say(&mut self, text: &str, refused: bool) {
        self.notice = Some(Notice {
            text: text.to_owned(),
            refused,
        });
    }

    fn open_flight(&mut self, name: &str, file: &[u8]) {
        self.halt();
        match Flight::open(name, file) {
            Ok(flight) => {
                self.flight = Some(flight);
                self.sheet = Some(Sheet::Flight);
            }
            Err(error) => self.say(&format!("{name} cannot be opened: {error}."), true),
        }
    }

    fn move_flight(&mut self, to: FlightMove) {
        let Some(flight) = &mut self.flight else {
            return;
        };
        match to {
            FlightMove::To(head) => flight.seek(head),
            FlightMove::Trouble(forward) => flight.seek_trouble(forward),
        }
    }

    /// Time stands, and the page stops doing things by itself.
    fn halt(&mut self) {
        self.play = Play::Paused;
        self.script.clear();
        self.notice = None;
    }

    fn toggle_play(&mut self) {
        if self.is_moving() {
            self.halt();
        } else {
            self.notice = None;
            self.welcome = false;
            self.play = Play::Running;
        }
    }

    fn seek_place(&mut self, x: f64) {
        self.halt();
        match self.tape.mark_before(x) {
            Some(mark) => self.playback.seek(mark),
            None => self.playback.seek_start(),
        }
        self.rest_here();
    }

    fn add_tab(&mut self, server: ServerIndex) {
        let taken = self.tabs.iter().filter(|at| at.server == server);
        let session = taken.map(|at| at.session).max().unwrap_or(0) + 1;
        let at = SessionAddress { server, session };
        let tabs = Rc::make_mut(&mut self.tabs);
        tabs.push(at);
        tabs.sort();
        self.active = at;
    }

    fn do_step(&mut self) {
        let Some(step) = self.tour.and_then(|step| STEPS.get(step)) else {
            return;
        };
        // A tour tells one story: it goes on where the session ends.
        if !self.playback.is_at_end() {
            let end = self.playback.recording().end;
            self.playback.seek_moment(end);
        }
        self.play = Play::Paused;
        self.rest_here();
        self.script = step.deeds(&self.view, &self.stories).into();
    }
}
