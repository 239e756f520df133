//! trunk and wasm-bindgen: Rust programs, built from their published crates.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    process::{self, find_program},
    progress::step,
    workspace::Workspace,
};

/// A program that `cargo install` builds.
struct Program<'a> {
    /// The crate and, for people, the tool's name.
    package: &'a str,
    version: &'a str,
    /// What it installs.
    binaries: &'a [&'a str],
    features: &'a [&'a str],
}

const TRUNK_VERSION: &str = "0.21.14";

/// Finds trunk and the wasm-bindgen programs, or builds them; they end up in `bin`.
pub(super) fn ensure(workspace: &Workspace, bin: &Path) -> Result<()> {
    let lock_file = fs::read_to_string(workspace.root().join("Cargo.lock"))?;
    let version = locked_version(&lock_file, "wasm-bindgen")
        .context("Cargo.lock does not name the version of wasm-bindgen")?;
    let wasm_bindgen = Program {
        package: "wasm-bindgen-cli",
        version,
        binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        features: &[],
    };
    let trunk = Program {
        package: "trunk",
        version: TRUNK_VERSION,
        binaries: &["trunk"],
        features: &["--no-default-features", "--features", "rustls"],
    };
    for program in [wasm_bindgen, trunk] {
        if !is_in_place(&program, bin) {
            obtain(&program, workspace, bin)?;
        }
    }
    Ok(())
}

/// The version of a package in the text of a Cargo.lock.
pub(crate) fn locked_version<'a>(lock_file: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock_file.lines();
    lines.find(|line| *line == name)?;
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

fn is_in_place(program: &Program<'_>, bin: &Path) -> bool {
    program
        .binaries
        .iter()
        .all(|name| has_version(&bin.join(name), program.version))
}

/// Whether a program is there and says that it has this version.
fn has_version(file: &Path, version: &str) -> bool {
    file.exists()
        && process::output(Command::new(file).arg("--version"))
            .is_ok_and(|text| text.split_whitespace().any(|word| word == version))
}

fn obtain(program: &Program<'_>, workspace: &Workspace, bin: &Path) -> Result<()> {
    let found: Vec<PathBuf> = program
        .binaries
        .iter()
        .filter_map(|name| find_program(name))
        .collect();
    if found.len() == program.binaries.len()
        && found.iter().all(|file| has_version(file, program.version))
    {
        for file in found {
            let name = file.file_name().context("a program without a name")?;
            let link = bin.join(name);
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(&file, link)?;
        }
        return Ok(());
    }
    let what = format!(
        "build {} {} (two to four minutes, once)",
        program.package, program.version
    );
    step(&what, || install(program, workspace, bin))
}

fn install(program: &Program<'_>, workspace: &Workspace, bin: &Path) -> Result<()> {
    // The versions its authors tested; without them when one of those is not to be had.
    let built = process::run(&mut install_command(program, workspace, true))
        .or_else(|_| process::run(&mut install_command(program, workspace, false)));
    // A gigabyte that nobody needs again.
    let _ = fs::remove_dir_all(build_folder(workspace));
    built.with_context(|| {
        format!(
            "{0} {1} is missing and could not be built; install it by hand with `cargo install {0} \
             --version {1}`, then try again",
            program.package, program.version
        )
    })?;
    if !is_in_place(program, bin) {
        bail!(
            "{} was built, but {} does not run",
            program.package,
            bin.display()
        );
    }
    Ok(())
}

fn install_command(program: &Program<'_>, workspace: &Workspace, locked: bool) -> Command {
    let mut command = process::cargo();
    command
        .args([
            "install",
            program.package,
            "--force",
            "--version",
            program.version,
        ])
        .args(program.features)
        .arg("--root")
        .arg(workspace.tools())
        .args(locked.then_some("--locked"))
        .current_dir(workspace.root())
        // These run for moments: the time to build them is what counts.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "true")
        .env("CARGO_TARGET_DIR", build_folder(workspace))
        .env_remove("RUSTFLAGS");
    command
}

fn build_folder(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("build")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_the_one_of_exactly_that_package() {
        let text = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(text, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(text, "wasm"), None);
    }
}
