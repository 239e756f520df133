//! `cargo xtask soak`: random labs in the virtual cluster; the work is done by `semisync-lab soak`,
//! in several processes with a share of the seeds each.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::{process, workspace::Workspace};

/// Builds the command and runs it; true if no property was broken.
pub(crate) fn soak(workspace: &Workspace, arguments: &[String]) -> Result<bool> {
    let Share {
        seeds,
        first,
        jobs,
        rest,
    } = Share::parse(arguments)?;
    process::run(
        process::cargo()
            .args(["build", "--quiet", "--profile", "soak"])
            .args(["-p", "semisync-console", "--bin", "semisync-lab"])
            .current_dir(workspace.root()),
    )?;
    let program = workspace.root().join("target/soak/semisync-lab");
    let mut running = Vec::new();
    for job in 0..jobs {
        let (from, to) = (seeds * job / jobs, seeds * (job + 1) / jobs);
        let child = Command::new(&program)
            .args(["soak", "--first", &(first + from).to_string()])
            .args(["--seeds", &(to - from).to_string()])
            .args(&rest)
            .current_dir(workspace.root())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        running.push(child);
    }
    let mut all_well = true;
    for mut child in running {
        let status = child.wait()?;
        ensure!(matches!(status.code(), Some(0 | 1)), "soak ended: {status}");
        all_well &= status.success();
    }
    Ok(all_well)
}

/// Which seeds, by how many processes.
#[derive(Debug, PartialEq, Eq)]
struct Share {
    seeds: u64,
    first: u64,
    jobs: u64,
    /// What `semisync-lab soak` is told as well.
    rest: Vec<String>,
}

impl Share {
    fn parse(arguments: &[String]) -> Result<Share> {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        let mut share = Share {
            seeds: 1_000,
            first: 0,
            jobs: cores,
            rest: Vec::new(),
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let number = match word.as_str() {
                "--seeds" => &mut share.seeds,
                "--first" => &mut share.first,
                "--jobs" => &mut share.jobs,
                "--no-shrink" => {
                    share.rest.push(word.clone());
                    continue;
                }
                "--out" => {
                    share.rest.push(word.clone());
                    share.rest.extend(words.next().cloned());
                    continue;
                }
                other => bail!("`soak` does not know `{other}`"),
            };
            let value = words
                .next()
                .with_context(|| format!("{word} takes a number"))?;
            *number = value
                .parse()
                .with_context(|| format!("{word} takes a number, not `{value}`"))?;
        }
        share.jobs = share.jobs.clamp(1, share.seeds.max(1));
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_and_the_rest_is_handed_on() {
        let words = "--seeds 9 --jobs 2 --first 5 --out here --no-shrink";
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let share = Share::parse(&words).expect("arguments");
        let rest = ["--out", "here", "--no-shrink"].map(str::to_owned).to_vec();
        let expected = Share {
            seeds: 9,
            first: 5,
            jobs: 2,
            rest,
        };
        assert_eq!(share, expected);
        assert!(Share::parse(&["--sedes".to_owned()]).is_err());
    }
}
