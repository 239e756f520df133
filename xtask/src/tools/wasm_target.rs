//! A Rust toolchain that compiles to WebAssembly: the user's own when it can, else Debian's.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::debian_rust;
use crate::{
    process::{self, find_program, run_limited},
    progress::{note, step},
    workspace::Workspace,
};

/// The name of the target.
pub(crate) const TRIPLE: &str = "wasm32-unknown-unknown";

/// rustup may wait for ever where its server cannot be reached.
const RUSTUP_LIMIT: Duration = Duration::from_secs(40);

/// Which toolchain compiles to WebAssembly.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WasmTarget {
    /// The toolchain that runs this command.
    Own,
    /// Debian's, unpacked into this folder, with the standard library built for the target.
    Debian(PathBuf),
}

impl WasmTarget {
    /// Makes cargo, or what calls cargo, use this toolchain.
    pub(crate) fn equip(&self, command: &mut Command, workspace: &Workspace) {
        if let Self::Debian(prefix) = self {
            command
                .env("RUSTC", debian_rust::rustc(prefix))
                .env(
                    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
                    debian_rust::linker(prefix),
                )
                .env("CARGO_TARGET_DIR", self.folder(workspace));
        }
    }

    /// Where cargo puts what it builds; each its own: what two compilers built does not mix.
    pub(crate) fn folder(&self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Own => workspace.target().to_owned(),
            Self::Debian(_) => workspace.target().join("wasm-debian"),
        }
    }

    /// One word for messages and fingerprints.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Own => "rustup",
            Self::Debian(_) => "debian",
        }
    }
}

/// Finds a toolchain for the target or makes one.
pub(super) fn ensure(workspace: &Workspace) -> Result<WasmTarget> {
    let wish = std::env::var("SEMISYNC_WASM").unwrap_or_default();
    match wish.as_str() {
        "" => {
            if has_target(&sysroot()?) || add_with_rustup()? {
                return Ok(WasmTarget::Own);
            }
            debian(workspace)
        }
        "rustup" => {
            if has_target(&sysroot()?) || add_with_rustup()? {
                return Ok(WasmTarget::Own);
            }
            bail!("rustup could not add the target {TRIPLE}, and SEMISYNC_WASM=rustup asks for it")
        }
        "debian" => debian(workspace),
        other => bail!("SEMISYNC_WASM is `{other}`; it can be rustup or debian"),
    }
}

/// Where the toolchain that cargo uses keeps its libraries.
pub(super) fn sysroot() -> Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let text = process::output(Command::new(rustc).args(["--print", "sysroot"]))
        .context("rustc is missing; install Rust 1.95 or later")?;
    Ok(PathBuf::from(text.trim()))
}

/// Whether a sysroot holds the standard library for the target.
fn has_target(sysroot: &Path) -> bool {
    let folder = sysroot.join("lib/rustlib").join(TRIPLE).join("lib");
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.filter_map(Result::ok).any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

fn add_with_rustup() -> Result<bool> {
    if find_program("rustup").is_none() {
        return Ok(false);
    }
    let result = step(&format!("add the Rust target {TRIPLE} with rustup"), || {
        let status = run_limited(
            Command::new("rustup").args(["target", "add", TRIPLE]),
            RUSTUP_LIMIT,
        )?;
        match status {
            Some(status) if status.success() => Ok(true),
            Some(status) => {
                note(&format!(
                    "rustup cannot download the target here ({status})"
                ));
                Ok(false)
            }
            None => {
                note(&format!(
                    "rustup did not answer within {} s",
                    RUSTUP_LIMIT.as_secs()
                ));
                Ok(false)
            }
        }
    })?;
    Ok(result && has_target(&sysroot()?))
}

fn debian(workspace: &Workspace) -> Result<WasmTarget> {
    let prefix = debian_rust::ensure(workspace).context(format!(
        "no toolchain for {TRIPLE}: rustup cannot add it here, and Debian's packages rustc-web and \
         rust-web-src cannot be used either; `rustup target add {TRIPLE}` on a connected machine is \
         the simplest way"
    ))?;
    Ok(WasmTarget::Debian(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_sysroot_has_the_target_when_its_standard_library_is_there() {
        let scratch = Scratch::new("sysroot").unwrap();
        let folder = scratch.path().join("lib/rustlib").join(TRIPLE).join("lib");
        assert!(!has_target(scratch.path()));
        fs::create_dir_all(&folder).unwrap();
        assert!(
            !has_target(scratch.path()),
            "an empty folder is no standard library"
        );
        fs::write(folder.join("libstd-0123.rlib"), "").unwrap();
        assert!(has_target(scratch.path()));
    }
}
