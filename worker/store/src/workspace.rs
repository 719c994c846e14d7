//! Scratch space of one process, swept by the next one when it dies.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::blocking;
use crate::locks::is_at;
use crate::{Result, StoreError};

/// The file in a process's folder whose lock says that the process lives.
const LOCK: &str = "lock";

/// A process's own folder `<root>/<nonce>/` for scratch and half-written files.
///
/// The folder is the process's for as long as it holds the lock on the file `lock` in it; the operating system gives that
/// up when the process dies. Opening a workspace sweeps the folders of the dead. Clones share the folder; it
/// is removed with the last clone, [`Scratch`] included.
#[derive(Debug, Clone)]
pub struct Workspace {
    own: Arc<OwnFolder>,
}

#[derive(Debug)]
struct OwnFolder {
    path: PathBuf,
    _lock: File,
    used: AtomicU64,
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        if let Err(error) = remove_folder(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "scratch folder left for the next sweep");
        }
    }
}

impl Workspace {
    /// Makes a folder of our own under `root`, made when missing, and sweeps the folders of dead processes.
    ///
    /// `root` lies on a local file system; what cannot be swept is logged and left.
    pub async fn open(root: &Path) -> Result<Self> {
        let root = root.to_owned();
        blocking(move || {
            fs::create_dir_all(&root).map_err(|source| StoreError::io("make folder", &root, 0, source))?;
            let root = fs::canonicalize(&root).map_err(|source| StoreError::io("find", &root, 0, source))?;
            let own = own_folder(&root)?;
            sweep(&root)?;
            Ok(Self { own: Arc::new(own) })
        })
        .await
    }

    /// Makes an empty folder for one job.
    pub fn scratch(&self) -> Result<Scratch> {
        let path = self.fresh("job");
        fs::create_dir(&path).map_err(|source| StoreError::io("make folder", &path, 0, source))?;
        Ok(Scratch { path, _workspace: self.clone() })
    }

    /// This process's folder.
    pub fn path(&self) -> &Path {
        &self.own.path
    }

    /// How many bytes this process may still write on the file system here.
    pub fn free_space(&self) -> Result<u64> {
        free_space(self.path()).map_err(|source| StoreError::io("ask the free space of", self.path(), 0, source))
    }

    /// Errors with [`StoreError::NoSpace`] when fewer than `needed_bytes` are free now; reserves nothing.
    pub fn ensure_room(&self, needed_bytes: u64) -> Result<()> {
        let free = self.free_space()?;
        if free >= needed_bytes {
            return Ok(());
        }
        Err(StoreError::NoSpace { path: self.path().to_owned(), needed_bytes, free_bytes: Some(free), source: None })
    }

    /// A path in this process's folder that was not given out before.
    pub(crate) fn fresh(&self, what: &str) -> PathBuf {
        let number = self.own.used.fetch_add(1, Ordering::Relaxed);
        self.own.path.join(format!("{what}-{number}"))
    }
}

/// A job's folder; dropping it removes it with all that is in it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _workspace: Workspace,
}

impl Scratch {
    /// The folder; absolute, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder on the blocking pool: for async code, where removing many files in a drop would block.
    pub async fn remove(self) -> Result<()> {
        blocking(move || match fs::remove_dir_all(&self.path) {
            Ok(()) => Ok(()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(StoreError::io("remove", &self.path, 0, source)),
        })
        .await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Already gone after `remove`; what resists stays for the workspace's own removal and the next sweep.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// How many bytes an unprivileged process may still write on a path's file system.
pub(crate) fn free_space(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Makes and locks a folder. A sweep may come between any two steps, so the lock counts only while its file is still there.
fn own_folder(root: &Path) -> Result<OwnFolder> {
    loop {
        let path = root.join(format!("{:016x}", rand::random::<u64>()));
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(source) => return Err(StoreError::io("make folder", &path, 0, source)),
        }
        if let Some(lock) = try_lock(&path)? {
            return Ok(OwnFolder { path, _lock: lock, used: AtomicU64::new(0) });
        }
    }
}

/// Locks a process's folder, if it is still there and nobody holds it.
fn try_lock(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(LOCK);
    let file = match OpenOptions::new().create(true).truncate(false).write(true).open(&path) {
        Ok(file) => file,
        Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(StoreError::io("open lock", &path, 0, source)),
    };
    match file.try_lock() {
        Ok(()) => Ok(is_at(&file, &path)?.then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(StoreError::io("lock", &path, 0, source)),
    }
}

/// Removes the folders whose lock can be had.
fn sweep(root: &Path) -> Result<()> {
    let entries = fs::read_dir(root).map_err(|source| StoreError::io("list", root, 0, source))?;
    for entry in entries {
        let folder = entry.map_err(|source| StoreError::io("list", root, 0, source))?.path();
        let swept = match try_lock(&folder) {
            Ok(Some(_lock)) => remove_folder(&folder).map(|()| true),
            Ok(None) => Ok(false),
            Err(error) => Err(io::Error::other(error)),
        };
        match swept {
            Ok(true) => tracing::info!(folder = %folder.display(), "scratch folder of a dead process swept"),
            Ok(false) => {}
            Err(error) => tracing::warn!(folder = %folder.display(), %error, "scratch folder cannot be swept"),
        }
    }
    Ok(())
}

/// Removes a folder whose lock is held; the lock's file goes last, so that a sweep that dies is taken up by the next one.
fn remove_folder(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(folder.join(LOCK))?;
    fs::remove_dir(folder)
}
