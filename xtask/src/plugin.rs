//! The two libraries, built for a real server, under the names that MySQL knows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{process, progress::step, workspace::Workspace};

const LIBRARIES: [&str; 2] = ["semisync_source", "semisync_replica"];

/// Builds both libraries; returns the folder they are in.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    if !cfg!(target_os = "linux") {
        bail!("the plugins are libraries for MySQL on Linux; this is another system");
    }
    step("build the plugins (release)", || {
        process::run(
            process::cargo()
                .args([
                    "build",
                    "--release",
                    "-p",
                    "semisync-source",
                    "-p",
                    "semisync-replica",
                ])
                .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
                .current_dir(workspace.root()),
        )?;
        let folder = workspace.plugin_dir();
        fs::create_dir_all(&folder)?;
        for name in LIBRARIES {
            let built = workspace.target().join(format!("release/lib{name}.so"));
            place(&built, &folder.join(format!("{name}.so")))?;
        }
        Ok(folder)
    })
}

/// Builds both libraries with the names of functions and lines, for valgrind to tell.
pub(crate) fn build_with_lines(workspace: &Workspace) -> Result<PathBuf> {
    step("build the plugins (with line numbers)", || {
        let folder = workspace.target().join("memcheck");
        process::run(
            process::cargo()
                .args(["build", "--profile", "client", "--target-dir"])
                .arg(&folder)
                .args(["-p", "semisync-source", "-p", "semisync-replica"])
                .env("CARGO_PROFILE_CLIENT_DEBUG", "line-tables-only")
                .current_dir(workspace.root()),
        )?;
        for name in LIBRARIES {
            let built = folder.join(format!("client/lib{name}.so"));
            place(&built, &folder.join(format!("{name}.so")))?;
        }
        Ok(folder)
    })
}

/// `cargo xtask plugin`.
pub(crate) fn build_and_explain(workspace: &Workspace) -> Result<()> {
    let folder = build(workspace)?;
    println!("\n{}", explanation(&folder));
    Ok(())
}

/// A running server may have the old file mapped: the new one takes its name, not its content.
fn place(built: &Path, library: &Path) -> Result<()> {
    let new = library.with_extension("new");
    fs::copy(built, &new).with_context(|| format!("{} was not built", built.display()))?;
    fs::rename(&new, library)?;
    Ok(())
}

fn explanation(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "The libraries are\n\
         \x20 {folder}/semisync_source.so\n\
         \x20 {folder}/semisync_replica.so\n\
         \n\
         Copy them into the server's plugin_dir (SHOW VARIABLES LIKE 'plugin_dir'), or start the\n\
         server with --plugin-dir={folder}, then type\n\
         on the source:\n\
         \x20 INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';\n\
         \x20 SET GLOBAL rpl_semi_sync_source_enabled = 1;\n\
         on each replica:\n\
         \x20 INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';\n\
         \x20 SET GLOBAL rpl_semi_sync_replica_enabled = 1;\n\
         \x20 STOP REPLICA IO_THREAD;\n\
         \x20 START REPLICA IO_THREAD;\n\
         `cargo xtask mysqld pair` does all this with two throwaway servers."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_explanation_has_the_lines_to_type() {
        let text = explanation(Path::new("/plugins"));
        for line in [
            "  /plugins/semisync_source.so\n",
            "  INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';\n",
            "  INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';\n",
        ] {
            assert!(text.contains(line), "{line}");
        }
    }

    #[test]
    fn a_library_in_use_is_replaced_and_not_overwritten() {
        let scratch = Scratch::new("place").unwrap();
        let (built, library) = (scratch.path().join("lib.so"), scratch.path().join("x.so"));
        fs::write(&library, "old").unwrap();
        let in_use = scratch.path().join("in-use");
        fs::hard_link(&library, &in_use).unwrap();
        fs::write(&built, "new").unwrap();
        place(&built, &library).unwrap();
        assert_eq!(fs::read_to_string(&library).unwrap(), "new");
        assert_eq!(fs::read_to_string(&in_use).unwrap(), "old");
    }

    #[test]
    fn a_library_that_was_not_built_is_named() {
        let scratch = Scratch::new("unbuilt").unwrap();
        let error =
            place(&scratch.path().join("lib.so"), &scratch.path().join("x.so")).unwrap_err();
        assert!(
            error.to_string().ends_with("lib.so was not built"),
            "{error}"
        );
    }
}
