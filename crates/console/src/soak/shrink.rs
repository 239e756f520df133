//! Makes a lab shorter while it shows the same: delta debugging over its steps, then its servers,
//! its header and its times.

use super::script::Script;
use super::{Finding, Soak};

/// The same finding in fewer lines. Every candidate is played; the shorter one that still breaks the
/// same property goes on.
pub(super) fn shrink(soak: &Soak, finding: &Finding) -> Finding {
    let mut shrinker = Shrinker {
        soak,
        best: finding.clone(),
        plays: 0,
    };
    // What was refused is left out at once.
    shrinker.try_script(finding.script.clone());
    loop {
        let before = shrinker.best.script.clone();
        shrinker.steps();
        shrinker.servers();
        shrinker.header();
        shrinker.times();
        if shrinker.best.script == before || MOST_PLAYS < shrinker.plays {
            return shrinker.best;
        }
    }
}

struct Shrinker<'a> {
    soak: &'a Soak,
    best: Finding,
    plays: u32,
}

impl Shrinker<'_> {
    /// Whether a candidate shows the same; it is the best then.
    fn try_script(&mut self, script: Script) -> bool {
        if MOST_PLAYS < self.plays {
            return false;
        }
        self.plays += 1;
        match self.soak.judge(&script) {
            Some(found) if found.shows_the_same_as(&self.best) => {
                self.best = found;
                true
            }
            _ => false,
        }
    }

    /// Leaves out runs of steps, half of them at first, in the end one by one.
    fn steps(&mut self) {
        let mut size = self.best.script.steps.len().div_ceil(2);
        while 0 < size {
            let mut end = self.best.script.steps.len();
            // From the end: what happened last matters least often.
            while 0 < end {
                let start = end.saturating_sub(size);
                let mut script = self.best.script.clone();
                script.steps.drain(start..end.min(script.steps.len()));
                self.try_script(script);
                end = start.min(self.best.script.steps.len());
            }
            size = match size {
                1 => 0,
                _ => size.div_ceil(2),
            };
        }
    }

    fn servers(&mut self) {
        for name in self.best.script.servers().into_iter().skip(1).rev() {
            self.try_script(self.best.script.without_server(&name));
        }
    }

    fn header(&mut self) {
        for index in (1..self.best.script.header.len()).rev() {
            let mut script = self.best.script.clone();
            if script.header[index].starts_with("pace:") {
                continue;
            }
            script.header.remove(index);
            self.try_script(script);
        }
    }

    /// Rounder times, and one wait where there were several.
    fn times(&mut self) {
        for index in (0..self.best.script.steps.len()).rev() {
            let Some(line) = self.best.script.steps.get(index).cloned() else {
                continue;
            };
            let Some(micros) = wait_of(&line) else {
                continue;
            };
            for round in ROUND_WAITS {
                let is_rounder = wait_of(round).is_some_and(|rounded| rounded != micros);
                let shorter = round.len() < line.len();
                if is_rounder && shorter {
                    let mut script = self.best.script.clone();
                    script.steps[index] = (*round).to_owned();
                    if self.try_script(script) {
                        break;
                    }
                }
            }
        }
    }
}

impl Finding {
    /// Whether it is the same property, broken in the same words but for numbers.
    fn shows_the_same_as(&self, other: &Finding) -> bool {
        let pattern = |finding: &Finding| {
            let is_word = |c: &char| !c.is_ascii_digit() && !matches!(c, ',' | '-' | ':');
            finding.words.chars().filter(is_word).collect::<String>()
        };
        self.property == other.property && pattern(self) == pattern(other)
    }
}

/// How long a step waits, in microseconds.
fn wait_of(line: &str) -> Option<u64> {
    let time = line.strip_prefix("! wait ")?;
    let units = [("us", 1), ("ms", 1_000), ("s", 1_000_000)];
    units.into_iter().find_map(|(unit, micros)| {
        let number: u64 = time.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(micros)
    })
}

const ROUND_WAITS: &[&str] = &[
    "! wait 1s",
    "! wait 5s",
    "! wait 1ms",
    "! wait 5ms",
    "! wait 20ms",
    "! wait 100ms",
    "! wait 500us",
];

/// A lab is short enough after so many attempts.
const MOST_PLAYS: u32 = 4_000;
