//! The plugins in real MySQL servers, driven by the tests package.

use anyhow::Result;

use super::Run;
use crate::{plugin, process, tools};

/// Builds the libraries and runs the test `servers` with them.
pub(super) fn run(run: &mut Run<'_>) -> Result<()> {
    run.require_test("servers")?;
    let workspace = run.workspace;
    let root = tools::mysql_root(workspace)?;
    let libraries = plugin::build(workspace)?;
    let mut command = process::cargo();
    command
        .args([
            "test",
            "--no-fail-fast",
            "-p",
            "semisync-tests",
            "--test",
            "servers",
        ])
        .env("SEMISYNC_MYSQL_ROOT", root)
        .env("SEMISYNC_PLUGIN_DIR", libraries);
    run.tests(&mut command)
}
