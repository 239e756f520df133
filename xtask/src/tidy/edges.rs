//! Which crate may depend on which: `web → console → sim → core ← native-plugin`,
//! with `flight` between `core` and those who write or read recordings.

use anyhow::Result;

use super::{Findings, packages::Packages};
use crate::{process, workspace::Workspace};

/// A package of ours and those of ours that it may depend on, in any way, tests included.
const ALLOWED: &[(&str, &[&str])] = &[
    ("semisync-core", &[]),
    ("semisync-flight", &["semisync-core"]),
    ("semisync-sim", &["semisync-core"]),
    (
        "semisync-console",
        &["semisync-sim", "semisync-flight", "semisync-core"],
    ),
    (
        "semisync-web",
        &[
            "semisync-console",
            "semisync-sim",
            "semisync-flight",
            "semisync-core",
        ],
    ),
    ("semisync-abi", &["semisync-core"]),
    (
        "semisync-source",
        &["semisync-abi", "semisync-flight", "semisync-core"],
    ),
    ("semisync-replica", &["semisync-abi", "semisync-core"]),
    (
        "semisync-tests",
        &[
            "semisync-console",
            "semisync-sim",
            "semisync-flight",
            "semisync-core",
        ],
    ),
    ("xtask", &[]),
];

/// What belongs to the page and has no business in a server or in the virtual cluster.
const OF_THE_PAGE: [&str; 5] = ["wasm-bindgen", "web-sys", "js-sys", "yew", "semisync-web"];

/// What a library inside a MySQL server must never contain.
const OF_THE_CLUSTER: [&str; 2] = ["semisync-sim", "semisync-console"];

/// Checks the direct dependencies of every package.
pub(super) fn check(packages: &Packages) -> Findings {
    let mut findings = Findings::new();
    for package in packages.iter() {
        let name = &package.name;
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
            findings.push(format!(
                "{name}: a package without a place in the dependency edges"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let other = dependency.name.as_str();
            // A package depends on itself to have its optional features in its tests.
            if other == name && !dependency.is_normal {
                continue;
            }
            if packages.named(other).is_some() && !allowed.contains(&other) {
                findings.push(format!("{name} must not depend on {other}"));
            }
            if name == "semisync-core"
                && dependency.is_normal
                && !(dependency.is_optional && other == "serde")
            {
                findings.push(format!(
                    "{name} may depend on optional serde only, not on {other}"
                ));
            }
        }
    }
    findings
}

/// Checks what reaches a package through others.
pub(super) fn check_trees(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::new();
    let core = tree(workspace, "semisync-core")?;
    findings.extend(unwanted("semisync-core", &core, |name| {
        name != "semisync-core"
    }));
    for package in ["semisync-source", "semisync-replica"] {
        let names = tree(workspace, package)?;
        findings.extend(unwanted(package, &names, |name| {
            OF_THE_PAGE.contains(&name) || OF_THE_CLUSTER.contains(&name)
        }));
    }
    for package in ["semisync-sim", "semisync-console"] {
        let names = tree(workspace, package)?;
        findings.extend(unwanted(package, &names, |name| {
            OF_THE_PAGE.contains(&name)
        }));
    }
    Ok(findings)
}

/// Everything a package is built from, without its optional features.
fn tree(workspace: &Workspace, package: &str) -> Result<String> {
    process::output(
        process::cargo()
            .args([
                "tree",
                "--no-default-features",
                "--edges",
                "normal,build",
                "--prefix",
                "none",
            ])
            .args(["--package", package])
            .current_dir(workspace.root()),
    )
}

fn unwanted(package: &str, tree: &str, is_unwanted: impl Fn(&str) -> bool) -> Findings {
    let names = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let mut names: Vec<&str> = names.filter(|name| is_unwanted(name)).collect();
    names.sort_unstable();
    names.dedup();
    names
        .iter()
        .map(|name| format!("{package} is built from {name}, which it must not be"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(edges: &[(&str, &[(&str, &str)])]) -> Packages {
        let package = |(name, dependencies): &(&str, &[(&str, &str)])| {
            let dependencies: Vec<String> = dependencies
                .iter()
                .map(|(name, rest)| format!(r#"{{"name": "{name}", {rest}}}"#))
                .collect();
            format!(
                r#"{{"name": "{name}", "manifest_path": "/{name}/Cargo.toml", "targets": [],
                    "dependencies": [{}]}}"#,
                dependencies.join(",")
            )
        };
        let packages: Vec<String> = edges.iter().map(package).collect();
        Packages::parse(&format!(r#"{{"packages": [{}]}}"#, packages.join(","))).unwrap()
    }

    const NORMAL: &str = r#""kind": null, "optional": false"#;
    const OPTIONAL: &str = r#""kind": null, "optional": true"#;
    const FOR_TESTS: &str = r#""kind": "dev", "optional": false"#;

    #[test]
    fn the_right_edges_are_fine() {
        let packages = packages(&[
            (
                "semisync-core",
                &[("serde", OPTIONAL), ("proptest", FOR_TESTS)],
            ),
            ("semisync-sim", &[("semisync-core", NORMAL)]),
            ("semisync-web", &[("semisync-sim", NORMAL), ("yew", NORMAL)]),
            ("xtask", &[("anyhow", NORMAL)]),
        ]);
        assert_eq!(check(&packages), Findings::new());
    }

    #[test]
    fn an_edge_against_the_direction_is_found() {
        let packages = packages(&[
            ("semisync-core", &[]),
            ("semisync-sim", &[("semisync-console", FOR_TESTS)]),
            ("semisync-console", &[]),
            ("semisync-source", &[("semisync-sim", NORMAL)]),
            ("xtask", &[("semisync-core", NORMAL)]),
        ]);
        assert_eq!(
            check(&packages),
            [
                "semisync-sim must not depend on semisync-console",
                "semisync-source must not depend on semisync-sim",
                "xtask must not depend on semisync-core",
            ]
        );
    }

    #[test]
    fn the_core_depends_on_nothing_but_optional_serde() {
        let packages = packages(&[("semisync-core", &[("serde", NORMAL), ("libm", OPTIONAL)])]);
        assert_eq!(
            check(&packages),
            [
                "semisync-core may depend on optional serde only, not on serde",
                "semisync-core may depend on optional serde only, not on libm",
            ]
        );
    }

    #[test]
    fn a_new_package_needs_a_place() {
        let packages = packages(&[("semisync-extra", &[])]);
        assert_eq!(
            check(&packages),
            ["semisync-extra: a package without a place in the dependency edges"]
        );
    }

    #[test]
    fn what_comes_through_others_is_found_once() {
        let tree = "semisync-source v0.1.0 (path)\njs-sys v0.3.1\nlibc v0.2.1\njs-sys v0.3.1 (*)\n";
        assert_eq!(
            unwanted("semisync-source", tree, |name| OF_THE_PAGE.contains(&name)),
            ["semisync-source is built from js-sys, which it must not be"]
        );
    }
}
