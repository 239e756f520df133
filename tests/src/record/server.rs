//! One `mysqld` process, and one server of a lab with its files.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::{
        prctl::set_pdeathsig,
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Pid, chdir, chroot},
};

use super::{
    admin::{Admin, Row},
    client::Client,
    poll,
};

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The programs of the MySQL in a root.
#[derive(Clone, Debug)]
pub(super) struct Program {
    root: PathBuf,
}

impl Program {
    pub(super) fn new(root: &Path) -> Program {
        Program {
            root: root.to_owned(),
        }
    }

    /// A command that runs `mysqld` or `mysql` inside the root and ends with the thread that
    /// started it.
    pub(super) fn command(&self, name: &str) -> Command {
        let folder = if name == "mysqld" { "sbin" } else { "bin" };
        let mut command = Command::new(format!("/usr/{folder}/{name}"));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let root = self.root.clone();
        let enter = move || {
            set_pdeathsig(Signal::SIGKILL)?;
            chroot(&root)?;
            chdir("/")?;
            Ok(())
        };
        // SAFETY: between fork and exec `enter` makes three system calls; the path it passes was
        // allocated before, nix copies it to the stack.
        unsafe { command.pre_exec(enter) };
        command
    }
}

/// A running `mysqld`, killed when dropped.
pub(super) struct Process {
    child: Child,
    directory: PathBuf,
}

impl Process {
    /// Starts `mysqld`, which has `mysql.sock` and `error.log` in `directory`.
    pub(super) fn spawn(mut command: Command, directory: &Path) -> Result<Process> {
        Ok(Process {
            child: command.spawn().context("start mysqld")?,
            directory: directory.to_owned(),
        })
    }

    /// Waits until it answers.
    pub(super) fn wait_until_it_answers(&mut self) -> Result<()> {
        let mut ended = None;
        let answers = poll::until(Instant::now() + PATIENCE, || {
            ended = self.child.try_wait().ok().flatten();
            ended.is_some() || Admin::connect(&self.directory).is_ok()
        });
        if let Some(status) = ended {
            bail!("mysqld ended with {status}:\n{}", self.log());
        }
        ensure!(answers, "mysqld does not answer:\n{}", self.log());
        Ok(())
    }

    /// Runs a statement over a connection of its own.
    pub(super) fn query(&self, sql: &str) -> Result<Vec<Row>> {
        Admin::connect(&self.directory)?.query(sql)
    }

    /// Sends a signal.
    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        kill(pid, signal).with_context(|| format!("{signal} to mysqld"))
    }

    /// Stops all its threads and waits until they stand still.
    pub(super) fn freeze(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)?;
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        let status = waitpid(pid, Some(WaitPidFlag::WUNTRACED))?;
        ensure!(
            matches!(status, WaitStatus::Stopped(..)),
            "mysqld ended: {status:?}"
        );
        Ok(())
    }

    /// Asks it to stop and waits until it has.
    pub(super) fn shut_down(&mut self, patience: Duration) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        let ended = poll::until(Instant::now() + patience, || self.has_ended());
        ensure!(ended, "mysqld does not shut down:\n{}", self.log());
        Ok(())
    }

    /// Whether it has ended, by whatever cause.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().ok().flatten().is_some()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("error.log")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server of a lab: its files, and its process while it runs.
pub(super) struct Server {
    program: Program,
    directory: PathBuf,
    inside: PathBuf,
    process: Option<Process>,
    frozen: bool,
}

/// What tells the servers of a lab apart.
pub(super) struct Identity<'a> {
    pub(super) name: &'a str,
    /// From 1: `server_id`, the digit of the UUID, and the port after 33060.
    pub(super) number: u16,
    /// Options for its `my.cnf`, with their values.
    pub(super) options: &'a [(String, Option<String>)],
}

impl Server {
    /// Prepares a server's files below `lab`, a directory in `root`.
    pub(super) fn prepare(
        root: &Path,
        lab: &Path,
        template: &Path,
        identity: &Identity<'_>,
    ) -> Result<Server> {
        let directory = lab.join(identity.name);
        let inside = Path::new("/").join(directory.strip_prefix(root)?);
        super::template::copy(template, &directory.join("data"))?;
        let digit = identity.number.to_string();
        let uuid = [8, 4, 4, 4, 12]
            .map(|length| digit.repeat(length))
            .join("-");
        fs::write(
            directory.join("data/auto.cnf"),
            format!("[auto]\nserver-uuid={uuid}\n"),
        )?;
        fs::write(directory.join("my.cnf"), configuration(identity, &inside))?;
        Ok(Server {
            program: Program::new(root),
            directory,
            inside,
            process: None,
            frozen: false,
        })
    }

