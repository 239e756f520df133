//! Is this a server whose layouts we know?

use core::fmt;

use crate::error_log::{self, Level};
use crate::global_variables::global_variable;

/// Why the plugin does not load here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnsupportedServer {
    /// The server did not tell its version.
    Unknown,
    /// Another series: structs may lie differently.
    OtherSeries(String),
    /// A debug build: mutexes lie differently.
    DebugBuild(String),
}

/// Whether the server is one this library was built for; if not, says so in the error log.
pub fn check_server(plugin: &str) -> Result<(), UnsupportedServer> {
    let verdict = match server_version() {
        Some(version) => check_version(&version),
        None => Err(UnsupportedServer::Unknown),
    };
    if let Err(reason) = &verdict {
        error_log::write_text(Level::Error, &format!("{plugin} refuses to load: {reason}"));
    }
    verdict
}

fn check_version(version: &str) -> Result<(), UnsupportedServer> {
    if !version.starts_with(SERIES) {
        return Err(UnsupportedServer::OtherSeries(version.to_owned()));
    }
    if version.contains("-debug") {
        return Err(UnsupportedServer::DebugBuild(version.to_owned()));
    }
    Ok(())
}

/// The server's version as it prints it.
pub fn server_version() -> Option<String> {
    global_variable(c"version")
}

impl fmt::Display for UnsupportedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnsupportedServer::Unknown => write!(f, "the server does not tell its version"),
            UnsupportedServer::OtherSeries(version) => write!(
                f,
                "it was built for MySQL 9.7, and this server is {version}"
            ),
            UnsupportedServer::DebugBuild(version) => write!(
                f,
                "it was built for release builds, and this server is {version}"
            ),
        }
    }
}

impl core::error::Error for UnsupportedServer {}

const SERIES: &str = "9.7.";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: &str, accepted: bool) {
        assert_eq!(check_version(version).is_ok(), accepted, "{version}");
    }

    #[test]
    fn only_release_builds_of_the_series_are_accepted() {
        check("9.7.4", true);
        check("9.7.4-2", true);
        check("9.7.0", true);
        check("9.7.4-debug", false);
        check("9.70.1", false);
        check("9.6.0", false);
        check("8.4.5", false);
        check("", false);
    }
}
