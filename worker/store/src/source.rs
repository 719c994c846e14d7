//! Uploads in the store: their bytes as they came, and digests of their blocks so that ranges are checked too.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::digest::{COPY_BYTES, blocking, open_regular, same};
use crate::{Digest, ObjectDigest, Result, Store, StoreError, StoreErrorKind, layout};

/// The length of every block of a source but the last, in bytes: 16 MiB.
pub const SOURCE_BLOCK_BYTES: u64 = 16 * 1024 * 1024;

const FORMAT: u32 = 1;

/// A sidecar of more than this is refused: digests of an upload of 7 TB.
const SIDECAR_LIMIT_BYTES: u64 = 32 * 1024 * 1024;

/// The digests of an upload, whole and by block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDigest {
    /// The whole upload; its `sha256` is the asset's identity.
    pub whole: ObjectDigest,
    /// One digest per [`SOURCE_BLOCK_BYTES`], the last one of what remains; none for an empty upload.
    pub blocks: Vec<Digest>,
}

/// The sidecar's form; see `FORMAT.md`.
#[derive(Serialize, Deserialize)]
struct Sidecar {
    format: u32,
    sha256: Digest,
    bytes: u64,
    block_bytes: u64,
    blocks: Vec<Digest>,
}

impl SourceDigest {
    /// Reads the digests of a source from the store; `NotFound` if it is not there, or not yet whole.
    pub async fn read(store: &(impl Store + ?Sized), source: &Digest) -> Result<Self> {
        let name = layout::source_blocks(source);
        let bytes = store.get_bytes(&name, SIDECAR_LIMIT_BYTES).await?;
        let malformed = |reason: String| StoreError::Malformed { name: name.clone(), reason };
        let sidecar: Sidecar = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
        if sidecar.format != FORMAT || sidecar.block_bytes != SOURCE_BLOCK_BYTES {
            return Err(malformed(format!(
                "its format is {}, with blocks of {} bytes",
                sidecar.format, sidecar.block_bytes
            )));
        }
        if sidecar.sha256 != *source || sidecar.blocks.len() as u64 != sidecar.bytes.div_ceil(SOURCE_BLOCK_BYTES) {
            return Err(malformed("it does not fit its name and length".to_owned()));
        }
        Ok(Self { whole: ObjectDigest { sha256: sidecar.sha256, bytes: sidecar.bytes }, blocks: sidecar.blocks })
    }

    async fn write(&self, store: &(impl Store + ?Sized)) -> Result<()> {
        let sidecar = Sidecar {
            format: FORMAT,
            sha256: self.whole.sha256,
            bytes: self.whole.bytes,
            block_bytes: SOURCE_BLOCK_BYTES,
            blocks: self.blocks.clone(),
        };
        let bytes = serde_json::to_vec(&sidecar).expect("numbers and strings are always JSON");
        store.put_bytes(&layout::source_blocks(&self.whole.sha256), bytes).await?;
        Ok(())
    }
}

/// Reads a local file to its end and returns its digests; links are followed, as a user may name a file by one.
///
/// A file that changes while it is read is [`StoreError::Changed`].
pub async fn digest_source(path: &Path) -> Result<SourceDigest> {
    let path = path.to_owned();
    blocking(move || hash_source(&resolve(&path)?)).await
}

/// Keeps an upload: its bytes as they are, then the digests of its blocks.
///
/// The same bytes given twice are written once. A file that changes while it is read is
/// [`StoreError::Changed`], and nothing is kept. The file itself is not touched.
pub async fn put_source(store: &(impl Store + ?Sized), path: &Path) -> Result<SourceDigest> {
    let given = path.to_owned();
    let (path, digest) = blocking(move || {
        let path = resolve(&given)?;
        hash_source(&path).map(|digest| (path, digest))
    })
    .await?;
    if is_kept(store, &digest).await? {
        return Ok(digest);
    }
    store.put_file(&layout::source(&digest.whole.sha256), &path, Some(&digest.whole)).await?;
    digest.write(store).await?;
    Ok(digest)
}

