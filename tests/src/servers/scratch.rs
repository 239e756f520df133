//! Where servers keep their files while they run, and that they end with the tests.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use nix::sys::statvfs::statvfs;

/// A directory of this process, which goes with it; short, for Unix sockets' names are limited. In
/// memory if there is room for many servers, unless it must be on a disk.
pub(crate) fn scratch_parent(on_disk: bool) -> PathBuf {
    static IN_MEMORY: OnceLock<PathBuf> = OnceLock::new();
    static ON_DISK: OnceLock<PathBuf> = OnceLock::new();
    match memory().filter(|_| !on_disk) {
        Some(memory) => IN_MEMORY.get_or_init(|| make(memory)).clone(),
        None => ON_DISK.get_or_init(|| make(&std::env::temp_dir())).clone(),
    }
}

/// A server must not outlive a test run that was killed.
pub(super) fn die_with_this_thread(command: &mut Command) {
    // SAFETY: the closure makes one system call, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

fn make(directory: &Path) -> PathBuf {
    extern "C" fn remove() {
        for directory in memory().into_iter().chain([&*std::env::temp_dir()]) {
            let _ = fs::remove_dir_all(named(directory));
        }
    }
    remove_leftovers(directory);
    let parent = named(directory);
    fs::create_dir_all(&parent).expect("the scratch directory can be made");
    // SAFETY: the function takes nothing, and does not unwind.
    unsafe { libc::atexit(remove) };
    parent
}

/// A process that was killed could not take its directory along, and memory is scarce.
fn remove_leftovers(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let owner = owner.and_then(|owner| owner.parse::<u32>().ok());
        if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn named(directory: &Path) -> PathBuf {
    directory.join(format!("{PREFIX}{}", std::process::id()))
}

const PREFIX: &str = "semisync-servers-";

/// Linux's file system in memory, if it is large enough.
fn memory() -> Option<&'static Path> {
    static ENOUGH: OnceLock<bool> = OnceLock::new();
    let memory = Path::new("/dev/shm");
    let is_enough =
        || statvfs(memory).is_ok_and(|info| ROOM <= info.blocks_available() * info.fragment_size());
    ENOUGH.get_or_init(is_enough).then_some(memory)
}

/// A server has about 100 MB.
const ROOM: u64 = 4 << 30;
