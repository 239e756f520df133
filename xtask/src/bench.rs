//! `cargo xtask bench`: the benchmarks of every package that has some; with `--wasm`, the cluster
//! compiled as the page has it; with `--page`, the frames of the page in a browser.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{page, process, progress::step, tidy::packages::Packages, tools, workspace::Workspace};

/// Runs the benchmarks whose names contain one of `filters`; all without any.
pub(crate) fn bench(workspace: &Workspace, filters: &[String]) -> Result<()> {
    if filters.iter().any(|filter| filter == "--wasm") {
        return bench_wasm(workspace);
    }
    if filters.iter().any(|filter| filter == "--page") {
        return bench_page(workspace);
    }
    let packages = Packages::read(workspace)?;
    let with_benches: Vec<_> = packages
        .iter()
        .filter(|package| package.has_benches)
        .collect();
    ensure!(!with_benches.is_empty(), "no package has benchmarks");
    for package in with_benches {
        step(&format!("benchmarks of {}", package.name), || {
            process::run(
                process::cargo()
                    .args(["bench", "-p", &package.name, "--benches", "--"])
                    .args(filters)
                    .current_dir(workspace.root()),
            )
        })?;
    }
    Ok(())
}

/// Builds the page and measures its frames in a browser.
fn bench_page(workspace: &Workspace) -> Result<()> {
    let browser = tools::browser(workspace)?;
    page::build(workspace)?;
    let mut frames = process::cargo();
    frames.args(["run", "--quiet", "-p", "semisync-tests", "--bin", "frames"]);
    browser.equip(&mut frames);
    step("frames of the page", || {
        process::run(frames.current_dir(workspace.root()))
    })
}

/// Builds the example `speed` as the page is built and runs it in node.
fn bench_wasm(workspace: &Workspace) -> Result<()> {
    let node = process::find_program("node").context("node is missing; it runs the benchmark")?;
    let tools = tools::page_tools(workspace)?;
    let mut build = process::cargo();
    build.args(["build", "--profile", "wasm-release", "--target"]);
    build.args([tools::TRIPLE, "-p", "semisync-web", "--example", "speed"]);
    tools.equip(&mut build, workspace)?;
    step("build the benchmark as the page is built", || {
        process::run(build.current_dir(workspace.root()))
    })?;
    let folder = tools.target().folder(workspace).join(tools::TRIPLE);
    let out = workspace.target().join("wasm-bench");
    process::run(
        Command::new(tools.bindgen())
            .args(["--target", "nodejs", "--out-dir"])
            .arg(&out)
            .arg(folder.join("wasm-release/examples/speed.wasm")),
    )?;
    step("the cluster in WebAssembly", || {
        process::run(Command::new(node).arg(out.join("speed.js")))
    })
}
