//! `cargo xtask mysqld`: the private MySQL, and a throwaway source and replica in it.

mod server;

use std::{fs, io, path::Path};

use anyhow::{Context, Result};

use self::server::Server;
use crate::{
    args::MysqldCommand, plugin, progress::step, scratch::Scratch, tools, workspace::Workspace,
};

/// Carries out one of the commands.
pub(crate) fn run(workspace: &Workspace, command: MysqldCommand) -> Result<()> {
    let root = tools::mysql_root(workspace)?;
    match command {
        MysqldCommand::Root => {
            let version = tools::mysql_version(&root)?;
            println!("MySQL {version} is in {}", root.display());
            Ok(())
        }
        MysqldCommand::Pair => pair(workspace, &root),
    }
}

const SCRATCH_NAME: &str = "pair";

const ON_THE_SOURCE: &str = "\
    CREATE USER repl IDENTIFIED BY 'repl'; GRANT REPLICATION SLAVE ON *.* TO repl; \
    INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'; \
    SET GLOBAL rpl_semi_sync_source_enabled = 1";

const ON_THE_REPLICA: &str = "\
    INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so'; \
    SET GLOBAL rpl_semi_sync_replica_enabled = 1; ";

/// Starts both servers, connects them, and keeps them until the user presses Enter.
fn pair(workspace: &Workspace, root: &Path) -> Result<()> {
    let libraries = plugin::build(workspace)?;
    let temporary = root.join("tmp");
    remove_leftovers(&temporary);
    let scratch = Scratch::inside(&temporary, SCRATCH_NAME)?;
    let plugins = scratch.path().join("plugins");
    fs::create_dir(&plugins)?;
    for name in ["semisync_source.so", "semisync_replica.so"] {
        fs::copy(libraries.join(name), plugins.join(name))?;
    }
    let (source, replica) = step("start a source and a replica", || {
        let source = Server::start(root, scratch.path(), "source", 1)?;
        let replica = Server::start(root, scratch.path(), "replica", 2)?;
        source.wait_until_ready()?;
        replica.wait_until_ready()?;
        source.execute(ON_THE_SOURCE)?;
        replica.execute(&format!(
            "{ON_THE_REPLICA} CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', \
             SOURCE_PORT = {}, SOURCE_USER = 'repl', SOURCE_PASSWORD = 'repl', \
             SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA",
            source.port()
        ))?;
        Ok((source, replica))
    })?;
    for server in [&source, &replica] {
        println!("\n{}:\n  {}", server.name(), server.client_line());
        println!("  error log: {}", server.error_log().display());
    }
    println!("\nEnter ends both and removes what they wrote.");
    io::stdin()
        .read_line(&mut String::new())
        .context("the terminal is gone")?;
    step("stop both servers", || {
        replica.stop()?;
        source.stop()
    })
}

/// What a run left that was ended before it could clean up.
fn remove_leftovers(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(pid) = owner(&name.to_string_lossy()) else {
            continue;
        };
        if !Path::new("/proc").join(pid.to_string()).exists() {
            // In the way of nothing if it stays.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that made a scratch folder for a pair.
fn owner(name: &str) -> Option<u32> {
    let rest = name
        .strip_prefix("semisync-")?
        .strip_prefix(SCRATCH_NAME)?
        .strip_prefix('-')?;
    rest.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_pairs_that_ended_are_removed() {
        let parent = Scratch::new("leftovers").unwrap();
        let alive = format!("semisync-pair-{}-0", std::process::id());
        // No process has this number: it is above the largest that Linux gives.
        for name in [
            alive.as_str(),
            "semisync-pair-4194999-0",
            "semisync-other-4194999-0",
            "mine",
        ] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        remove_leftovers(parent.path());
        let mut left: Vec<_> = fs::read_dir(parent.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["mine", "semisync-other-4194999-0", alive.as_str()]);
    }
}
