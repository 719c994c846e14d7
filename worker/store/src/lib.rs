//! Where bytes are kept: objects under names, whole or not at all.
//!
//! A [`Store`] promises read-after-write and whole-object puts, and nothing more: no conditional write, no
//! rename, no transaction. Everything above it is built on names that are written once.
//!
//! Start at [`Store`] for the contract, [`layout`] for where things lie, and [`DirectoryStore`] for the store on
//! a local disk with its [`Scratch`] folders and its [`KeyLock`]s between processes, and [`S3Store`] for the store in
//! a bucket, where [`S3Location`] says which. `S3.md` beside the manifest says what is required of one.
//!
//! Deliberately not here: what a result, a run or a verdict *is* (`bookend-jobs`), and which objects may be
//! deleted (`bookend-scheduler`).

#[cfg(feature = "conformance")]
pub mod conformance;
mod digest;
mod directory;
mod error;
pub mod layout;
mod listing;
mod locks;
mod mark;
mod name;
mod s3;
mod source;
mod store;
mod temporary;
mod workspace;

pub use digest::{Digest, ObjectDigest, digest_file, verify_file};
pub use directory::DirectoryStore;
pub use error::{StoreError, StoreErrorKind};
pub use listing::Listing;
pub use locks::{KeyLock, KeyLocks};
pub use mark::{STORE_FORMAT, StoreMark};
pub use name::{NAME_LIMIT_BYTES, Name, Prefix, SEGMENT_LIMIT_BYTES};
pub use s3::{Ability, Checksums, Probe, S3Location, S3Store, Unfinished};
pub use source::{SOURCE_BLOCK_BYTES, SourceDigest, digest_source, get_source_range, put_source};
pub use store::{ObjectMeta, PAGE_LIMIT, Page, Store};
pub use workspace::{Scratch, Workspace};

/// The result of every fallible call of this crate.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
