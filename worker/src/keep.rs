//! Keeping what a child made: files first, the commit last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bookend_jobs::{AttemptId, Commit, Digest, Key, MadeResult, StoredFile};
use bookend_store::{StoreError, layout};
use jiff::Timestamp;

use crate::ending::{Ending, chain};
use crate::records::{self, RECORD_VERSION, name};
use crate::worker::Shop;

/// What is said of a job in each of its commits.
pub(crate) struct Credit<'a> {
    pub attempt: &'a AttemptId,
    pub started: Timestamp,
    /// CPU time of the child, in milliseconds.
    pub cpu_ms: u64,
}

/// Stores each result's files and commits it, taking its key out of `open`. Those committed stay so, whatever comes of the others.
///
/// `out` has each result's folder, named by its key; files are moved out of it where the store can.
pub(crate) async fn keep(
    shop: &Shop,
    out: &Path,
    made: BTreeMap<Key, MadeResult>,
    credit: &Credit<'_>,
    open: &mut BTreeSet<Key>,
) -> Result<(), Ending> {
    let share = credit.cpu_ms / (made.len() as u64).max(1);
    let mut rest = credit.cpu_ms % (made.len() as u64).max(1);
    for (key, result) in made {
        let cpu_ms = share + std::mem::take(&mut rest);
        let folder = out.join(key.to_string());
        let files = store_files(shop, key, credit.attempt, &folder, &result.files).await?;
        let commit = Commit {
            version: RECORD_VERSION,
            key,
            attempt: credit.attempt.clone(),
            files,
            facts: result.facts,
            worker: shop.settings.name.clone(),
            engine: shop.outfit.engine.clone(),
            started: credit.started,
            committed: shop.outfit.stamps.now(),
            cpu_ms,
        };
        let committed = records::write_commit(&*shop.outfit.store, &commit).await;
        committed.map_err(|error| Ending::of_store(&error))?;
        open.remove(&key);
    }
    Ok(())
}

/// Stores a result's files: the first, which is the large one where there is one, at the same time as the others.
async fn store_files(
    shop: &Shop,
    key: Key,
    attempt: &AttemptId,
    folder: &Path,
    files: &[String],
) -> Result<BTreeMap<String, StoredFile>, Ending> {
    let mut names = BTreeSet::new();
    if let Some(twice) = files.iter().find(|file| !names.insert(*file)) {
        return Err(Ending::bug("file-named-twice", format!("the child named its file `{twice}` twice")));
    }
    let store = async |files: &[String]| {
        let mut stored = BTreeMap::new();
        for file in files {
            stored.insert(file.clone(), store_file(shop, key, attempt, folder, file).await?);
        }
        Ok::<_, Ending>(stored)
    };
    let (first, others) = files.split_at(files.len().min(1));
    let (mut stored, others) = tokio::try_join!(store(first), store(others))?;
    stored.extend(others);
    Ok(stored)
}

async fn store_file(
    shop: &Shop,
    key: Key,
    attempt: &AttemptId,
    folder: &Path,
    file: &str,
) -> Result<StoredFile, Ending> {
    let store = &*shop.outfit.store;
    // The child is not trusted with the name either: it is checked to stay in its folder, here and in the store.
    let object = layout::result_file(&name(key), &attempt.0, file)
        .map_err(|error| Ending::bug("bad-file-name", chain(&error)))?;
    let digest = store.put_file_moving(&object, &folder.join(file), None).await.map_err(|error| match error {
        StoreError::NoFile { .. } | StoreError::NotAFile { .. } => Ending::bug(
            "file-not-made",
            format!("the child said that it made `{file}`, but it did not: {}", chain(&error)),
        ),
        other => Ending::of_store(&other),
    })?;
    if let Some(path) = store.local_path(&object) {
        shop.verified.remember(&path, &digest);
    }
    Ok(StoredFile { digest: Digest::from_bytes(*digest.sha256.as_bytes()), bytes: digest.bytes })
}
