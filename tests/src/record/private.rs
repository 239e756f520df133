//! A network and a view of the file system that belong to one lab.
//!
//! Linux gives both to a thread and to all that it starts; they vanish with the last of them. The
//! network has only 127.0.0.1. What is mounted here is invisible elsewhere.

use std::{fs, process::Command};

use anyhow::{Context, Result, ensure};
use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};

use super::{Plugins, Stage};

/// Where the servers of a lab live inside the root.
pub(super) const LAB_DIRECTORY: &str = "tmp/semisync-record";

/// Gives the calling thread its own network and mounts: an empty memory file system at
/// [`LAB_DIRECTORY`] and the wanted plugins under the stock names.
pub(super) fn enter(stage: &Stage) -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)
        .context("a lab needs a network and mounts of its own (root, Linux)")?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).context("private mounts")?;
    let status = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .context("the program `ip` (package iproute2) is needed")?;
    ensure!(status.success(), "`ip link set lo up` failed");

    let directory = stage.root.join(LAB_DIRECTORY);
    fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    mount(
        Some("tmpfs"),
        &directory,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("mode=0750"),
    )
    .with_context(|| format!("mount memory at {}", directory.display()))?;

    if let Plugins::Ours(libraries) = &stage.plugins {
        for file in ["semisync_source.so", "semisync_replica.so"] {
            let ours = libraries.join(file);
            ensure!(ours.is_file(), "{} does not exist", ours.display());
            let stock = stage.root.join("usr/lib/mysql/plugin").join(file);
            mount(
                Some(&ours),
                &stock,
                None::<&str>,
                MsFlags::MS_BIND,
                None::<&str>,
            )
            .with_context(|| format!("mount {} at {}", ours.display(), stock.display()))?;
        }
    }
    Ok(())
}
