//! Plays lab scripts on real MySQL servers and prints their transcripts.

use std::{env, fs, path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use semisync_tests::record::{Script, Stage, record};

const USAGE: &str = "\
usage: record FILE.lab [--plugins stock|ours]

Plays the lab on real MySQL servers and prints the transcript.

  SEMISYNC_MYSQL_ROOT   a directory with MySQL 9.7, or / for an installed one
  SEMISYNC_PLUGIN_DIR   the directory with our libraries, for --plugins ours
";

fn main() -> ExitCode {
    match run(env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("record: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Vec<String>) -> Result<()> {
    let mut file = None;
    let mut ours = false;
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--plugins" => {
                ours = match args.next().as_deref() {
                    Some("stock") => false,
                    Some("ours") => true,
                    _ => bail!("--plugins stock or --plugins ours"),
                }
            }
            "--help" => {
                print!("{USAGE}");
                return Ok(());
            }
            path if !path.starts_with('-') && file.is_none() => file = Some(arg),
            _ => bail!("unexpected {arg}\n{USAGE}"),
        }
    }
    let file = file.with_context(|| format!("which lab?\n{USAGE}"))?;
    let mut stage = Stage::from_env()?;
    if ours {
        stage = stage.with_our_plugins()?;
    }
    let script = read(Path::new(&file))?;
    print!("{}", record(&script, &stage)?);
    Ok(())
}

fn read(file: &Path) -> Result<Script> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Script::parse(&text).with_context(|| file.display().to_string())
}
