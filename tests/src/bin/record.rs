//! Plays lab scripts on real MySQL servers: prints their transcripts, or compares all arms.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail, ensure};
use semisync_tests::record::suite::{Arm, Outcome, labs_below, sample, side_by_side};

const USAGE: &str = "\
usage: record FILE.lab ... [--plugins stock|ours] [--write] [--jobs N]
       record --all [FILE.lab ...] [--arms virtual,stock,ours] [--jobs N] [--sample]

Plays each lab on real MySQL servers and prints the transcript, or writes it to FILE.txt with
--write. With --all, plays the labs (by default all below tests/labs and tests/differing; with
--sample one of every topic) in each arm, compares with the recorded FILE.txt, and prints the
differences and a table: same, `same alone` (when played once more with nothing beside it), declared
(a lab of tests/differing in the virtual cluster), `-` (not playable there), or what is wrong in
capitals. N labs run side by side (default 3).

  SEMISYNC_MYSQL_ROOT   a directory with MySQL 9.7, or / for an installed one
  SEMISYNC_PLUGIN_DIR   the directory with our libraries, for the arm `ours`
";

fn main() -> ExitCode {
    match Wish::parse(env::args().skip(1)).and_then(|wish| wish.map_or(Ok(()), Wish::grant)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("record: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Wish {
    files: Vec<PathBuf>,
    arms: Vec<Arm>,
    all: bool,
    write: bool,
    sample: bool,
    jobs: usize,
}

impl Wish {
    /// Reads the command line; `None` when it only asked for help.
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Wish>> {
        let mut wish = Wish {
            files: Vec::new(),
            arms: Vec::new(),
            all: false,
            write: false,
            sample: false,
            jobs: 3,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--plugins" | "--arms" => {
                    let arms: Result<_> = value()?.split(',').map(Arm::from_word).collect();
                    wish.arms = arms?;
                }
                "--jobs" => wish.jobs = value()?.parse().context("--jobs N")?,
                "--all" => wish.all = true,
                "--write" => wish.write = true,
                "--sample" => wish.sample = true,
                "--help" => {
                    print!("{USAGE}");
                    return Ok(None);
                }
                file if !file.starts_with('-') => wish.files.push(file.into()),
                _ => bail!("unexpected {arg}\n{USAGE}"),
            }
        }
        ensure!(wish.all || !wish.files.is_empty(), "which lab?\n{USAGE}");
        ensure!(
            !(wish.all && wish.write),
            "--write goes with one arm, without --all"
        );
        ensure!(wish.all || !wish.sample, "--sample goes with --all");
        Ok(Some(wish))
    }

    fn grant(self) -> Result<()> {
        if self.all {
            self.compare()
        } else {
            self.record()
        }
    }

    /// Plays each lab in one arm and shows or keeps the transcript.
    fn record(self) -> Result<()> {
        let arm = match self.arms[..] {
            [] => Arm::Stock,
            [arm] => arm,
            _ => bail!("a transcript has one arm; --all compares several"),
        };
        let play = |file: &PathBuf| -> Result<()> {
            let transcript = arm.play(file)?;
            if self.write {
                let target = file.with_extension("txt");
                fs::write(&target, transcript)?;
                println!("{}", target.display());
            } else {
                print!("{transcript}");
            }
            Ok(())
        };
        let tell = |file: &PathBuf, result: &Result<()>| {
            if let Err(error) = result {
                eprintln!("record: {}: {error:#}", file.display());
            }
        };
        let results = side_by_side(&self.files, self.jobs, play, tell);
        let failed = results.iter().filter(|result| result.is_err()).count();
        ensure!(
            failed == 0,
            "{failed} of {} labs were not recorded",
            results.len()
        );
        Ok(())
    }

    /// Plays each lab in all arms and compares with what was recorded.
    fn compare(self) -> Result<()> {
        let arms = if self.arms.is_empty() {
            Arm::ALL.to_vec()
        } else {
            self.arms
        };
        let mut files = self.files;
        if files.is_empty() {
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            files = labs_below(&here.join("labs"))?;
            files.extend(labs_below(&here.join("differing"))?);
        }
        if self.sample {
            files = sample(&files)?;
        }
        let tasks: Vec<(&Path, Arm)> = files
            .iter()
            .flat_map(|file| arms.iter().map(|arm| (file.as_path(), *arm)))
            .collect();
        let check = |(file, arm): &(&Path, Arm)| arm.check(file);
        let mut outcomes = side_by_side(&tasks, self.jobs, check, |(file, arm), outcome| {
            eprintln!("{:<10} {arm:<7} {}", outcome.word(), name(file));
        });
        play_alone(&tasks, &mut outcomes);
        let mut table: BTreeMap<String, BTreeMap<Arm, Outcome>> = BTreeMap::new();
        for ((file, arm), outcome) in tasks.iter().zip(outcomes) {
            table.entry(name(file)).or_default().insert(*arm, outcome);
        }
        print_differences(&table);
        print_table(&table, &arms);
        let bad = table
            .values()
            .flat_map(BTreeMap::values)
            .filter(|outcome| !outcome.is_ok())
            .count();
        ensure!(
            bad == 0,
            "{bad} of {} transcripts are not as recorded",
            tasks.len()
        );
        Ok(())
    }
}

