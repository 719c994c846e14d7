//! The store in a folder of a local file system.

mod put;
mod walk;

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::digest::{blocking, hash_copy, open_regular, same, same_length};
use crate::temporary::TemporaryFile;
use crate::{
    KeyLock, KeyLocks, Name, ObjectDigest, ObjectMeta, Page, Prefix, Result, Scratch, Store, StoreError, StoreMark,
    Workspace,
};

/// A store whose objects are files below a root folder, shared by any number of processes of one machine.
///
/// ```text
/// <root>/<name>          the objects
/// <root>/tmp/<nonce>/    a living process's scratch and half-written files
/// <root>/locks/<key>     held locks
/// ```
///
/// A put writes a file in `tmp`, forces it to disk, renames it to its name and forces the folder to disk. Objects are
/// written read-only, as jobs read them in place. All of it must be one local file system.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
    locks: KeyLocks,
    workspace: Workspace,
}

impl DirectoryStore {
    /// Opens the store for an engine, making it when there is none, and sweeps what dead processes left in `tmp`.
    ///
    /// Errors with `OtherFormat` or `OtherEngine` when the store is not for this program.
    pub async fn open_or_create(root: &Path, engine: &str) -> Result<Self> {
        fs::create_dir_all(root).map_err(|source| StoreError::io("make folder", root, 0, source))?;
        let store = Self::at(root).await?;
        let _alone = store.lock_key("bookend.json").await?;
        StoreMark::open_or_create(&store, engine).await?;
        Ok(store)
    }

    /// Opens a store that exists, whatever its engine, and sweeps what dead processes left in `tmp`: for commands that make no results.
    ///
    /// Errors with `NotAStore` or `OtherFormat`.
    pub async fn open(root: &Path) -> Result<Self> {
        if !root.join("bookend.json").is_file() {
            return Err(StoreError::NotAStore { place: root.display().to_string() });
        }
        let store = Self::at(root).await?;
        StoreMark::read(&store).await?;
        Ok(store)
    }

    async fn at(root: &Path) -> Result<Self> {
        let root = fs::canonicalize(root).map_err(|source| StoreError::io("find", root, 0, source))?;
        let locks = KeyLocks::open(&root.join("locks"))?;
        let workspace = Workspace::open(&root.join("tmp")).await?;
        Ok(Self { root, locks, workspace })
    }

    /// The root folder; absolute, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// This process's scratch space, on the same file system as the objects.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The locks between processes that share this store.
    pub fn locks(&self) -> &KeyLocks {
        &self.locks
    }

    /// Waits for the lock of this name and takes it; see [`KeyLocks::lock`].
    pub async fn lock_key(&self, key: &str) -> Result<KeyLock> {
        self.locks.lock(key).await
    }

    /// Takes the lock of this name unless somebody holds it; see [`KeyLocks::try_lock`].
    pub fn try_lock_key(&self, key: &str) -> Result<Option<KeyLock>> {
        self.locks.try_lock(key)
    }

    /// Makes an empty folder for one job; see [`Workspace::scratch`].
    pub fn scratch(&self) -> Result<Scratch> {
        self.workspace.scratch()
    }

    /// How many bytes may still be written here; see [`Workspace::free_space`].
    pub fn free_space(&self) -> Result<u64> {
        self.workspace.free_space()
    }

    /// Errors with `NoSpace` when fewer bytes are free now; see [`Workspace::ensure_room`].
    pub fn ensure_room(&self, needed_bytes: u64) -> Result<()> {
        self.workspace.ensure_room(needed_bytes)
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.root.join(name.as_str())
    }

