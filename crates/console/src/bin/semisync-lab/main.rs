//! The `semisync-lab` command: plays lab scripts and flight recordings, and gives a prompt to a
//! virtual cluster.

mod soak;

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use semisync_console::flight;
use semisync_console::lab::{Action, Lab, Player, Step, compare, parse_fault, play};
use semisync_console::{SessionAddress, SubmitError};
use semisync_flight::Recording;
use semisync_sim::checkers::Checkers;
use semisync_sim::{ServerConfig, ServerIndex};

const USAGE: &str = "\
Usage:
  semisync-lab run FILE [--check TRANSCRIPT] [--raw]
      Plays a lab script (docs/lab-script.md) and prints its transcript.
      --check   compares with a recorded transcript and prints the difference, if any
      --raw     prints what the client prints: no times rounded, no ids left out
      Checkers watch; a property that does not hold is printed on standard error.
  semisync-lab replay FILE... [--counters]
      Plays a flight recording of a real source again (docs/plugin.md): every input with its
      time and what followed, then the status variables. NAME.old.flight goes before NAME.flight.
      --counters  prints the status variables only
  semisync-lab repl [--servers N] [--version 5.5|8.4|9.7]
      Gives prompts to a source and its replicas (3 servers by default); `.help` lists what
      can be typed beside SQL. Statements can also be piped in.
  semisync-lab soak [--seeds N] [--first SEED] [--out DIR] [--no-shrink]
      Runs random labs with faults; what breaks a property is made short and written to
      DIR (target/soak), one lab for each seed.

Exit status: 0 when all is well, 1 when a transcript or a replay differs or a property does not hold,
2 when something cannot be done.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["run", ref rest @ ..] => run(rest),
        ["replay", ref rest @ ..] => replay(rest),
        ["repl", ref rest @ ..] => repl(rest),
        ["soak", ref rest @ ..] => soak(rest),
        ["help" | "--help" | "-h"] => say(USAGE).map(|()| ExitCode::SUCCESS),
        _ => Err(USAGE.to_owned()),
    };
    done.unwrap_or_else(|message| {
        eprintln!("{}", message.trim_end());
        ExitCode::from(CANNOT)
    })
}

const DIFFERS: u8 = 1;
const CANNOT: u8 = 2;

fn run(words: &[&str]) -> Result<ExitCode, String> {
    let mut file = None;
    let mut check = None;
    let mut raw = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--raw" => raw = true,
            "--check" => check = Some(*words.next().ok_or("--check needs a transcript")?),
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            name if file.is_none() => file = Some(name),
            more => return Err(format!("one file at a time, not {more} too")),
        }
    }
    let file = file.ok_or(USAGE)?;
    let in_file = |error: &dyn std::fmt::Display| format!("{file}: {error}");
    let lab = Lab::parse(&read(file)?).map_err(|error| in_file(&error))?;
    let Some(expected) = check else {
        let mut player = Player::watched(lab, raw, Checkers::new);
        while let Some(printed) = player.play_step() {
            say(&printed.map_err(|error| in_file(&error))?)?;
        }
        let Some(violation) = player.violation() else {
            return Ok(ExitCode::SUCCESS);
        };
        eprintln!("{file}: {violation}");
        return Ok(ExitCode::from(DIFFERS));
    };
    let transcript = play(&lab, raw).map_err(|error| in_file(&error))?;
    match compare(&read(expected)?, &transcript) {
        None => {
            say(&format!("{file}: as recorded\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(difference) => {
            say(&format!(
                "{file} differs from {expected} (-):\n{difference}"
            ))?;
            Ok(ExitCode::from(DIFFERS))
        }
    }
}

fn replay(words: &[&str]) -> Result<ExitCode, String> {
    let mut recording = Recording::default();
    let mut with_time_line = true;
    let mut has_file = false;
    for word in words {
        match *word {
            "--counters" => with_time_line = false,
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            file => {
                has_file = true;
                let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
                let appended = recording.append(&bytes);
                appended.map_err(|error| format!("{file}: {error}"))?;
            }
        }
    }
    if !has_file {
        return Err(USAGE.to_owned());
    }
    let replayed = flight::replay(&recording, with_time_line);
    say(&replayed.text)?;
    Ok(match replayed.agrees {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DIFFERS),
    })
}

fn soak(words: &[&str]) -> Result<ExitCode, String> {
    let options = soak::Options::parse(words)?;
    Ok(match soak::run(&options)? {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DIFFERS),
    })
}

/// Prints; a reader that has seen enough is no error.
fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn read(file: &str) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))
}

