//! Where things are: the working copy, its target directory, the tools, the finished site.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The working copy this command runs in.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    tools: PathBuf,
}

impl Workspace {
    /// Finds the working copy from the running command's package, or from the current directory.
    pub(crate) fn find() -> Result<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(package) => PathBuf::from(package),
            None => env::current_dir().context("the current directory cannot be read")?,
        };
        let root = start
            .ancestors()
            .find(|folder| folder.join("Cargo.lock").is_file() && folder.join("xtask").is_dir())
            .with_context(|| format!("no workspace at or above {}", start.display()))?
            .to_path_buf();
        let target = folder_from_env("CARGO_TARGET_DIR", &root).unwrap_or(root.join("target"));
        let tools = folder_from_env("SEMISYNC_TOOLS", &root).unwrap_or(target.join("tools"));
        Ok(Self {
            root,
            target,
            tools,
        })
    }

    /// The root of the working copy.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where tools are installed.
    pub(crate) fn tools(&self) -> &Path {
        &self.tools
    }

    /// The finished static site.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The plugin libraries under the names that MySQL knows.
    pub(crate) fn plugin_dir(&self) -> PathBuf {
        self.target.join("plugin")
    }

    /// `path` relative to the root where that is possible, for messages.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

fn folder_from_env(variable: &str, root: &Path) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    Some(root.join(value))
}
