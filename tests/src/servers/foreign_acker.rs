//! A replica of other people's making: the replication part of MariaDB Connector/C, in a small program
//! of its own (`tests/foreign/acker.c`).

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::scratch::{die_with_this_thread, scratch_parent};
use super::server::Server;
use super::topology::Link;
use super::wait::wait_until;

/// The program while it runs. It ends with this value.
#[derive(Debug)]
pub struct ForeignAcker {
    process: Child,
    directory: PathBuf,
}

/// What it does about ACKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manners {
    /// It announces itself and acknowledges.
    Acking,
    /// It announces itself and reads nothing.
    Mute,
    /// It announces nothing.
    Asynchronous,
}

impl ForeignAcker {
    /// Connects as `replica` and asks for the binary log from the source's end on.
    ///
    /// # Panics
    /// When `SEMISYNC_FOREIGN_ACKER` does not name the program, or when it does not get as far.
    #[track_caller]
    pub fn connect(source: &Server, link: Link, manners: Manners) -> ForeignAcker {
        let status = source.session().rows("SHOW BINARY LOG STATUS");
        let (file, position) = (&status[0][0], &status[0][1]);
        let port = source.port().to_string();
        let mode = match manners {
            Manners::Acking => "acking",
            Manners::Mute => "mute",
            Manners::Asynchronous => "async",
        };
        let directory = scratch_parent(false).join(format!("acker-{port}"));
        std::fs::create_dir_all(&directory).expect("a directory can be made");
        let open = |name: &str| std::fs::File::create(directory.join(name)).expect("a file");
        let mut command = Command::new(program());
        command
            .args([&port, "replica", "secret", file, position, mode])
            .args(link.tls.then_some("tls"))
            .args(link.compression)
            .stdin(Stdio::null())
            .stdout(open("out"))
            .stderr(open("err"));
        die_with_this_thread(&mut command);
        let process = command.spawn().expect("the program starts");
        let mut acker = ForeignAcker { process, directory };
        wait_until("the foreign replica asked for the dump", PATIENCE, || {
            let ended = acker.process.try_wait().expect("it is our child");
            assert!(ended.is_none(), "it ended: {}", acker.complaints());
            acker.lines().iter().any(|line| line == "opened")
        });
        acker
    }

    /// How many ACKs it says that it sent.
    pub fn acknowledged(&self) -> usize {
        let is_ack = |line: &&String| line.starts_with("acknowledged ");
        self.lines().iter().filter(is_ack).count()
    }

    /// How many events it read.
    pub fn events(&self) -> usize {
        let is_event = |line: &&String| line.contains(" type=");
        self.lines().iter().filter(is_event).count()
    }

    /// The cipher of its connection, if that is encrypted.
    pub fn cipher(&self) -> Option<String> {
        let line = self.lines();
        let cipher = line
            .iter()
            .find_map(|line| line.strip_prefix("connected cipher="));
        cipher.filter(|name| *name != "none").map(str::to_owned)
    }

    /// What it says against what it was sent; empty while it runs well.
    pub fn complaints(&self) -> String {
        std::fs::read_to_string(self.directory.join("err")).unwrap_or_default()
    }

    fn lines(&self) -> Vec<String> {
        let bytes = std::fs::read(self.directory.join("out")).unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for ForeignAcker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let lines = self.lines();
            let last = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
            eprintln!("--- the foreign replica ---\n{}", last.join("\n"));
            eprintln!("{}", self.complaints());
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn program() -> PathBuf {
    match std::env::var_os("SEMISYNC_FOREIGN_ACKER").filter(|value| !value.is_empty()) {
        Some(program) => PathBuf::from(program),
        None => panic!(
            "SEMISYNC_FOREIGN_ACKER is not set; it names the replica made with MariaDB \
             Connector/C (cargo xtask test sets it)"
        ),
    }
}

const SHOWN_LINES: usize = 20;

const PATIENCE: Duration = Duration::from_secs(30);
