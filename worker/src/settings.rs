//! How a worker works.

use std::time::Duration;

use bookend_broker::Lane;
use bookend_sandbox::Limits;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name in commits, verdicts and events: tells a bad machine from others. Default `worker`.
    pub name: String,
    /// Lanes it takes from, the first that has a message. Default all, the most urgent first.
    pub lanes: Vec<Lane>,
    /// Jobs at a time, at least 1. More hide waiting, and cost memory and threads each. Default 1.
    pub slots: usize,
    /// Threads that FFmpeg may use in one job, beside the encoders' own. Default 1.
    pub threads: u32,
    /// What a child is allowed.
    pub limits: Limits,
    /// Pause before the next job after one that this machine could not try, or whose ending it could not write down.
    /// Default 1 s.
    pub pause: Duration,
    /// Such jobs in a row after which the worker ends with an error; None: it never does, and recovers when the cause is
    /// gone. Default None.
    pub give_up_after: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            name: "worker".into(),
            lanes: Lane::ALL.to_vec(),
            slots: 1,
            threads: 1,
            limits: Limits::default(),
            pause: Duration::from_secs(1),
            give_up_after: None,
        }
    }
}
