//! Messages: the job a worker takes, and the events that it and the scheduler send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::request::{Input, Request};
use crate::work::Work;
use crate::{Engine, Key, Kind, Reason};

/// Version of [`JobMessage`] and [`Event`].
pub const MESSAGE_VERSION: u32 = 1;

/// One pass that makes one or more results of one kind from the same inputs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct JobMessage {
    /// [`MESSAGE_VERSION`].
    pub version: u32,
    /// The engine that must do it.
    pub engine: Engine,
    /// The results wanted, at least one; all of one kind.
    pub results: Vec<WantedResult>,
    /// Inputs by name, shared by all results.
    pub inputs: BTreeMap<String, Input>,
    /// Runs that want it, for cancelling and for people.
    pub runs: Vec<String>,
    /// Room that the job needs on local scratch, in bytes, estimated.
    pub scratch_bytes: u64,
}

/// A wanted result: its key and how to make it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WantedResult {
    /// The result's key.
    pub key: Key,
    /// What to make.
    pub work: Work,
}

impl JobMessage {
    /// Makes a job from requests that share kind and inputs.
    #[must_use]
    pub fn new(engine: &Engine, requests: &[Request], runs: Vec<String>, scratch_bytes: u64) -> Self {
        JobMessage {
            version: MESSAGE_VERSION,
            engine: engine.clone(),
            results: requests
                .iter()
                .map(|request| WantedResult { key: request.key(engine), work: request.work.clone() })
                .collect(),
            inputs: requests.first().map(|request| request.inputs.clone()).unwrap_or_default(),
            runs,
            scratch_bytes,
        }
    }

    /// Returns the kind of its results; `None` for a message without results.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.results.first().map(|wanted| wanted.work.kind())
    }
}

/// News from a worker, or of a run. Events only hasten: a lost one costs a timer period.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A job was started.
    Started {
        /// Its results.
        keys: Vec<Key>,
        /// By whom.
        worker: String,
    },
    /// Real progress of a job.
    Progress {
        /// Its results.
        keys: Vec<Key>,
        /// Units done: frames or samples.
        done: u64,
        /// Units in all.
        total: u64,
    },
    /// Results were committed.
    Committed {
        /// The results.
        keys: Vec<Key>,
        /// CPU time of the job, ms.
        cpu_ms: u64,
    },
    /// A try ended badly; the verdict is in the store.
    Failed {
        /// The results not made.
        keys: Vec<Key>,
        /// Why.
        reason: Reason,
    },
    /// The scheduler opened a run, or goes on with it.
    RunOpened {
        /// The run.
        run: String,
    },
    /// The scheduler closed a run; how it ended is in the store.
    RunEnded {
        /// The run.
        run: String,
    },
}
