//! Which local files this process has checked, so that none is hashed twice.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bookend_store::{ObjectDigest, StoreError, verify_file};

/// The files that this process has checked, and as what.
///
/// A file counts as the same while its path, inode, length, and times of last change do. The store's objects are
/// read-only and never rewritten, so this guards against mistakes; it does not guard against whoever can set back clocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verified {
    known: Arc<Mutex<HashMap<PathBuf, (Look, ObjectDigest)>>>,
}

/// How a file looks from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Look {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Verified {
    /// Checks that a file has these bytes, reading it only when it has not been read before.
    pub(crate) async fn check(&self, path: &Path, expected: &ObjectDigest) -> Result<(), StoreError> {
        if look(path).is_ok_and(|look| self.is_known(path, look, expected)) {
            return Ok(());
        }
        // Looked at before it is read: a change in between makes the next check read it again.
        let before = look(path);
        verify_file(path, expected).await?;
        if let Ok(before) = before {
            self.keep(path, before, expected);
        }
        Ok(())
    }

    /// Remembers a file that was hashed while it was stored.
    pub(crate) fn remember(&self, path: &Path, digest: &ObjectDigest) {
        if let Ok(look) = look(path)
            && look.bytes == digest.bytes
        {
            self.keep(path, look, digest);
        }
    }

    fn is_known(&self, path: &Path, look: Look, expected: &ObjectDigest) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(path).is_some_and(|(then, digest)| *then == look && digest == expected)
    }

    fn keep(&self, path: &Path, look: Look, digest: &ObjectDigest) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), (look, *digest));
    }
}

fn look(path: &Path) -> io::Result<Look> {
    let meta = std::fs::symlink_metadata(path)?;
    Ok(Look {
        device: meta.dev(),
        inode: meta.ino(),
        bytes: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_changed_file_is_read_again_and_an_unchanged_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"as promised").unwrap();
        let (verified, promised) = (Verified::default(), ObjectDigest::of(b"as promised"));
        verified.check(&path, &promised).await.unwrap();
        let other = ObjectDigest::of(b"as_promised");
        assert!(verified.check(&path, &other).await.is_err(), "known as something else");
        std::fs::write(folder.path().join("new"), b"As promised").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(verified.check(&path, &promised).await.is_err(), "another file of that name and length");
        verified.remember(&path, &promised);
        verified.check(&path, &promised).await.unwrap();
    }
}
