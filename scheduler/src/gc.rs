//! Garbage collection: commits that nothing names go first, their bytes an age later.
//!
//! Named are the keys of open runs, of assets, and of the current deliverables; a superseded deliverable's manifest goes
//! when it is older than the age. Sources are never deleted here.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use bookend_jobs::{Commit, Key};
use bookend_store::{Digest, Listing, Name, ObjectMeta, Store, layout};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::handover::{Current, Manifest};
use crate::ingest::AssetRecord;
use crate::runs::{self, GC_RUN};
use crate::{SchedulerError, record};

/// How old what nothing names must be: far above the time that any job or reader takes. Default one day.
pub const DEFAULT_AGE: Duration = Duration::from_secs(24 * 3600);

/// What gc deleted, or would delete.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Swept {
    /// Commits.
    pub commits: u64,
    /// Files of results.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Manifests of superseded deliverables.
    pub manifests: u64,
    /// Commits that stay.
    pub kept: u64,
}

/// Which commits one gc deleted: a fact of the run `gc`, read by the next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Uncommitted {
    version: u32,
    at: Timestamp,
    keys: BTreeSet<Key>,
}

/// Sweeps a store: what nothing names and is older than `age`. With `dry_run` it deletes nothing.
///
/// # Errors
/// When the store fails; what is deleted by then was rightly so.
pub async fn sweep(store: &dyn Store, age: Duration, now: Timestamp, dry_run: bool) -> Result<Swept, SchedulerError> {
    let before = SystemTime::from(now).checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut sweep = Sweep { store, before, dry_run, swept: Swept::default() };
    let mut named = open_keys(store).await?;
    named.extend(asset_keys(store).await?);
    named.extend(sweep.manifests().await?);
    let (resting, facts) = uncommitted(store, age, now).await?;
    let gone = sweep.results(&named, &resting).await?;
    if !dry_run {
        for fact in facts {
            store.delete(&fact).await?;
        }
        if !gone.is_empty() {
            let name = format!("{:020}.json", now.as_nanosecond().max(0));
            record::write(store, &layout::run_fact(GC_RUN, &name)?, &Uncommitted { version: 1, at: now, keys: gone })
                .await?;
        }
    }
    Ok(sweep.swept)
}

async fn open_keys(store: &dyn Store) -> Result<BTreeSet<Key>, SchedulerError> {
    let mut keys = BTreeSet::new();
    for object in Listing::new(store, layout::open_runs()).collect().await? {
        keys.extend(runs::keys(store, object.name.file_name()).await?);
    }
    Ok(keys)
}

async fn asset_keys(store: &dyn Store) -> Result<BTreeSet<Key>, SchedulerError> {
    let mut keys = BTreeSet::new();
    let mut listing = Listing::new(store, layout::assets());
    while let Some(object) = listing.next().await? {
        keys.extend(record::read::<AssetRecord>(store, &object.name).await?.map(|record| record.inspect));
    }
    Ok(keys)
}

/// Returns the keys whose commits were deleted less than an age ago, and the facts that need be kept no longer.
async fn uncommitted(
    store: &dyn Store,
    age: Duration,
    now: Timestamp,
) -> Result<(BTreeSet<Key>, Vec<Name>), SchedulerError> {
    let (mut resting, mut over) = (BTreeSet::new(), Vec::new());
    for object in Listing::new(store, layout::run_facts(GC_RUN)?).collect().await? {
        let Some(fact) = record::read::<Uncommitted>(store, &object.name).await? else { continue };
        if now.duration_since(fact.at).unsigned_abs() >= age {
            over.push(object.name);
        } else {
            resting.extend(fact.keys);
        }
    }
    Ok((resting, over))
}

struct Sweep<'a> {
    store: &'a dyn Store,
    before: SystemTime,
    dry_run: bool,
    swept: Swept,
}

impl Sweep<'_> {
    /// Deletes old manifests that are not current; returns the keys that the others name.
    async fn manifests(&mut self) -> Result<BTreeSet<Key>, SchedulerError> {
        let mut keys = BTreeSet::new();
        let mut listing = Listing::new(self.store, layout::deliverables());
        while let Some(object) = listing.next().await? {
            if object.name.file_name() != "manifest.json" {
                continue;
            }
            let Some(manifest) = record::read::<Manifest>(self.store, &object.name).await? else { continue };
            let current = layout::deliverable_current(&manifest.episode, &manifest.outlet)?;
            let current = record::read::<Current>(self.store, &current).await?;
            if object.modified < self.before && current.is_some_and(|current| current.key != manifest.key) {
                self.swept.manifests += 1;
                self.delete(&object.name).await?;
            } else {
                keys.extend(manifest.results);
            }
        }
        Ok(keys)
    }

    /// Deletes old commits that nothing names, and old files that no commit names; returns the keys of those commits.
    async fn results(
        &mut self,
        named: &BTreeSet<Key>,
        resting: &BTreeSet<Key>,
    ) -> Result<BTreeSet<Key>, SchedulerError> {
        let mut gone = BTreeSet::new();
        let mut files = Vec::new();
        let mut listing = Listing::new(self.store, layout::results());
        while let Some(object) = listing.next().await? {
            match place(&object.name) {
                Some(Place::Commit(key)) if named.contains(&key) || object.modified >= self.before => {
                    self.swept.kept += 1
                }
                Some(Place::Commit(key)) => {
                    gone.insert(key);
                    self.swept.commits += 1;
                    self.delete(&object.name).await?;
                }
                Some(Place::File(key, attempt)) if object.modified < self.before => files.push((key, attempt, object)),
                _ => {}
            }
        }
        self.files(files, &gone, resting).await?;
        Ok(gone)
    }

    async fn files(
        &mut self,
        files: Vec<(Key, String, ObjectMeta)>,
        gone: &BTreeSet<Key>,
        resting: &BTreeSet<Key>,
    ) -> Result<(), SchedulerError> {
        let mut known: Option<(Key, Option<String>)> = None;
        for (key, attempt, object) in files {
            if gone.contains(&key) || resting.contains(&key) {
                continue;
            }
            // Looked up again now: a commit that came meanwhile keeps its files.
            let committed = match &known {
                Some((of, committed)) if *of == key => committed.clone(),
                _ => {
                    let name = layout::commit(&Digest::from(*key.as_bytes()));
                    record::read::<Commit>(self.store, &name).await?.map(|commit| commit.attempt.0)
                }
            };
            if committed.as_deref() != Some(attempt.as_str()) {
                self.swept.files += 1;
                self.swept.bytes += object.bytes;
                self.delete(&object.name).await?;
            }
            known = Some((key, committed));
        }
        Ok(())
    }

    async fn delete(&self, name: &Name) -> Result<(), SchedulerError> {
        if self.dry_run {
            return Ok(());
        }
        tracing::debug!(%name, "deleted");
        Ok(self.store.delete(name).await?)
    }
}

/// What an object below `results/` is.
enum Place {
    Commit(Key),
    File(Key, String),
}

fn place(name: &Name) -> Option<Place> {
    let segments: Vec<&str> = name.segments().collect();
    match segments.as_slice() {
        [_, _, commit] => Some(Place::Commit(commit.strip_suffix(".json")?.parse().ok()?)),
        [_, _, key, attempt, _, ..] => Some(Place::File(key.parse().ok()?, (*attempt).to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
