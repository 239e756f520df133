//! MySQL's own semisynchronous tests, run by its own test runner against libraries of our choice.
//!
//! [`tests_below`] searches the server's suite for tests that load the plugins, a [`Run`] runs them in
//! a view of the file system where our libraries lie over the stock ones ([`chamber`]), and
//! [`result_in`] reads what the runner prints. The libraries of a [`Control`] are broken: what passes
//! with them proves nothing.

mod chamber;
mod differences;
mod results;
mod search;

pub use differences::is_declared;
pub use results::{TestResult, Verdict, result_in};
pub use search::{TestName, tests_below};

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

/// The libraries that the server's suite meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Libraries {
    /// Those that came with the server.
    Stock,
    /// Both from this directory.
    From(PathBuf),
    /// From this directory, each under the other's name: nothing can be loaded.
    Swapped(PathBuf),
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The rows.
    Row,
    /// The statements.
    Statement,
    /// As the server decides.
    Mixed,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Row, Format::Statement, Format::Mixed];

    /// Its word on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Format::Row => "row",
            Format::Statement => "statement",
            Format::Mixed => "mixed",
        }
    }
}

/// One run of the suite's runner.
#[derive(Clone, Debug)]
pub struct Run {
    /// The directory with MySQL.
    pub root: PathBuf,
    /// What the servers load.
    pub libraries: Libraries,
    /// How events are written.
    pub format: Format,
    /// What to run.
    pub tests: Vec<TestName>,
    /// How many at a time.
    pub parallel: u32,
    /// Minutes that a test may take.
    pub minutes: u32,
    /// Environment variables of the servers.
    pub environment: Vec<(String, String)>,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for each test and combination.
    pub results: Vec<TestResult>,
    /// All that the runner printed.
    pub output: String,
}

impl Run {
    /// Runs the tests; `tell` hears of each as it ends.
    ///
    /// # Errors
    /// When the runner cannot be started, or when its results do not add up.
    pub fn carry_out(&self, tell: impl Fn(&TestResult) + Send + Sync) -> Result<Report> {
        // A thread of its own: what is mounted belongs to the thread that does it.
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| self.carry_out_here(&tell));
            worker.join().expect("the thread does not panic")
        })
    }

    fn carry_out_here(&self, tell: &impl Fn(&TestResult)) -> Result<Report> {
        chamber::enter(&self.root, &self.libraries)?;
        let mut command = chamber::command(&self.root, RUNNER_DIRECTORY);
        command.args(["perl", "mysql-test-run.pl", "--force", "--retry=0"]);
        command.args(["--max-test-fail=0", "--nounit-tests", "--nowarnings"]);
        command.args(["--vardir=/tmp/var", "--tmpdir=/tmp/run"]);
        command
            .arg(format!("--parallel={}", self.parallel))
            .arg(format!("--testcase-timeout={}", self.minutes))
            .arg("--suite-timeout=120")
            .arg(format!("--mysqld=--binlog-format={}", self.format.word()))
            .args(self.tests.iter().map(TestName::to_string))
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut runner = command.spawn().context("start MySQL's test runner")?;
        let output = runner.stdout.take().context("the runner's output")?;
        let mut report = Report {
            results: Vec::new(),
            output: String::new(),
        };
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            if let Some(result) = result_in(&line) {
                tell(&result);
                report.results.push(result);
            }
            report.output.push_str(&line);
            report.output.push('\n');
        }
        runner.wait()?;
        self.check_completeness(&report)?;
        Ok(report)
    }

    /// Every test that was asked for must have a result: a runner that gave up early has proved
    /// nothing.
    fn check_completeness(&self, report: &Report) -> Result<()> {
        let ran: BTreeSet<&TestName> = report.results.iter().map(|result| &result.test).collect();
        let missing: Vec<String> = self
            .tests
            .iter()
            .filter(|test| !ran.contains(test))
            .map(TestName::to_string)
            .collect();
        ensure!(
            missing.is_empty(),
            "no result of {}; the runner printed\n{}",
            missing.join(", "),
            report.output
        );
        Ok(())
    }
}

/// The suite inside the root.
pub(crate) const RUNNER_DIRECTORY: &str = "/usr/lib/mysql-test";

/// The suite seen from outside of the root.
pub(crate) fn suite_directory(root: &Path) -> PathBuf {
    root.join(RUNNER_DIRECTORY.trim_start_matches('/'))
}
