//! One throwaway MySQL server inside a root directory.
//!
//! Listens on 127.0.0.1 only, writes below its own folder only, and ends with the process that
//! started it.

use std::{
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::process;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    name: &'static str,
    root: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Server {
    /// Initialises a data directory in `scratch/name` and starts a server on it. `scratch` is below
    /// `root` and holds the plugins.
    pub(super) fn start(
        root: &Path,
        scratch: &Path,
        name: &'static str,
        server_id: u32,
    ) -> Result<Self> {
        let folder = scratch.join(name);
        std::fs::create_dir(&folder)?;
        let inside = inside(root, &folder)?;
        let plugins = inside.with_file_name("plugins");
        let common = [
            "--no-defaults".to_owned(),
            "--user=root".to_owned(),
            format!("--datadir={}/data", inside.display()),
            format!("--log-error={}/error.log", inside.display()),
            "--secure-file-priv=NULL".to_owned(),
        ];
        let log = folder.join("error.log");
        let mut initialize = in_root(root, "mysqld")?;
        initialize.args(&common).arg("--initialize-insecure");
        process::output(&mut initialize).with_context(|| end_of(&log))?;
        let port = free_port()?;
        let child = in_root(root, "mysqld")?
            .args(&common)
            .arg(format!("--server-id={server_id}"))
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}/mysql.sock", inside.display()))
            .arg(format!("--pid-file={}/mysqld.pid", inside.display()))
            .arg(format!("--plugin-dir={}", plugins.display()))
            .args([
                "--bind-address=127.0.0.1",
                "--mysqlx=OFF",
                "--log-bin=binlog",
            ])
            .args([
                "--relay-log=relay",
                "--gtid-mode=ON",
                "--enforce-gtid-consistency=ON",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl+C in the terminal is for the command, which then ends the server in order.
            .process_group(0)
            .spawn()
            .context("cannot start mysqld")?;
        Ok(Self {
            name,
            root: root.to_path_buf(),
            folder,
            port,
            child,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn error_log(&self) -> PathBuf {
        self.folder.join("error.log")
    }

    /// What to type to talk to it.
    pub(super) fn client_line(&self) -> String {
        let socket = inside(&self.root, &self.folder)
            .unwrap_or_default()
            .join("mysql.sock");
        let client = format!(
            "mysql --no-defaults --commands -uroot --socket={}",
            socket.display()
        );
        if self.root == Path::new("/") {
            return client;
        }
        format!("chroot {} {client}", self.root.display())
    }

    /// Waits until it answers.
    pub(super) fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while let Err(error) = self.execute("SELECT 1") {
            if deadline <= Instant::now() {
                return Err(error).with_context(|| {
                    format!(
                        "the {} did not start:\n{}",
                        self.name,
                        end_of(&self.error_log())
                    )
                });
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Runs statements as root.
    pub(super) fn execute(&self, statements: &str) -> Result<String> {
        let socket = inside(&self.root, &self.folder)?.join("mysql.sock");
        process::output(
            in_root(&self.root, "mysql")?
                .args(["--no-defaults", "-uroot", "--execute", statements])
                .arg(format!("--socket={}", socket.display())),
        )
    }

    /// Ends it in order.
    pub(super) fn stop(mut self) -> Result<()> {
        self.signal("-TERM")?;
        let deadline = Instant::now() + START_LIMIT;
        while self.child.try_wait()?.is_none() {
            if deadline <= Instant::now() {
                bail!(
                    "the {} did not stop:\n{}",
                    self.name,
                    end_of(&self.error_log())
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()?;
        ensure!(
            status.success(),
            "cannot send {signal} to the {}",
            self.name
        );
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Reached with the server running only when something else already failed.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A program of the root directory. It gets a `/proc` that nobody else sees and that goes away with
/// it, and it ends when this process does.
fn in_root(root: &Path, program: &str) -> Result<Command> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]);
    if root == Path::new("/") {
        command.arg(program);
        return Ok(command);
    }
    let script = "mount -t proc proc \"$0/proc\" 2>/dev/null; exec chroot \"$0\" \"$@\"";
    command
        .args(["unshare", "--mount", "sh", "-c", script])
        .arg(root)
        .arg(program);
    Ok(command)
}

/// `path` as the programs inside `root` see it.
fn inside(root: &Path, path: &Path) -> Result<PathBuf> {
    let relative = path
        .strip_prefix(root)
        .context("a path outside the MySQL root")?;
    Ok(Path::new("/").join(relative))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

fn end_of(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_inside_the_root() {
        let root = Path::new("/srv/mysql");
        assert_eq!(
            inside(root, Path::new("/srv/mysql/tmp/x")).unwrap(),
            Path::new("/tmp/x")
        );
        assert_eq!(
            inside(Path::new("/"), Path::new("/tmp/x")).unwrap(),
            Path::new("/tmp/x")
        );
        assert!(inside(root, Path::new("/tmp/x")).is_err());
    }
}
