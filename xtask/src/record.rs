//! `cargo xtask record` and `cargo xtask labs`: lab scripts on real MySQL servers, by the tests
//! package's own program.

use anyhow::Result;

use crate::{plugin, process, tools, workspace::Workspace};

/// Finds or makes the MySQL root, builds the plugins and passes the arguments on.
pub(crate) fn record(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let root = tools::mysql_root(workspace)?;
    let libraries = plugin::build(workspace)?;
    // In the user's own directory, to which the names of the labs are relative.
    process::run(
        process::cargo()
            .args(["run", "--quiet", "-p", "semisync-tests", "--bin", "record"])
            .arg("--manifest-path")
            .arg(workspace.root().join("Cargo.toml"))
            .arg("--")
            .args(arguments)
            .env("SEMISYNC_MYSQL_ROOT", root)
            .env("SEMISYNC_PLUGIN_DIR", libraries),
    )
}

/// Plays all labs, or the named ones, in every arm and compares them.
pub(crate) fn labs(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut all = vec!["--all".to_owned()];
    all.extend_from_slice(arguments);
    record(workspace, &all)
}
