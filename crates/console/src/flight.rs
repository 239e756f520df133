//! A flight recording as `semisync-lab replay` prints it: the time line, then the counters.

use std::fmt::Write;

use semisync_core::UtcTime;
use semisync_core::variables::{OBSERVED_VARIABLES, STATUS_VARIABLES, WallClock};
use semisync_flight::words::{Ordered, Told};
use semisync_flight::{Ending, Recording, Replay, Segment, Step};

/// A recording replayed and printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// What is printed.
    pub text: String,
    /// Whether every input led to what it led to in the server.
    pub agrees: bool,
}

/// Replays a recording; with the time line of every input, or with the counters only.
pub fn replay(recording: &Recording, with_time_line: bool) -> Replayed {
    let mut printer = Printer {
        text: String::new(),
        with_time_line,
        told: 0,
        differing: 0,
    };
    for segment in &recording.segments {
        printer.segment(segment);
    }
    if recording.is_torn {
        printer.line("The end of a file is torn off; what is whole was replayed.");
    }
    let (told, differing) = (printer.told, printer.differing);
    printer.line(&match (recording.segments.is_empty(), differing) {
        (true, _) => "Nothing was recorded.".to_owned(),
        (false, 0) => {
            format!("{told} inputs led to the same outputs and counters as in the server.")
        }
        (false, _) => format!(
            "{differing} of {told} inputs led to other outputs or counters than in the server: \
             it ran another version of the plugin, or the recording is damaged."
        ),
    });
    Replayed {
        text: printer.text,
        agrees: differing == 0,
    }
}

struct Printer {
    text: String,
    with_time_line: bool,
    told: usize,
    differing: usize,
}

impl Printer {
    fn segment(&mut self, segment: &Segment) {
        let mut replay = Replay::new(segment);
        let (from, to) = (replay.utc(segment.origin.at), replay.utc(segment.end()));
        let version = &segment.origin.server_version;
        self.line(&format!("MySQL {version}, {from} to {to} UTC"));
        while let Some(step) = replay.step() {
            self.step(&replay, step);
        }
        self.line("");
        let clock = WallClock {
            now: segment.end(),
            utc: to,
        };
        for variable in &STATUS_VARIABLES {
            if let Some(value) = variable.source_value(replay.source()) {
                self.line(&format!("{:<45} {value}", variable.name));
            }
        }
        for variable in &OBSERVED_VARIABLES {
            let value = variable.value(replay.source(), clock);
            self.line(format!("{:<45} {value}", variable.name).trim_end());
        }
        self.line("");
    }

    fn step(&mut self, replay: &Replay<'_>, step: Step<'_>) {
        match step {
            Step::Told {
                at,
                input,
                outputs,
                agrees,
            } => {
                self.told += 1;
                self.differing += usize::from(!agrees);
                if !self.with_time_line {
                    return;
                }
                let mark = if agrees { ' ' } else { '!' };
                let time = time_of_day(replay.utc(at));
                let mut line = format!("{mark} {time}  {}", Told(input));
                for (index, output) in outputs.iter().enumerate() {
                    let joint = if index == 0 { " → " } else { "; " };
                    // Writing into a string does not fail.
                    let _ = write!(line, "{joint}{}", Ordered(output));
                }
                self.line(&line);
            }
            Step::Counted { agrees, recorded } => {
                if !agrees {
                    self.differing += 1;
                    self.line(&format!("! counters of the server: {recorded:?}"));
                }
            }
            Step::Ended(ending) => self.ending(replay, &ending),
        }
    }

    fn ending(&mut self, replay: &Replay<'_>, ending: &Ending<'_>) {
        match ending {
            Ending::InOrder => {}
            Ending::Fatal { at, input } => {
                let time = time_of_day(replay.utc(*at));
                self.line(&format!("  {time}  {}", Told(input)));
                self.line("  The plugin failed on this input.");
            }
            Ending::Lost { inputs } => self.line(&format!(
                "  {inputs} inputs were left out here: the disk was too slow."
            )),
            Ending::Impossible { at, input } => {
                self.differing += 1;
                let time = time_of_day(replay.utc(*at));
                self.line(&format!("! {time}  {} (cannot follow)", Told(input)));
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

fn time_of_day(utc: UtcTime) -> String {
    let text = utc.to_string();
    let (_, time) = text.split_once(' ').unwrap_or(("", &text));
    time.to_owned()
}

#[cfg(test)]
mod tests;