/// Plays again, one after the other, what real servers printed otherwise: on a busy machine waits
/// take longer than they were recorded.
fn play_alone(tasks: &[(&Path, Arm)], outcomes: &mut [Outcome]) {
    for ((file, arm), outcome) in tasks.iter().zip(outcomes) {
        if *arm == Arm::Virtual || !matches!(outcome, Outcome::Different(_)) {
            continue;
        }
        if let Outcome::Same = arm.check(file) {
            *outcome = Outcome::SameAlone;
        }
        eprintln!("{:<10} {arm:<7} {}", outcome.word(), name(file));
    }
}

/// The last two parts of a lab's path: topic and name.
fn name(file: &Path) -> String {
    let stem = file.with_extension("");
    let parts: Vec<_> = stem
        .iter()
        .rev()
        .take(2)
        .map(|part| part.to_string_lossy())
        .collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

fn print_differences(table: &BTreeMap<String, BTreeMap<Arm, Outcome>>) {
    for (lab, outcomes) in table {
        for (arm, outcome) in outcomes {
            match outcome {
                Outcome::Same | Outcome::SameAlone | Outcome::Declared | Outcome::LeftOut(_) => {}
                Outcome::Agrees => println!(
                    "=== {lab}, {arm}\nas recorded: its place is tests/labs now, and what \
                     docs/simplifications.md says of it is over\n"
                ),
                Outcome::Different(difference) => println!("=== {lab}, {arm}\n{difference}"),
                Outcome::Failed(error) => println!("=== {lab}, {arm}\n{error:#}\n"),
            }
        }
    }
}

fn print_table(table: &BTreeMap<String, BTreeMap<Arm, Outcome>>, arms: &[Arm]) {
    let width = table.keys().map(String::len).max().unwrap_or(0);
    print!("{:<width$}", "lab");
    arms.iter().for_each(|arm| print!("  {arm:<10}"));
    println!();
    for (lab, outcomes) in table {
        print!("{lab:<width$}");
        arms.iter()
            .for_each(|arm| print!("  {:<10}", outcomes[arm].word()));
        println!();
    }
    for arm in arms {
        let of_arm = || table.values().map(|outcomes| &outcomes[arm]);
        let same = of_arm()
            .filter(|outcome| matches!(outcome, Outcome::Same | Outcome::SameAlone))
            .count();
        let declared = of_arm()
            .filter(|outcome| matches!(outcome, Outcome::Declared))
            .count();
        let left_out = of_arm()
            .filter(|outcome| matches!(outcome, Outcome::LeftOut(_)))
            .count();
        println!(
            "{arm}: {same} of {} as recorded, {declared} declared to differ, {left_out} not playable",
            table.len()
        );
    }
}
