//! What was handed over, as the store remembers it; its results are kept from gc.

use std::collections::BTreeMap;

use bookend_jobs::{AttemptId, Commit, Digest, Key};
use bookend_report::Report;
use bookend_store::layout;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::HandOver;
use crate::plan::PlannedOutlet;
use crate::{SchedulerError, record};

/// `deliverables/<episode>/<outlet>/<key>/manifest.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Format version, 1.
    pub version: u32,
    /// The episode's id.
    pub episode: String,
    /// The outlet's name.
    pub outlet: String,
    /// The deliverable's result.
    pub key: Key,
    /// Whether it passed its clauses.
    pub passed: bool,
    /// Its files by the names that people use.
    pub files: BTreeMap<String, ManifestFile>,
    /// Every result that it is made of, its own included.
    pub results: Vec<Key>,
    /// The run that handed it over first.
    pub run: String,
    /// When.
    pub at: Timestamp,
}

/// A file of a deliverable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManifestFile {
    /// The try that made it.
    pub attempt: AttemptId,
    /// Its name among that try's files.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
}

/// `deliverables/<episode>/<outlet>/current.json`: rewritten by each request, so the newest one's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Current {
    /// Format version, 1.
    pub version: u32,
    /// The deliverable's result.
    pub key: Key,
    /// The run that handed it over.
    pub run: String,
    /// When.
    pub at: Timestamp,
}

/// Writes a deliverable's manifest, once, and that it is the current one.
///
/// # Errors
/// When the store fails, or an id is no name.
pub(super) async fn write(
    from: &HandOver<'_>,
    outlet: &PlannedOutlet,
    commit: &Commit,
    report: &Report,
) -> Result<(), SchedulerError> {
    let (episode, name) = (&from.plan.sourced.rundown.id, &outlet.spec.name);
    let stored = format!("deliverable.{}", outlet.spec.wrapper.extension());
    let file = ManifestFile {
        attempt: commit.attempt.clone(),
        file: stored,
        sha256: report.file.sha256,
        bytes: report.file.bytes,
    };
    let manifest = Manifest {
        version: 1,
        episode: episode.clone(),
        outlet: name.clone(),
        key: commit.key,
        passed: report.passed(),
        files: BTreeMap::from([(report.file.name.clone(), file)]),
        results: from.plan.results_of(outlet),
        run: from.run.to_owned(),
        at: from.now,
    };
    let key = bookend_store::Digest::from(*commit.key.as_bytes());
    record::write_once(from.store, &layout::deliverable(episode, name, &key)?, &manifest).await?;
    let current = Current { version: 1, key: commit.key, run: from.run.to_owned(), at: from.now };
    record::write(from.store, &layout::deliverable_current(episode, name)?, &current).await
}
