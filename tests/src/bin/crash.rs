//! Kills sources under load and says what was lost: `cargo xtask crash`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use semisync_tests::crash::{self, Kind, Settings, Tally, WaitPoint};
use semisync_tests::servers::Plugins;

const USAGE: &str = "\
usage: crash [--rounds N] [--losses N] [--wait-point after_sync|after_commit]
             [--plugins ours|stock] [--jobs N] [--seed N]

Kills the source of a cluster with kill -9 while eight sessions commit, promotes the replica that has
most, and compares with what the sessions were told, N times (500) at each wait point. N times (5)
each it makes a loss that must be seen. N clusters (2) work side by side.
";

fn main() -> ExitCode {
    match wish(std::env::args().skip(1)) {
        Ok(Some(runs)) => carry_out(&runs),
        Ok(None) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("crash: {error:#}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The runs that the command line asks for; `None` when it only asks for help.
fn wish(mut args: impl Iterator<Item = String>) -> Result<Option<Vec<Settings>>> {
    let mut wait_points = vec![WaitPoint::AfterSync, WaitPoint::AfterCommit];
    let mut settings = Settings {
        plugins: Plugins::Ours,
        wait_point: WaitPoint::AfterSync,
        rounds: 500,
        losses: 5,
        jobs: 2,
        seed: 1,
    };
    while let Some(arg) = args.next() {
        if arg == "--help" {
            return Ok(None);
        }
        let value = args
            .next()
            .with_context(|| format!("{arg} needs a value"))?;
        match (arg.as_str(), value.as_str()) {
            ("--rounds", number) => settings.rounds = number.parse()?,
            ("--losses", number) => settings.losses = number.parse()?,
            ("--jobs", number) => settings.jobs = number.parse()?,
            ("--seed", number) => settings.seed = number.parse()?,
            ("--plugins", "ours") => settings.plugins = Plugins::Ours,
            ("--plugins", "stock") => settings.plugins = Plugins::Stock,
            ("--wait-point", "after_sync") => wait_points = vec![WaitPoint::AfterSync],
            ("--wait-point", "after_commit") => wait_points = vec![WaitPoint::AfterCommit],
            _ => bail!("unexpected {arg} {value}"),
        }
    }
    let runs = wait_points.into_iter().map(|wait_point| Settings {
        wait_point,
        ..settings
    });
    Ok(Some(runs.collect()))
}

fn carry_out(runs: &[Settings]) -> ExitCode {
    println!("seed {}", runs[0].seed);
    let mut tallies = Vec::new();
    for settings in runs {
        let tally = play(*settings);
        println!("{tally}");
        tallies.push(tally);
    }
    println!("\n{}", Tally::HEAD);
    for tally in &tallies {
        println!("{tally}");
    }
    let is_good = tallies.iter().all(Tally::is_good);
    println!(
        "\n{}",
        if is_good {
            "as it must be"
        } else {
            "NOT as it must be"
        }
    );
    ExitCode::from(u8::from(!is_good))
}

fn play(settings: Settings) -> Tally {
    let played = AtomicU32::new(0);
    crash::run(settings, |outcome| {
        let played = 1 + played.fetch_add(1, Ordering::Relaxed);
        if outcome.kind == Kind::Random && 0 < outcome.verdict.lost {
            println!("{outcome:?}");
        }
        if played.is_multiple_of(20) {
            println!("{}: {played} rounds played", settings.wait_point);
        }
    })
}
