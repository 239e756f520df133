//! Debian's packages: installed as root, or downloaded and unpacked into a folder by anyone.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    process::{self, find_program, is_root},
    scratch::Scratch,
};

/// Whether this system has Debian's package tools.
pub(super) fn is_here() -> bool {
    find_program("apt-get").is_some() && find_program("dpkg-deb").is_some()
}

/// Installs packages for the whole system, which takes root.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    ensure!(is_here(), "{list}: this system has no apt-get");
    ensure!(
        is_root(),
        "{list}: only root can install packages; run `apt-get install {list}`"
    );
    update()?;
    process::run(
        Command::new("apt-get")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null()),
    )
}

/// Brings the lists of packages up to date; does nothing for those who may not.
pub(super) fn update() -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let status = Command::new("apt-get")
        .args(["update", "-qq"])
        .stdin(Stdio::null())
        .status()
        .context("cannot start apt-get")?;
    // Old lists are often good enough; what needs newer ones fails with a message of its own.
    if !status.success() {
        crate::progress::note("apt-get update failed; going on with the lists that are here");
    }
    Ok(())
}

/// The version that would be installed, `None` when there is none.
pub(super) fn candidate(package: &str) -> Option<String> {
    let policy = process::output(Command::new("apt-cache").args(["policy", package])).ok()?;
    let line = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (line != "(none)").then(|| line.to_owned())
}

/// Packages that `packages` need, without themselves and without what is installed.
pub(super) fn missing_dependencies(packages: &[&str]) -> Result<Vec<String>> {
    let text = process::output(
        Command::new("apt-cache")
            .args([
                "depends",
                "--recurse",
                "--no-recommends",
                "--no-suggests",
                "--no-conflicts",
            ])
            .args(["--no-breaks", "--no-replaces", "--no-enhances"])
            .args(packages),
    )?;
    let names = text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
    Ok(names
        .filter(|name| !packages.contains(name) && !is_installed(name))
        .map(str::to_owned)
        .collect())
}

fn is_installed(package: &str) -> bool {
    process::output(Command::new("dpkg-query").args(["-W", "-f", "${Status}", package]))
        .is_ok_and(|status| status.ends_with("install ok installed"))
}

/// Downloads packages and unpacks them into `folder`; nothing of the system changes.
pub(super) fn unpack(packages: &[String], folder: &Path) -> Result<()> {
    ensure!(is_here(), "this system has no apt-get");
    fs::create_dir_all(folder)?;
    let parent = folder.parent().context("a folder without a parent")?;
    let downloads = Scratch::inside(parent, "packages")?;
    process::run(
        Command::new("apt-get")
            .args(["download", "-qq"])
            .args(packages)
            .current_dir(downloads.path())
            .stderr(Stdio::null()),
    )?;
    let mut files: Vec<_> = fs::read_dir(downloads.path())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| file.extension().is_some_and(|ending| ending == "deb"))
        .collect();
    files.sort();
    if files.len() < packages.len() {
        bail!(
            "apt-get downloaded {} of {} packages",
            files.len(),
            packages.len()
        );
    }
    for file in files {
        process::output(Command::new("dpkg-deb").arg("-x").arg(file).arg(folder))?;
    }
    Ok(())
}

/// The mirror of Debian that this system is configured with.
pub(super) fn debian_mirror() -> Result<String> {
    let text = process::output(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(CREATED_BY) $(COMPONENT) $(REPO_URI)",
    ]))?;
    mirror_in(&text).context("apt is not configured with a mirror of Debian's main archive")
}

fn mirror_in(index_targets: &str) -> Option<String> {
    index_targets.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let is_main = words.next() == Some("Packages") && words.next() == Some("main");
        let uri = words.next()?;
        let name = uri.trim_end_matches('/').rsplit('/').next()?;
        (is_main && name == "debian").then(|| uri.to_owned())
    })
}

/// The options of this system's apt that decide how it reaches its mirror: proxies, certificates,
/// whether dates are checked. In the form that apt reads.
pub(super) fn network_options() -> Result<String> {
    let text = process::output(Command::new("apt-config").args(["dump", "Acquire"]))?;
    Ok(options_in(&text))
}

fn options_in(dump: &str) -> String {
    let wanted = [
        "::Proxy",
        "::Check-Valid-Until",
        "::Check-Date",
        "::Verify-",
        "::CaInfo",
    ];
    dump.lines()
        .filter(|line| wanted.iter().any(|name| line.contains(name)))
        .fold(String::new(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_main_archive() {
        let targets = "Packages main http://mirror.example/debian-security/\n\
                       DEP-11 main http://other.example/debian/\n\
                       Packages contrib http://contrib.example/debian/\n\
                       Packages main http://mirror.example/debian/\n";
        assert_eq!(
            mirror_in(targets).as_deref(),
            Some("http://mirror.example/debian/")
        );
        assert_eq!(
            mirror_in("Packages main http://mirror.example/ubuntu/"),
            None
        );
    }

    #[test]
    fn only_what_reaches_the_mirror_is_inherited() {
        let dump = "Acquire \"\";\nAcquire::Retries \"3\";\nAcquire::Check-Date \"false\";\n\
                    Acquire::http::Proxy \"http://proxy.example:3128\";\n";
        assert_eq!(
            options_in(dump),
            "Acquire::Check-Date \"false\";\nAcquire::http::Proxy \"http://proxy.example:3128\";\n"
        );
    }
}
