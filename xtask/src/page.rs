//! The page, built into `dist/`, and only when something changed.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{
    fingerprint::{Fingerprint, files_under},
    process,
    progress::{note, step},
    sizes,
    tools::{self, PageTools},
    workspace::Workspace,
};

/// Builds the page if its sources or the built files changed. Tells whether it did.
pub(crate) fn build(workspace: &Workspace) -> Result<bool> {
    let stamp = workspace.target().join("page.stamp");
    let dist = workspace.dist();
    if let Ok(text) = fs::read_to_string(&stamp)
        && text == stamp_text(workspace)?
    {
        note(&format!(
            "{}/ is up to date",
            workspace.relative(&dist).display()
        ));
        return Ok(false);
    }
    let tools = step("check the tools for the page", || {
        tools::page_tools(workspace)
    })?;
    tools::fetch_crates(workspace)?;
    step("build the page (release)", || build_with(&tools, workspace))?;
    fs::write(&stamp, stamp_text(workspace)?)?;
    Ok(true)
}

/// `cargo xtask build`.
pub(crate) fn build_and_report(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    let dist = workspace.dist();
    let table = step("compress, to know the sizes", || sizes::table(&dist))?;
    println!("\n{table}\nThe site is in {}.", dist.display());
    Ok(())
}

fn build_with(tools: &PageTools, workspace: &Workspace) -> Result<()> {
    note(&format!("with the {} toolchain", tools.target().name()));
    let mut trunk = tools.trunk(workspace)?;
    process::run(trunk.args(["build", "--release", "--offline"]))?;
    let files = files_under(&workspace.dist(), &|_| true)?;
    for ending in ["html", "js", "wasm"] {
        let found = files
            .iter()
            .any(|file| file.extension().is_some_and(|it| it == ending));
        ensure!(found, "the built site has no {ending} file");
    }
    Ok(())
}

/// What the last build was made from and what it wrote. Both must still be so.
fn stamp_text(workspace: &Workspace) -> Result<String> {
    let mut sources = Fingerprint::new();
    let keep = |path: &Path| is_source(path) && workspace.root().join(path) != workspace.target();
    sources
        .add_tree(workspace.root(), &keep)
        .context("the page's sources")?;
    sources.add(
        std::env::var("SEMISYNC_WASM")
            .unwrap_or_default()
            .as_bytes(),
    );
    let mut built = Fingerprint::new();
    if workspace.dist().is_dir() {
        built.add_tree(&workspace.dist(), &|_| true)?;
    }
    Ok(format!("sources {sources} built {built}\n"))
}

/// Everything counts, except what certainly does not reach the page.
fn is_source(path: &Path) -> bool {
    const OTHER: [&str; 9] = [
        "target",
        "dist",
        ".git",
        ".ci",
        "xtask",
        "crates/native-plugin",
        "tests/tests",
        "tests/src",
        "README.md",
    ];
    !OTHER.iter().any(|other| path == Path::new(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_depends_on_its_crates_and_not_on_what_is_built() {
        for path in [
            "crates/core/src/lib.rs",
            "www/index.html",
            "Cargo.lock",
            "tests/labs/x.lab",
        ] {
            assert!(Path::new(path).ancestors().all(is_source), "{path}");
        }
        for path in ["target", "dist", ".git", "xtask", "crates/native-plugin"] {
            assert!(!is_source(Path::new(path)), "{path}");
        }
    }
}
