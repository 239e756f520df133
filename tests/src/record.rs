//! Lab scripts on real MySQL servers, and the transcripts they print.
//!
//! [`Stage`] says where MySQL is and whose plugins are loaded; [`record`] plays one lab there and
//! returns its transcript, [`suite`] many of them in several arms. Every lab has a network and a view of the file system of its own, so that
//! the documented ports are free, and several labs can run side by side. Linux, root.

pub mod suite;

mod play;

mod admin;
mod client;
mod cluster;
mod link;
mod poll;
mod private;
mod server;
mod template;

use std::path::PathBuf;

use anyhow::{Context, Result};

pub use play::record;

/// Where labs run.
#[derive(Clone, Debug)]
pub struct Stage {
    /// A directory with MySQL 9.7 to chroot into; `/` for an installed one.
    pub root: PathBuf,
    /// Whose plugins the servers load.
    pub plugins: Plugins,
}

/// Whose libraries stand in the plugin directory under the names `semisync_source.so` and
/// `semisync_replica.so`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plugins {
    /// MySQL's own.
    Stock,
    /// Ours, from this directory.
    Ours(PathBuf),
}

impl Stage {
    /// The stage that the environment names: `SEMISYNC_MYSQL_ROOT`, with stock plugins.
    ///
    /// # Errors
    /// When the variable is not set or names no directory.
    pub fn from_env() -> Result<Stage> {
        let root = std::env::var_os("SEMISYNC_MYSQL_ROOT")
            .filter(|root| !root.is_empty())
            .context(
                "SEMISYNC_MYSQL_ROOT must name a directory with MySQL 9.7 (`/` if installed)",
            )?;
        let root = std::path::absolute(&root)?;
        Ok(Stage {
            root: root
                .canonicalize()
                .with_context(|| format!("SEMISYNC_MYSQL_ROOT: {}", root.display()))?,
            plugins: Plugins::Stock,
        })
    }

    /// The same with our plugins, from the directory `SEMISYNC_PLUGIN_DIR` names.
    ///
    /// # Errors
    /// When the variable is not set or names no directory.
    pub fn with_our_plugins(mut self) -> Result<Stage> {
        let libraries = std::env::var_os("SEMISYNC_PLUGIN_DIR")
            .filter(|libraries| !libraries.is_empty())
            .context("SEMISYNC_PLUGIN_DIR must name the directory with our two libraries")?;
        let libraries = PathBuf::from(&libraries).canonicalize().with_context(|| {
            format!(
                "SEMISYNC_PLUGIN_DIR: {}",
                PathBuf::from(&libraries).display()
            )
        })?;
        self.plugins = Plugins::Ours(libraries);
        Ok(self)
    }
}
