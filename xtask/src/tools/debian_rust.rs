//! Debian's newest Rust (`rustc-web`, made for building browsers), unpacked into the tools folder,
//! with the standard library built for WebAssembly from its sources.
//!
//! For machines where rustup cannot download a target. Needs neither root nor an installed package;
//! cargo stays the user's own.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    apt,
    wasm_target::{TRIPLE, sysroot},
};
use crate::{process, progress::step, scratch::Scratch, workspace::Workspace};

/// The oldest release that can build the workspace.
const OLDEST: (u32, u32) = (1, 95);

/// The compiler inside `prefix`.
pub(super) fn rustc(prefix: &Path) -> PathBuf {
    prefix.join("bin/rustc")
}

/// The linker inside `prefix`.
pub(super) fn linker(prefix: &Path) -> PathBuf {
    prefix.join("bin/rust-lld")
}

/// Finds the toolchain or makes it.
pub(super) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let prefix = workspace.tools().join("debian-rust");
    let complete = prefix.join("complete");
    if complete.is_file() {
        return Ok(prefix);
    }
    step(
        "make a WebAssembly toolchain from Debian's packages (about two minutes, once)",
        || {
            ensure!(apt::is_here(), "this system is not Debian");
            let _ = fs::remove_dir_all(&prefix);
            fs::create_dir_all(prefix.join("bin"))?;
            let own_linker = sysroot()?.join(format!("lib/rustlib/{}/bin/rust-lld", host()?));
            unpack(&prefix, !own_linker.is_file())?;
            write_compiler(&prefix)?;
            place_linker(&prefix, &own_linker)?;
            build_standard_library(&prefix)?;
            // Half a gigabyte of sources.
            let _ = fs::remove_dir_all(prefix.join("usr/src"));
            fs::write(&complete, "")?;
            Ok(prefix)
        },
    )
}

fn host() -> Result<String> {
    let text = process::output(std::process::Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not name its host")
}

fn unpack(prefix: &Path, with_linker: bool) -> Result<()> {
    if apt::candidate("rustc-web").is_none() {
        apt::update()?;
    }
    let version = apt::candidate("rustc-web").context("apt has no package rustc-web")?;
    if !is_new_enough(&version) {
        apt::update()?;
        let version = apt::candidate("rustc-web").unwrap_or_default();
        ensure!(
            is_new_enough(&version),
            "rustc-web {version} is older than {OLDEST:?}"
        );
    }
    let mut libraries = vec!["libstd-rust-web-dev"];
    if with_linker {
        libraries.push("lld-19");
    }
    let needed = apt::missing_dependencies(&libraries)?;
    let packages: Vec<String> = ["rustc-web", "rust-web-src"]
        .into_iter()
        .chain(libraries)
        .map(str::to_owned)
        .chain(needed)
        .collect();
    apt::unpack(&packages, prefix)
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version
        .split('.')
        .map_while(|number| number.parse::<u32>().ok());
    let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
        return false;
    };
    OLDEST <= (major, minor)
}

/// A script that lets the compiler find the libraries beside it.
fn write_compiler(prefix: &Path) -> Result<()> {
    let libraries = library_folders(&prefix.join("usr/lib"))?;
    let script = format!(
        "#!/bin/sh\n\
         LD_LIBRARY_PATH='{libraries}'${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\n\
         export LD_LIBRARY_PATH\n\
         exec '{}' \"$@\"\n",
        prefix.join("usr/bin/rustc").display()
    );
    let file = rustc(prefix);
    fs::write(&file, script)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// The folders below `lib` that hold the compiler's library and those it needs.
fn library_folders(lib: &Path) -> Result<String> {
    for entry in fs::read_dir(lib)? {
        let folder = entry?.path();
        let Ok(files) = fs::read_dir(&folder) else {
            continue;
        };
        let mut names = files.filter_map(Result::ok).map(|file| file.file_name());
        if names.any(|name| name.to_string_lossy().starts_with("librustc_driver")) {
            return Ok(folder.display().to_string());
        }
    }
    bail!("the compiler's library is not in {}", lib.display())
}

/// By a symbolic link: rustup's linker finds its own library from where it really is.
fn place_linker(prefix: &Path, own_linker: &Path) -> Result<()> {
    let debian = prefix.join("usr/bin/wasm-ld-19");
    let real = if own_linker.is_file() {
        own_linker
    } else {
        &debian
    };
    ensure!(
        real.exists(),
        "there is no linker: neither rustup's rust-lld nor Debian's lld-19"
    );
    std::os::unix::fs::symlink(real, linker(prefix))?;
    Ok(())
}

/// Compiles the standard library by building an empty crate, and puts it where rustc looks.
fn build_standard_library(prefix: &Path) -> Result<()> {
    let scratch = Scratch::inside(prefix, "std")?;
    let folder = scratch.path();
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(
        folder.join("Cargo.toml"),
        "[workspace]\n[package]\nname = \"nothing\"\nedition = \"2024\"\n",
    )?;
    process::run(
        process::cargo()
            .args(["build", "--release", "--quiet", "--target", TRIPLE])
            .args(["-Z", "build-std=std,panic_abort,test"])
            .current_dir(folder)
            .env("RUSTC", rustc(prefix))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-C embed-bitcode=yes")
            .env("CARGO_TARGET_DIR", folder.join("target")),
    )?;
    let place = prefix.join("usr/lib/rustlib").join(TRIPLE).join("lib");
    fs::create_dir_all(&place)?;
    let built = folder.join("target").join(TRIPLE).join("release/deps");
    for entry in fs::read_dir(built)? {
        let file = entry?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libnothing-") {
            fs::copy(&file, place.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_debian_packages_are_compared_by_number() {
        assert!(is_new_enough("1.96.0+dfsg1-1~deb12u2"));
        assert!(is_new_enough("2.0.0-1"));
        assert!(!is_new_enough("1.85.0+dfsg3-1"));
        assert!(!is_new_enough("1.9.0"));
        assert!(!is_new_enough(""));
    }
}
