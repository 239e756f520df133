//! Programs that the project needs and cargo does not bring: found, or installed into the tools
//! folder.
//!
//! Each tool has a module that knows how to find it, how to install it, and what to tell a person
//! when neither works. `page_tools` is what building the page takes; the browser and MySQL are asked
//! for by the parts of the tests that need them.

mod apt;
mod binaryen;
mod browser;
mod debian_rust;
mod foreign_acker;
mod mysql_root;
mod programs;
mod wasm_target;

use std::{
    fs::{self, File, TryLockError},
    path::PathBuf,
    process::Command,
};

use anyhow::{Context, Result};

pub(crate) use browser::browser;
pub(crate) use foreign_acker::foreign_acker;
pub(crate) use mysql_root::{mysql_root, mysql_version, valgrind_root};
pub(crate) use wasm_target::{TRIPLE, WasmTarget};

use crate::{
    process::{self, path_with},
    progress::{note, step},
    workspace::Workspace,
};

/// What building and testing the page takes.
#[derive(Debug)]
pub(crate) struct PageTools {
    bin: PathBuf,
    target: WasmTarget,
}

impl PageTools {
    /// The toolchain that compiles to WebAssembly.
    pub(crate) fn target(&self) -> &WasmTarget {
        &self.target
    }

    /// Gives a command the tools and the toolchain.
    pub(crate) fn equip(&self, command: &mut Command, workspace: &Workspace) -> Result<()> {
        command.env("PATH", path_with(&self.bin)?);
        // Trunk takes this for an option of its own, whose values are true and false.
        command.env_remove("NO_COLOR");
        self.target.equip(command, workspace);
        Ok(())
    }

    /// trunk, ready for its arguments.
    pub(crate) fn trunk(&self, workspace: &Workspace) -> Result<Command> {
        let mut command = Command::new(self.bin.join("trunk"));
        self.equip(&mut command, workspace)?;
        command.current_dir(workspace.root());
        Ok(command)
    }

    /// wasm-bindgen's own program.
    pub(crate) fn bindgen(&self) -> PathBuf {
        self.bin.join("wasm-bindgen")
    }

    /// The program that runs wasm tests in a browser.
    pub(crate) fn test_runner(&self) -> PathBuf {
        self.bin.join("wasm-bindgen-test-runner")
    }
}

/// Finds or installs the tools for the page.
pub(crate) fn page_tools(workspace: &Workspace) -> Result<PageTools> {
    let _lock = lock(workspace)?;
    let bin = workspace.tools().join("bin");
    fs::create_dir_all(&bin).with_context(|| format!("cannot make {}", bin.display()))?;
    programs::ensure(workspace, &bin)?;
    binaryen::ensure(workspace, &bin)?;
    let target = wasm_target::ensure(workspace)?;
    Ok(PageTools { bin, target })
}

/// Finds or makes the toolchain for the page, without the other tools.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<WasmTarget> {
    let _lock = lock(workspace)?;
    wasm_target::ensure(workspace)
}

/// Brings everything in Cargo.lock onto this machine, so that offline builds work.
pub(crate) fn fetch_crates(workspace: &Workspace) -> Result<()> {
    step("fetch the crates in Cargo.lock", || {
        process::run(
            process::cargo()
                .args(["fetch", "--locked", "--quiet"])
                .current_dir(workspace.root()),
        )
    })
}

/// One set-up at a time: working copies may share the tools folder. Released when dropped.
fn lock(workspace: &Workspace) -> Result<File> {
    let folder = workspace.tools();
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = File::create(folder.join(".lock"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            note("another set-up is using the tools folder; waiting for it to end");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    Ok(file)
}
