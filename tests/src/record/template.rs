//! A data directory to copy: initialised once for a MySQL, with the replication account.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use nix::fcntl::{Flock, FlockArg};

use super::server::{Process, Program};

/// The replication account and its password.
pub(super) const ACCOUNT: &str = "repl";

/// Where templates are kept inside the root.
const TEMPLATES: &str = "var/tmp/semisync-record";

/// The template for the MySQL in `root`, made if it is missing.
pub(super) fn directory(root: &Path) -> Result<PathBuf> {
    let templates = root.join(TEMPLATES);
    fs::create_dir_all(&templates)?;
    let lock = File::create(templates.join("lock"))?;
    let _lock = Flock::lock(lock, FlockArg::LockExclusive)
        .map_err(|(_, error)| error)
        .context("wait for another recorder")?;

    let program = fs::metadata(root.join("usr/sbin/mysqld")).context("no usr/sbin/mysqld")?;
    let written = program.modified()?.duration_since(UNIX_EPOCH)?.as_secs();
    let template = templates.join(format!("{written:x}-{:x}", program.len()));
    if !template.is_dir() {
        let unfinished = templates.join("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        fs::create_dir(&unfinished)?;
        make(root, &unfinished)?;
        fs::rename(&unfinished, &template)?;
    }
    Ok(template.join("data"))
}

fn make(root: &Path, directory: &Path) -> Result<()> {
    let inside = Path::new("/").join(directory.strip_prefix(root)?);
    let program = Program::new(root);
    let datadir = format!("--datadir={}", inside.join("data").display());
    let log = format!("--log-error={}", inside.join("error.log").display());
    let initialised = program
        .command("mysqld")
        .args(["--no-defaults", "--initialize-insecure", "--user=root"])
        .args([&datadir, &log, "--innodb-redo-log-capacity=8M"])
        .status()
        .context("start mysqld")?;
    ensure!(
        initialised.success(),
        "mysqld --initialize-insecure: {}",
        fs::read_to_string(directory.join("error.log")).unwrap_or_default()
    );

    let mut command = program.command("mysqld");
    command
        .args([
            "--no-defaults",
            "--user=root",
            "--skip-networking",
            "--mysqlx=OFF",
        ])
        .args(["--skip-log-bin", "--innodb-redo-log-capacity=8M"])
        .args([&datadir, &log])
        .arg(format!("--socket={}", inside.join("mysql.sock").display()))
        .arg(format!("--pid-file={}", inside.join("pid").display()));
    let mut server = Process::spawn(command, directory)?;
    server.wait_until_it_answers()?;
    server.query(&format!(
        "CREATE USER {ACCOUNT}@'%' IDENTIFIED BY '{ACCOUNT}'"
    ))?;
    server.query(&format!("GRANT REPLICATION SLAVE ON *.* TO {ACCOUNT}@'%'"))?;
    server.shut_down(Duration::from_secs(60))?;
    fs::remove_file(directory.join("data/auto.cnf"))?;
    Ok(())
}

/// Copies a directory with all that is in it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
