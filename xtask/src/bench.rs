//! `cargo xtask bench`: the benchmarks of every package that has some.

use anyhow::{Result, ensure};

use crate::{process, progress::step, tidy::packages::Packages, workspace::Workspace};

/// Runs the benchmarks whose names contain one of `filters`; all without any.
pub(crate) fn bench(workspace: &Workspace, filters: &[String]) -> Result<()> {
    let packages = Packages::read(workspace)?;
    let with_benches: Vec<_> = packages
        .iter()
        .filter(|package| package.has_benches)
        .collect();
    ensure!(!with_benches.is_empty(), "no package has benchmarks");
    for package in with_benches {
        step(&format!("benchmarks of {}", package.name), || {
            process::run(
                process::cargo()
                    .args(["bench", "-p", &package.name, "--benches", "--"])
                    .args(filters)
                    .current_dir(workspace.root()),
            )
        })?;
    }
    Ok(())
}
