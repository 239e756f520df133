//! A proof that a crate needs no standard library: it is compiled where there is none.
//!
//! A sysroot is made of links to `core`, `alloc` and `compiler_builtins` of the toolchain in use and
//! nothing else. This needs no extra target, so it works without a network.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::Findings;
use crate::{process, workspace::Workspace};

/// What a `no_std` crate with an allocator may use.
const CRATES: [&str; 3] = ["libcore-", "liballoc-", "libcompiler_builtins-"];

/// Compiles the core without `std`, with and without its optional features.
pub(super) fn check_core(workspace: &Workspace) -> Result<Findings> {
    let manifest = workspace.root().join("crates/core/Cargo.toml");
    let target = workspace.target().join("no-std");
    let mut findings = Findings::new();
    for features in ["--no-default-features", "--all-features"] {
        if let Err(error) = compile(&manifest, &target, features) {
            findings.push(format!("{features}: {error:#}"));
        }
    }
    Ok(findings)
}

fn compile(manifest: &Path, target: &Path, features: &str) -> Result<()> {
    let sysroot = target.join("sysroot");
    let host = make_sysroot(&sysroot)?;
    process::output(
        process::cargo()
            .args([
                "check",
                "--quiet",
                "--lib",
                features,
                "--target",
                &host,
                "--manifest-path",
            ])
            .arg(manifest)
            .env("CARGO_TARGET_DIR", target)
            // With the target named, this reaches the crate and not the macros it is built with.
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                format!("--sysroot={}", sysroot.display()),
            ),
    )?;
    Ok(())
}

/// Links the three crates into `folder`; returns the name of the host.
fn make_sysroot(folder: &Path) -> Result<String> {
    let version = process::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not name its host")?;
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let libraries = PathBuf::from("lib/rustlib").join(host).join("lib");
    let place = folder.join(&libraries);
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    let mut linked = 0;
    for entry in fs::read_dir(Path::new(sysroot.trim()).join(&libraries))? {
        let file = entry?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if CRATES.iter().any(|wanted| name.starts_with(wanted)) {
            std::os::unix::fs::symlink(&file, place.join(name))?;
            linked += 1;
        }
    }
    ensure!(
        CRATES.len() <= linked,
        "the toolchain's own libraries are not where they should be"
    );
    Ok(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn compile_crate(source: &str) -> Result<()> {
        let scratch = Scratch::new("no-std-crate").unwrap();
        let folder = scratch.path();
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/lib.rs"), source).unwrap();
        let manifest = "[workspace]\n[package]\nname = \"probe\"\nedition = \"2024\"\n";
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        compile(
            &folder.join("Cargo.toml"),
            &folder.join("target"),
            "--no-default-features",
        )
    }

    #[test]
    fn a_crate_with_core_and_alloc_only_passes() {
        let source = "#![no_std]\nextern crate alloc;\npub type Names = alloc::vec::Vec<u8>;\n";
        compile_crate(source).unwrap();
    }

    #[test]
    fn a_crate_that_uses_std_is_found() {
        let source = "#![no_std]\nextern crate std;\npub use std::time::Instant;\n";
        let error = compile_crate(source).unwrap_err();
        assert!(
            error.to_string().contains("can't find crate for `std`"),
            "{error}"
        );
    }
}