    /// Starts it; it does not answer at once.
    pub(super) fn start(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "it runs already");
        let mut command = self.program.command("mysqld");
        let file = self.inside.join("my.cnf");
        command.arg(format!("--defaults-file={}", file.display()));
        self.process = Some(Process::spawn(command, &self.directory)?);
        Ok(())
    }

    /// Waits until it answers after a start.
    pub(super) fn wait_until_it_answers(&mut self) -> Result<()> {
        let process = self.process.as_mut().context("it does not run")?;
        process.wait_until_it_answers()
    }

    /// A client connected to it, with `database` as default database.
    pub(super) fn client(&self, database: Option<&str>) -> Result<Client> {
        self.client_with(std::iter::once("--user=root").chain(database))
    }

    /// A client started with these options.
    pub(super) fn client_with<'a>(&self, options: impl Iterator<Item = &'a str>) -> Result<Client> {
        let mut command = self.program.command("mysql");
        let socket = self.inside.join("mysql.sock");
        command.arg("--no-defaults").args(options);
        command.arg(format!("--socket={}", socket.display()));
        Client::start(command)
    }

    /// A connection of the recorder's own.
    pub(super) fn connect(&self) -> Result<Admin> {
        ensure!(self.is_up(), "it is down or frozen");
        Admin::connect(&self.directory)
    }

    /// Tells it a statement over a connection of the recorder's own.
    pub(super) fn tell(&self, sql: &str) -> Result<()> {
        self.connect()?.query(sql).map(drop)
    }

    /// Kills it.
    pub(super) fn crash(&mut self) -> Result<()> {
        // A dying process may still accept connections: nobody shall find it.
        fs::remove_file(self.directory.join("mysql.sock"))?;
        self.process.take().context("it does not run")?;
        self.frozen = false;
        Ok(())
    }

    /// Stops it in order.
    pub(super) fn shut_down(&mut self) -> Result<()> {
        ensure!(!self.frozen, "it is frozen");
        let mut process = self.process.take().context("it does not run")?;
        process.shut_down(PATIENCE)
    }

    /// Stops its process, or lets it go on.
    pub(super) fn set_frozen(&mut self, frozen: bool) -> Result<()> {
        let process = self.process.as_ref().context("it does not run")?;
        ensure!(self.frozen != frozen, "it is so already");
        if frozen {
            process.freeze()?;
        } else {
            process.signal(Signal::SIGCONT)?;
        }
        self.frozen = frozen;
        Ok(())
    }

    /// Whether it runs and answers.
    pub(super) fn is_up(&self) -> bool {
        self.process.is_some() && !self.frozen
    }

    /// Notices that the process has ended by itself, as after the statement SHUTDOWN.
    pub(super) fn look_after(&mut self) {
        if self.process.as_mut().is_some_and(Process::has_ended) {
            self.process = None;
        }
    }
}

fn configuration(identity: &Identity<'_>, inside: &Path) -> String {
    let Identity {
        name,
        number,
        options,
    } = identity;
    let inside = inside.display();
    let port = 33_060 + number;
    let mut lines = format!(
        "[mysqld]\n\
         user=root\n\
         datadir={inside}/data\n\
         socket={inside}/mysql.sock\n\
         pid_file={inside}/pid\n\
         log_error={inside}/error.log\n\
         bind_address=127.0.0.1\n\
         mysqlx=OFF\n\
         innodb_redo_log_capacity=8M\n\
         plugin_dir=/usr/lib/mysql/plugin/\n\
         server_id={number}\n\
         port={port}\n\
         report_host={name}\n\
         report_port={port}\n\
         gtid_mode=ON\n\
         enforce_gtid_consistency=ON\n\
         log_bin=binlog\n\
         relay_log=relay\n"
    );
    for (option, value) in *options {
        lines.push_str(option);
        if let Some(value) = value {
            lines.push('=');
            lines.push_str(value);
        }
        lines.push('\n');
    }
    lines
}
