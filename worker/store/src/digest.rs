//! SHA-256 digests of objects and files.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::name::excerpt;
use crate::{Result, StoreError};

/// How much is read, hashed and written at a time, in bytes.
pub(crate) const COPY_BYTES: usize = 256 * 1024;

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Parses 64 lower-case hexadecimal digits; errors with [`StoreError::InvalidDigest`].
    pub fn parse(text: &str) -> Result<Self> {
        HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| StoreError::InvalidDigest { text: excerpt(text) })
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first two hexadecimal digits: the `<aa>` of the layout.
    pub fn shard(&self) -> String {
        HEXLOWER.encode(&self.0[..1])
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Digest {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Digest {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// What identifies an object's bytes: their digest and their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectDigest {
    /// SHA-256 of the whole object.
    pub sha256: Digest,
    /// The object's length in bytes.
    pub bytes: u64,
}

impl ObjectDigest {
    /// The digest and length of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: Digest::of(bytes), bytes: bytes.len() as u64 }
    }
}

impl fmt::Display for ObjectDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.sha256, self.bytes)
    }
}

/// Reads a local file to its end and returns its digest and length.
///
/// A link as the last part of the path, and anything but a regular file, is [`StoreError::NotAFile`].
/// Dropping the future leaves a read running in the blocking pool, without effect.
pub async fn digest_file(path: &Path) -> Result<ObjectDigest> {
    let path = path.to_owned();
    blocking(move || hash_file(&path)).await
}

/// Checks that a local file has the promised bytes; errors with [`StoreError::DigestMismatch`] when not,
/// or, without reading it, with [`StoreError::LengthMismatch`].
pub async fn verify_file(path: &Path, expected: &ObjectDigest) -> Result<()> {
    let (path, expected) = (path.to_owned(), *expected);
    blocking(move || {
        let (mut file, bytes) = open_regular(&path)?;
        let what = path.display().to_string();
        same_length(&what, expected.bytes, bytes)?;
        let found = hash_copy(&mut file, &path, &mut io::sink(), &path, 0)?;
        same(&what, &expected, found)
    })
    .await
}

/// Errors with [`StoreError::DigestMismatch`] unless what was found is what was expected.
pub(crate) fn same(what: &str, expected: &ObjectDigest, found: ObjectDigest) -> Result<()> {
    if *expected == found {
        return Ok(());
    }
    Err(StoreError::DigestMismatch { what: what.to_owned(), expected: *expected, found })
}

/// Errors with [`StoreError::LengthMismatch`] unless the lengths are the same.
pub(crate) fn same_length(what: &str, expected_bytes: u64, found_bytes: u64) -> Result<()> {
    if expected_bytes == found_bytes {
        return Ok(());
    }
    Err(StoreError::LengthMismatch { what: what.to_owned(), expected_bytes, found_bytes })
}

/// Errors with [`StoreError::Changed`] unless a file had the digest that was expected, if any was.
pub(crate) fn unchanged(path: &Path, expected: Option<ObjectDigest>, found: ObjectDigest) -> Result<()> {
    match expected {
        Some(expected) if expected != found => Err(StoreError::Changed { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Runs file work on the blocking pool. Dropping the future does not stop the work.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(StoreError::Io {
                action: "finish work, as the program is shutting down, in",
                path: PathBuf::from("."),
                source: io::Error::other(cancelled),
            }),
        },
    }
}

/// Opens a regular file for reading without following a link, and tells its length.
pub(crate) fn open_regular(path: &Path) -> Result<(File, u64)> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let is_link = |source: &io::Error| source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    let file = opened.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => StoreError::NoFile { path: path.to_owned() },
        _ if is_link(&source) => StoreError::NotAFile { path: path.to_owned() },
        _ => StoreError::io("open", path, 0, source),
    })?;
    let meta = file.metadata().map_err(|source| StoreError::io("look at", path, 0, source))?;
    if !meta.is_file() {
        return Err(StoreError::NotAFile { path: path.to_owned() });
    }
    Ok((file, meta.len()))
}

fn hash_file(path: &Path) -> Result<ObjectDigest> {
    let (mut file, _) = open_regular(path)?;
    hash_copy(&mut file, path, &mut io::sink(), path, 0)
}

/// Copies all of `from` to `to`, hashing on the way. `needed_bytes` is for the error on a full disk.
pub(crate) fn hash_copy(
    from: &mut impl Read,
    from_path: &Path,
    to: &mut impl Write,
    to_path: &Path,
    needed_bytes: u64,
) -> Result<ObjectDigest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; COPY_BYTES];
    let mut bytes = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(ObjectDigest { sha256: Digest(hasher.finalize().into()), bytes }),
            Ok(read) => read,
            Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(StoreError::io("read", from_path, 0, source)),
        };
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(|source| StoreError::io("write", to_path, needed_bytes, source))?;
        bytes += read as u64;
    }
}
