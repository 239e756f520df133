//! A replica that is not MySQL's, for the tests: `tests/foreign/acker.c`, built with MariaDB Connector/C
//! out of Debian's packages, which are unpacked into the tools folder and not installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::apt;
use crate::{process, progress::step, workspace::Workspace};

const LIBRARY: &str = "libmariadb3";

const HEADERS: &str = "libmariadb-dev";

/// Where the packages have what, below the folder they are unpacked into.
const LIBRARY_FOLDER: &str = "usr/lib/x86_64-linux-gnu";
const HEADER_FOLDER: &str = "usr/include/mariadb";

const WAYS_OUT: &str = "the tests need a replica made with MariaDB Connector/C: a C compiler (cc), and \
                        Debian's packages libmariadb3 and libmariadb-dev, installed or to be \
                        downloaded by apt-get; --without-mysql leaves those tests out";

/// Builds the program; returns its path.
pub(crate) fn foreign_acker(workspace: &Workspace) -> Result<PathBuf> {
    let _lock = super::lock(workspace)?;
    build(workspace).context(WAYS_OUT)
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let prefix = connector(workspace)?;
    let libraries = prefix.join(LIBRARY_FOLDER);
    let folder = workspace.target().join("foreign");
    fs::create_dir_all(&folder)?;
    let program = folder.join("acker");
    process::output(
        Command::new("cc")
            .args(["-O1", "-Wall", "-Wextra", "-Werror"])
            .arg(define("PLUGIN_DIR", &libraries.join("libmariadb3/plugin")))
            .arg("-I")
            .arg(prefix.join(HEADER_FOLDER))
            .arg("-o")
            .arg(&program)
            .arg(workspace.root().join("tests/foreign/acker.c"))
            .arg(libraries.join("libmariadb.so.3"))
            .arg(format!("-Wl,-rpath,{}", libraries.display())),
    )?;
    Ok(program)
}

fn define(name: &str, path: &Path) -> String {
    format!("-D{name}=\"{}\"", path.display())
}

/// The folder that has the library and its headers: `/` where they are installed.
fn connector(workspace: &Workspace) -> Result<PathBuf> {
    let unpacked = workspace.tools().join("mariadb-connector");
    let folders = [PathBuf::from("/"), unpacked.clone()];
    if let Some(folder) = folders.into_iter().find(|folder| has_connector(folder)) {
        return Ok(folder);
    }
    step("unpack MariaDB Connector/C from Debian's packages", || {
        ensure!(apt::is_here(), "this system has no apt-get");
        if apt::candidate(HEADERS).is_none() {
            apt::update()?;
        }
        unpack(&unpacked).or_else(|_| {
            // The lists may name packages that are no longer there.
            apt::update()?;
            unpack(&unpacked)
        })
    })?;
    Ok(unpacked)
}

fn has_connector(folder: &Path) -> bool {
    let files = [
        format!("{LIBRARY_FOLDER}/libmariadb.so.3"),
        format!("{HEADER_FOLDER}/mariadb_rpl.h"),
    ];
    files.iter().all(|file| folder.join(file).is_file())
}

fn unpack(folder: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    let needed = apt::missing_dependencies(&[LIBRARY])?;
    let packages: Vec<String> = [LIBRARY, HEADERS]
        .map(str::to_owned)
        .into_iter()
        .chain(needed)
        .collect();
    apt::unpack(&packages, folder)?;
    ensure!(
        has_connector(folder),
        "{LIBRARY} or {HEADERS} is not as expected"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_folder_has_the_connector_when_the_library_and_its_headers_are_there() {
        let scratch = Scratch::new("connector").unwrap();
        let write = |path: &str| {
            let path = scratch.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        assert!(!has_connector(scratch.path()));
        write("usr/lib/x86_64-linux-gnu/libmariadb.so.3");
        assert!(!has_connector(scratch.path()));
        write("usr/include/mariadb/mariadb_rpl.h");
        assert!(has_connector(scratch.path()));
    }
}