/// Reads a range of a source, checking every block it touches; other bytes are `DigestMismatch`.
pub async fn get_source_range(
    store: &(impl Store + ?Sized),
    source: &SourceDigest,
    range: Range<u64>,
) -> Result<Vec<u8>> {
    let name = layout::source(&source.whole.sha256);
    if range.start > range.end || range.end > source.whole.bytes {
        return Err(StoreError::OutOfRange { name, start: range.start, end: range.end, bytes: source.whole.bytes });
    }
    let mut wanted = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let number = at / SOURCE_BLOCK_BYTES;
        let start = number * SOURCE_BLOCK_BYTES;
        let end = (start + SOURCE_BLOCK_BYTES).min(source.whole.bytes);
        let block = store.get_range(&name, start..end).await?;
        let sha256 = usize::try_from(number).ok().and_then(|number| source.blocks.get(number));
        let sha256 = *sha256.ok_or_else(|| StoreError::Malformed {
            name: layout::source_blocks(&source.whole.sha256),
            reason: format!("it has no digest for block {number}"),
        })?;
        let (found, block) = blocking(move || Ok((ObjectDigest::of(&block), block))).await?;
        same(&format!("block {number} of {name}"), &ObjectDigest { sha256, bytes: end - start }, found)?;
        let until = end.min(range.end);
        wanted.extend_from_slice(&block[index(at - start)..index(until - start)]);
        at = until;
    }
    Ok(wanted)
}

/// An offset within a block.
fn index(offset_bytes: u64) -> usize {
    usize::try_from(offset_bytes).expect("an offset within 16 MiB fits every address space")
}

async fn is_kept(store: &(impl Store + ?Sized), digest: &SourceDigest) -> Result<bool> {
    match SourceDigest::read(store, &digest.whole.sha256).await {
        Ok(kept) if kept == *digest => {}
        Ok(_) => return Ok(false),
        Err(error) if matches!(error.kind(), StoreErrorKind::NotFound | StoreErrorKind::Corrupt) => return Ok(false),
        Err(error) => return Err(error),
    }
    let meta = store.head(&layout::source(&digest.whole.sha256)).await?;
    Ok(meta.is_some_and(|meta| meta.bytes == digest.whole.bytes))
}

fn resolve(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => StoreError::NoFile { path: path.to_owned() },
        _ => StoreError::io("find", path, 0, source),
    })
}

fn hash_source(path: &Path) -> Result<SourceDigest> {
    let (mut file, _) = open_regular(path)?;
    let before = stamp(&file, path)?;
    let mut whole = Sha256::new();
    let mut blocks = Vec::new();
    let mut bytes = 0;
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        let mut block = Sha256::new();
        let block_bytes = hash_block(&mut file, path, &mut buffer, &mut block, &mut whole)?;
        if block_bytes == 0 {
            break;
        }
        bytes += block_bytes;
        blocks.push(Digest::from(<[u8; 32]>::from(block.finalize())));
        if block_bytes < SOURCE_BLOCK_BYTES {
            break;
        }
    }
    let after = stamp(&file, path)?;
    if before != after || bytes != before.0 {
        return Err(StoreError::Changed { path: path.to_owned() });
    }
    let sha256 = Digest::from(<[u8; 32]>::from(whole.finalize()));
    Ok(SourceDigest { whole: ObjectDigest { sha256, bytes }, blocks })
}

/// Hashes up to one block into both hashers; fewer bytes only at the end of the file.
fn hash_block(file: &mut File, path: &Path, buffer: &mut [u8], block: &mut Sha256, whole: &mut Sha256) -> Result<u64> {
    let mut bytes = 0;
    let mut rest = file.take(SOURCE_BLOCK_BYTES);
    loop {
        match rest.read(buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => {
                block.update(&buffer[..read]);
                whole.update(&buffer[..read]);
                bytes += read as u64;
            }
            Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(StoreError::io("read", path, 0, source)),
        }
    }
}

/// What changes when a file does: length, and the times of content and inode.
fn stamp(file: &File, path: &Path) -> Result<(u64, [i64; 4])> {
    let meta: Metadata = file.metadata().map_err(|source| StoreError::io("look at", path, 0, source))?;
    Ok((meta.len(), [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()]))
}
