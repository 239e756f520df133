//! Which tests of the server's suite load the plugins.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::suite_directory;

/// A test of the server's suite.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestName {
    /// The suite it belongs to, such as `rpl`.
    pub suite: String,
    /// Its name there.
    pub name: String,
}

impl TestName {
    /// From `suite.name`.
    pub fn parse(text: &str) -> Option<TestName> {
        let (suite, name) = text.split_once('.')?;
        Some(TestName {
            suite: suite.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.suite, self.name)
    }
}

/// All tests of which a file names the plugins, but for those of a suite that fails on every server
/// but one built for it (`WITH_LOCK_ORDER`), also with the stock plugins.
///
/// # Errors
/// When there is no suite, or nothing in it.
pub fn tests_below(root: &Path) -> Result<Vec<TestName>> {
    let suites = suite_directory(root).join("suite");
    let mut found = BTreeSet::new();
    let entries = fs::read_dir(&suites).with_context(|| format!("read {}", suites.display()))?;
    for entry in entries {
        let entry = entry?;
        let suite = entry.file_name().to_string_lossy().into_owned();
        if suite == "lock_order" {
            continue;
        }
        let Ok(files) = fs::read_dir(entry.path().join("t")) else {
            continue;
        };
        for file in files {
            let file = file?.path();
            let file_name = file.file_name().unwrap_or_default().to_string_lossy();
            let Some(name) = test_of_file(&file_name) else {
                continue;
            };
            let text = fs::read(&file)?;
            if names_the_plugins(&String::from_utf8_lossy(&text)) {
                found.insert(TestName {
                    suite: suite.clone(),
                    name: name.to_owned(),
                });
            }
        }
    }
    ensure!(!found.is_empty(), "{} names no plugin", suites.display());
    Ok(found.into_iter().collect())
}

fn test_of_file(file: &str) -> Option<&str> {
    let ends = [".test", "-master.opt", "-slave.opt", ".cnf"];
    ends.iter().find_map(|end| file.strip_suffix(end))
}

fn names_the_plugins(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("semi_sync") || text.contains("semisync")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_has_several_files() {
        assert_eq!(test_of_file("rpl_x.test"), Some("rpl_x"));
        assert_eq!(test_of_file("rpl_x-master.opt"), Some("rpl_x"));
        assert_eq!(test_of_file("rpl_x.inc"), None);
    }

    #[test]
    fn the_plugins_have_several_spellings() {
        assert!(names_the_plugins("$SEMISYNC_SOURCE_PLUGIN_OPT"));
        assert!(names_the_plugins("rpl_semi_sync_source_enabled"));
        assert!(!names_the_plugins("sync_binlog"));
    }
}
