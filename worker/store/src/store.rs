//! The contract of every store.

use std::fmt::Debug;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;

use crate::{Name, ObjectDigest, Prefix, Result, StoreError};

/// The most objects in one [`Page`].
pub const PAGE_LIMIT: usize = 1_000;

/// Objects under names.
///
/// What every store promises, and `conformance` checks:
///
/// - **Whole puts.** A reader sees no object, an old one whole, or the new one whole; also while several writers put
///   under one name, and whatever is killed. The last writer to finish wins. When a put returns, the object is
///   durable.
/// - **Read after write.** What a put or a delete has finished, every later call of any process sees.
/// - **No comparing.** Nothing is conditional; callers write under names that are not written again.
/// - **Cancellation.** Dropping a future leaves either the state before or the state after, never a part; which of the
///   two may be decided after the drop.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Where the store is, for messages; never holds a credential.
    fn place(&self) -> String;

    /// Puts an object from memory.
    async fn put_bytes(&self, name: &Name, bytes: Vec<u8>) -> Result<ObjectDigest>;

    /// Puts an object from a local file, which stays as it is; returns the digest of what was stored.
    ///
    /// A link as the last part of the path, and anything but a regular file, is `NotAFile`. With `expected`, bytes
    /// other than those are `Changed` and nothing is put. Without it a file that something writes to meanwhile is
    /// stored as it was read: the returned digest is the truth.
    async fn put_file(&self, name: &Name, from: &Path, expected: Option<&ObjectDigest>) -> Result<ObjectDigest>;

    /// Puts an object from a local file that the caller gives up: after success the file is gone, after an error it may
    /// be. A directory store moves it instead of copying where it can.
    async fn put_file_moving(&self, name: &Name, from: &Path, expected: Option<&ObjectDigest>) -> Result<ObjectDigest> {
        let digest = self.put_file(name, from, expected).await?;
        match tokio::fs::remove_file(from).await {
            Ok(()) => Ok(digest),
            Err(source) => Err(StoreError::io("remove", from, 0, source)),
        }
    }

    /// Reads a whole object into memory; more than `limit_bytes` is `TooLarge`, found before reading.
    async fn get_bytes(&self, name: &Name, limit_bytes: u64) -> Result<Vec<u8>>;

    /// Reads the bytes `range.start..range.end` of an object. A range that does not lie within the object, or ends
    /// before it starts, is `OutOfRange`; an empty one within it is empty.
    async fn get_range(&self, name: &Name, range: Range<u64>) -> Result<Vec<u8>>;

    /// Fetches an object to a local file, checking its length and digest while copying. The file appears under `to`
    /// whole and checked, replacing what was there, or not at all; other bytes are `DigestMismatch` or
    /// `LengthMismatch`, both of kind `Corrupt`.
    async fn fetch_file(&self, name: &Name, to: &Path, expected: &ObjectDigest) -> Result<()>;

    /// An object's length and time, or nothing if there is no such object.
    async fn head(&self, name: &Name) -> Result<Option<ObjectMeta>>;

    /// Whether there is such an object.
    async fn exists(&self, name: &Name) -> Result<bool> {
        Ok(self.head(name).await?.is_some())
    }

    /// Lists the objects in a folder and its folders that come after `after`, by name, at most [`PAGE_LIMIT`] of them.
    ///
    /// Objects put or deleted meanwhile may or may not be listed; every other one is listed once.
    /// [`Listing`](crate::Listing) walks all pages.
    async fn list(&self, prefix: &Prefix, after: Option<&Name>) -> Result<Page>;

    /// Lists the names of the folders directly in a folder, by name, without what is in them.
    async fn folders(&self, prefix: &Prefix) -> Result<Vec<String>>;

    /// Deletes an object; one that is not there is deleted already.
    async fn delete(&self, name: &Name) -> Result<()>;

    /// Where the object lies on a local disk, if this store keeps objects as local files.
    ///
    /// Says nothing about whether it exists. The file is to be read only, and to be checked with
    /// [`verify_file`](crate::verify_file) before it is used.
    fn local_path(&self, name: &Name) -> Option<PathBuf>;
}

/// What a store knows of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The object's name.
    pub name: Name,
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was last put, by the store's clock.
    pub modified: SystemTime,
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The objects, by name.
    pub objects: Vec<ObjectMeta>,
    /// Whether more come after the last one.
    pub more: bool,
}