    /// Runs work on a clone of the store on the blocking pool.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> Result<T> + Send + 'static) -> Result<T> {
        let store = self.clone();
        blocking(move || work(&store)).await
    }

    fn open_object(&self, name: &Name) -> Result<(fs::File, u64)> {
        open_regular(&self.path(name)).map_err(|error| match error {
            StoreError::NoFile { .. } | StoreError::NotAFile { .. } => StoreError::NotFound { name: name.clone() },
            StoreError::Io { source, .. } if source.kind() == io::ErrorKind::NotADirectory => {
                StoreError::NotFound { name: name.clone() }
            }
            other => other,
        })
    }

    fn read_range(&self, name: &Name, range: Range<u64>) -> Result<Vec<u8>> {
        let (mut file, bytes) = self.open_object(name)?;
        let path = self.path(name);
        if range.start > range.end || range.end > bytes {
            return Err(StoreError::OutOfRange { name: name.clone(), start: range.start, end: range.end, bytes });
        }
        let length = usize::try_from(range.end - range.start).map_err(|_| StoreError::TooLarge {
            name: name.clone(),
            bytes,
            limit_bytes: usize::MAX as u64,
        })?;
        let mut wanted = vec![0; length];
        file.seek(SeekFrom::Start(range.start))
            .and_then(|_| file.read_exact(&mut wanted))
            .map_err(|source| StoreError::io("read", &path, 0, source))?;
        Ok(wanted)
    }

    fn fetch(&self, name: &Name, to: &Path, expected: &ObjectDigest) -> Result<()> {
        let (mut file, bytes) = self.open_object(name)?;
        same_length(name.as_str(), expected.bytes, bytes)?;
        let temporary = TemporaryFile::beside(to);
        let mut copy = temporary.create(bytes)?;
        let found = hash_copy(&mut file, &self.path(name), &mut copy, temporary.path(), bytes)?;
        same(name.as_str(), expected, found)?;
        temporary.rename(to)
    }
}

#[async_trait]
impl Store for DirectoryStore {
    fn place(&self) -> String {
        self.root.display().to_string()
    }

    async fn put_bytes(&self, name: &Name, bytes: Vec<u8>) -> Result<ObjectDigest> {
        let name = name.clone();
        self.work(move |store| store.put(&name, &mut bytes.as_slice(), Path::new("memory"), bytes.len() as u64, None))
            .await
    }

    async fn put_file(&self, name: &Name, from: &Path, expected: Option<&ObjectDigest>) -> Result<ObjectDigest> {
        let (name, from, expected) = (name.clone(), from.to_owned(), expected.copied());
        self.work(move |store| {
            let (mut file, bytes) = open_regular(&from)?;
            store.put(&name, &mut file, &from, bytes, expected)
        })
        .await
    }

    async fn put_file_moving(&self, name: &Name, from: &Path, expected: Option<&ObjectDigest>) -> Result<ObjectDigest> {
        let (name, from, expected) = (name.clone(), from.to_owned(), expected.copied());
        self.work(move |store| store.take_in(&name, &from, expected)).await
    }

    async fn get_bytes(&self, name: &Name, limit_bytes: u64) -> Result<Vec<u8>> {
        let name = name.clone();
        self.work(move |store| {
            let (mut file, bytes) = store.open_object(&name)?;
            if bytes > limit_bytes {
                return Err(StoreError::TooLarge { name, bytes, limit_bytes });
            }
            let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
            file.read_to_end(&mut whole).map_err(|source| StoreError::io("read", &store.path(&name), 0, source))?;
            Ok(whole)
        })
        .await
    }

    async fn get_range(&self, name: &Name, range: Range<u64>) -> Result<Vec<u8>> {
        let name = name.clone();
        self.work(move |store| store.read_range(&name, range)).await
    }

    async fn fetch_file(&self, name: &Name, to: &Path, expected: &ObjectDigest) -> Result<()> {
        let (name, to, expected) = (name.clone(), to.to_owned(), *expected);
        self.work(move |store| store.fetch(&name, &to, &expected)).await
    }

    async fn head(&self, name: &Name) -> Result<Option<ObjectMeta>> {
        let name = name.clone();
        self.work(move |store| {
            let path = store.path(&name);
            match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_file() => walk::describe(name, &path, &meta).map(Some),
                Ok(_) => Ok(None),
                Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    Ok(None)
                }
                Err(source) => Err(StoreError::io("look at", &path, 0, source)),
            }
        })
        .await
    }

    async fn list(&self, prefix: &Prefix, after: Option<&Name>) -> Result<Page> {
        let (prefix, after) = (prefix.clone(), after.cloned());
        self.work(move |store| walk::page(&store.root, &prefix, after.as_ref())).await
    }

    async fn folders(&self, prefix: &Prefix) -> Result<Vec<String>> {
        let prefix = prefix.clone();
        self.work(move |store| walk::folders(&store.root, &prefix)).await
    }

    async fn delete(&self, name: &Name) -> Result<()> {
        let name = name.clone();
        self.work(move |store| store.remove(&name)).await
    }

    fn local_path(&self, name: &Name) -> Option<PathBuf> {
        Some(self.path(name))
    }
}
