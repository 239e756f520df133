//! A lab script, taken apart.

use std::collections::BTreeMap;

use semisync_core::Generation;
use semisync_sim::config::Timing;
use semisync_sim::{ClusterConfig, Fault, ServerConfig, ServerIndex};

use crate::line_reader::LineReader;
use crate::workbench::SessionAddress;

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lab {
    /// The cluster it begins with.
    pub config: ClusterConfig,
    /// What lets time pass between the steps.
    pub pace: Pace,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// What lets time pass between the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// A person types: each step waits for its statement and for the replicas.
    #[default]
    Typing,
    /// Only `! wait` and `! mend` take time. Virtual cluster only.
    Waits,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of its first line, from 1.
    pub line: usize,
    /// The lines as written.
    pub written: String,
    /// What is done.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Text is typed at a prompt.
    Type {
        /// The prompt.
        at: SessionAddress,
        /// The text, with its line breaks.
        text: String,
    },
    /// Ctrl-C is pressed at a prompt whose statement runs.
    Interrupt(SessionAddress),
    /// Something breaks, or is mended.
    Fault(Fault),
    /// The oldest packet on its way from one server to another.
    Packet(PacketVerb, ServerIndex, ServerIndex),
    /// Everything is repaired as an operator would; then the cluster has to come to rest.
    Mend,
    /// Time passes, in microseconds.
    Wait(u64),
}

/// What is done to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketVerb {
    /// Keep it until it is released.
    Hold,
    /// Let it travel on.
    Release,
    /// Lose it; that breaks its connection.
    Drop,
}

/// What is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ScriptError {}

impl Lab {
    /// Takes a script apart.
    ///
    /// # Errors
    /// With the first line that is wrong; nothing has been run then.
    pub fn parse(text: &str) -> Result<Lab, ScriptError> {
        let mut reader = Reader {
            lab: Lab {
                config: ClusterConfig {
                    seed: 1,
                    servers: Vec::new(),
                    replication: true,
                    timing: Timing::default(),
                },
                pace: Pace::default(),
                steps: Vec::new(),
            },
        };
        let mut last = 0;
        for (number, line) in (1..).zip(text.lines()) {
            last = number;
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            reader.line(number, line).map_err(|reason| ScriptError {
                line: number,
                reason,
            })?;
        }
        if reader.lab.config.servers.is_empty() {
            return Err(ScriptError {
                line: last.max(1),
                reason: "a lab begins with a line `servers: source replica1 …`".to_owned(),
            });
        }
        reader.check_statements_end()?;
        Ok(reader.lab)
    }
}

/// The fault that the words after `!` name, or how long to wait.
///
/// # Errors
/// With what is wrong with them.
pub fn parse_fault(words: &str, servers: &[ServerConfig]) -> Result<Action, String> {
    let server = |name: &str| server_named(name, servers);
    let words: Vec<&str> = words.split_whitespace().collect();
    Ok(Action::Fault(match words[..] {
        ["crash", name] => Fault::Crash(server(name)?),
        ["power-cut", name] => Fault::PowerCut(server(name)?),
        ["shutdown", name] => Fault::Shutdown(server(name)?),
        ["start", name] => Fault::Start(server(name)?),
        ["upgrade", name, series] => Fault::Upgrade(server(name)?, generation(series)?),
        ["freeze", name] => Fault::Freeze(server(name)?),
        ["thaw", name] => Fault::Thaw(server(name)?),
        ["cut", one, other] => Fault::CutLink(server(one)?, server(other)?),
        ["heal", one, other] => Fault::HealLink(server(one)?, server(other)?),
        ["latency", one, other, time] => {
            Fault::SetLinkLatency(server(one)?, server(other)?, duration(time)?)
        }
        ["apply-time", name, time] => Fault::SetApplyTime(server(name)?, duration(time)?),
        ["interrupt", prompt] => return address_of(prompt, servers).map(Action::Interrupt),
        ["hold", from, to] => return packet(PacketVerb::Hold, server(from)?, server(to)?),
        ["release", from, to] => return packet(PacketVerb::Release, server(from)?, server(to)?),
        ["drop", from, to] => return packet(PacketVerb::Drop, server(from)?, server(to)?),
        ["mend"] => return Ok(Action::Mend),
        ["wait", time] => return duration(time).map(Action::Wait),
        _ => {
            return Err(format!("`! {}` is none of: {FAULTS}", words.join(" ")));
        }
    }))
}

const FAULTS: &str = "crash S, power-cut S, shutdown S, start S, upgrade S SERIES, freeze S, thaw S, cut S S, heal S S, latency S S TIME, apply-time S TIME, interrupt S, hold S S, release S S, drop S S, mend, wait TIME";

fn packet(verb: PacketVerb, from: ServerIndex, to: ServerIndex) -> Result<Action, String> {
    Ok(Action::Packet(verb, from, to))
}

