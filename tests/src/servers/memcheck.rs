//! A server under valgrind's memcheck.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::installation::Installation;

/// A command that runs the server under memcheck, in a view of the file system in which the
/// installation's `/usr` is the system's: memcheck looks for the C library's symbols in there only.
///
/// # Panics
/// When the installation has no valgrind.
pub(super) fn command(installation: &Installation, option_file: &Path, report: &Path) -> Command {
    let programs = installation.root().join("usr");
    assert!(
        programs.join("bin/valgrind").is_file(),
        "{} has no valgrind (cargo xtask valgrind makes one that has)",
        installation.root().display()
    );
    let mut command = Command::new("/usr/bin/valgrind");
    command
        .args(OPTIONS)
        .arg(format!("--xml-file={}", report.display()))
        .arg("/usr/sbin/mysqld")
        .arg(format!("--defaults-file={}", option_file.display()));
    // SAFETY: the closure makes system calls only, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(move || {
            unshare(CloneFlags::CLONE_NEWNS)?;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            let none = None::<&str>;
            mount(none, "/", none, private, none)?;
            let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
            mount(Some(&programs), "/usr", none, bind, none)?;
            Ok(())
        });
    }
    command
}

const OPTIONS: [&str; 9] = [
    "--tool=memcheck",
    "--quiet",
    "--xml=yes",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect,possible",
    "--error-limit=no",
    "--num-callers=40",
    // The plugins are gone when leaks are looked for.
    "--keep-debuginfo=yes",
    // The server's allocator is not the C library's.
    "--soname-synonyms=somalloc=*tcmalloc*",
];
