//! Plays a lab step by step and writes the transcript.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use semisync_console::{
    SessionAddress,
    lab::{Action, Lab, Pace, Step, login_options, normalise},
};
use semisync_core::Generation;
use semisync_sim::Fault;

use super::{
    Stage,
    client::Client,
    cluster::{Cluster, Watch},
    poll,
};

/// How long a step waits for its statement, and for the replicas.
const STEP: Duration = Duration::from_secs(2);

/// A blocked statement that is released takes a moment to show it: it counts as blocked when so many
/// looks find it in the same state.
const LOOKS: u32 = 12;

/// The same after a step that only asked a question, which releases nobody.
const LOOKS_AFTER_QUESTION: u32 = 2;

/// Plays `lab` on real servers and returns its transcript.
///
/// # Errors
/// When the servers cannot be started, or a step makes no sense.
pub fn record(lab: &Lab, stage: &Stage) -> Result<String> {
    if let Some(reason) = virtual_only(lab) {
        bail!("real servers cannot play this lab: {reason}");
    }
    let play = || {
        let mut player = Player {
            lab,
            cluster: Cluster::start(&lab.config, stage)?,
            sessions: BTreeMap::new(),
            transcript: String::new(),
        };
        for step in &lab.steps {
            player
                .play(step)
                .with_context(|| format!("line {}, after:\n{}", step.line, player.transcript))?;
        }
        Ok(player.transcript)
    };
    // In a thread of its own: it enters the lab's private network and never leaves it.
    std::thread::scope(|scope| {
        let player = scope.spawn(play).join();
        player.unwrap_or_else(|_| bail!("the recorder panicked"))
    })
}

/// Why real servers cannot play a lab, if so.
pub(super) fn virtual_only(lab: &Lab) -> Option<String> {
    let mut servers = lab.config.servers.iter();
    if servers.any(|server| server.generation != Generation::V9_7) {
        return Some("it has older servers".to_owned());
    }
    if lab.pace != Pace::Typing {
        return Some("nobody types as fast as its steps follow".to_owned());
    }
    let fault = lab.steps.iter().find_map(|step| match &step.action {
        Action::Fault(
            Fault::PowerCut(_)
            | Fault::Upgrade(..)
            | Fault::SetLinkLatency(..)
            | Fault::SetApplyTime(..)
            | Fault::HoldPacket(_)
            | Fault::ReleasePacket(_)
            | Fault::DropPacket(_),
        )
        | Action::Packet(..)
        | Action::Mend => Some(&step.written),
        _ => None,
    });
    fault.map(|written| format!("it has a step `{written}`"))
}

fn is_question(action: &Action) -> bool {
    match action {
        Action::Type { text, .. } => text.starts_with("SELECT ") || text.starts_with("SHOW "),
        Action::Interrupt(_)
        | Action::Fault(_)
        | Action::Packet(..)
        | Action::Mend
        | Action::Wait(_) => false,
    }
}

struct Session {
    client: Client,
    /// Its statement outlived the step that typed it.
    running: bool,
}

struct Player<'a> {
    lab: &'a Lab,
    cluster: Cluster,
    sessions: BTreeMap<SessionAddress, Session>,
    transcript: String,
}

