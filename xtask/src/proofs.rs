//! The long runs that prove the plugins on real MySQL servers, each a program of the tests package.

use anyhow::{Context, Result};

use crate::{plugin, process, tools, workspace::Workspace};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Sources killed under load.
    Crash,
    /// MySQL's own tests.
    Mtr,
    /// Every source with every replica over every connection.
    Interop,
    /// Our plugins measured beside the stock ones.
    BenchServer,
    /// Plugins that come and go under load.
    Cycles,
    /// A source and a replica under valgrind.
    Valgrind,
}

impl Proof {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::Crash,
        Self::Mtr,
        Self::Interop,
        Self::BenchServer,
        Self::Cycles,
        Self::Valgrind,
    ];

    /// The name to type, which is also the program's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Mtr => "mtr",
            Self::Interop => "interop",
            Self::BenchServer => "bench-server",
            Self::Cycles => "cycles",
            Self::Valgrind => "valgrind",
        }
    }

    /// Only what measures must be quick itself.
    fn profile(self) -> &'static str {
        match self {
            Self::BenchServer => "client",
            Self::Crash | Self::Mtr | Self::Interop | Self::Cycles | Self::Valgrind => "dev",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.name() == name)
    }
}

/// Finds or makes the MySQL root, builds the plugins, and runs the proof; whether it holds.
pub(crate) fn prove(workspace: &Workspace, proof: Proof, arguments: &[String]) -> Result<bool> {
    let (root, libraries) = match proof {
        Proof::Valgrind => (
            tools::valgrind_root(workspace)?,
            plugin::build_with_lines(workspace)?,
        ),
        Proof::Crash | Proof::Mtr | Proof::Interop | Proof::BenchServer | Proof::Cycles => {
            (tools::mysql_root(workspace)?, plugin::build(workspace)?)
        }
    };
    let status = process::cargo()
        .args(["run", "--quiet", "-p", "semisync-tests"])
        .args(["--profile", proof.profile(), "--bin", proof.name(), "--"])
        .args(arguments)
        .env("SEMISYNC_MYSQL_ROOT", root)
        .env("SEMISYNC_PLUGIN_DIR", libraries)
        .current_dir(workspace.root())
        .status()
        .context("cargo cannot be started")?;
    Ok(status.success())
}
