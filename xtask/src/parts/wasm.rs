//! The crates' wasm tests, compiled to WebAssembly and run in headless Chromium.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::Run;
use crate::{process, progress::step, tools};

/// Runs the wasm tests of every package that has some.
pub(super) fn run(run: &mut Run<'_>) -> Result<()> {
    let workspace = run.workspace;
    let packages = run.packages()?;
    let with_tests: Vec<&str> = packages
        .iter()
        .filter(|package| package.depends_on("wasm-bindgen-test"))
        .map(|package| package.name.as_str())
        .collect();
    ensure!(
        with_tests.contains(&"semisync-web"),
        "semisync-web has no wasm tests"
    );

    let tools = step("check the tools for the page", || {
        tools::page_tools(workspace)
    })?;
    let browser = tools::browser(workspace)?;
    let capabilities = workspace.target().join("webdriver.json");
    fs::write(&capabilities, browser.capabilities()).context("the browser's settings")?;
    for package in with_tests {
        let mut command = process::cargo();
        command.args([
            "test",
            "--no-fail-fast",
            "--target",
            tools::TRIPLE,
            "-p",
            package,
        ]);
        tools.equip(&mut command, workspace)?;
        browser.equip(&mut command);
        command
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                tools.test_runner(),
            )
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities)
            .env("WASM_BINDGEN_USE_BROWSER", "1")
            // Machines differ in speed; a test that hangs is still ended.
            .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
            .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
        // Documentation tests do not run in a browser.
        run.tests(command.args(["--lib", "--bins", "--tests"]))?;
    }
    Ok(())
}