fn repl(words: &[&str]) -> Result<ExitCode, String> {
    let mut servers = 3;
    let mut version = "9.7";
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a value"));
        match *word {
            "--servers" => {
                servers = value?
                    .parse::<u16>()
                    .ok()
                    .filter(|count| (1..=9).contains(count))
                    .ok_or("--servers is a number from 1 to 9")?;
            }
            "--version" => version = value?,
            other => return Err(format!("unknown option {other}")),
        }
    }
    let replicas: String = (1..servers).map(|n| format!(" replica{n}")).collect();
    let script = format!("servers: source{replicas}\nversion: {version}\n");
    let lab = Lab::parse(&script).map_err(|error| error.reason)?;
    let servers = lab.config.servers.clone();
    let mut prompt = Prompt {
        player: Player::new(lab, true),
        servers,
        at: SessionAddress {
            server: ServerIndex(0),
            session: 1,
        },
        typed: String::new(),
    };
    prompt.run().map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

const HELP: &str = "\
.server NAME, .server NAME/2   type at another server, or in another session of it
.servers                       list the servers
! crash S, ! power-cut S, ! shutdown S, ! start S, ! freeze S, ! thaw S
! cut S S, ! heal S S          disturb servers and links, and mend them
! latency S S 20ms, ! apply-time S 100ms
! wait 3s                      let cluster time pass
.quit                          leave
A statement that is blocked for two seconds of cluster time goes on in the background: (running).
\\h lists the commands of the client.
";

/// A person's place in front of the cluster.
struct Prompt {
    player: Player,
    servers: Vec<ServerConfig>,
    at: SessionAddress,
    /// Lines of a statement that is not complete yet.
    typed: String,
}

impl Prompt {
    fn run(&mut self) -> io::Result<()> {
        let is_terminal = io::stdin().is_terminal();
        if is_terminal {
            println!("Type .help for help, .quit to leave.");
        }
        let mut lines = io::stdin().lock().lines();
        loop {
            print!("{}", self.player.bench().prompt(self.at, &self.typed));
            io::stdout().flush()?;
            let Some(line) = lines.next().transpose()? else {
                println!();
                return Ok(());
            };
            if !is_terminal {
                println!("{line}");
            }
            if !self.line(&line) {
                return Ok(());
            }
        }
    }

    /// Does what a line asks for; false to leave.
    fn line(&mut self, line: &str) -> bool {
        let trimmed = line.trim();
        if self.typed.is_empty() {
            if trimmed.is_empty() {
                return true;
            }
            if let Some(fault) = trimmed.strip_prefix('!') {
                match parse_fault(fault, &self.servers) {
                    Ok(action) => self.play(action),
                    Err(reason) => println!("{reason}"),
                }
                return true;
            }
            match trimmed {
                ".help" => print!("{HELP}"),
                ".servers" => self.list_servers(),
                ".quit" | ".exit" => return false,
                _ if trimmed.starts_with('.') => self.switch(trimmed),
                _ => self.statement(line),
            }
            return true;
        }
        self.statement(line);
        true
    }

    fn statement(&mut self, line: &str) {
        if !self.typed.is_empty() {
            self.typed.push('\n');
        }
        self.typed.push_str(line);
        let mut trial = self.player.bench().clone();
        match trial.submit(self.at, &self.typed) {
            Err(SubmitError::Incomplete) => return,
            Err(SubmitError::Busy) => {
                println!(
                    "this session still runs a statement; `! wait 3s`, `! interrupt SERVER`, or `.server` to another"
                );
                self.typed.clear();
                return;
            }
            Ok(()) | Err(SubmitError::NoSuchServer | SubmitError::Idle) => {}
        }
        let text = std::mem::take(&mut self.typed);
        self.play(Action::Type { at: self.at, text });
    }

    fn play(&mut self, action: Action) {
        let step = Step {
            line: 0,
            written: String::new(),
            action,
        };
        match self.player.perform(&step) {
            Ok(printed) => print!("{printed}"),
            Err(error) => println!("{}", error.reason),
        }
    }

    fn list_servers(&self) {
        for (index, server) in self.servers.iter().enumerate() {
            println!("{} (server_id {})", server.name, index + 1);
        }
    }

    fn switch(&mut self, line: &str) {
        let Some(target) = line.strip_prefix(".server ").map(str::trim) else {
            println!("unknown; .help lists what can be typed");
            return;
        };
        let (name, session) = target.split_once('/').unwrap_or((target, "1"));
        let found = (0..)
            .zip(&self.servers)
            .find(|(_, server)| server.name == name);
        match (found, session.parse()) {
            (Some((index, _)), Ok(session)) if session > 0 => {
                self.at = SessionAddress {
                    server: ServerIndex(index),
                    session,
                };
            }
            _ => println!("there is no `{target}`; .servers lists the servers"),
        }
    }
}
