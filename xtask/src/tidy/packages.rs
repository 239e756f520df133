//! What cargo knows about the packages of the workspace.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{process, workspace::Workspace};

/// The packages of the workspace.
#[derive(Debug)]
pub(crate) struct Packages(Vec<Package>);

/// One package, as far as the project commands care.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    /// The integration tests.
    pub(crate) tests: Vec<String>,
    pub(crate) has_benches: bool,
}

/// A dependency of any kind: normal, for tests, or for a build script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) is_optional: bool,
    pub(crate) is_normal: bool,
}

impl Packages {
    /// Asks cargo.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let text = process::output(
            process::cargo()
                .args(["metadata", "--no-deps", "--format-version", "1"])
                .current_dir(workspace.root()),
        )?;
        Self::parse(&text)
    }

    /// Reads what `cargo metadata` prints.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let metadata: Value = serde_json::from_str(text)?;
        let packages = metadata["packages"]
            .as_array()
            .context("no packages in the metadata")?;
        Ok(Self(packages.iter().map(package).collect()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Package> {
        self.0.iter()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Package> {
        self.iter().find(|package| package.name == name)
    }
}

impl Package {
    pub(crate) fn depends_on(&self, name: &str) -> bool {
        self.dependencies
            .iter()
            .any(|dependency| dependency.name == name)
    }
}

fn package(value: &Value) -> Package {
    let targets = items(&value["targets"]);
    let of_kind = |kind: &'static str| {
        let targets = targets.iter();
        targets.filter(move |target| items(&target["kind"]).iter().any(|it| it == kind))
    };
    let manifest = PathBuf::from(text(&value["manifest_path"]));
    Package {
        name: text(&value["name"]),
        folder: manifest.parent().map(PathBuf::from).unwrap_or_default(),
        dependencies: items(&value["dependencies"])
            .iter()
            .map(dependency)
            .collect(),
        tests: of_kind("test")
            .map(|target| text(&target["name"]))
            .collect(),
        has_benches: of_kind("bench").next().is_some(),
    }
}

fn dependency(value: &Value) -> Dependency {
    Dependency {
        name: text(&value["name"]),
        is_optional: value["optional"].as_bool().unwrap_or(false),
        is_normal: value["kind"].is_null(),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_read_with_its_dependencies_and_targets() {
        let packages = Packages::parse(
            r#"{"packages": [{
                "name": "a", "manifest_path": "/p/a/Cargo.toml",
                "dependencies": [
                    {"name": "b", "kind": null, "optional": false},
                    {"name": "c", "kind": "dev", "optional": false}],
                "targets": [
                    {"name": "a", "kind": ["lib"]},
                    {"name": "servers", "kind": ["test"]},
                    {"name": "speed", "kind": ["bench"]}]
            }]}"#,
        )
        .unwrap();
        let a = packages.named("a").unwrap();
        assert_eq!(a.folder, PathBuf::from("/p/a"));
        assert!(a.depends_on("b") && a.depends_on("c") && !a.depends_on("a"));
        assert_eq!(
            (a.dependencies[0].is_normal, a.dependencies[1].is_normal),
            (true, false)
        );
        assert_eq!(a.tests, ["servers"]);
        assert!(a.has_benches);
        assert!(packages.named("b").is_none());
    }
}
