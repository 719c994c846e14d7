//! Looking into the store: which results exist whole, and how tries at the others ended.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use bookend_jobs::{AttemptId, Commit, Key, Verdict};
use bookend_store::{Digest, Listing, Name, Store, StoreError, StoreErrorKind, layout};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

/// Most bytes of a commit or verdict: what a child may say at most.
const LIMIT_BYTES: u64 = 64 << 20;
/// Looks under way at a time.
const AT_ONCE: usize = 32;
/// Version of the commits and verdicts that this program reads.
const VERSION: u32 = 1;

/// What the store has of a result.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    /// Its commit, if every file that it names is there in full length.
    pub commit: Option<Commit>,
    /// Tries that ended badly; not looked for when there is a commit.
    pub ended: BTreeSet<AttemptId>,
}

/// Looks for the commits of these results.
pub(crate) async fn commits(
    store: &Arc<dyn Store>,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, Option<Commit>>, StoreError> {
    each(store, keys, |store, key| async move { whole(&*store, key).await }).await
}

/// Looks for commits and verdicts of these results.
pub(crate) async fn sights(store: &Arc<dyn Store>, keys: &BTreeSet<Key>) -> Result<BTreeMap<Key, Sight>, StoreError> {
    each(store, keys, |store, key| async move {
        let commit = whole(&*store, key).await?;
        let ended = if commit.is_some() { BTreeSet::new() } else { ended(&*store, key).await? };
        Ok(Sight { commit, ended })
    })
    .await
}

/// Reads a commit, if there is one that can be read and every file that it names is there in full length.
///
/// The bytes themselves are checked by whoever uses them.
pub(crate) async fn whole(store: &dyn Store, key: Key) -> Result<Option<Commit>, StoreError> {
    let Some(commit) = read::<Commit>(store, &layout::commit(&name(key))).await? else { return Ok(None) };
    if commit.version != VERSION || commit.key != key {
        return Ok(None);
    }
    for (file, stored) in &commit.files {
        let Ok(object) = layout::result_file(&name(key), &commit.attempt.0, file) else { return Ok(None) };
        if store.head(&object).await?.is_none_or(|found| found.bytes != stored.bytes) {
            return Ok(None);
        }
    }
    Ok(Some(commit))
}

/// Lists the tries at a result that ended badly.
pub(crate) async fn ended(store: &dyn Store, key: Key) -> Result<BTreeSet<AttemptId>, StoreError> {
    let verdicts = Listing::new(store, layout::verdicts(&name(key))).collect().await?;
    let attempts = verdicts.iter().filter_map(|object| object.name.file_name().strip_suffix(".json"));
    Ok(attempts.map(|attempt| AttemptId(attempt.to_owned())).collect())
}

/// Reads a verdict, if there is one that can be read.
pub(crate) async fn verdict(store: &dyn Store, key: Key, attempt: &AttemptId) -> Result<Option<Verdict>, StoreError> {
    let Ok(object) = layout::verdict(&name(key), &attempt.0) else { return Ok(None) };
    let verdict = read::<Verdict>(store, &object).await?;
    Ok(verdict.filter(|verdict| verdict.version == VERSION && verdict.key == key))
}

async fn read<T: DeserializeOwned>(store: &dyn Store, object: &Name) -> Result<Option<T>, StoreError> {
    match store.get_bytes(object, LIMIT_BYTES).await {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                tracing::warn!(%object, %error, "object cannot be read, held to be missing");
                Ok(None)
            }
        },
        Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks for all keys, some at a time; the first error ends it.
pub(crate) async fn each<T, F>(
    store: &Arc<dyn Store>,
    keys: &BTreeSet<Key>,
    look: impl Fn(Arc<dyn Store>, Key) -> F,
) -> Result<BTreeMap<Key, T>, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let (mut keys, mut found, mut under_way) = (keys.iter().copied(), BTreeMap::new(), JoinSet::new());
    loop {
        while under_way.len() < AT_ONCE
            && let Some(key) = keys.next()
        {
            let looking = look(Arc::clone(store), key);
            under_way.spawn(async move { (key, looking.await) });
        }
        match under_way.join_next().await {
            None => return Ok(found),
            Some(Ok((key, value))) => {
                found.insert(key, value?);
            }
            Some(Err(ended)) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Nobody aborts these: the runtime is going down, and so is this future.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

fn name(key: Key) -> Digest {
    Digest::from(*key.as_bytes())
}
