//! `semisync-lab soak`: random labs, and the shortest lab for each finding.

use std::path::{Path, PathBuf};

use semisync_console::soak::{Finding, Soak};

/// What to run.
pub(crate) struct Options {
    first: u64,
    seeds: u64,
    out: PathBuf,
    shrinks: bool,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Options, String> {
        let mut options = Options {
            first: 0,
            seeds: 1_000,
            out: PathBuf::from("target/soak"),
            shrinks: true,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if *word == "--no-shrink" {
                options.shrinks = false;
                continue;
            }
            let value = *words.next().ok_or(format!("{word} needs a value"))?;
            let number = || {
                let is_no = |_| format!("{word} takes a number, not {value}");
                value.parse::<u64>().map_err(is_no)
            };
            match *word {
                "--seeds" => options.seeds = number()?,
                "--first" => options.first = number()?,
                "--out" => options.out = PathBuf::from(value),
                other => return Err(format!("soak does not know {other}")),
            }
        }
        Ok(options)
    }
}

/// Runs the seeds; true if nothing was found.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let soak = Soak::default();
    // A panic is a finding of its seed; its message is in the finding.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut events, mut steps, mut findings) = (0, 0, 0);
    for seed in options.first..options.first.saturating_add(options.seeds) {
        let report = soak.run(seed);
        events += report.events;
        steps += report.steps;
        if let Some(finding) = report.finding {
            findings += 1;
            let short = match options.shrinks {
                true => soak.shrink(&finding),
                false => finding,
            };
            show(seed, &short, &options.out)?;
        }
    }
    let seeds = options.seeds;
    println!("{seeds} seeds, {steps} steps, {events} events, {findings} findings");
    Ok(findings == 0)
}

fn show(seed: u64, finding: &Finding, out: &Path) -> Result<(), String> {
    let Finding {
        property,
        words,
        script,
    } = finding;
    let file = out.join(format!("seed-{seed}.lab"));
    let text = format!(
        "# Seed {seed}: not so: {property}\n# {words}\n{}",
        script.text()
    );
    println!("seed {seed}: not so: {property}: {words}");
    println!("  {} ({} steps)", file.display(), script.steps.len());
    let in_file = |error: std::io::Error| format!("{}: {error}", file.display());
    std::fs::create_dir_all(out).map_err(in_file)?;
    std::fs::write(&file, text).map_err(in_file)
}
