//! `cargo xtask test`: the parts of the tests, one after the other, and the closing table.
//!
//! A part that cannot run is a part that failed. Only the user's own word leaves one out, and the
//! table says so.

mod native;
mod page;
mod plugins;
mod table;
mod wasm;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{
    args::TestOptions,
    process::{self, TestCount},
    tidy::{self, packages::Packages},
    workspace::Workspace,
};

/// One part of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Tidy,
    Native,
    Wasm,
    Page,
    Plugins,
}

impl Part {
    /// In the order they run: the quick ones, which need nothing installed, first.
    pub(crate) const ALL: [Self; 5] = [
        Self::Tidy,
        Self::Native,
        Self::Wasm,
        Self::Page,
        Self::Plugins,
    ];

    /// The name to type.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tidy => "tidy",
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::Page => "page",
            Self::Plugins => "plugins",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    fn what(self) -> &'static str {
        match self {
            Self::Tidy => "formatting, lints, dependency edges, house rules",
            Self::Native => "the crates' own tests on this machine",
            Self::Wasm => "the crates' wasm tests in a headless browser",
            Self::Page => "the built site, driven in a headless browser",
            Self::Plugins => "the plugins in real MySQL 9.7 servers",
        }
    }
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Ran {
        count: TestCount,
        took: Duration,
    },
    /// It did not get as far as its tests, or what it ran failed without a failed test.
    Broken {
        count: TestCount,
        why: String,
        took: Duration,
    },
    LeftOut {
        by: &'static str,
    },
}

/// Runs the parts that were asked for; true when nothing failed.
pub(crate) fn test(workspace: &Workspace, options: &TestOptions) -> Result<bool> {
    let mut outcomes = Vec::new();
    for part in Part::ALL {
        let outcome = match left_out_by(part, options) {
            Some(by) => Outcome::LeftOut { by },
            None => run_part(part, workspace),
        };
        outcomes.push((part, outcome));
    }
    print!("{}", table::closing(&outcomes));
    Ok(!outcomes
        .iter()
        .any(|(_, outcome)| table::has_failed(outcome)))
}

/// The user's own word that leaves a part out.
fn left_out_by(part: Part, options: &TestOptions) -> Option<&'static str> {
    if !options.parts.is_empty() && !options.parts.contains(&part) {
        return Some("other parts were named");
    }
    match part {
        Part::Tidy | Part::Native => None,
        Part::Wasm | Part::Page => options.without_browser.then_some("--without-browser"),
        Part::Plugins => options.without_mysql.then_some("--without-mysql"),
    }
}

fn run_part(part: Part, workspace: &Workspace) -> Outcome {
    println!("\n=== {}: {}", part.name(), part.what());
    let started = Instant::now();
    let mut run = Run {
        workspace,
        count: TestCount::default(),
        broken: Vec::new(),
    };
    let result = match part {
        Part::Tidy => tidy::tidy(workspace).map(|outcome| run.count = outcome.count),
        Part::Native => native::run(&mut run),
        Part::Wasm => wasm::run(&mut run),
        Part::Page => page::run(&mut run),
        Part::Plugins => plugins::run(&mut run),
    };
    if let Err(error) = result {
        eprintln!("error: {error:#}");
        run.broken.push(format!("{error:#}"));
    }
    run.finish(started.elapsed())
}

/// A part while it runs.
struct Run<'a> {
    workspace: &'a Workspace,
    count: TestCount,
    broken: Vec<String>,
}

impl Run<'_> {
    /// Runs test programs and adds up what they say. Goes on after a failure, so that one run shows
    /// all of them.
    fn tests(&mut self, command: &mut Command) -> Result<()> {
        let (success, count) = process::run_counting(command.current_dir(self.workspace.root()))?;
        self.count.passed += count.passed;
        self.count.failed += count.failed;
        self.count.ignored += count.ignored;
        if !success && count.failed == 0 {
            self.broken
                .push("a test program did not build or did not run; see above".to_owned());
        }
        Ok(())
    }

    fn packages(&self) -> Result<Packages> {
        Packages::read(self.workspace)
    }

    /// Fails where an integration test that belongs to the project is not there.
    fn require_test(&self, name: &str) -> Result<()> {
        let packages = self.packages()?;
        let tests = packages
            .named("semisync-tests")
            .map(|package| package.tests.as_slice());
        let is_there = tests.unwrap_or_default().iter().any(|test| test == name);
        ensure!(is_there, "the package semisync-tests has no test `{name}`");
        Ok(())
    }

    fn finish(self, took: Duration) -> Outcome {
        let count = self.count;
        match self.broken.into_iter().next() {
            Some(why) => Outcome::Broken { count, why, took },
            // A part that tests nothing must not look like one that passed.
            None if count.passed + count.failed == 0 => Outcome::Broken {
                count,
                why: "no test ran".to_owned(),
                took,
            },
            None => Outcome::Ran { count, took },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_their_names() {
        for part in Part::ALL {
            assert_eq!(Part::from_name(part.name()), Some(part));
        }
        assert_eq!(Part::from_name("all"), None);
    }

    #[test]
    fn only_the_users_word_leaves_a_part_out() {
        let all = TestOptions::default();
        assert!(
            Part::ALL
                .iter()
                .all(|part| left_out_by(*part, &all).is_none())
        );
        let without = TestOptions {
            without_mysql: true,
            without_browser: true,
            parts: Vec::new(),
        };
        let by: Vec<_> = Part::ALL
            .iter()
            .map(|part| left_out_by(*part, &without))
            .collect();
        let browser = Some("--without-browser");
        assert_eq!(by, [None, None, browser, browser, Some("--without-mysql")]);
        let named = TestOptions {
            parts: vec![Part::Tidy],
            ..TestOptions::default()
        };
        assert_eq!(left_out_by(Part::Tidy, &named), None);
        assert_eq!(
            left_out_by(Part::Page, &named),
            Some("other parts were named")
        );
    }

    fn finished(script: &str) -> Outcome {
        let workspace = Workspace::find().unwrap();
        let mut run = Run {
            workspace: &workspace,
            count: TestCount::default(),
            broken: Vec::new(),
        };
        run.tests(Command::new("sh").args(["-c", script])).unwrap();
        run.finish(Duration::ZERO)
    }

    #[test]
    fn a_part_passes_only_when_a_test_ran_and_none_failed() {
        let good = finished("echo 'test result: ok. 2 passed; 0 failed'");
        assert!(!table::has_failed(&good), "{good:?}");
        let failed = finished("echo 'test result: FAILED. 2 passed; 1 failed'; exit 101");
        assert!(table::has_failed(&failed), "{failed:?}");
        assert!(matches!(failed, Outcome::Ran { .. }));
        let nothing = finished("true");
        assert!(table::has_failed(&nothing), "{nothing:?}");
        let unbuilt = finished("echo 'test result: ok. 2 passed; 0 failed'; exit 101");
        assert!(table::has_failed(&unbuilt), "{unbuilt:?}");
    }
}
