//! The store's records of results: commits and verdicts.

use bookend_jobs::{Commit, Key, Verdict};
use bookend_store::{Digest, ObjectDigest, Store, StoreError, StoreErrorKind, layout};

/// Most bytes of a commit: what a child may say at most.
const LIMIT_BYTES: u64 = 64 << 20;
/// Version of the commits and verdicts that this program reads and writes.
pub(crate) const RECORD_VERSION: u32 = 1;

/// The store's form of a key.
pub(crate) fn name(key: Key) -> Digest {
    Digest::from(*key.as_bytes())
}

/// The store's form of a file's digest.
pub(crate) fn object_digest(file: &bookend_jobs::StoredFile) -> ObjectDigest {
    ObjectDigest { sha256: Digest::from(*file.digest.as_bytes()), bytes: file.bytes }
}

/// Reads a commit; one that cannot be understood is as good as none.
pub(crate) async fn commit(store: &dyn Store, key: Key) -> Result<Option<Commit>, StoreError> {
    let bytes = match store.get_bytes(&layout::commit(&name(key)), LIMIT_BYTES).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice::<Commit>(&bytes) {
        Ok(commit) if commit.version == RECORD_VERSION && commit.key == key => Ok(Some(commit)),
        Ok(_) => Ok(None),
        Err(error) => {
            tracing::warn!(%key, %error, "commit cannot be read, held to be missing");
            Ok(None)
        }
    }
}

/// Tells whether a result exists with every file that its commit names in full length.
pub(crate) async fn is_whole(store: &dyn Store, key: Key) -> Result<bool, StoreError> {
    let Some(commit) = commit(store, key).await? else { return Ok(false) };
    for (file, stored) in &commit.files {
        let Ok(object) = layout::result_file(&name(key), &commit.attempt.0, file) else { return Ok(false) };
        if store.head(&object).await?.is_none_or(|found| found.bytes != stored.bytes) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes a commit, which makes the result exist.
pub(crate) async fn write_commit(store: &dyn Store, commit: &Commit) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(commit).expect("facts hold only strings, numbers, lists and string-keyed maps");
    store.put_bytes(&layout::commit(&name(commit.key)), bytes).await.map(drop)
}

/// Deletes a commit whose files are gone or damaged, unless a newer one took its place: so the result is made again.
pub(crate) async fn withdraw_commit(store: &dyn Store, stale: &Commit) -> Result<(), StoreError> {
    match commit(store, stale.key).await? {
        Some(now) if now.attempt == stale.attempt => store.delete(&layout::commit(&name(stale.key))).await,
        _ => Ok(()),
    }
}

/// Writes a verdict.
pub(crate) async fn write_verdict(store: &dyn Store, verdict: &Verdict) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(verdict).expect("a verdict holds only strings and numbers");
    store.put_bytes(&layout::verdict(&name(verdict.key), &verdict.attempt.0)?, bytes).await.map(drop)
}
