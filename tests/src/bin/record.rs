//! Plays lab scripts on real MySQL servers and prints their transcripts.

use std::{env, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail, ensure};
use semisync_tests::record::suite::{Arm, side_by_side};

const USAGE: &str = "\
usage: record FILE.lab ... [--plugins stock|ours] [--write] [--jobs N]

Plays each lab on real MySQL servers and prints the transcript. With --write the transcript goes
to FILE.txt; N labs run side by side (default 3).

  SEMISYNC_MYSQL_ROOT   a directory with MySQL 9.7, or / for an installed one
  SEMISYNC_PLUGIN_DIR   the directory with our libraries, for --plugins ours
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
    arm: Arm,
    write: bool,
    jobs: usize,
}

impl Wish {
    /// Reads the command line; `None` when it only asked for help.
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Wish>> {
        let mut wish = Wish {
            files: Vec::new(),
            arm: Arm::Stock,
            write: false,
            jobs: 3,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--plugins" => wish.arm = Arm::from_word(&value()?)?,
                "--jobs" => wish.jobs = value()?.parse().context("--jobs N")?,
                "--write" => wish.write = true,
                "--help" => {
                    print!("{USAGE}");
                    return Ok(None);
                }
                file if !file.starts_with('-') => wish.files.push(file.into()),
                _ => bail!("unexpected {arg}\n{USAGE}"),
            }
        }
        ensure!(!wish.files.is_empty(), "which lab?\n{USAGE}");
        Ok(Some(wish))
    }

    fn grant(self) -> Result<()> {
        let play = |file: &PathBuf| -> Result<()> {
            let transcript = self.arm.play(file)?;
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
}
