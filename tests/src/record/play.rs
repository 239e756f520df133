//! Plays a script step by step and writes the transcript.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    Script, Stage,
    client::Client,
    cluster::Cluster,
    normalise::normalise,
    poll,
    script::{Action, Step},
};

/// How long a step waits for its statement, and for the replicas.
const STEP: Duration = Duration::from_secs(2);

/// What a blocked statement may take to show that it is not blocked any more: this many looks at it
/// find it in the same state.
const LOOKS: u32 = 12;

/// Plays `script` on real servers and returns its transcript.
///
/// # Errors
/// When the servers cannot be started, or a step makes no sense.
pub fn record(script: &Script, stage: &Stage) -> Result<String> {
    if let Some(reason) = &script.virtual_only {
        bail!("real servers cannot play this lab: {reason}");
    }
    let play = || {
        let cluster = Cluster::start(script, stage)?;
        let mut player = Player {
            script,
            cluster,
            sessions: BTreeMap::new(),
            transcript: String::new(),
        };
        for step in &script.steps {
            player.play(step).with_context(|| {
                format!("at `{}` after:\n{}", step.written[0], player.transcript)
            })?;
        }
        Ok(player.transcript)
    };
    // In a thread of its own: it enters the lab's private network and never leaves it.
    std::thread::scope(|scope| {
        let player = scope.spawn(play).join();
        player.unwrap_or_else(|_| bail!("the recorder panicked"))
    })
}

/// A prompt: the server's index and the session's number.
type Address = (usize, u32);

struct Session {
    client: Client,
    /// Its statement outlived the step that typed it.
    running: bool,
}

struct Player<'a> {
    script: &'a Script,
    cluster: Cluster,
    sessions: BTreeMap<Address, Session>,
    transcript: String,
}

impl Player<'_> {
    fn play(&mut self, step: &Step) -> Result<()> {
        let end = Instant::now() + STEP;
        for line in &step.written {
            self.transcript.push_str(line);
            self.transcript.push('\n');
        }
        match &step.action {
            Action::Type {
                server,
                session,
                lines,
            } => {
                self.type_statement((*server, *session), lines, end)?;
            }
            Action::Crash(server) => self.cluster.crash(*server)?,
            Action::Shutdown(server) => self.cluster.shut_down(*server)?,
            Action::Start(server) => self.cluster.start_server(*server)?,
            Action::Freeze(server) => self.cluster.set_frozen(*server, true)?,
            Action::Thaw(server) => self.cluster.set_frozen(*server, false)?,
            Action::Cut(one, other) => self.cluster.set_cut(*one, *other, true)?,
            Action::Heal(one, other) => self.cluster.set_cut(*one, *other, false)?,
            Action::Wait(time) => poll::pass(*time),
        }
        if !self.cluster.has_fault() {
            poll::until(end, || self.cluster.has_converged());
        }
        self.let_running_statements_return();
        self.print_returned();
        Ok(())
    }

    fn type_statement(&mut self, at: Address, lines: &[String], end: Instant) -> Result<()> {
        if !self.sessions.contains_key(&at) {
            let client = self.cluster.client(at.0)?;
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
        session.client.type_lines(lines)?;
        if session.client.wait_until_idle(end) {
            self.transcript
                .push_str(&normalise(&session.client.take_output()));
        } else {
            session.running = true;
            self.transcript.push_str("(running)\n");
        }
        Ok(())
    }

    /// Waits until every running statement has returned or stays where it is.
    fn let_running_statements_return(&self) {
        let mut before = Vec::new();
        let mut same = 0;
        poll::until(Instant::now() + STEP, || {
            let now: Vec<_> = self
                .running()
                .map(|(at, client)| {
                    let state = self
                        .cluster
                        .state_of_connection(at.0, client.connection_id());
                    (at, client.is_idle(), state)
                })
                .collect();
            same = if now == before { same + 1 } else { 0 };
            before = now;
            LOOKS <= same || before.iter().all(|(_, is_idle, _)| *is_idle)
        });
    }

    fn running(&self) -> impl Iterator<Item = (Address, &Client)> {
        let sessions = self.sessions.iter();
        sessions
            .filter(|(_, session)| session.running)
            .map(|(at, session)| (*at, &session.client))
    }

    fn print_returned(&mut self) {
        for (at, session) in &mut self.sessions {
            if !session.running || !session.client.is_idle() {
                continue;
            }
            session.running = false;
            let (server, number) = *at;
            self.transcript.push_str(&self.script.servers[server]);
            if number != 1 {
                self.transcript.push_str(&format!("/{number}"));
            }
            self.transcript.push_str(":\n");
            self.transcript
                .push_str(&normalise(&session.client.take_output()));
        }
    }
}
