//! The workspace's packages and what each uses, as cargo itself reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Normal,
    Build,
    Test,
}

impl Use {
    pub const ALL: &[Self] = &[Self::Normal, Self::Build, Self::Test];
}

/// Every package of the workspace.
pub struct House {
    packages: BTreeMap<String, Package>,
}

struct Package {
    manifest: PathBuf,
    uses: Vec<(Use, String)>,
}

impl House {
    /// Asks cargo, without network and without the packages' own dependencies.
    pub fn read() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--manifest-path"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo's metadata are JSON");
        let packages = list(&metadata["packages"]).iter().map(|package| (text(&package["name"]), Package::of(package)));
        Self { packages: packages.collect() }
    }

    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.packages.keys().map(String::as_str)
    }

    pub fn manifests(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.packages.iter().map(|(name, package)| (name.as_str(), package.manifest.as_path()))
    }

    /// What `package` names for one of the purposes given.
    pub fn used_by<'a>(&'a self, package: &str, purposes: &'a [Use]) -> impl Iterator<Item = &'a str> {
        let uses = self.packages.get(package).map_or(&[][..], |package| &package.uses);
        uses.iter().filter(|(purpose, _)| purposes.contains(purpose)).map(|(_, used)| used.as_str())
    }

    /// What `package` and its tests need, through packages of ours: theirs' tests do not count.
    pub fn reached_from(&self, package: &str) -> BTreeSet<&str> {
        let mut open: Vec<&str> = self.used_by(package, Use::ALL).collect();
        let mut reached = BTreeSet::new();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(self.used_by(next, &[Use::Normal, Use::Build]));
            }
        }
        reached
    }
}

impl Package {
    fn of(package: &Value) -> Self {
        let uses = list(&package["dependencies"]).iter().map(|dependency| {
            let purpose = match dependency["kind"].as_str() {
                Some("dev") => Use::Test,
                Some("build") => Use::Build,
                _ => Use::Normal,
            };
            (purpose, text(&dependency["name"]))
        });
        Self { manifest: text(&package["manifest_path"]).into(), uses: uses.collect() }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list in cargo's metadata")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text in cargo's metadata").to_owned()
}
