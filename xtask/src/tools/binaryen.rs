//! wasm-opt, which makes the page's module small: the `binaryen` package of npm.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    process::{self, find_program},
    progress::step,
    workspace::Workspace,
};

/// The version that Trunk.toml names; Debian's own is too old for what rustc writes.
const VERSION: &str = "132";

/// Finds wasm-opt or installs it; it ends up in `bin`.
pub(super) fn ensure(workspace: &Workspace, bin: &Path) -> Result<()> {
    let link = bin.join("wasm-opt");
    if is_right(&link) {
        return Ok(());
    }
    let _ = fs::remove_file(&link);
    if let Some(file) = find_program("wasm-opt").filter(|file| is_right(file)) {
        std::os::unix::fs::symlink(file, link)?;
        return Ok(());
    }
    step(&format!("install wasm-opt {VERSION}"), || {
        if find_program("npm").is_none() || find_program("node").is_none() {
            super::apt::install(&["nodejs", "npm"]).context(missing())?;
        }
        let folder = workspace.tools().join("binaryen");
        fs::create_dir_all(&folder)?;
        process::run(
            Command::new("npm")
                .args(["install", "--no-audit", "--no-fund", "--no-package-lock"])
                .args([
                    "--loglevel",
                    "error",
                    &format!("binaryen@{VERSION}.0.0"),
                    "--prefix",
                ])
                .arg(&folder)
                .current_dir(&folder),
        )
        .context(missing())?;
        std::os::unix::fs::symlink("../binaryen/node_modules/.bin/wasm-opt", &link)?;
        if !is_right(&link) {
            bail!("{}", missing());
        }
        Ok(())
    })
}

fn is_right(file: &Path) -> bool {
    file.exists()
        && process::output(Command::new(file).arg("--version"))
            .is_ok_and(|text| text.split_whitespace().any(|word| word == VERSION))
}

fn missing() -> String {
    format!(
        "wasm-opt {VERSION} is missing and could not be installed; install Node.js with npm \
         (`apt-get install nodejs npm`), or put wasm-opt of binaryen {VERSION} on the PATH"
    )
}
