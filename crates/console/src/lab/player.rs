//! Plays a script in a virtual cluster and writes the transcript.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use semisync_sim::view::ServerState;

use semisync_core::Instant;
use semisync_sim::checkers::{Checkers, Violation};
use semisync_sim::{Cluster, Fault, PacketId, ServerIndex};

use super::normalise;
use super::script::{Action, Lab, Pace, PacketVerb, ScriptError, Step};
use crate::workbench::{SessionAddress, SubmitError, Workbench};

/// How long a step waits for its statement and for the replicas. The tenth above two seconds stands
/// for the hands of a person, so that a wait that ends after exactly two seconds ends in its step.
const STEP: Duration = Duration::from_millis(2_100);

/// What passes between two steps.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a script cannot go on.
pub type PlayError = ScriptError;

/// A script being played.
#[derive(Debug)]
pub struct Player {
    lab: Lab,
    pub(super) bench: Workbench,
    pub(super) watch: Option<Checkers>,
    pub(super) violation: Option<Violation>,
    events: u64,
    next: usize,
    /// Statements that outlived their step: the first entry of the screen that is theirs.
    running: BTreeMap<SessionAddress, usize>,
    raw: bool,
}

/// Plays all of a script; with `raw`, nothing is normalised.
///
/// # Errors
/// When a step makes no sense at its moment.
pub fn play(lab: &Lab, raw: bool) -> Result<String, PlayError> {
    let mut player = Player::new(lab.clone(), raw);
    let mut transcript = String::new();
    while let Some(printed) = player.play_step() {
        transcript.push_str(&printed?);
    }
    Ok(transcript)
}

impl Player {
    /// A player at the beginning of a script.
    pub fn new(lab: Lab, raw: bool) -> Player {
        Player {
            bench: Workbench::new(lab.config.clone()),
            watch: None,
            violation: None,
            events: 0,
            lab,
            next: 0,
            running: BTreeMap::new(),
            raw,
        }
    }

    /// A player whose cluster is watched by `checkers`.
    pub fn watched(lab: Lab, raw: bool, checkers: impl Fn(&Cluster) -> Checkers) -> Player {
        let mut player = Player::new(lab, raw);
        player.watch = Some(checkers(player.bench.cluster()));
        player
    }

    /// The first property that did not hold, if the cluster is watched.
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// Events of the cluster that ran.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The cluster and its clients.
    pub fn bench(&self) -> &Workbench {
        &self.bench
    }

    /// Plays the next step and returns its part of the transcript; `None` after the last one.
    pub fn play_step(&mut self) -> Option<Result<String, PlayError>> {
        let step = self.lab.steps.get(self.next)?.clone();
        self.next += 1;
        let printed = self.perform(&step);
        Some(printed.map(|printed| format!("{}\n{printed}", step.written)))
    }

    /// Performs a step, of the script or not, and returns what is printed in it.
    ///
    /// # Errors
    /// When it makes no sense now.
    pub fn perform(&mut self, step: &Step) -> Result<String, PlayError> {
        self.step(step).map_err(|reason| PlayError {
            line: step.line,
            reason,
        })
    }

    fn step(&mut self, step: &Step) -> Result<String, String> {
        let mut transcript = String::new();
        let end = self.bench.now().saturating_add(STEP);
        let mut awaited = None;
        match &step.action {
            Action::Type { at, text } => {
                let first = self
                    .bench
                    .screen(*at)
                    .map_or(0, |screen| screen.entries.len());
                self.bench.submit(*at, text).map_err(refusal)?;
                awaited = Some((*at, first));
            }
            Action::Interrupt(at) => self.bench.interrupt(*at).map_err(refusal)?,
            Action::Fault(fault) => self.disturb(fault.clone())?,
            Action::Packet(verb, from, to) => {
                let packet = self.packet(*verb, *from, *to)?;
                self.disturb(match verb {
                    PacketVerb::Hold => Fault::HoldPacket(packet),
                    PacketVerb::Release => Fault::ReleasePacket(packet),
                    PacketVerb::Drop => Fault::DropPacket(packet),
                })?;
            }
            Action::Mend => self.mend(),
            Action::Wait(micros) => {
                let wait = Duration::from_micros(*micros);
                self.run_until(self.bench.now().saturating_add(wait));
            }
        }
        self.look();
        if self.lab.pace == Pace::Typing {
            self.wait_for_end_of_step(awaited.map(|(at, _)| at), end);
        }
        if let Some((at, first)) = awaited {
            if self.bench.is_busy(at) {
                transcript.push_str("(running)\n");
                self.running.insert(at, first);
            } else {
                transcript.push_str(&self.printed(at, first));
            }
        }
        if self.lab.pace == Pace::Typing {
            self.run_until(self.bench.now().saturating_add(PAUSE));
        }
        self.print_returned(&mut transcript);
        Ok(transcript)
    }

