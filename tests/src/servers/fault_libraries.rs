//! Libraries of ours that panic where a test asks for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Both libraries, built once with the feature `fault-injection`: they panic in the hook that
/// `SEMISYNC_FAULT` names.
///
/// # Panics
/// When they cannot be built.
pub fn fault_libraries() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => workspace.join(target),
        None => workspace.join("target"),
    };
    let target = target.join("fault-injection");
    let status = Command::new(env!("CARGO"))
        .current_dir(&workspace)
        .args(["build", "--quiet", "-p", "semisync-source"])
        .args(["-p", "semisync-replica"])
        .args(["--features", "semisync-source/fault-injection"])
        .args(["--features", "semisync-replica/fault-injection"])
        .arg("--target-dir")
        .arg(&target)
        .status()
        .expect("cargo starts");
    assert!(
        status.success(),
        "the libraries with faults cannot be built: {status}"
    );
    for name in ["semisync_source.so", "semisync_replica.so"] {
        let built = target.join("debug").join(format!("lib{name}"));
        let new = target.join(name).with_extension("new");
        std::fs::copy(built, &new).expect("a library can be copied");
        std::fs::rename(new, target.join(name)).expect("a library can be named");
    }
    target.canonicalize().expect("it was just made")
}