impl Player<'_> {
    fn play(&mut self, step: &Step) -> Result<()> {
        let end = Instant::now() + STEP;
        self.transcript.push_str(&step.written);
        self.transcript.push('\n');
        match &step.action {
            Action::Type { at, text } => self.type_statement(*at, text, end)?,
            Action::Interrupt(at) => self.interrupt(*at)?,
            Action::Fault(fault) => self.inject(fault)?,
            Action::Packet(..) | Action::Mend => bail!("only virtual servers can do this"),
            Action::Wait(micros) => poll::pass(Duration::from_micros(*micros)),
        }
        let has_fault = self.cluster.has_fault();
        let mut watch = self.cluster.watch();
        if !has_fault {
            poll::until(end, || watch.has_converged());
        }
        let looks = if is_question(&step.action) {
            LOOKS_AFTER_QUESTION
        } else {
            LOOKS
        };
        self.let_running_statements_return(&mut watch, looks);
        drop(watch);
        self.print_returned();
        Ok(())
    }

    fn type_statement(&mut self, at: SessionAddress, text: &str, end: Instant) -> Result<()> {
        if let Some(options) = login_options(text) {
            return self.log_in(at, options);
        }
        if !self.sessions.contains_key(&at) {
            let client = self.cluster.client(at.server)?;
            self.sessions.insert(
                at,
                Session {
                    client,
                    running: false,
                },
            );
        }
        let session = self.sessions.get_mut(&at).context("just opened")?;
        ensure!(!session.running, "the session still runs a statement");
        session.client.type_text(text)?;
        if session.client.wait_until_idle(end) {
            let printed = normalise(&session.client.take_output());
            self.transcript.push_str(&printed);
        } else {
            session.running = true;
            self.transcript.push_str("(running)\n");
        }
        Ok(())
    }

    fn interrupt(&mut self, at: SessionAddress) -> Result<()> {
        let session = self.sessions.get_mut(&at);
        let session = session.filter(|session| session.running);
        let session = session.context("the session runs no statement")?;
        session.client.interrupt()
    }

    /// Starts another client in place of the session's; one that could not connect says why, and
    /// the old one stays.
    fn log_in(&mut self, at: SessionAddress, options: &str) -> Result<()> {
        let mut client = self.cluster.client_with(at.server, options)?;
        if client.has_ended() {
            self.transcript.push_str(&normalise(&client.take_output()));
            return Ok(());
        }
        let running = false;
        self.sessions.insert(at, Session { client, running });
        Ok(())
    }

    fn inject(&mut self, fault: &Fault) -> Result<()> {
        let cluster = &mut self.cluster;
        match fault {
            Fault::Crash(server) => cluster.crash(*server),
            Fault::Shutdown(server) => cluster.shut_down(*server),
            Fault::Start(server) => cluster.start_server(*server),
            Fault::Freeze(server) => cluster.set_frozen(*server, true),
            Fault::Thaw(server) => cluster.set_frozen(*server, false),
            Fault::CutLink(one, other) => cluster.set_cut(*one, *other, true),
            Fault::HealLink(one, other) => cluster.set_cut(*one, *other, false),
            Fault::PowerCut(_)
            | Fault::Upgrade(..)
            | Fault::SetLinkLatency(..)
            | Fault::SetApplyTime(..)
            | Fault::HoldPacket(_)
            | Fault::ReleasePacket(_)
            | Fault::DropPacket(_) => bail!("only the virtual cluster can do that"),
        }
    }

    /// Waits until every running statement has returned or stays where it is.
    fn let_running_statements_return(&self, watch: &mut Watch<'_>, looks: u32) {
        let mut before = Vec::new();
        let mut same = 0;
        poll::until(Instant::now() + STEP, || {
            let now: Vec<_> = self.states_of_running(watch).collect();
            same = if now == before { same + 1 } else { 0 };
            before = now;
            looks <= same || before.iter().all(|(_, is_idle, _)| *is_idle)
        });
    }

    /// Each running statement: whether it has returned, and what its server says of it.
    fn states_of_running(
        &self,
        watch: &mut Watch<'_>,
    ) -> impl Iterator<Item = (SessionAddress, bool, Option<String>)> {
        let running = self.sessions.iter().filter(|(_, session)| session.running);
        running.map(|(at, Session { client, .. })| {
            let is_idle = client.is_idle();
            let state =
                (!is_idle).then(|| watch.state_of_connection(at.server, client.connection_id()));
            (*at, is_idle, state.flatten())
        })
    }

    fn print_returned(&mut self) {
        for (at, session) in &mut self.sessions {
            if !session.running || !session.client.is_idle() {
                continue;
            }
            session.running = false;
            let server = &self.lab.config.servers[usize::from(at.server.0)].name;
            self.transcript.push_str(server);
            if at.session != 1 {
                self.transcript.push_str(&format!("/{}", at.session));
            }
            self.transcript.push_str(":\n");
            let printed = normalise(&session.client.take_output());
            self.transcript.push_str(&printed);
        }
    }
}
