//! What the page knows and how it changes: a reducer without browser types.
//!
//! [`Model`] owns the playback and everything derived from it for drawing. Components send
//! [`Action`]s and draw [`Model`]'s plain data; they never reach into the cluster.

pub mod editing;
pub mod flight;
pub mod marks;
pub mod names;
pub mod narration;
pub mod pace;
pub mod stage;
pub mod story;
pub mod tape;
pub mod tour;

mod act;
mod derive;
#[cfg(test)]
mod fixture;
mod run;
mod settings;
#[cfg(test)]
mod tests;

pub use act::{Action, FlightMove, Submitted};
pub use run::Goal;
pub use settings::{Motion, Settings, Theme};

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use semisync_console::recording::{Playback, Recording};
use semisync_console::{Screen, SessionAddress};
use semisync_core::{Generation, Instant};
use semisync_sim::config::{ServerConfig, Timing};
use semisync_sim::{ClusterConfig, ClusterView, PacketId, ServerIndex, TransactionId};

use flight::Flight;
use marks::Mark;
use names::Names;
use stage::Arrangement;
use story::{Story, Teller};
use tape::Tape;
use tour::Deed;

/// What is open in the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// Nothing: the inspector lists the commits.
    #[default]
    Nothing,
    /// A server.
    Server(ServerIndex),
    /// The link between two servers.
    Link(ServerIndex, ServerIndex),
    /// A packet in flight.
    Packet(PacketId),
    /// A mark of the tape.
    Mark(usize),
    /// A commit.
    Commit(TransactionId),
}

/// What can be open over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// The list of keys.
    Keys,
    /// What the virtual cluster simplifies.
    Simplifications,
    /// A flight recording of a real source.
    Flight,
}

/// The panels beside the terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// What is selected.
    #[default]
    Inspector,
    /// Settings and counters, configured against effective.
    Status,
    /// Everything that happened, in words.
    Events,
}

/// Whether time passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Play {
    /// It stands.
    #[default]
    Paused,
    /// It passes until the person stops it.
    Running,
    /// It passes until this prompt has its answer.
    UntilAnswer(SessionAddress),
    /// It passes until nothing is on its way any more, or this moment.
    UntilQuiet(Instant),
}

/// Something said to the person, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One sentence.
    pub text: String,
    /// Whether something was refused.
    pub refused: bool,
}

/// Everything the page knows.
#[derive(Debug)]
pub struct Model {
    playback: Playback,
    /// The snapshot at the play head.
    pub view: Rc<ClusterView>,
    /// The tape of this branch.
    pub tape: Rc<Tape>,
    /// What prompts show.
    pub screens: Rc<BTreeMap<SessionAddress, Screen>>,
    /// Commits up to the play head.
    pub stories: Rc<Vec<Rc<Story>>>,
    teller: Teller,
    /// Names of servers and clients.
    pub names: Rc<Names>,
    /// Status variables that the last step changed.
    pub changed: Rc<BTreeSet<(ServerIndex, String)>>,
    /// The open prompts.
    pub tabs: Rc<Vec<SessionAddress>>,
    /// The prompt in front.
    pub active: SessionAddress,
    /// Whether time passes.
    pub play: Play,
    /// What the person chose to keep.
    pub settings: Settings,
    /// What is open in the inspector.
    pub selection: Selection,
    /// The panel in front.
    pub panel: Panel,
    /// The step of the tour that is open.
    pub tour: Option<usize>,
    /// Whether the opening words are shown.
    pub welcome: bool,
    /// What is open over the page.
    pub sheet: Option<Sheet>,
    /// The flight recording that is open.
    pub flight: Option<Flight>,
    /// What was last said.
    pub notice: Option<Notice>,
    /// What the page still has to do for the person.
    script: VecDeque<Deed>,
    /// When the segment of the tape under the play head began.
    segment: Instant,
    /// How much of the segment is played, 0 to 1.
    fraction: f64,
    /// Real milliseconds until the script goes on.
    script_delay: f64,
}

impl Model {
    /// A page with a recording and settings of an earlier visit.
    pub fn new(recording: Recording, settings: Settings) -> Model {
        let playback = Playback::new(recording);
        let config = &playback.bench().cluster().config().servers;
        let names = Names::new(config.iter().map(|server| server.name.clone()));
        let tabs: Vec<SessionAddress> = (0..config.len())
            .map(|index| SessionAddress {
                server: ServerIndex(index as u16),
                session: 1,
            })
            .collect();
        let mut model = Model {
            view: Rc::new(playback.bench().cluster().view()),
            tape: Rc::new(Tape::new(config.len())),
            screens: Rc::default(),
            stories: Rc::default(),
            teller: Teller::default(),
            names: Rc::new(names),
            changed: Rc::default(),
            active: tabs[0],
            tabs: Rc::new(tabs),
            play: Play::Paused,
            settings,
            selection: Selection::Nothing,
            panel: Panel::Inspector,
            tour: None,
            welcome: playback.recording().inputs.is_empty(),
            sheet: None,
            flight: None,
            notice: None,
            script: VecDeque::new(),
            segment: playback.moment().at,
            fraction: 0.0,
            script_delay: 0.0,
            playback,
        };
        model.derive();
        model
    }

    /// The playback, to look at.
    pub fn playback(&self) -> &Playback {
        &self.playback
    }

    /// Cluster time.
    pub fn now(&self) -> Instant {
        self.playback.bench().now()
    }

    /// How many marks lie before the play head.
    pub fn marks(&self) -> usize {
        self.playback.marks()
    }

    /// The last mark before the play head.
    pub fn last_mark(&self) -> Option<&Rc<Mark>> {
        self.tape.marks.get(self.marks().checked_sub(1)?)
    }

    /// How the stage is arranged in this much room, with or without a card over it.
    pub fn arrangement(&self, room: Arrangement) -> Arrangement {
        match room {
            Arrangement::Wide if self.welcome || self.tour.is_some() => Arrangement::WideWithCard,
            room => room,
        }
    }

    /// Where the play head is on the tape.
    pub fn head(&self) -> f64 {
        self.tape
            .head(self.marks(), self.now(), self.playback.next_at())
    }

    /// Whether the page has to be drawn again soon by itself.
    pub fn is_moving(&self) -> bool {
        self.play != Play::Paused || !self.script.is_empty()
    }

    /// Whether the page is doing something for the person.
    pub fn is_scripted(&self) -> bool {
        !self.script.is_empty()
    }

    /// Names that fit at the end of `text` at a prompt.
    pub fn complete(&self, at: SessionAddress, text: &str) -> Vec<String> {
        self.playback.bench().complete(at, text)
    }

    /// Whether a prompt waits for its answer.
    pub fn is_busy(&self, at: SessionAddress) -> bool {
        self.playback.bench().is_busy(at)
    }
}

/// The cluster of a first visit: a source and two replicas that replicate asynchronously.
pub fn first_cluster() -> ClusterConfig {
    let server = |name: &str| ServerConfig {
        name: name.to_owned(),
        generation: Generation::V9_7,
        options: Vec::new(),
    };
    ClusterConfig {
        seed: 1,
        servers: vec![server("source"), server("replica1"), server("replica2")],
        replication: true,
        timing: Timing::default(),
    }
}
