//! House rules that can be read off the text of the files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::{
    Findings,
    paths::{code_only, used_paths},
};

/// A rule for files.
pub(super) struct Rule {
    pub(super) name: &'static str,
    applies_to: fn(&Path) -> bool,
    /// What is wrong with a text, with the line, counted from 1.
    find: fn(&Path, &str) -> Vec<(usize, String)>,
}

/// Every rule.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "files are at most 800 lines long",
        applies_to: is_written,
        find: too_long,
    },
    Rule {
        name: "every module says what it is",
        applies_to: is_rust,
        find: without_heading,
    },
    Rule {
        name: "no mod.rs",
        applies_to: is_rust,
        find: named_mod,
    },
    Rule {
        name: "nothing is left for later",
        applies_to: is_rust,
        find: left_for_later,
    },
    Rule {
        name: "no path of a machine",
        applies_to: is_any,
        find: machine_paths,
    },
    Rule {
        name: "crates come from crates.io",
        applies_to: is_lock_file,
        find: other_registries,
    },
    Rule {
        name: "core, sim and console use no clock, thread or hash map",
        applies_to: is_deterministic,
        find: banned_paths,
    },
];

const LONGEST: usize = 800;

/// Paths that the deterministic crates must not use, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("HashMap", "its order differs from run to run; use BTreeMap"),
    ("HashSet", "its order differs from run to run; use BTreeSet"),
    (
        "hash_map",
        "its order differs from run to run; use BTreeMap",
    ),
    ("SystemTime", "time is an input"),
    ("std::time::Instant", "time is an input"),
    (
        "std::thread",
        "threads run in an order that no seed decides",
    ),
];

/// Applies a rule to the files of a working copy.
pub(super) fn check(rule: &Rule, root: &Path, files: &[PathBuf]) -> Result<Findings> {
    let mut findings = Findings::new();
    for file in files.iter().filter(|file| (rule.applies_to)(file)) {
        let bytes = fs::read(root.join(file))?;
        // A file that is not text has no lines.
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        for (line, what) in (rule.find)(file, &text) {
            findings.push(format!("{}:{line}: {what}", file.display()));
        }
    }
    Ok(findings)
}

/// The crate wasm-bindgen is pinned in crates/web/Cargo.toml, its program in Trunk.toml: they speak
/// a private format and must be of one version.
pub(super) fn check_bindgen_versions(root: &Path) -> Result<Findings> {
    let trunk = fs::read_to_string(root.join("Trunk.toml"))?;
    let manifest = fs::read_to_string(root.join("crates/web/Cargo.toml"))?;
    Ok(bindgen_versions_differ(&trunk, &manifest))
}

fn bindgen_versions_differ(trunk: &str, manifest: &str) -> Findings {
    let value = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split('"').nth(1)?.trim_start_matches('=').to_owned())
    };
    let (program, package) = (
        value(trunk, "wasm_bindgen ="),
        value(manifest, "wasm-bindgen ="),
    );
    if program.is_some() && program == package {
        return Findings::new();
    }
    vec![format!(
        "Trunk.toml has {program:?}, crates/web/Cargo.toml {package:?}"
    )]
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|it| endings.contains(&it))
}

fn is_any(_: &Path) -> bool {
    true
}

fn is_rust(file: &Path) -> bool {
    has_ending(file, &["rs"])
}

fn is_written(file: &Path) -> bool {
    has_ending(file, &["rs", "css", "js", "html", "md"])
}

fn is_lock_file(file: &Path) -> bool {
    file == Path::new("Cargo.lock")
}

fn is_deterministic(file: &Path) -> bool {
    let crates = ["crates/core/src", "crates/sim/src", "crates/console/src"];
    let is_test = file.components().any(|part| {
        let part = Path::new(part.as_os_str()).file_stem().unwrap_or_default();
        part == "tests"
    });
    is_rust(file) && !is_test && crates.iter().any(|folder| file.starts_with(folder))
}

fn too_long(_: &Path, text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().count();
    if lines <= LONGEST {
        return Vec::new();
    }
    vec![(lines, format!("{lines} lines, {LONGEST} are the most"))]
}

fn without_heading(_: &Path, text: &str) -> Vec<(usize, String)> {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if first.starts_with("//!") {
        return Vec::new();
    }
    vec![(1, "starts without `//!`".to_owned())]
}

fn named_mod(file: &Path, _: &str) -> Vec<(usize, String)> {
    if file.file_name().is_some_and(|name| name == "mod.rs") {
        return vec![(1, "name it after its folder, beside the folder".to_owned())];
    }
    Vec::new()
}

fn left_for_later(_: &Path, text: &str) -> Vec<(usize, String)> {
    let in_comments = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let in_code = [
        concat!("#[ig", "nore"),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
    ];
    let code = code_only(text);
    let code_lines = code.lines().chain(std::iter::repeat(""));
    let mut found = Vec::new();
    for (index, (line, code)) in text.lines().zip(code_lines).enumerate() {
        let words = in_comments.iter().filter(|word| line.contains(**word));
        let marks = in_code.iter().filter(|mark| code.contains(**mark));
        found.extend(
            words
                .chain(marks)
                .map(|mark| (index + 1, (*mark).to_owned())),
        );
    }
    found
}

fn machine_paths(_: &Path, text: &str) -> Vec<(usize, String)> {
    let folders = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/wo", "rk/"),
    ];
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for folder in folders {
            let is_absolute = |at: usize| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_.-*}".contains(c))
            };
            if line.match_indices(folder).any(|(at, _)| is_absolute(at)) {
                found.push((index + 1, format!("a path with {folder}")));
            }
        }
    }
    found
}

fn other_registries(_: &Path, text: &str) -> Vec<(usize, String)> {
    let own = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let sources = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("source = "));
    sources
        .filter(|(_, line)| *line != own)
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}

fn banned_paths(_: &Path, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for used in used_paths(text) {
        for (path, reason) in BANNED {
            if uses(&used.path, path) {
                found.push((used.line, format!("{}: {reason}", used.path)));
            }
        }
    }
    found
}

/// A banned path from the root is a prefix; a banned name is a segment anywhere.
fn uses(path: &str, banned: &str) -> bool {
    if !banned.contains("::") {
        return path.split("::").any(|segment| segment == banned);
    }
    path == banned
        || path
            .strip_prefix(banned)
            .is_some_and(|rest| rest.starts_with("::"))
}

#[cfg(test)]
mod tests;
