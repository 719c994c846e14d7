//! The source files of the project, and what can be asked of one.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// Folders of the project that hold Rust. Others are cargo's, git's or a demo's.
const ROOMS: &[&str] = &["config", "deploy", "pipelines", "scheduler", "src", "tests", "worker"];

/// One Rust file.
pub struct SourceFile {
    /// From the project's folder.
    path: PathBuf,
    text: String,
}

/// Every Rust file of the project, by path.
pub fn all() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for room in ROOMS {
        collect(root, Path::new(room), &mut files);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 20, "the project's files are where they were: {} found", files.len());
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root.join(&path)).expect("a source file can be read");
            files.push(SourceFile { path, text });
        }
    }
}

impl SourceFile {
    /// Whether it is in the folder or module `place`.
    pub fn is_under(&self, place: &str) -> bool {
        self.path.starts_with(place) || self.path.with_extension("") == Path::new(place)
    }

    /// Whether it is all tests.
    pub fn is_test(&self) -> bool {
        self.names().any(|name| name == "tests" || name == "benches")
    }

    /// Its folders' names and its own.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let stem = self.path.with_extension("");
        stem.iter().map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>().into_iter()
    }

    /// Whether `word` is in it as code: not in a comment, not in a text.
    pub fn has_word(&self, word: &str) -> bool {
        // Most files have it nowhere, and reading them as code is the slow part.
        self.text.contains(word) && {
            let code = self.text.parse().unwrap_or_else(|error| panic!("{self}: not Rust: {error}"));
            contains(code, word)
        }
    }

    /// The lines before its tests at the end.
    pub fn lines_without_tests(&self) -> usize {
        self.text.lines().take_while(|line| *line != "#[cfg(test)]").count()
    }

    /// What a reader sees first.
    pub fn opening(&self) -> String {
        self.text.lines().take(20).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

fn contains(code: TokenStream, word: &str) -> bool {
    code.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == word,
        TokenTree::Group(group) => contains(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
