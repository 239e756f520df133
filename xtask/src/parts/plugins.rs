//! The plugins in real MySQL servers, driven by the tests package.

use anyhow::Result;

use super::Run;
use crate::{plugin, process, tools};

/// Builds the libraries and runs with them the test `servers`, and then `proofs`: the quick parts of
/// the long runs that have commands of their own.
pub(super) fn run(run: &mut Run<'_>) -> Result<()> {
    let workspace = run.workspace;
    let root = tools::mysql_root(workspace)?;
    let foreign_acker = tools::foreign_acker(workspace)?;
    let libraries = plugin::build(workspace)?;
    for test in ["servers", "proofs"] {
        run.require_test(test)?;
        let mut command = process::cargo();
        command
            .args(["test", "--no-fail-fast", "-p", "semisync-tests"])
            .args(["--test", test])
            .env("SEMISYNC_MYSQL_ROOT", &root)
            .env("SEMISYNC_PLUGIN_DIR", &libraries)
            .env("SEMISYNC_FOREIGN_ACKER", &foreign_acker);
        run.tests(&mut command)?;
    }
    Ok(())
}
