//! The place where the suite's runner works: a view of the file system that nobody else has.
//!
//! The runner refuses to work for root, looks for its programs in one directory only, and finds the
//! plugins in the server's own directory. So it works in a chroot as another user; there the suite's
//! programs lie beside the server's, and the libraries to test over the stock ones. All of it is
//! gone with the last process that sees it. Needs root, and Linux.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, chdir, chroot, setgid, setgroups, setuid};

use super::{Libraries, suite_directory};

/// Gives the calling thread that view, and a network with nobody else in it.
pub(super) fn enter(root: &Path, libraries: &Libraries) -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)
        .context("the test runner needs mounts and a network of its own (root, Linux)")?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).context("private mounts")?;
    let status = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .context("the program `ip` (package iproute2) is needed")?;
    ensure!(status.success(), "`ip link set lo up` failed");

    for shared in ["proc", "dev"] {
        let target = root.join(shared);
        if root != Path::new("/") {
            bind(&Path::new("/").join(shared), &target)?;
        }
    }
    let none = MsFlags::empty();
    let temporary = root.join("tmp");
    mount(
        Some("tmpfs"),
        &temporary,
        Some("tmpfs"),
        none,
        Some("mode=1777"),
    )
    .with_context(|| format!("mount memory at {}", temporary.display()))?;
    // The server's own first: in the suite's directory, names of them lead back to them.
    let programs = root.join("usr/bin");
    let layers = format!(
        "lowerdir={}:{}",
        programs.display(),
        suite_directory(root).join("bin").display()
    );
    mount(
        Some("overlay"),
        &programs,
        Some("overlay"),
        none,
        Some(layers.as_str()),
    )
    .with_context(|| {
        format!(
            "lay the suite's programs beside those of {}",
            programs.display()
        )
    })?;
    for (name, library) in replacements(libraries) {
        ensure!(library.is_file(), "{} does not exist", library.display());
        bind(&library, &root.join("usr/lib/mysql/plugin").join(name))?;
    }
    Ok(())
}

/// A command inside, for a user who owns nothing. Both kinds of output go the same way.
pub(super) fn command(root: &Path, directory: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exec \"$@\" 2>&1", "sh"]);
    command.env_clear().envs([
        ("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"),
        ("HOME", "/tmp"),
        ("LANG", "C.UTF-8"),
    ]);
    let (root, directory) = (root.to_owned(), directory.to_owned());
    // SAFETY: the closure makes system calls only, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(move || {
            chroot(&root)?;
            chdir(directory.as_str())?;
            setgroups(&[])?;
            setgid(Gid::from_raw(NOBODY))?;
            setuid(Uid::from_raw(NOBODY))?;
            Ok(())
        });
    }
    command
}

fn replacements(libraries: &Libraries) -> Vec<(&'static str, PathBuf)> {
    match libraries {
        Libraries::Stock => Vec::new(),
        Libraries::From(directory) => vec![
            (SOURCE, directory.join(SOURCE)),
            (REPLICA, directory.join(REPLICA)),
        ],
        Libraries::Swapped(directory) => vec![
            (SOURCE, directory.join(REPLICA)),
            (REPLICA, directory.join(SOURCE)),
        ],
    }
}

fn bind(from: &Path, to: &Path) -> Result<()> {
    fs::metadata(to).with_context(|| format!("{} is missing", to.display()))?;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(from), to, None::<&str>, flags, None::<&str>)
        .with_context(|| format!("mount {} at {}", from.display(), to.display()))
}

const SOURCE: &str = "semisync_source.so";
const REPLICA: &str = "semisync_replica.so";

/// The user `nobody` has this number everywhere.
const NOBODY: u32 = 65_534;
