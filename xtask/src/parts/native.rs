//! The crates' own tests on this machine, and the integration tests that need nothing installed.

use anyhow::{Context, Result};

use super::Run;
use crate::process;

/// Integration tests that belong to another part.
const ELSEWHERE: [&str; 3] = ["page", "proofs", "servers"];

/// Runs them; the core with and without its optional features.
pub(super) fn run(run: &mut Run<'_>) -> Result<()> {
    run.tests(process::cargo().args(["test", "--no-fail-fast", "-p", "semisync-core"]))?;
    run.tests(process::cargo().args([
        "test",
        "--no-fail-fast",
        "--all-features",
        "--workspace",
        "--exclude",
        "semisync-tests",
    ]))?;
    let packages = run.packages()?;
    let package = packages
        .named("semisync-tests")
        .context("there is no package semisync-tests")?;
    let mut tests = process::cargo();
    tests.args(["test", "--no-fail-fast", "-p", &package.name, "--lib"]);
    for test in package
        .tests
        .iter()
        .filter(|test| !ELSEWHERE.contains(&test.as_str()))
    {
        tests.args(["--test", test]);
    }
    run.tests(&mut tests)
}
