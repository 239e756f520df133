//! One number for the content of many files: equal means nothing changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// 64-bit FNV-1a over names, lengths and contents. It guards against forgetting a rebuild, not
/// against an adversary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of nothing.
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a value; its length keeps neighbours apart.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds every file under `root` whose relative path `keep` accepts, in order of their names.
    pub(crate) fn add_tree(&mut self, root: &Path, keep: &dyn Fn(&Path) -> bool) -> Result<()> {
        for file in files_under(root, keep)? {
            let content = fs::read(root.join(&file))
                .with_context(|| format!("reading {}", file.display()))?;
            self.add(file.as_os_str().as_encoded_bytes());
            self.add(&content);
        }
        Ok(())
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The files under `root`, relative to it, sorted; `keep` is asked for folders too.
pub(crate) fn files_under(root: &Path, keep: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let absolute = root.join(&folder);
        let entries = fs::read_dir(&absolute)
            .with_context(|| format!("reading the folder {}", absolute.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if !keep(&path) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn of(root: &Path) -> Fingerprint {
        let mut fingerprint = Fingerprint::new();
        fingerprint
            .add_tree(root, &|path| path != Path::new("target"))
            .unwrap();
        fingerprint
    }

    #[test]
    fn it_changes_with_content_name_and_number_of_files_only() {
        let scratch = Scratch::new("fingerprint").unwrap();
        let root = scratch.path();
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir_all(root.join("target")).unwrap();
        fs::write(root.join("src/a.rs"), "one").unwrap();
        let first = of(root);
        assert_eq!(first, of(root));

        fs::write(root.join("src/a.rs"), "two").unwrap();
        assert_ne!(first, of(root), "content");
        fs::write(root.join("src/a.rs"), "one").unwrap();
        assert_eq!(first, of(root));

        fs::write(root.join("src/b.rs"), "").unwrap();
        assert_ne!(first, of(root), "a new file");
        fs::remove_file(root.join("src/b.rs")).unwrap();

        fs::rename(root.join("src/a.rs"), root.join("src/c.rs")).unwrap();
        assert_ne!(first, of(root), "a name");
        fs::rename(root.join("src/c.rs"), root.join("src/a.rs")).unwrap();

        fs::write(root.join("target/out"), "x").unwrap();
        assert_eq!(first, of(root), "what is not kept");
    }

    #[test]
    fn neighbours_do_not_run_together() {
        let (mut one, mut other) = (Fingerprint::new(), Fingerprint::new());
        one.add(b"ab");
        one.add(b"c");
        other.add(b"a");
        other.add(b"bc");
        assert_ne!(one, other);
    }
}
