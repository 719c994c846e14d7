//! How a run ended, as its last fact keeps it for whoever asks.

use bookend_jobs::{Digest, Key, Reason};
use serde::{Deserialize, Serialize};

use crate::ErrorKind;
use crate::run::Outcome;

/// What came of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RunOutcome {
    /// How it ended.
    pub verdict: RunVerdict,
    /// Its results, counted.
    pub jobs: JobCounts,
    /// CPU time of the children that made what it made, in milliseconds.
    pub cpu_ms: u64,
    /// What was handed over, in the order asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliverables: Vec<HandedOver>,
    /// What came of uploads, in the order asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<UploadOutcome>,
    /// Why not everything was made or passed, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// How a run ended; of several, the gravest, which is the last here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunVerdict {
    /// Everything was done.
    #[default]
    Done,
    /// An input was refused, or a piece is not approved.
    Refused,
    /// A deliverable failed its clauses.
    Clauses,
    /// The request is wrong.
    Request,
    /// Something else went wrong.
    Other,
}

/// Results of a run, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct JobCounts {
    /// All that it wanted.
    pub total: usize,
    /// Those that existed.
    pub reused: usize,
    /// Those that came to exist.
    pub made: usize,
}

/// A finished file that is to be had from the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HandedOver {
    /// The outlet's name.
    pub outlet: String,
    /// The deliverable's result.
    pub key: Key,
    /// The stem of its report's objects: `runs/<run>/reports/<report>.json` and `.html`.
    pub report: String,
    /// No clause failed.
    pub passed: bool,
}

/// What came of an upload.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UploadOutcome {
    /// Its name.
    pub name: String,
    /// The asset: the digest of its bytes; absent when they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Digest>,
    /// Why it was refused; absent when it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Reason>,
}

impl From<ErrorKind> for RunVerdict {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Request => RunVerdict::Request,
            ErrorKind::Refused => RunVerdict::Refused,
            ErrorKind::Unreachable | ErrorKind::Other | ErrorKind::Interrupted => RunVerdict::Other,
        }
    }
}

impl RunOutcome {
    /// Says what a run that never got to its results ended with.
    #[must_use]
    pub fn of_error(verdict: RunVerdict, problem: String) -> Self {
        RunOutcome { verdict, problems: vec![problem], ..RunOutcome::default() }
    }

    /// Returns `done` or `failed`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        if self.verdict == RunVerdict::Done { "done" } else { "failed" }
    }
}

impl JobCounts {
    /// Counts an outcome's results.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let (reused, made) = (outcome.reused.len(), outcome.made.len());
        JobCounts { total: reused + made + outcome.failures.len() + outcome.blocked.len(), reused, made }
    }
}
