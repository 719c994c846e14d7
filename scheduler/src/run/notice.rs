//! What a run tells whoever watches it.

use std::time::Duration;

use bookend_jobs::{Key, Reason};

/// News of one result.
#[derive(Clone, PartialEq, Debug)]
pub struct Notice {
    /// The result.
    pub key: Key,
    /// Its place, for people.
    pub label: String,
    /// Programme frames in it, where it has such.
    pub frames: Option<u64>,
    /// What happened.
    pub news: News,
}

/// What happened to a result.
#[derive(Clone, PartialEq, Debug)]
pub enum News {
    /// It exists already.
    Reused,
    /// A worker started to make it. May come more than once, or never.
    Started {
        /// Which worker.
        worker: String,
    },
    /// Its job got on. May be missing; never goes with a result that was reused.
    Progress {
        /// Units done: frames or samples, of the whole job.
        done: u64,
        /// Units in all.
        total: u64,
    },
    /// It was made. Comes once.
    Committed {
        /// Its share of the job's CPU time, in milliseconds.
        cpu_ms: u64,
    },
    /// A try ended badly, and there will be another.
    Retrying {
        /// Why the try ended.
        reason: Reason,
        /// How long until the next one may start.
        after: Duration,
    },
    /// It existed, but its files or an input's are gone or damaged: it is made again.
    Stale,
    /// It will not be made in this run. Comes once.
    Failed {
        /// Why.
        reason: Reason,
    },
}
