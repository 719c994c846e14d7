//! Source files: which bytes a path holds, and those bytes in the store.
//!
//! Digests are remembered by path, inode, size, mtime and ctime, so that a rundown of hundreds of files is planned without
//! reading them. A file that was younger than two seconds when it was read is not remembered: it might change again
//! without its times showing it.

mod memory;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bookend_jobs::Digest;
use bookend_store::{Store, layout, put_source};

pub use memory::SourceMemory;

use crate::SchedulerError;

/// A file and the digest of its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Where it lies, as it was named.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Whether the digest was remembered, so that the store may lack the bytes.
    pub remembered: bool,
}

/// Returns a file's digest: the remembered one, or that of its bytes, which are then in the store too.
///
/// # Errors
/// When the file cannot be read or changes while it is, or the store fails.
pub async fn digest(
    store: &dyn Store,
    memory: &mut SourceMemory,
    path: &Path,
    now: SystemTime,
) -> Result<SourceFile, SchedulerError> {
    let stamp = memory::Stamp::of(path);
    if let Some(digest) = stamp.as_ref().and_then(|stamp| memory.recall(path, stamp)) {
        return Ok(SourceFile { path: path.to_owned(), digest, remembered: true });
    }
    let kept = put_source(store, path).await?;
    let digest = Digest::from_bytes(*kept.whole.sha256.as_bytes());
    if let Some(stamp) = stamp {
        memory.remember(path, stamp, digest, now);
    }
    Ok(SourceFile { path: path.to_owned(), digest, remembered: false })
}

/// Sees to it that a file's bytes are in the store, before a job reads them there.
///
/// # Errors
/// When the file no longer holds the bytes it was taken to hold, cannot be read, or the store fails.
pub async fn keep(store: &dyn Store, memory: &mut SourceMemory, file: &SourceFile) -> Result<(), SchedulerError> {
    if !file.remembered || is_kept(store, file.digest).await? {
        return Ok(());
    }
    let kept = put_source(store, &file.path).await?;
    if kept.whole.sha256.as_bytes() != file.digest.as_bytes() {
        memory.forget(&file.path);
        return Err(SchedulerError::SourceChanged { path: file.path.clone() });
    }
    Ok(())
}

/// Tells whether the store has the bytes of this digest, whole.
///
/// # Errors
/// When the store fails.
pub async fn is_kept(store: &dyn Store, digest: Digest) -> Result<bool, SchedulerError> {
    Ok(store.exists(&layout::source_blocks(&bookend_store::Digest::from(*digest.as_bytes()))).await?)
}
