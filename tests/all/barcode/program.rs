//! The program under test, as a user runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Renders a rundown in `folder` for outlets, with a store of its own; returns the files, all of which passed, in the outlets'
/// order.
pub fn render(folder: &Path, rundown: &str, outlets: &[&str]) -> Vec<PathBuf> {
    let text = folder.join("rundown.toml");
    std::fs::write(&text, rundown).expect("the rundown can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bookend"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BOOKEND_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).arg("render").arg(&text).arg("--json").arg("--store").arg(folder.join("store"));
    command.arg("--out").arg(folder.join("out"));
    for outlet in outlets {
        command.args(["--outlet", outlet]);
    }
    let output = command.output().expect("bookend starts");
    let (said, logged) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let last = said.lines().last().unwrap_or_default();
    let told = || format!("{}\n{last}\n{logged}", output.status);
    let outcome: serde_json::Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("no outcome: {}", told()));
    let deliverables = outcome["deliverables"].as_array().unwrap_or_else(|| panic!("no deliverable: {}", told()));
    assert!(output.status.success(), "{}", told());
    let file = |outlet: &&str| {
        let one = deliverables.iter().find(|one| one["outlet"] == **outlet).unwrap_or_else(|| panic!("{}", told()));
        PathBuf::from(one["files"][0].as_str().unwrap_or_else(|| panic!("{}", told())))
    };
    outlets.iter().map(file).collect()
}
