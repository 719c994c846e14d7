//! Locks by name, between processes on one machine.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::digest::blocking;
use crate::name::{check_segment, invalid};
use crate::{Result, StoreError};

/// The first and the longest pause between two tries for a lock that another holds.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// A folder of advisory locks, one file each.
///
/// The operating system holds the locks (`flock`), so a process that dies in any way releases them. The file of a
/// lock is removed by its holder on release, while still held; whoever gets a lock checks that its file is still the
/// one under the name, and starts again when not. A killed holder's file stays until the lock is next released, or
/// until [`KeyLocks::sweep`], which gc calls.
#[derive(Debug, Clone)]
pub struct KeyLocks {
    folder: PathBuf,
}

impl KeyLocks {
    /// Uses a folder on a local file system, making it when missing.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|source| StoreError::io("make folder", folder, 0, source))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Waits until nobody else, in this process or another, holds the lock, and takes it. No order among those who
    /// wait. Dropping the future leaves nothing behind.
    ///
    /// `key` must be valid as one segment of a [`Name`](crate::Name).
    pub async fn lock(&self, key: &str) -> Result<KeyLock> {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(lock) = self.try_lock(key)? {
                return Ok(lock);
            }
            // The operating system can only wake a blocked thread, and a blocked thread cannot be called back.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Takes the lock unless somebody holds it, be it only a sweep for an instant.
    pub fn try_lock(&self, key: &str) -> Result<Option<KeyLock>> {
        check_segment(key).map_err(|reason| invalid(key, reason))?;
        lock_file(self.folder.join(key))
    }

    /// Removes the files of locks that nobody holds, left by killed processes; returns how many.
    pub async fn sweep(&self) -> Result<usize> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut removed = 0;
            let entries = fs::read_dir(&folder).map_err(|source| StoreError::io("list", &folder, 0, source))?;
            for entry in entries {
                let entry = entry.map_err(|source| StoreError::io("list", &folder, 0, source))?;
                if lock_file(entry.path())?.is_some() {
                    removed += 1;
                }
            }
            Ok(removed)
        })
        .await
    }
}

/// A held lock; dropping it, or dying, releases it.
#[derive(Debug)]
pub struct KeyLock {
    path: PathBuf,
    _file: File,
}

impl Drop for KeyLock {
    fn drop(&mut self) {
        // Before the lock goes with the file: others then see that theirs is no longer the one under the name.
        let _ = fs::remove_file(&self.path);
    }
}

fn lock_file(path: PathBuf) -> Result<Option<KeyLock>> {
    loop {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| StoreError::io("open lock", &path, 0, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(StoreError::io("lock", &path, 0, source)),
        }
        if is_at(&file, &path)? {
            return Ok(Some(KeyLock { path, _file: file }));
        }
    }
}

/// Whether the open file is the one under this path.
pub(crate) fn is_at(file: &File, path: &Path) -> Result<bool> {
    let open = file.metadata().map_err(|source| StoreError::io("look at", path, 0, source))?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (open.dev(), open.ino())),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(StoreError::io("look at", path, 0, source)),
    }
}
