//! A folder that is gone when it is no longer needed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result};

/// A new empty folder, removed when dropped.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A folder of this process's own among the system's temporary files.
    #[cfg(test)]
    pub(crate) fn new(name: &str) -> Result<Self> {
        Self::inside(&std::env::temp_dir(), name)
    }

    /// A folder of this process's own inside `parent`.
    pub(crate) fn inside(parent: &Path, name: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("semisync-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder left behind does no harm; the owner's own error matters more.
        let _ = fs::remove_dir_all(&self.0);
    }
}
