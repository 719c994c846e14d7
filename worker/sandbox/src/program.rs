//! Which program a child is.

use std::path::{Path, PathBuf};

/// The first argument that makes a program a child. Hidden: nobody types it, and [`child::enter`](crate::child::enter)
/// refuses who does.
pub(crate) const MARKER: &str = "--bookend-child";

/// The program that is started as a child. Its `main` calls [`child::enter`](crate::child::enter) first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildProgram {
    path: PathBuf,
}

impl ChildProgram {
    /// The running program itself, also when its file has been replaced since: what production uses.
    pub fn current() -> Self {
        Self::at("/proc/self/exe")
    }

    /// The program at `path`, absolute: what tests use whose own program is not the child's.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
