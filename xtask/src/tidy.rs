//! `cargo xtask tidy`: formatting, lints and the house rules that a compiler does not check.
//!
//! Every check returns what it found, one line for each place; nothing found is good. `packages`
//! reads what cargo knows, `edges` holds which crate may depend on which, `no_std` proves that the
//! core needs no standard library, `sources` reads the text of the files, `paths` finds what code
//! uses.

pub(crate) mod packages;

mod edges;
mod no_std;
mod paths;
mod sources;

use std::{path::PathBuf, process::Command, time::Instant};

use anyhow::{Result, bail};

use self::packages::Packages;
use crate::{
    fingerprint::files_under,
    process::{self, TestCount},
    progress::{note, seconds},
    tools::{self, WasmTarget},
    workspace::Workspace,
};

/// What a check found, one line for each place.
type Findings = Vec<String>;

/// How many checks found nothing and how many found something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TidyOutcome {
    pub(crate) count: TestCount,
}

impl TidyOutcome {
    /// Whether nothing was found at all.
    pub(crate) fn is_ok(self) -> bool {
        self.count.failed == 0
    }
}

/// Runs every check and prints what each found.
pub(crate) fn tidy(workspace: &Workspace) -> Result<TidyOutcome> {
    let mut outcome = TidyOutcome::default();
    let mut check = |name: &str, work: &dyn Fn() -> Result<Findings>| {
        let started = Instant::now();
        let findings = work().unwrap_or_else(|error| vec![format!("{error:#}")]);
        let took = seconds(started.elapsed());
        if findings.is_empty() {
            println!("  ok    {name} ({took})");
            outcome.count.passed += 1;
        } else {
            println!("  FAIL  {name} ({took})");
            findings
                .iter()
                .for_each(|finding| println!("          {finding}"));
            outcome.count.failed += 1;
        }
    };

    let packages = Packages::read(workspace)?;
    let files = project_files(workspace)?;
    check("dependency edges", &|| Ok(edges::check(&packages)));
    check("dependency trees", &|| edges::check_trees(workspace));
    check("the core builds without std", &|| {
        no_std::check_core(workspace)
    });
    for rule in sources::RULES {
        check(rule.name, &|| {
            sources::check(rule, workspace.root(), &files)
        });
    }
    check("one version of wasm-bindgen", &|| {
        sources::check_bindgen_versions(workspace.root())
    });
    check("formatting", &|| formatting(workspace));
    check("clippy", &|| clippy(workspace));
    check("clippy of the page", &|| clippy_of_the_page(workspace));
    Ok(outcome)
}

/// The files that belong to the project, relative to its root.
fn project_files(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    if !workspace.root().join(".git").exists() {
        return files_under(workspace.root(), &|path| {
            !path.starts_with("target") && !path.starts_with("dist")
        });
    }
    let list = process::output(
        Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(workspace.root()),
    )?;
    let names = list
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from);
    // A file that was deleted but not committed is still listed.
    Ok(names
        .filter(|name| workspace.root().join(name).is_file())
        .collect())
}

fn formatting(workspace: &Workspace) -> Result<Findings> {
    run(
        process::cargo().args(["fmt", "--all", "--check"]),
        workspace,
    )
}

fn clippy(workspace: &Workspace) -> Result<Findings> {
    let mut command = process::cargo();
    command
        .args([
            "clippy",
            "--quiet",
            "--workspace",
            "--exclude",
            "semisync-web",
        ])
        .args(["--all-targets", "--all-features", "--", "-D", "warnings"]);
    run(&mut command, workspace)
}

/// For WebAssembly where clippy has that target's standard library, else for this machine.
fn clippy_of_the_page(workspace: &Workspace) -> Result<Findings> {
    let mut command = process::cargo();
    command.args(["clippy", "--quiet", "-p", "semisync-web", "--all-targets"]);
    match tools::wasm_target(workspace)? {
        WasmTarget::Own => {
            command.args(["--target", tools::TRIPLE]);
        }
        WasmTarget::Debian(_) => {
            note("Debian's toolchain has no clippy: the page is checked as a native crate");
        }
    }
    run(command.args(["--", "-D", "warnings"]), workspace)
}

/// A command whose failure is a finding; its own output says what is wrong.
fn run(command: &mut Command, workspace: &Workspace) -> Result<Findings> {
    let status = command.current_dir(workspace.root()).status()?;
    match status.code() {
        Some(0) => Ok(Findings::new()),
        Some(_) => Ok(vec!["see above".to_owned()]),
        None => bail!("ended by a signal ({status})"),
    }
}
