//! What can go wrong in a store, and what the caller should do about it.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Name, ObjectDigest};

/// What a caller should do about a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// The same call may work later: the store or the network had a bad moment.
    Retry,
    /// There is no such object or file.
    NotFound,
    /// The bytes are not the bytes that were promised: make them again.
    Corrupt,
    /// The disk or bucket is full: free space, then try again.
    NoSpace,
    /// The store cannot be used at all until a person changes something; the message says what.
    Unusable,
    /// The request itself is wrong and will be wrong again.
    Refused,
}

/// An error of a store, by what failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A string is not a valid object name.
    #[error("`{name}` is not a name for an object: {reason}")]
    InvalidName {
        /// The string, shortened.
        name: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// A string is not a SHA-256 digest in lower-case hexadecimal.
    #[error("`{text}` is not a SHA-256 digest of 64 lower-case hexadecimal digits")]
    InvalidDigest {
        /// The string, shortened.
        text: String,
    },
    /// No object has this name.
    #[error("the store has no object `{name}`")]
    NotFound {
        /// The object's name.
        name: Name,
    },
    /// A local file is missing.
    #[error("there is no file {}", path.display())]
    NoFile {
        /// The file's path.
        path: PathBuf,
    },
    /// A local path is not a regular file; links are not followed into the store.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// An object is larger than the caller allows.
    #[error("object `{name}` has {bytes} bytes, more than the {limit_bytes} allowed here")]
    TooLarge {
        /// The object's name.
        name: Name,
        /// Its length in bytes.
        bytes: u64,
        /// The caller's limit in bytes.
        limit_bytes: u64,
    },
    /// A range does not lie within its object.
    #[error("bytes {start} to {end} do not lie within object `{name}` of {bytes} bytes")]
    OutOfRange {
        /// The object's name.
        name: Name,
        /// The first byte asked for.
        start: u64,
        /// One past the last byte asked for.
        end: u64,
        /// The object's length in bytes.
        bytes: u64,
    },
    /// An object's or a file's bytes are not the promised ones.
    #[error("{what} is damaged: expected {expected}, found {found}")]
    DigestMismatch {
        /// The object's name or the file's path.
        what: String,
        /// The digest and length promised.
        expected: ObjectDigest,
        /// The digest and length found.
        found: ObjectDigest,
    },
    /// An object or a file is not as long as promised; its bytes were not looked at.
    #[error("{what} is damaged: expected {expected_bytes} bytes, found {found_bytes}")]
    LengthMismatch {
        /// The object's name or the file's path.
        what: String,
        /// The length promised.
        expected_bytes: u64,
        /// The length found.
        found_bytes: u64,
    },
    /// A record that the store keeps about itself cannot be read.
    #[error("object `{name}` cannot be understood: {reason}")]
    Malformed {
        /// The object's name.
        name: Name,
        /// What is wrong with it.
        reason: String,
    },
    /// A file changed while it was being read.
    #[error("{} changed while it was being read: give it again when nothing writes to it", path.display())]
    Changed {
        /// The file's path.
        path: PathBuf,
    },
    /// There is no room for what is to be written.
    #[error(
        "no space at {}: {needed_bytes} bytes needed, {} free: delete something there, run `bookend gc`, or use another disk",
        path.display(),
        free_bytes.map_or_else(|| "too few".to_owned(), |free| free.to_string()),
    )]
    NoSpace {
        /// The folder whose file system is full.
        path: PathBuf,
        /// How many bytes were to be written.
        needed_bytes: u64,
        /// How many bytes are free there, when known.
        free_bytes: Option<u64>,
        /// The operating system's error, when a write failed.
        #[source]
        source: Option<io::Error>,
    },
    /// There is no store at this place.
    #[error(
        "{place} is not a store (it has no bookend.json): check the path, or create one by ingesting or rendering with --store"
    )]
    NotAStore {
        /// Where the store was expected.
        place: String,
    },
    /// The store has a format that this program does not know.
    #[error(
        "{place} has store format {store}, this program reads format {ours}: use the version of bookend that made it, or another --store"
    )]
    OtherFormat {
        /// Where the store is.
        place: String,
        /// The store's format.
        store: u32,
        /// This program's format.
        ours: u32,
    },
    /// The store belongs to another engine.
    #[error(
        "{place} belongs to engine `{store}`, this program is engine `{ours}`: use a bookend of that engine or another --store; or drain every worker and change the store's engine to `{ours}`"
    )]
    OtherEngine {
        /// Where the store is.
        place: String,
        /// The store's engine.
        store: String,
        /// This program's engine.
        ours: String,
    },
    /// Two names need one path to be both a file and a folder.
    #[error("object `{name}` cannot be written: another object has a part of its name, or its name as a folder")]
    Clash {
        /// The name that cannot be written.
        name: Name,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The path it was tried on.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// A store's URL cannot be understood, or holds what it must not.
    #[error("the store's address will not do: {reason}")]
    InvalidAddress {
        /// What is wrong with it; repeats nothing that could be a credential.
        reason: String,
    },
    /// A remote store did not answer, or not in time.
    #[error("{place} cannot be reached: check that it runs, and its address")]
    Unreachable {
        /// Where the store is.
        place: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A remote store was reached and could not do what was asked, also not when asked again.
    #[error("{place} cannot {action} now, try again later: {reason}")]
    Failed {
        /// Where the store is.
        place: String,
        /// What was asked, as a verb with its object.
        action: String,
        /// What it said.
        reason: String,
    },
    /// What answers is no store.
    #[error("{place} does not answer as an S3 store does ({reason}): correct `endpoint` in the store's URL")]
    NotS3 {
        /// Where the store is.
        place: String,
        /// How it answered.
        reason: String,
    },
    /// A remote store has no room left.
    #[error("{place} is full: {reason}; delete something there, run `bookend gc`, or raise its quota")]
    Full {
        /// Where the store is.
        place: String,
        /// What it said.
        reason: String,
    },
    /// A remote store answered that this program may not use it as asked.
    #[error("{place} refuses: {reason}; {remedy}")]
    Denied {
        /// Where the store is.
        place: String,
        /// What it said.
        reason: String,
        /// What to change.
        remedy: String,
    },
}

impl StoreError {
    /// Says what the caller should do.
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            Self::NotFound { .. } | Self::NoFile { .. } => StoreErrorKind::NotFound,
            Self::DigestMismatch { .. } | Self::LengthMismatch { .. } | Self::Malformed { .. } => {
                StoreErrorKind::Corrupt
            }
            Self::NoSpace { .. } | Self::Full { .. } => StoreErrorKind::NoSpace,
            Self::NotAStore { .. }
            | Self::OtherFormat { .. }
            | Self::OtherEngine { .. }
            | Self::NotS3 { .. }
            | Self::Denied { .. } => StoreErrorKind::Unusable,
            Self::InvalidName { .. }
            | Self::InvalidAddress { .. }
            | Self::InvalidDigest { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::OutOfRange { .. }
            | Self::Changed { .. }
            | Self::Clash { .. } => StoreErrorKind::Refused,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotADirectory => {
                    StoreErrorKind::Unusable
                }
                _ => StoreErrorKind::Retry,
            },
            Self::Unreachable { .. } | Self::Failed { .. } => StoreErrorKind::Retry,
        }
    }

    /// An operating system's error on a local path. A full disk, a full quota and a file-size limit become
    /// [`StoreError::NoSpace`] for `needed_bytes`.
    pub(crate) fn io(action: &'static str, path: &Path, needed_bytes: u64, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                let folder = path.parent().unwrap_or(path);
                Self::NoSpace {
                    path: folder.to_owned(),
                    needed_bytes,
                    free_bytes: crate::workspace::free_space(folder).ok(),
                    source: Some(source),
                }
            }
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }
}
