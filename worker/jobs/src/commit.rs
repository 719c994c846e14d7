//! The commit of a result, and the verdict of a try that ended badly.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::{Digest, Engine, Key};

/// One try at a job; names the folder its files lie in. Unique, unordered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub String);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `results/<aa>/<key>.json`: written last, whole. Whoever reads it takes files by attempt and digest.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Commit {
    /// Format version, 1.
    pub version: u32,
    /// The result's key.
    pub key: Key,
    /// The try that made it.
    pub attempt: AttemptId,
    /// Its files by name.
    pub files: BTreeMap<String, StoredFile>,
    /// What was found and proved.
    pub facts: Facts,
    /// Who made it.
    pub worker: String,
    /// What it was made with.
    pub engine: Engine,
    /// When the job started.
    pub started: Timestamp,
    /// When the commit was written.
    pub committed: Timestamp,
    /// CPU time of the child, user and system, shared evenly between the results of one job.
    pub cpu_ms: u64,
}

/// A file of a result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredFile {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
}

/// How a try ended badly, and so what happens next (DESIGN 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// May go better another time: a crash, a limit, a store that did not answer.
    Retry,
    /// The input is at fault: trying again cannot help.
    Refused,
    /// Nobody wants it any more.
    Cancelled,
    /// We are at fault: a proof failed, a message made no sense.
    Bug,
}

/// Why, with a stable code for programs and a sentence for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// Stable, kebab-case, for example `no-picture-or-sound`.
    pub code: String,
    /// What is wrong, where, and what to do.
    pub message: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

/// `verdicts/<aa>/<key>/<attempt>.json`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// Format version, 1.
    pub version: u32,
    /// The result that was not made.
    pub key: Key,
    /// The try.
    pub attempt: AttemptId,
    /// What happens next.
    pub disposition: Disposition,
    /// Why.
    pub reason: Reason,
    /// Who tried.
    pub worker: String,
    /// When.
    pub at: Timestamp,
    /// The child's last words.
    pub log: String,
}