    fn wait_for_end_of_step(&mut self, awaited: Option<SessionAddress>, end: Instant) {
        while !self.is_over(awaited) {
            match self.bench.next_event_at() {
                Some(at) if at <= end => self.run_event(),
                _ => {
                    self.run_until(end.max(self.bench.now()));
                    break;
                }
            };
        }
    }

    fn run_event(&mut self) {
        self.bench.step();
        self.events += 1;
        self.look();
    }

    /// Runs all events up to and including `until`, then sets the time to it.
    pub(super) fn run_until(&mut self, until: Instant) {
        while self.bench.next_event_at().is_some_and(|at| at <= until) {
            self.run_event();
        }
        self.bench.advance_to(until);
    }

    /// Lets the checkers look at what is new.
    pub(super) fn look(&mut self) {
        if self.violation.is_none()
            && let Some(watch) = &mut self.watch
        {
            self.violation = watch.observe(self.bench.cluster()).err();
        }
    }

    fn disturb(&mut self, fault: Fault) -> Result<(), String> {
        self.bench.inject(fault).map_err(|error| error.reason)?;
        if self.lab.pace == Pace::Typing {
            self.let_servers_start_and_stop();
        }
        Ok(())
    }

    /// The oldest packet from one server to another to which this can be done.
    fn packet(
        &self,
        verb: PacketVerb,
        from: ServerIndex,
        to: ServerIndex,
    ) -> Result<PacketId, String> {
        let fits = |is_held: bool| match verb {
            PacketVerb::Hold => !is_held,
            PacketVerb::Release => is_held,
            PacketVerb::Drop => true,
        };
        let packets = self.bench.cluster().packets_between(from, to);
        let found = packets.into_iter().find(|(_, is_held)| fits(*is_held));
        let none = "no such packet is on its way between these servers";
        found.map(|(id, _)| id).ok_or_else(|| none.to_owned())
    }

    /// Goes on until no server is on its way up or down: whoever starts or stops one waits for it.
    fn let_servers_start_and_stop(&mut self) {
        let end = self.bench.now().saturating_add(PATIENCE);
        let is_changing = |state: ServerState| match state {
            ServerState::Starting | ServerState::Stopping => true,
            ServerState::Running
            | ServerState::Frozen
            | ServerState::Stopped
            | ServerState::Crashed => false,
        };
        loop {
            let view = self.bench.cluster().view();
            let changing = view.servers.iter().any(|server| is_changing(server.state));
            let next = self.bench.next_event_at();
            if !changing || next.is_none_or(|at| end < at) {
                return;
            }
            self.run_event();
        }
    }

    /// Whether a step may end: its statement has returned and, with no fault active, all servers
    /// have executed the same GTIDs.
    fn is_over(&self, awaited: Option<SessionAddress>) -> bool {
        if awaited.is_some_and(|at| self.bench.is_busy(at)) {
            return false;
        }
        let view = self.bench.cluster().view();
        let is_broken = |state: ServerState| match state {
            ServerState::Running | ServerState::Starting => false,
            ServerState::Frozen
            | ServerState::Stopping
            | ServerState::Stopped
            | ServerState::Crashed => true,
        };
        if view.links.iter().any(|link| link.cut)
            || view.servers.iter().any(|server| is_broken(server.state))
        {
            return true;
        }
        let mut sets = view.servers.iter().map(|server| &server.gtid_executed);
        let first = sets.next();
        view.servers
            .iter()
            .all(|server| server.state == ServerState::Running)
            && sets.all(|set| Some(set) == first)
    }

    fn print_returned(&mut self, transcript: &mut String) {
        let returned: Vec<(SessionAddress, usize)> = self
            .running
            .iter()
            .filter(|(at, _)| !self.bench.is_busy(**at))
            .map(|(at, first)| (*at, *first))
            .collect();
        for (at, first) in returned {
            self.running.remove(&at);
            let prompt = self.bench.prompt(at, "");
            let name = prompt.trim_end_matches("> ");
            let _ = writeln!(transcript, "{name}:");
            transcript.push_str(&self.printed(at, first));
        }
    }

    fn printed(&self, at: SessionAddress, first: usize) -> String {
        let screen = self.bench.screen(at);
        let entries = screen.map(|screen| screen.entries.iter_from(first));
        let printed: String = entries
            .into_iter()
            .flatten()
            .map(|entry| entry.printed.as_str())
            .collect();
        if self.raw {
            printed
        } else {
            normalise(&printed)
        }
    }
}

fn refusal(error: SubmitError) -> String {
    match error {
        SubmitError::Busy => "the session still runs a statement",
        SubmitError::Incomplete => "the statement does not end",
        SubmitError::Idle => "the session runs no statement",
        SubmitError::NoSuchServer => "there is no such server",
    }
    .to_owned()
}
