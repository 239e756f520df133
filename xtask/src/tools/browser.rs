//! Chromium and the driver that tests steer it with.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use super::apt;
use crate::{process, progress::step, workspace::Workspace};

/// A browser and its driver, of the same major version.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
}

const CHROMIUM_NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

impl Browser {
    /// Tells a test program where the browser is.
    pub(crate) fn equip(&self, command: &mut Command) {
        command
            .env("CHROMIUM", &self.chromium)
            .env("CHROMEDRIVER", &self.chromedriver);
    }

    /// What a driver has to be asked for, as `wasm-bindgen-test-runner` reads it.
    pub(crate) fn capabilities(&self) -> String {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let options = serde_json::json!({ "binary": self.chromium, "args": arguments });
        serde_json::json!({ "goog:chromeOptions": options }).to_string()
    }
}

/// Finds a browser and its driver, or installs Debian's.
pub(crate) fn browser(workspace: &Workspace) -> Result<Browser> {
    let _lock = super::lock(workspace)?;
    if let Some(browser) = find() {
        return check(browser);
    }
    step("install Chromium and its driver", || {
        // Without a font, every text has the width of nothing.
        apt::install(&["chromium", "chromium-driver", "fonts-liberation"])
    })
    .context(
        "a browser with its driver is missing; install chromium and chromium-driver (Debian), \
             or point CHROMIUM and CHROMEDRIVER to them; --without-browser leaves those tests out",
    )?;
    check(find().context("the packages are installed, but chromium or chromedriver is not found")?)
}

fn find() -> Option<Browser> {
    let chromium = named_by("CHROMIUM").or_else(|| {
        CHROMIUM_NAMES
            .iter()
            .find_map(|name| process::find_program(name))
    })?;
    let chromedriver =
        named_by("CHROMEDRIVER").or_else(|| process::find_program("chromedriver"))?;
    Some(Browser {
        chromium,
        chromedriver,
    })
}

fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn check(browser: Browser) -> Result<Browser> {
    let major = major_version(&browser.chromium)?;
    let driver = major_version(&browser.chromedriver)?;
    ensure!(
        major == driver,
        "{} is version {major}, but {} is version {driver}; they must be the same",
        browser.chromium.display(),
        browser.chromedriver.display()
    );
    Ok(browser)
}

fn major_version(program: &Path) -> Result<u32> {
    let text = process::output(Command::new(program).arg("--version"))?;
    match major_in(&text) {
        Some(major) => Ok(major),
        None => bail!(
            "{} does not say its version: {}",
            program.display(),
            text.trim()
        ),
    }
}

fn major_in(text: &str) -> Option<u32> {
    text.split_whitespace()
        .find_map(|word| word.split_once('.')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_dotted_number() {
        assert_eq!(
            major_in("Chromium 156.0.8078.79 built on Debian GNU/Linux 12"),
            Some(156)
        );
        assert_eq!(major_in("ChromeDriver 9.1 (abc)"), Some(9));
        assert_eq!(major_in("something else"), None);
    }

    #[test]
    fn the_capabilities_name_the_browser() {
        let browser = Browser {
            chromium: "/usr/bin/chromium".into(),
            chromedriver: "x".into(),
        };
        assert!(
            browser
                .capabilities()
                .contains(r#""binary":"/usr/bin/chromium""#)
        );
    }
}
