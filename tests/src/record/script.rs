//! A lab script: a cluster, what people typed, and what went wrong, in order (docs/lab-script.md).

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// A script, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Names of the servers; the first one is the source.
    pub servers: Vec<String>,
    /// Whether the others replicate from the first.
    pub replication: bool,
    /// Lines of `my.cnf`: a server, or `None` for all, and the line.
    pub options: Vec<(Option<String>, String)>,
    /// Why real servers cannot play it, if so.
    pub virtual_only: Option<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One step, with the lines it is echoed as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The lines as written.
    pub written: Vec<String>,
    /// What is done.
    pub action: Action,
}

/// What a step does. Servers are numbered from 0 here, sessions from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the script")]
pub enum Action {
    Type {
        server: usize,
        session: u32,
        lines: Vec<String>,
    },
    Crash(usize),
    Shutdown(usize),
    Start(usize),
    Freeze(usize),
    Thaw(usize),
    Cut(usize, usize),
    Heal(usize, usize),
    Wait(Duration),
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// With the number of the line that is wrong.
    pub fn parse(text: &str) -> Result<Script> {
        let mut script = Script {
            replication: true,
            ..Script::default()
        };
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            script
                .read_line(line)
                .with_context(|| format!("line {}: {line}", index + 1))?;
        }
        ensure!(!script.servers.is_empty(), "no line `servers: …`");
        Ok(script)
    }

    fn read_line(&mut self, line: &str) -> Result<()> {
        if let Some(fault) = line.strip_prefix("! ") {
            let action = self.fault(fault)?;
            self.add(line, action);
            return Ok(());
        }
        let continuation = line.trim_start();
        if continuation != line {
            let more = continuation
                .strip_prefix("->")
                .context("a line starts with spaces")?;
            let more = more.strip_prefix(' ').unwrap_or(more);
            let last = self.steps.last_mut().context("no statement to continue")?;
            let Action::Type { lines, .. } = &mut last.action else {
                bail!("no statement to continue");
            };
            lines.push(more.to_owned());
            last.written.push(line.to_owned());
            return Ok(());
        }
        if let Some((prompt, statement)) = line.split_once("> ")
            && !prompt.contains([' ', ':'])
        {
            let (name, session) = prompt.split_once('/').unwrap_or((prompt, "1"));
            let action = Action::Type {
                server: self.server(name)?,
                session: session.parse().context("the number of a session")?,
                lines: vec![statement.to_owned()],
            };
            self.add(line, action);
            return Ok(());
        }
        ensure!(self.steps.is_empty(), "neither a step nor a comment");
        self.read_header(line)
    }

    fn read_header(&mut self, line: &str) -> Result<()> {
        let (key, value) = line.split_once(':').context("a header has a colon")?;
        let (key, server) = match key.split_once(' ') {
            Some((key, server)) => (key, Some(server.to_owned())),
            None => (key, None),
        };
        if let Some(name) = &server {
            self.server(name)?;
        }
        let value = value.trim();
        match key {
            "servers" => self.servers = value.split_whitespace().map(str::to_owned).collect(),
            "replication" => {
                self.replication = match value {
                    "running" => true,
                    "none" => false,
                    _ => bail!("replication is `running` or `none`"),
                }
            }
            "option" => self.options.push((server, value.to_owned())),
            "version" if value != "9.7" => self.only_virtual(&format!("servers of {value}")),
            "version" | "seed" => {}
            _ => bail!("an unknown header"),
        }
        Ok(())
    }

    fn fault(&mut self, fault: &str) -> Result<Action> {
        let words: Vec<&str> = fault.split_whitespace().collect();
        Ok(match words[..] {
            ["crash", server] => Action::Crash(self.server(server)?),
            ["power-cut", server] => {
                self.only_virtual("a power cut");
                Action::Crash(self.server(server)?)
            }
            ["shutdown", server] => Action::Shutdown(self.server(server)?),
            ["start", server] => Action::Start(self.server(server)?),
            ["freeze", server] => Action::Freeze(self.server(server)?),
            ["thaw", server] => Action::Thaw(self.server(server)?),
            ["cut", one, other] => Action::Cut(self.server(one)?, self.server(other)?),
            ["heal", one, other] => Action::Heal(self.server(one)?, self.server(other)?),
            ["wait", time] => Action::Wait(duration(time)?),
            _ => bail!("an unknown fault"),
        })
    }

    fn add(&mut self, written: &str, action: Action) {
        self.steps.push(Step {
            written: vec![written.to_owned()],
            action,
        });
    }

    fn server(&self, name: &str) -> Result<usize> {
        self.servers
            .iter()
            .position(|known| known == name)
            .with_context(|| format!("no server {name}"))
    }

    fn only_virtual(&mut self, reason: &str) {
        self.virtual_only.get_or_insert_with(|| reason.to_owned());
    }
}

/// `3s` or `250ms`.
fn duration(text: &str) -> Result<Duration> {
    let read = |number: &str| number.parse::<u64>().context("a time like 3s or 250ms");
    match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => Ok(Duration::from_millis(read(number)?)),
        (None, Some(number)) => Ok(Duration::from_secs(read(number)?)),
        (None, None) => bail!("a time like 3s or 250ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_taken_apart() {
        let script = Script::parse(
            "# What it shows\nservers: source replica1\noption: a=1\noption replica1: b\n\n\
             source> SELECT *\n     -> FROM t\\G\nreplica1/2> BEGIN;\n! cut source replica1\n! wait 3s\n",
        )
        .unwrap();
        assert_eq!(script.servers, ["source", "replica1"]);
        assert!(script.replication);
        assert_eq!(
            script.options,
            [
                (None, "a=1".to_owned()),
                (Some("replica1".to_owned()), "b".to_owned())
            ]
        );
        let actions: Vec<Action> = script
            .steps
            .iter()
            .map(|step| step.action.clone())
            .collect();
        assert_eq!(
            actions,
            [
                Action::Type {
                    server: 0,
                    session: 1,
                    lines: vec!["SELECT *".to_owned(), "FROM t\\G".to_owned()]
                },
                Action::Type {
                    server: 1,
                    session: 2,
                    lines: vec!["BEGIN;".to_owned()]
                },
                Action::Cut(0, 1),
                Action::Wait(Duration::from_secs(3)),
            ]
        );
        assert_eq!(
            script.steps[0].written,
            ["source> SELECT *", "     -> FROM t\\G"]
        );
        assert_eq!(script.virtual_only, None);
    }

    #[test]
    fn what_real_servers_cannot_play_is_told() {
        let older = Script::parse("servers: source\nversion: 8.4\n").unwrap();
        assert_eq!(older.virtual_only.as_deref(), Some("servers of 8.4"));
        let cut = Script::parse("servers: source\n! power-cut source\n").unwrap();
        assert_eq!(cut.virtual_only.as_deref(), Some("a power cut"));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = Script::parse("servers: source\nsource> SELECT 1;\n! crash replica1\n");
        let error = format!("{:#}", error.unwrap_err());
        assert_eq!(error, "line 3: ! crash replica1: no server replica1");
        for wrong in ["", "servers: source\n! fly\n", "servers: source\nhello\n"] {
            assert!(Script::parse(wrong).is_err(), "{wrong}");
        }
    }
}
