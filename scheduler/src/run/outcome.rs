//! What came of a run.

use std::collections::{BTreeMap, BTreeSet};

use bookend_broker::BrokerError;
use bookend_jobs::{Commit, Disposition, Key, Reason, Verdict};
use bookend_store::StoreError;

/// What came of carrying out a graph.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// Results that existed, whole, when the run began.
    pub reused: BTreeSet<Key>,
    /// Results that came to exist during the run, whoever made them.
    pub made: BTreeSet<Key>,
    /// Results that could not be made, by key.
    pub failures: Vec<Failure>,
    /// Results not made because something they are made from failed.
    pub blocked: BTreeSet<Key>,
    /// CPU time of the children that made [`made`](Self::made), in milliseconds.
    pub cpu_ms: u64,
    /// The commit of every result reused or made.
    pub commits: BTreeMap<Key, Commit>,
}

impl Outcome {
    /// Returns whether every wanted result exists.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.blocked.is_empty()
    }
}

/// A result that could not be made.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// Its key.
    pub key: Key,
    /// Its place, for people.
    pub label: String,
    /// How each try of this run ended, oldest first; empty when it could not be tried at all.
    pub verdicts: Vec<Verdict>,
    /// The last try's: who is at fault.
    pub disposition: Disposition,
    /// The last try's: why.
    pub reason: Reason,
}

/// Why a run could not be carried out to an outcome. Everything committed stays; run again to go on from there.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run was cancelled.
    #[error("interrupted: what was made is kept; run the same command again to go on from there")]
    Interrupted,
    /// The store failed, or kept failing for longer than the run's patience.
    #[error("the store failed while {doing}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The broker failed, or kept failing for longer than the run's patience.
    #[error("the broker failed while {doing}")]
    Broker {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: BrokerError,
    },
    /// A job has no JSON form: ours to mend.
    #[error("a job message could not be written")]
    Message(#[source] serde_json::Error),
}
