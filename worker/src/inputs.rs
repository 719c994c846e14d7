//! What a job is made from, brought within the child's reach and checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bookend_jobs::{Commit, Digest, Input, Key, LocalInput};
use bookend_store::{Digest as StoreDigest, Name, ObjectDigest, Store, StoreError, StoreErrorKind, layout};

use crate::ending::{Ending, chain, reason};
use crate::records::{self, name, object_digest};
use crate::verified::Verified;

/// How often a fetch that brought other bytes than promised is made before the object is held to be damaged: a bad line is
/// likelier than a bad disk.
const FETCHES: u32 = 2;

/// Brings inputs within reach.
pub(crate) struct Fetch<'a> {
    pub store: &'a dyn Store,
    pub verified: &'a Verified,
    /// The folder for what must be copied.
    pub folder: &'a Path,
}

impl Fetch<'_> {
    /// Brings all inputs within reach: in place where the store keeps local files, else as copies; every byte checked.
    pub(crate) async fn all(&self, inputs: &BTreeMap<String, Input>) -> Result<BTreeMap<String, LocalInput>, Ending> {
        let (mut local, mut stale) = (BTreeMap::new(), None);
        for (input, what) in inputs {
            let fetched = match what {
                Input::Source(digest) => self.source(input, *digest).await,
                Input::Result(key) => self.result(input, *key).await,
            };
            match fetched {
                Ok(found) => drop(local.insert(input.clone(), found)),
                // The others are looked at too: what is gone is made again together, not one by one.
                Err(Ending::Stale(reason)) => drop(stale.get_or_insert(reason)),
                Err(other) => return Err(other),
            }
        }
        stale.map_or(Ok(local), |reason| Err(Ending::Stale(reason)))
    }

    async fn source(&self, input: &str, digest: Digest) -> Result<LocalInput, Ending> {
        let sha256 = StoreDigest::from(*digest.as_bytes());
        let object = layout::source(&sha256);
        let missing =
            || Ending::refused("source-missing", format!("source {digest} is not in the store: add it again"));
        let found = self.store.head(&object).await.map_err(|error| Ending::of_store(&error))?.ok_or_else(missing)?;
        let whole = ObjectDigest { sha256, bytes: found.bytes };
        match self.bring(&object, &whole, &format!("{input}/source")).await {
            Ok(path) => Ok(LocalInput::Source { path }),
            Err(error) => Err(match error.kind() {
                StoreErrorKind::NotFound => missing(),
                StoreErrorKind::Corrupt => Ending::refused(
                    "source-damaged",
                    format!("source {digest} is damaged in the store: remove it and add it again ({})", chain(&error)),
                ),
                _ => Ending::of_store(&error),
            }),
        }
    }

    async fn result(&self, input: &str, key: Key) -> Result<LocalInput, Ending> {
        let commit = records::commit(self.store, key).await.map_err(|error| Ending::of_store(&error))?;
        let Some(commit) = commit else {
            return Err(Ending::Stale(reason("input-gone", format!("input `{input}` ({key}) is not in the store"))));
        };
        match self.files(input, &commit).await {
            Ok(files) => Ok(LocalInput::Result { files, facts: Box::new(commit.facts) }),
            Err(error) if matches!(error.kind(), StoreErrorKind::NotFound | StoreErrorKind::Corrupt) => {
                tracing::warn!(input, %key, error = chain(&error), "input withdrawn, to be made again");
                // Durable before the message is settled: it is what the scheduler finds when the event is lost.
                records::withdraw_commit(self.store, &commit).await.map_err(|error| Ending::of_store(&error))?;
                Err(Ending::Stale(reason("input-stale", format!("input `{input}` ({key}): {}", chain(&error)))))
            }
            Err(error) => Err(Ending::of_store(&error)),
        }
    }

    async fn files(&self, input: &str, commit: &Commit) -> Result<BTreeMap<String, PathBuf>, StoreError> {
        let mut files = BTreeMap::new();
        for (file, stored) in &commit.files {
            let object = layout::result_file(&name(commit.key), &commit.attempt.0, file)?;
            let path = self.bring(&object, &object_digest(stored), &format!("{input}/{file}")).await?;
            files.insert(file.clone(), path);
        }
        Ok(files)
    }

    /// Brings one object within reach; `place` is where a copy goes in the folder.
    async fn bring(&self, object: &Name, whole: &ObjectDigest, place: &str) -> Result<PathBuf, StoreError> {
        if let Some(path) = self.store.local_path(object) {
            self.verified.check(&path, whole).await?;
            return Ok(path);
        }
        // An input's name is the recipes' own and a file's is a checked name, so the path stays in the folder.
        let path = self.folder.join(Name::parse(place)?.as_str());
        if let Some(parent) = path.parent() {
            let made = tokio::fs::create_dir_all(parent).await;
            made.map_err(|source| StoreError::Io { action: "make folder", path: parent.to_owned(), source })?;
        }
        let mut tries = 1;
        loop {
            match self.store.fetch_file(object, &path, whole).await {
                Err(error) if error.kind() == StoreErrorKind::Corrupt && tries < FETCHES => tries += 1,
                fetched => return fetched.map(|()| path),
            }
        }
    }
}