fn generation(series: &str) -> Result<Generation, String> {
    match series {
        "5.5" => Ok(Generation::V5_5),
        "8.4" => Ok(Generation::V8_4),
        "9.7" => Ok(Generation::V9_7),
        _ => Err("the version is 5.5, 8.4 or 9.7".to_owned()),
    }
}

fn server_named(name: &str, servers: &[ServerConfig]) -> Result<ServerIndex, String> {
    (0..)
        .zip(servers)
        .find(|(_, server)| server.name == name)
        .map(|(index, _)| ServerIndex(index))
        .ok_or_else(|| {
            let names: Vec<&str> = servers.iter().map(|server| server.name.as_str()).collect();
            format!("there is no server `{name}`, only {}", names.join(", "))
        })
}

/// `source` or `source/2`
fn address_of(prompt: &str, servers: &[ServerConfig]) -> Result<SessionAddress, String> {
    let (name, session) = prompt.split_once('/').unwrap_or((prompt, "1"));
    let server = server_named(name, servers)?;
    match session.parse() {
        Ok(session) if session > 0 => Ok(SessionAddress { server, session }),
        _ => Err(format!("`{session}` is no number of a session")),
    }
}

/// `3s`, `250ms` or `40us`, in microseconds.
fn duration(text: &str) -> Result<u64, String> {
    let units = [("ms", 1_000), ("us", 1), ("s", 1_000_000)];
    units
        .into_iter()
        .find_map(|(unit, micros)| {
            let number = text.strip_suffix(unit)?.parse::<u64>().ok()?;
            number.checked_mul(micros)
        })
        .ok_or_else(|| format!("`{text}` is no time like 3s, 250ms or 40us"))
}

struct Reader {
    lab: Lab,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        if let Some(words) = line.strip_prefix('!') {
            let action = parse_fault(words, &self.lab.config.servers)?;
            self.push(number, line, action);
            return Ok(());
        }
        if line.starts_with([' ', '\t']) {
            return self.continuation(line);
        }
        if let Some((prompt, text)) = split_prompt(line) {
            let at = address_of(prompt, &self.lab.config.servers)?;
            let text = text.to_owned();
            self.push(number, line, Action::Type { at, text });
            return Ok(());
        }
        if !self.lab.steps.is_empty() {
            return Err("neither a step (`server> …`, `! …`) nor a comment".to_owned());
        }
        self.header(line)
    }

    fn push(&mut self, line: usize, written: &str, action: Action) {
        self.lab.steps.push(Step {
            line,
            written: written.to_owned(),
            action,
        });
    }

    fn continuation(&mut self, line: &str) -> Result<(), String> {
        let nothing =
            "nothing to continue: a line that starts with spaces and `->` goes on with a statement";
        let more = line.trim_start().strip_prefix("->").ok_or(nothing)?;
        let more = more.strip_prefix(' ').unwrap_or(more);
        let last = self.lab.steps.last_mut().ok_or(nothing)?;
        let Action::Type { text, .. } = &mut last.action else {
            return Err(nothing.to_owned());
        };
        text.push('\n');
        text.push_str(more);
        last.written.push('\n');
        last.written.push_str(line);
        Ok(())
    }

    fn header(&mut self, line: &str) -> Result<(), String> {
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| "neither a header (`servers: …`) nor a step (`server> …`)".to_owned())?;
        let value = value.trim();
        let (key, server) = match key.split_once(' ') {
            Some((key, name)) => (
                key,
                Some(server_named(name.trim(), &self.lab.config.servers)?),
            ),
            None => (key, None),
        };
        match key {
            "servers" => self.servers(value),
            "replication" => self.replication(value),
            "version" => self.version(value, server),
            "option" => self.option(value, server),
            "pace" => self.pace(value),
            "seed" => {
                let number = value.parse().map_err(|_| format!("`{value}` is no seed"))?;
                self.lab.config.seed = number;
                Ok(())
            }
            _ => Err(format!(
                "`{key}` is no header; headers are servers, replication, version, option, pace, seed"
            )),
        }
    }

    fn servers(&mut self, names: &str) -> Result<(), String> {
        if !self.lab.config.servers.is_empty() {
            return Err("the servers were named already".to_owned());
        }
        for name in names.split_whitespace() {
            let is_name = name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
            let is_new = self
                .lab
                .config
                .servers
                .iter()
                .all(|server| server.name != name);
            if !is_name || !is_new {
                return Err(format!("`{name}` cannot name a server here"));
            }
            self.lab.config.servers.push(ServerConfig {
                name: name.to_owned(),
                generation: Generation::V9_7,
                options: Vec::new(),
            });
        }
        if self.lab.config.servers.is_empty() {
            return Err("a lab needs at least one server".to_owned());
        }
        Ok(())
    }

    fn replication(&mut self, value: &str) -> Result<(), String> {
        self.lab.config.replication = match value {
            "running" => true,
            "none" => false,
            _ => return Err("replication is `running` or `none`".to_owned()),
        };
        Ok(())
    }

    fn pace(&mut self, value: &str) -> Result<(), String> {
        self.lab.pace = match value {
            "typing" => Pace::Typing,
            "waits" => Pace::Waits,
            _ => return Err("the pace is `typing` or `waits`".to_owned()),
        };
        Ok(())
    }

    fn version(&mut self, value: &str, server: Option<ServerIndex>) -> Result<(), String> {
        let generation = generation(value)?;
        for server in self.named(server)? {
            server.generation = generation;
        }
        Ok(())
    }

    fn option(&mut self, value: &str, server: Option<ServerIndex>) -> Result<(), String> {
        let (name, value) = match value.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().to_owned())),
            None => (value, None),
        };
        if name.is_empty() {
            return Err("an option is a line of my.cnf, like sync_binlog=1".to_owned());
        }
        for server in self.named(server)? {
            server.options.push((name.to_owned(), value.clone()));
        }
        Ok(())
    }

    /// The server a header is for, or all of them.
    fn named(&mut self, server: Option<ServerIndex>) -> Result<&mut [ServerConfig], String> {
        let servers = &mut self.lab.config.servers[..];
        if servers.is_empty() {
            return Err("the line `servers: …` comes first".to_owned());
        }
        Ok(match server {
            Some(ServerIndex(index)) => &mut servers[usize::from(index)..=usize::from(index)],
            None => servers,
        })
    }
}

