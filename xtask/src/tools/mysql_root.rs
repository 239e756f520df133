//! A directory with a complete MySQL 9.7 to chroot into: Debian's packages of the unstable suite.
//!
//! The user's own directory (`SEMISYNC_MYSQL_ROOT`) comes first; `/` stands for a server that is
//! installed in the usual places.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use super::apt;
use crate::{
    process::{self, find_program, is_root},
    progress::{note, step},
    scratch::Scratch,
    workspace::Workspace,
};

/// The release whose plugin interface the libraries are made for.
const RELEASE: &str = "9.7.";

const PACKAGES: &str = "mysql-server-core,mysql-client-core,mysql-testsuite,procps,perl,netbase,\
                        openssl,libjson-perl";

const WAYS_OUT: &str = "a real MySQL 9.7 is needed: run as root on a system with Debian's packages, \
                        or point SEMISYNC_MYSQL_ROOT to a directory that holds one (/ for an \
                        installed server); --without-mysql leaves those tests out";

/// One in which the server can run under valgrind: that must know the very C library it meets.
const WITH_VALGRIND: &str = "mysql-server-core,valgrind,libc6-dbg,openssl";

/// Finds the directory or makes it.
pub(crate) fn mysql_root(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(root) = named_root(workspace) {
        mysql_version(&root).context("SEMISYNC_MYSQL_ROOT does not hold a usable MySQL 9.7")?;
        return Ok(root);
    }
    ensure_made(workspace, "mysql-root", PACKAGES)
}

/// Finds or makes a directory with a MySQL 9.7 and valgrind.
pub(crate) fn valgrind_root(workspace: &Workspace) -> Result<PathBuf> {
    let named = named_root(workspace).filter(|root| root.join("usr/bin/valgrind").is_file());
    match named {
        Some(root) => Ok(root),
        None => ensure_made(workspace, "valgrind-root", WITH_VALGRIND),
    }
}

fn named_root(workspace: &Workspace) -> Option<PathBuf> {
    let root = env::var_os("SEMISYNC_MYSQL_ROOT").filter(|value| !value.is_empty())?;
    Some(workspace.root().join(root))
}

fn ensure_made(workspace: &Workspace, name: &str, packages: &str) -> Result<PathBuf> {
    let root = workspace.target().join(name);
    let _lock = super::lock(workspace)?;
    if root.join("complete").is_file() {
        mysql_version(&root)?;
        return Ok(root);
    }
    step(
        "make a private MySQL 9.7 root from Debian's packages (about a minute, once)",
        || make(&root, packages),
    )
    .context(WAYS_OUT)?;
    Ok(root)
}

/// The version of the server in `root`, an error when it is not the right one or does not run.
pub(crate) fn mysql_version(root: &Path) -> Result<String> {
    let server = ["usr/sbin/mysqld", "usr/bin/mysqld", "usr/libexec/mysqld"]
        .into_iter()
        .find(|path| root.join(path).exists());
    let server = server.with_context(|| format!("{} holds no mysqld", root.display()))?;
    let mut command = if root == Path::new("/") {
        Command::new(Path::new("/").join(server))
    } else {
        ensure!(is_root(), "only root can chroot into {}", root.display());
        let mut command = Command::new("chroot");
        command.arg(root).arg(Path::new("/").join(server));
        command
    };
    let text = process::output(command.arg("--version"))?;
    let version = version_in(&text).with_context(|| format!("no version in {}", text.trim()))?;
    ensure!(
        version.starts_with(RELEASE),
        "it is MySQL {version}, not {RELEASE}x"
    );
    Ok(version.to_owned())
}

fn version_in(text: &str) -> Option<&str> {
    text.split_once(" Ver ")?
        .1
        .split_whitespace()
        .next()?
        .split('-')
        .next()
}

fn make(root: &Path, packages: &str) -> Result<()> {
    ensure!(is_root(), "only root can make it (it is a chroot)");
    ensure!(apt::is_here(), "this system has no apt-get");
    if find_program("mmdebstrap").is_none() {
        apt::install(&["mmdebstrap"])?;
    }
    let mirror = match apt::debian_mirror() {
        Ok(mirror) => mirror,
        Err(_) => {
            apt::update()?;
            apt::debian_mirror()?
        }
    };
    let parent = root.parent().context("a directory without a parent")?;
    fs::create_dir_all(parent)?;
    // Made elsewhere and moved: a directory of this name is always whole.
    let scratch = Scratch::inside(parent, "mysql-root")?;
    let options = scratch.path().join("apt.conf");
    fs::write(&options, apt::network_options()?)?;
    let made = scratch.path().join("root");
    let log = scratch.path().join("log");
    let status = Command::new("mmdebstrap")
        .args([
            "--variant=minbase",
            "--aptopt=Acquire::Check-Valid-Until \"false\"",
        ])
        .arg(format!("--aptopt={}", options.display()))
        .arg(format!("--include={packages}"))
        .arg("sid")
        .arg(&made)
        .arg(&mirror)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log)?)
        .status()
        .context("cannot start mmdebstrap")?;
    if !status.success() {
        let log = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(12)..].join("\n");
        bail!("mmdebstrap failed ({status}):\n{end}");
    }
    let version = mysql_version(&made)?;
    fs::write(made.join("complete"), "")?;
    let _ = fs::remove_dir_all(root);
    fs::rename(&made, root)?;
    note(&format!("MySQL {version} is ready"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_mysqld_says() {
        let debian = "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))";
        assert_eq!(version_in(debian), Some("9.7.4"));
        let oracle = "mysqld  Ver 8.4.3 for Linux on x86_64 (MySQL Community Server - GPL)";
        assert_eq!(version_in(oracle), Some("8.4.3"));
        assert_eq!(version_in("mariadbd 11"), None);
    }

    #[test]
    fn a_directory_without_a_server_is_refused() {
        let scratch = Scratch::new("no-mysqld").unwrap();
        let error = mysql_version(scratch.path()).unwrap_err().to_string();
        assert!(error.ends_with("holds no mysqld"), "{error}");
    }
}
