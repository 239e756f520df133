//! The finished site, driven in a real browser by the tests package.

use anyhow::Result;

use super::Run;
use crate::{page, process, tools};

/// Builds the site and runs the test `page` on it.
pub(super) fn run(run: &mut Run<'_>) -> Result<()> {
    run.require_test("page")?;
    let workspace = run.workspace;
    page::build(workspace)?;
    let browser = tools::browser(workspace)?;
    let mut command = process::cargo();
    command
        .args([
            "test",
            "--no-fail-fast",
            "-p",
            "semisync-tests",
            "--test",
            "page",
        ])
        .env("SEMISYNC_DIST", workspace.dist());
    browser.equip(&mut command);
    run.tests(&mut command)
}
