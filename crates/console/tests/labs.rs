//! Every recorded lab, played in the virtual cluster, gives the recorded transcript.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use semisync_console::lab::{Lab, compare, play};

#[test]
fn recorded_labs_give_the_recorded_transcripts() {
    check_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/labs"));
}

#[test]
fn labs_of_the_lessons_give_their_transcripts() {
    check_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labs"));
}

/// Recorded like the others; `docs/simplifications.md` says what differs. One that no longer does
/// belongs into `tests/labs`.
#[test]
fn labs_declared_to_differ_still_differ() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/differing");
    let files = scripts(&folder);
    assert!(!files.is_empty(), "no labs in {}", folder.display());
    let agreeing: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| check(file).is_ok())
        .collect();
    assert!(
        agreeing.is_empty(),
        "move these to tests/labs: {agreeing:#?}"
    );
}

/// A row of a table in `docs/simplifications.md` ends with the labs that show it, or with a dash.
#[test]
fn every_declared_difference_names_its_lab_and_every_such_lab_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("docs/simplifications.md")).unwrap();
    let mut named = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [_, _, lab] = cells[..] else {
            panic!("not three cells: {row}");
        };
        match lab.trim() {
            "lab" | "—" => {}
            lab => named.extend(
                lab.split(", ")
                    .map(|name| name.trim_matches('`').to_owned()),
            ),
        }
    }
    named.sort();
    named.dedup();
    let labs = scripts(&root.join("tests/differing"));
    let labs = labs.iter().filter_map(|lab| lab.file_stem()?.to_str());
    assert_eq!(named, labs.collect::<Vec<_>>());
}

#[test]
fn a_lab_gives_the_same_transcript_every_time() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/labs");
    for file in scripts(&folder) {
        let lab = Lab::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let once = play(&lab, true).unwrap();
        assert_eq!(once, play(&lab, true).unwrap(), "{}", file.display());
    }
}

#[track_caller]
fn check_folder(folder: &Path) {
    let mut failures = String::new();
    let files = scripts(folder);
    assert!(!files.is_empty(), "no labs in {}", folder.display());
    for file in files {
        if let Err(failure) = check(&file) {
            let _ = writeln!(failures, "=== {}\n{failure}", file.display());
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn check(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let recorded = file.with_extension("txt");
    let expected = std::fs::read_to_string(recorded).map_err(|error| error.to_string())?;
    let lab = Lab::parse(&text).map_err(|error| error.to_string())?;
    let actual = play(&lab, false).map_err(|error| error.to_string())?;
    match compare(&expected, &actual) {
        None => Ok(()),
        Some(difference) => Err(difference.to_string()),
    }
}

/// All scripts below a folder, in order.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(scripts(&path));
        } else if path.extension().is_some_and(|extension| extension == "lab") {
            files.push(path);
        }
    }
    files.sort();
    files
}