impl Reader {
    /// Every step must end its statement, or a client would wait for more.
    fn check_statements_end(&self) -> Result<(), ScriptError> {
        let mut readers: BTreeMap<SessionAddress, LineReader> = BTreeMap::new();
        for step in &self.lab.steps {
            let Action::Type { at, text } = &step.action else {
                continue;
            };
            let reader = readers.entry(*at).or_default();
            for line in text.lines() {
                reader.read(line);
            }
            if !reader.is_idle() {
                return Err(ScriptError {
                    line: step.line,
                    reason: format!("the statement does not end with `{}`", reader.delimiter()),
                });
            }
        }
        Ok(())
    }
}

/// `server> text`, `server/2> text`
fn split_prompt(line: &str) -> Option<(&str, &str)> {
    let (prompt, text) = line.split_once('>')?;
    let is_prompt = !prompt.is_empty() && !prompt.contains([' ', ':', '\'', '"']);
    is_prompt.then(|| (prompt, text.strip_prefix(' ').unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_taken_apart() {
        let lab = Lab::parse(
            "# What it shows\nservers: source replica1\nversion replica1: 8.4\noption: a=1\n\
             option source: b\nseed: 42\n\nsource> SELECT *\n     -> FROM t\\G\nreplica1/2> BEGIN;\n\
             ! interrupt replica1/2\n! cut source replica1\n! wait 3s\n",
        )
        .unwrap();
        let [source, replica] = &lab.config.servers[..] else {
            panic!("two servers");
        };
        assert_eq!(lab.config.seed, 42);
        assert_eq!(
            (source.generation, replica.generation),
            (Generation::V9_7, Generation::V8_4)
        );
        let a = ("a".to_owned(), Some("1".to_owned()));
        assert_eq!(source.options, [a.clone(), ("b".to_owned(), None)]);
        assert_eq!(replica.options, [a]);
        let at = |server, session| SessionAddress {
            server: ServerIndex(server),
            session,
        };
        let actions: Vec<Action> = lab.steps.iter().map(|step| step.action.clone()).collect();
        assert_eq!(
            actions,
            [
                Action::Type {
                    at: at(0, 1),
                    text: "SELECT *\nFROM t\\G".to_owned()
                },
                Action::Type {
                    at: at(1, 2),
                    text: "BEGIN;".to_owned()
                },
                Action::Interrupt(at(1, 2)),
                Action::Fault(Fault::CutLink(ServerIndex(0), ServerIndex(1))),
                Action::Wait(3_000_000),
            ]
        );
        assert_eq!(lab.steps[0].written, "source> SELECT *\n     -> FROM t\\G");
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert_eq!(Lab::parse(text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_wrong_line_is_named() {
        refused(
            "",
            "line 1: a lab begins with a line `servers: source replica1 …`",
        );
        refused(
            "servers: source\nsource> SELECT 1;\n! crash replica1\n",
            "line 3: there is no server `replica1`, only source",
        );
        refused(
            "servers: source\n\nsource> SELECT 'a;\n",
            "line 3: the statement does not end with `;`",
        );
        refused(
            "servers: source\nsource> SELECT 1;\nhello\n",
            "line 3: neither a step (`server> …`, `! …`) nor a comment",
        );
        refused(
            "option: a=1\nservers: source\n",
            "line 1: the line `servers: …` comes first",
        );
        refused(
            "servers: source\nversion: 5.7\n",
            "line 2: the version is 5.5, 8.4 or 9.7",
        );
        refused(
            "servers: source\n! wait 3\n",
            "line 2: `3` is no time like 3s, 250ms or 40us",
        );
        refused("servers: a a\n", "line 1: `a` cannot name a server here");
    }
}
