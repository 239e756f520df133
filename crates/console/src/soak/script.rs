//! A lab as lines, which can be left out one by one.

use crate::lab::{Lab, Step};

/// A lab script: its header and its steps, one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Lines before the first step; the first one names the servers.
    pub header: Vec<String>,
    /// The steps.
    pub steps: Vec<String>,
}

impl Script {
    /// The script as a file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.header {
            text.push_str(line);
            text.push('\n');
        }
        if !self.steps.is_empty() {
            text.push('\n');
        }
        for line in &self.steps {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The last step, taken apart.
    pub(super) fn last_step(&self) -> Option<Step> {
        let last = Script {
            header: self.header.clone(),
            steps: vec![self.steps.last()?.clone()],
        };
        Lab::parse(&last.text()).ok()?.steps.pop()
    }

    /// The names of its servers.
    pub(super) fn servers(&self) -> Vec<String> {
        let first = self
            .header
            .iter()
            .find_map(|it| it.strip_prefix("servers:"));
        let names = first.unwrap_or_default().split_whitespace();
        names.map(str::to_owned).collect()
    }

    /// The script without a server; nothing else speaks of it then.
    pub(super) fn without_server(&self, name: &str) -> Script {
        let speaks_of = |line: &&String| {
            let is_separator = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
            line.split(is_separator).any(|word| word == name)
        };
        let mut names = self.servers();
        names.retain(|it| it != name);
        let servers = format!("servers: {}", names.join(" "));
        let header = self
            .header
            .iter()
            .filter(|line| !line.starts_with("servers:"));
        let header = header.filter(|line| !speaks_of(line)).cloned();
        Script {
            header: std::iter::once(servers).chain(header).collect(),
            steps: self
                .steps
                .iter()
                .filter(|line| !speaks_of(line))
                .cloned()
                .collect(),
        }
    }
}
