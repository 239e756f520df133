//! The real `mysql` client at a terminal, as a person uses it.
//!
//! The terminal echoes nothing and changes no byte, so the client's line editor stays out of the
//! way, and what it prints is exactly prompts and results. It is idle when its output ends with the
//! prompt.

use std::{
    fs::File,
    io::{Read, Write},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    pty::openpty,
    sys::signal::{Signal, kill},
    sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr},
    unistd::Pid,
};

/// A prompt that no result contains.
const PROMPT: &str = "<<semisync lab>>";

/// How wide the client's prompt for a continuation line is.
const CONTINUATION_WIDTH: usize = "    -> ".len();

/// A client with its output so far.
pub(super) struct Client {
    process: Child,
    keyboard: File,
    screen: Arc<Screen>,
    /// The server's number of this connection, from what the client last said.
    connection_id: u64,
    /// How many prompts for continuation lines come before the output of the running statement.
    continuations: usize,
}

#[derive(Default)]
struct Screen {
    state: Mutex<ScreenState>,
    changed: Condvar,
}

#[derive(Default)]
struct ScreenState {
    text: Vec<u8>,
    closed: bool,
}

impl Client {
    /// Starts a client; `command` runs the program `mysql` with the options that find its server.
    pub(super) fn start(mut command: Command) -> Result<Client> {
        let terminal = openpty(None, None).context("a pseudo terminal")?;
        let mut settings = tcgetattr(&terminal.slave)?;
        settings.local_flags.remove(LocalFlags::ECHO);
        settings.output_flags.remove(OutputFlags::OPOST);
        tcsetattr(&terminal.slave, SetArg::TCSANOW, &settings)?;
        let process = command
            .args(["--commands", "--no-auto-rehash"])
            .args([
                "--default-character-set=utf8mb4",
                &format!("--prompt={PROMPT}"),
            ])
            .env_clear()
            .envs([
                ("TERM", "dumb"),
                ("LC_ALL", "C.UTF-8"),
                ("HOME", "/nonexistent"),
                ("MYSQL_HISTFILE", "/dev/null"),
            ])
            .stdin(Stdio::from(terminal.slave.try_clone()?))
            .stdout(Stdio::from(terminal.slave.try_clone()?))
            .stderr(Stdio::from(terminal.slave))
            .spawn()
            .context("start the mysql client")?;
        // The command holds the last copies of the terminal's other end.
        drop(command);
        let screen = Arc::new(Screen::default());
        let seen = Arc::clone(&screen);
        let output = File::from(terminal.master.try_clone()?);
        thread::spawn(move || seen.fill(output));
        let mut client = Client {
            process,
            keyboard: File::from(terminal.master),
            screen,
            connection_id: 0,
            continuations: 0,
        };
        if !client.wait_until_idle(Instant::now() + Duration::from_secs(20)) {
            bail!(
                "the mysql client did not come to its prompt: {}",
                client.screen.text()
            );
        }
        // What a client that could not connect has said is of interest; a greeting is not.
        if !client.has_ended() {
            client.take_output();
        }
        Ok(client)
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.screen.lock().closed
    }

    /// Types a statement and ends its last line.
    pub(super) fn type_text(&mut self, text: &str) -> Result<()> {
        self.continuations = text.lines().count().saturating_sub(1);
        self.screen.clear();
        self.keyboard
            .write_all(format!("{text}\n").as_bytes())
            .context("type a statement")
    }

    /// Presses Ctrl-C: the signal that a terminal makes of it.
    pub(super) fn interrupt(&self) -> Result<()> {
        let pid = i32::try_from(self.process.id()).context("a process id")?;
        kill(Pid::from_raw(pid), Signal::SIGINT).context("interrupt the mysql client")
    }

    /// Whether it waits for the next statement (or has ended).
    pub(super) fn is_idle(&self) -> bool {
        self.screen.lock().is_idle()
    }

    /// Waits until it is idle; says whether it is.
    pub(super) fn wait_until_idle(&self, deadline: Instant) -> bool {
        let mut state = self.screen.lock();
        while !state.is_idle() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self
                .screen
                .changed
                .wait_timeout(state, left)
                .expect("a thread with the screen panicked")
                .0;
        }
        true
    }

    /// What it printed for the statement typed last, without prompts and bells.
    pub(super) fn take_output(&mut self) -> String {
        let text = self.screen.text();
        self.screen.clear();
        let mut text = text.strip_suffix(PROMPT).unwrap_or(&text);
        for _ in 0..std::mem::take(&mut self.continuations) {
            text = text.get(CONTINUATION_WIDTH..).unwrap_or_default();
        }
        let text = text.replace('\u{7}', "");
        if let Some(id) = connection_id(&text) {
            self.connection_id = id;
        }
        text
    }

    /// The server's number of this connection.
    pub(super) fn connection_id(&self) -> u64 {
        self.connection_id
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Screen {
    fn fill(&self, mut output: File) {
        let mut bytes = [0; 4096];
        loop {
            // Reading fails when the client has closed its end.
            let length = output.read(&mut bytes).unwrap_or(0);
            let mut state = self.lock();
            state.text.extend_from_slice(&bytes[..length]);
            state.closed = length == 0;
            self.changed.notify_all();
            if state.closed {
                return;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ScreenState> {
        self.state
            .lock()
            .expect("a thread with the screen panicked")
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().text).into_owned()
    }

    fn clear(&self) {
        self.lock().text.clear();
    }
}

impl ScreenState {
    fn is_idle(&self) -> bool {
        self.closed || self.text.ends_with(PROMPT.as_bytes())
    }
}

/// The number in `Your MySQL connection id is 9` or `Connection id:    9`, the last one if several.
fn connection_id(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| {
        let number = line
            .strip_prefix("Your MySQL connection id is ")
            .or_else(|| line.strip_prefix("Connection id:"))?;
        number.trim().parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_id_is_read_from_the_greeting_and_from_a_reconnect() {
        assert_eq!(
            connection_id("Welcome.\nYour MySQL connection id is 9\nx"),
            Some(9)
        );
        assert_eq!(
            connection_id("Connection id:    12\nCurrent database: lab\n"),
            Some(12)
        );
        assert_eq!(connection_id("Query OK"), None);
    }
}
