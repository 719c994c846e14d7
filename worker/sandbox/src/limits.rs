//! What a child is allowed before it is killed.

use std::time::Duration;

/// What a child is allowed before it is killed. Watched by the parent, on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest time from handing over the job to its end. Too short loses long jobs, too long holds a slot for a hung one.
    pub wall: Duration,
    /// Longest time between two progress lines, or before the first and after the last. Far above the time between two
    /// real steps on a busy machine.
    pub no_progress: Duration,
    /// Most bytes on stdout, all lines together. Bounds what a child can make its parent keep in memory; the outcome,
    /// with its facts and frame tables, is in it.
    pub output_bytes: usize,
}

impl Default for Limits {
    /// 30 minutes, 2 minutes, 64 MiB: a job is planned to take minutes at most.
    fn default() -> Self {
        Self { wall: Duration::from_secs(30 * 60), no_progress: Duration::from_secs(2 * 60), output_bytes: 64 << 20 }
    }
}
