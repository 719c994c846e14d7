//! How a child ended.

use std::time::Duration;

use crate::Message;

/// How a child ended, what it cost, and what it said last.
#[derive(Debug)]
pub struct Exit {
    /// The way it ended.
    pub ending: Ending,
    /// What it cost.
    pub usage: Usage,
    /// The last 64 KiB of its log, invalid UTF-8 replaced, whole lines where there are any.
    pub log_tail: String,
}

/// The way a child ended. What a child did by itself outranks what was being done to it: a child that finished just
/// before its limit has finished.
#[derive(Debug)]
pub enum Ending {
    /// It gave an outcome and left with exit code 0.
    Finished(Message),
    /// It left by itself without an outcome, or with another exit code.
    Failed {
        /// Its exit code.
        code: i32,
    },
    /// A signal ended it that this crate did not send: a crash, or the kernel's out-of-memory killer (9).
    Signalled {
        /// The signal's number.
        signal: i32,
    },
    /// It ran longer than [`Limits::wall`](crate::Limits::wall) and was killed.
    TimedOut,
    /// It said nothing for longer than [`Limits::no_progress`](crate::Limits::no_progress) and was killed.
    Stalled,
    /// It wrote more than [`Limits::output_bytes`](crate::Limits::output_bytes) to stdout and was killed.
    Overran,
    /// It wrote something to stdout that is not one of its lines and was killed.
    Garbled,
    /// [`RunningChild::kill`](crate::RunningChild::kill) or a [`Killer`](crate::Killer) killed it.
    Killed,
}

/// What a child cost, by the kernel's account at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// From handing over the job to the end; a spare's start-up and wait are not in it.
    pub wall: Duration,
    /// CPU time in the program, start-up included.
    pub cpu_user: Duration,
    /// CPU time in the kernel, start-up included.
    pub cpu_system: Duration,
    /// Largest resident memory. A process begins with its parent's figure, so small children all show that.
    pub peak_rss_bytes: u64,
}
