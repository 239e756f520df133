//! Many labs at once, and how their transcripts compare.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Error, Result};
use semisync_console::lab::{Difference, Lab, compare, compare_real, play};

use super::{Stage, play::virtual_only, record};

/// Who plays a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// The virtual cluster.
    Virtual,
    /// Real servers with MySQL's own plugins.
    Stock,
    /// Real servers with our plugins.
    Ours,
}

/// What came of a lab in an arm.
#[derive(Debug)]
pub enum Outcome {
    /// It prints what was recorded.
    Same,
    /// It prints what was recorded when the machine does nothing else.
    SameAlone,
    /// It prints something else, and it is declared to.
    Declared,
    /// It is declared to print something else, and prints what was recorded.
    Agrees,
    /// It prints something else.
    Different(Difference),
    /// The arm cannot play this lab, for this reason.
    LeftOut(String),
    /// It could not be played.
    Failed(Error),
}

impl Arm {
    /// All arms.
    pub const ALL: [Arm; 3] = [Arm::Virtual, Arm::Stock, Arm::Ours];

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Arm::Virtual => "virtual",
            Arm::Stock => "stock",
            Arm::Ours => "ours",
        }
    }

    /// The arm of a word.
    ///
    /// # Errors
    /// When there is none.
    pub fn from_word(word: &str) -> Result<Arm> {
        let arm = Arm::ALL.into_iter().find(|arm| arm.word() == word);
        arm.with_context(|| format!("`{word}` is none of virtual, stock, ours"))
    }

    /// Plays a lab and returns the transcript.
    ///
    /// # Errors
    /// When the script is wrong or this arm cannot play it.
    pub fn play(self, file: &Path) -> Result<String> {
        let lab = read(file)?;
        match self {
            Arm::Virtual => Ok(play(&lab, false)?),
            Arm::Stock => record(&lab, &Stage::from_env()?),
            Arm::Ours => record(&lab, &Stage::from_env()?.with_our_plugins()?),
        }
    }

    /// Plays a lab and compares the transcript with the recorded one beside it.
    pub fn check(self, file: &Path) -> Outcome {
        let checked = || -> Result<Outcome> {
            if self != Arm::Virtual
                && let Some(reason) = virtual_only(&read(file)?)
            {
                return Ok(Outcome::LeftOut(reason));
            }
            let recorded = file.with_extension("txt");
            let recorded = fs::read_to_string(&recorded)
                .with_context(|| format!("the recorded transcript {}", recorded.display()))?;
            let expected = match self {
                Arm::Virtual | Arm::Stock => recorded,
                Arm::Ours => as_ours(file, &recorded)?,
            };
            let played = self.play(file)?;
            let difference = match self {
                Arm::Virtual => compare(&expected, &played),
                Arm::Stock | Arm::Ours => compare_real(&expected, &played),
            };
            let declared = self == Arm::Virtual && is_declared_to_differ(file);
            Ok(match difference {
                None if declared => Outcome::Agrees,
                None => Outcome::Same,
                Some(_) if declared => Outcome::Declared,
                Some(difference) => Outcome::Different(difference),
            })
        };
        checked().unwrap_or_else(Outcome::Failed)
    }
}

/// Whether the virtual cluster is known to print something else than the real servers:
/// `docs/simplifications.md` says of every lab in the directory `differing` why.
fn is_declared_to_differ(file: &Path) -> bool {
    file.iter().any(|part| part == "differing")
}

/// What our plugins are meant to print. They name other authors, and where they list variables of
/// their own or end a wait sooner, there is a transcript of theirs beside the other one.
fn as_ours(file: &Path, recorded: &str) -> Result<String> {
    let own = file.with_extension("ours.txt");
    if own.exists() {
        return fs::read_to_string(&own).with_context(|| own.display().to_string());
    }
    Ok(recorded.replace(
        "PLUGIN_AUTHOR: Oracle Corporation",
        "PLUGIN_AUTHOR: The Semisync Lab authors",
    ))
}

fn read(file: &Path) -> Result<Lab> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Lab::parse(&text).with_context(|| file.display().to_string())
}

impl Outcome {
    /// One word for a table.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Same => "same",
            Outcome::SameAlone => "same alone",
            Outcome::Declared => "declared",
            Outcome::Agrees => "AGREES",
            Outcome::Different(_) => "DIFFERENT",
            Outcome::LeftOut(_) => "-",
            Outcome::Failed(_) => "FAILED",
        }
    }

    /// Whether it is as it should be.
    pub fn is_ok(&self) -> bool {
        matches!(
            self,
            Outcome::Same | Outcome::SameAlone | Outcome::Declared | Outcome::LeftOut(_)
        )
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// All `.lab` files below a directory, in order.
///
/// # Errors
/// When a directory cannot be read.
pub fn labs_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut labs = Vec::new();
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            labs.extend(labs_below(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "lab") {
            labs.push(path);
        }
    }
    labs.sort();
    Ok(labs)
}

/// One lab of every topic, and of those without one: the first that real servers can play.
///
/// # Errors
/// When a script cannot be read.
pub fn sample(labs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut sample: Vec<PathBuf> = Vec::new();
    for lab in labs {
        let is_new = sample.iter().all(|other| other.parent() != lab.parent());
        if is_new && virtual_only(&read(lab)?).is_none() {
            sample.push(lab.clone());
        }
    }
    Ok(sample)
}

/// Does `work` for every task, `jobs` at a time; `done` sees each result as it comes. The results are
/// in the order of the tasks.
pub fn side_by_side<T: Sync, R: Send>(
    tasks: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
    done: impl Fn(&T, &R) + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new((0..tasks.len()).map(|_| None).collect::<Vec<_>>());
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, tasks.len().max(1)) {
            scope.spawn(|| {
                while let Some((index, task)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    tasks.get(index).map(|task| (index, task))
                } {
                    let result = work(task);
                    done(task, &result);
                    results.lock().expect("another task panicked")[index] = Some(result);
                }
            });
        }
    });
    let results = results.into_inner().expect("a task panicked");
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_one_lab_of_every_topic() {
        let labs = labs_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("labs")).unwrap();
        let sample = sample(&labs).unwrap();
        let topics = |labs: &[PathBuf]| {
            let mut topics: Vec<_> = labs
                .iter()
                .map(|lab| lab.parent().unwrap().to_owned())
                .collect();
            topics.sort();
            topics.dedup();
            topics
        };
        assert_eq!(topics(&sample).len(), sample.len());
        assert_eq!(topics(&sample), topics(&labs));
    }

    #[test]
    fn labs_of_the_directory_differing_are_declared_to_differ() {
        assert!(is_declared_to_differ(Path::new("tests/differing/a.lab")));
        assert!(!is_declared_to_differ(Path::new(
            "tests/labs/differing-words.lab"
        )));
    }

    #[test]
    fn results_come_in_the_order_of_the_tasks() {
        let tasks: Vec<u32> = (0..100).collect();
        let seen = AtomicUsize::new(0);
        let count = |_: &u32, _: &u32| {
            seen.fetch_add(1, Ordering::Relaxed);
        };
        let doubled = side_by_side(&tasks, 4, |task| task * 2, count);
        assert_eq!(
            doubled,
            tasks.iter().map(|task| task * 2).collect::<Vec<_>>()
        );
        assert_eq!(seen.into_inner(), 100);
        assert!(side_by_side(&[] as &[u32], 4, |_| 0, |_, _| ()).is_empty());
    }
}
