//! Files that are gone unless they get their final name.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::{Result, StoreError};

/// A file that is removed unless it gets its final name.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    path: Option<PathBuf>,
}

impl TemporaryFile {
    /// A file of this path, not made yet.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path: Some(path) }
    }

    /// A hidden file beside `path`, so that a rename is possible.
    pub(crate) fn beside(path: &Path) -> Self {
        Self::at(path.with_file_name(format!(".{:016x}.part", rand::random::<u64>())))
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.path.as_deref().expect("the path goes only with the value itself")
    }

    /// Creates the file; `needed_bytes` is for the error on a full disk.
    pub(crate) fn create(&self, needed_bytes: u64) -> Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(self.path())
            .map_err(|source| StoreError::io("create", self.path(), needed_bytes, source))
    }

    /// Gives it its final name, replacing what was there.
    pub(crate) fn rename(self, to: &Path) -> Result<()> {
        fs::rename(self.path(), to).map_err(|source| StoreError::io("write", to, 0, source))?;
        self.keep();
        Ok(())
    }

    /// Leaves the file: it has its name.
    pub(crate) fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}
