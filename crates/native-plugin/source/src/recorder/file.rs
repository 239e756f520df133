//! The two files of a recording.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::FILE_HEAD;

/// The file being written, and the one before it. The server's working directory is its data
/// directory.
pub(super) struct Files {
    current: PathBuf,
    old: PathBuf,
    file: File,
    written: u64,
}

impl Files {
    /// Begins a new file; one that is there already becomes the old one.
    pub(super) fn create(name: &str) -> io::Result<Files> {
        let current = PathBuf::from(format!("{name}.flight"));
        let old = PathBuf::from(format!("{name}.old.flight"));
        if current.exists() {
            fs::rename(&current, &old)?;
        }
        let file = begin(&current)?;
        Ok(Files {
            current,
            old,
            file,
            written: FILE_HEAD.len() as u64,
        })
    }

    /// How long the current file is.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Appends bytes to the current file.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// The current file becomes the old one, and a new one begins.
    pub(super) fn turn_over(&mut self) -> io::Result<()> {
        fs::rename(&self.current, &self.old)?;
        self.file = begin(&self.current)?;
        self.written = FILE_HEAD.len() as u64;
        Ok(())
    }
}

fn begin(path: &PathBuf) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o640)
        .open(path)?;
    file.write_all(&FILE_HEAD)?;
    Ok(file)
}
