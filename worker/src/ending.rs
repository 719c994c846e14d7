//! How a job ends: decided here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bookend_jobs::{ChildLine, Disposition, Key, MadeResult, Reason};
use bookend_sandbox::{Ending as ChildEnding, Exit, SandboxError};
use bookend_store::{StoreError, StoreErrorKind};

/// Lost workers after which a job is held to be what loses them.
const LOSSES: u32 = 5;

/// How a job ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Every result was committed. Settled.
    Done {
        /// CPU time of the child, in milliseconds.
        cpu_ms: u64,
    },
    /// Every result existed already. Settled unrun.
    Exists,
    /// Another slot of this process makes every result just now. Settled unrun: the other message is not.
    InHand,
    /// The try ended badly: a verdict for every result not made, then settled.
    Verdict {
        /// What happens next.
        disposition: Disposition,
        /// Why.
        reason: Reason,
        /// The child's last words.
        log: String,
    },
    /// An input is gone or damaged, and its commit withdrawn, so that the scheduler makes it again. Settled without a
    /// verdict: the try does not count.
    Stale(Reason),
    /// The worker was told to stop. Given back.
    Interrupted,
    /// This machine could not try. Given back, and the worker pauses.
    Unable(Reason),
    /// The disk is full. A try that ended badly; but where a worker gives up, somebody waits who can make room, and it is
    /// this machine that could not try.
    NoRoom(Reason),
}

impl Ending {
    /// A try that may go better another time.
    pub(crate) fn retry(code: &str, message: impl Into<String>) -> Self {
        Self::verdict(Disposition::Retry, code, message)
    }

    /// Ours to mend.
    pub(crate) fn bug(code: &str, message: impl Into<String>) -> Self {
        Self::verdict(Disposition::Bug, code, message)
    }

    /// An input that will never do.
    pub(crate) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::verdict(Disposition::Refused, code, message)
    }

    fn verdict(disposition: Disposition, code: &str, message: impl Into<String>) -> Self {
        Ending::Verdict { disposition, reason: reason(code, message), log: String::new() }
    }

    /// Decides what a message that lost its worker this often means.
    pub(crate) fn of_losses(losses: u32) -> Option<Self> {
        (losses >= LOSSES).then(|| {
            Self::bug("workers-lost", format!("{losses} workers were lost while they made this: look into their logs"))
        })
    }

    /// Decides what a failed store means, whatever was being done.
    pub(crate) fn of_store(error: &StoreError) -> Self {
        let code = match error.kind() {
            StoreErrorKind::NoSpace => return Ending::NoRoom(reason("no-space", chain(error))),
            StoreErrorKind::Unusable => "store-unusable",
            StoreErrorKind::Retry | StoreErrorKind::NotFound | StoreErrorKind::Corrupt | StoreErrorKind::Refused => {
                "store-failed"
            }
        };
        Self::retry(code, chain(error))
    }

    /// Decides what a child that could not be started or held means: the machine's fault, never the job's.
    pub(crate) fn of_sandbox(error: &SandboxError) -> Self {
        Ending::Unable(reason("no-child", chain(error)))
    }

    /// Decides how a child's exit ends the job, unless it made what was wanted.
    pub(crate) fn of_exit(exit: Exit, wanted: &BTreeSet<Key>) -> Result<BTreeMap<Key, MadeResult>, Self> {
        let ending = match exit.ending {
            ChildEnding::Finished(outcome) => match outcome.parse::<ChildLine>() {
                Ok(ChildLine::Made { results }) if results.keys().eq(wanted) => return Ok(results),
                Ok(ChildLine::Made { .. }) => {
                    Self::bug("wrong-results", "the child made other results than it was asked for")
                }
                Ok(ChildLine::Failed { disposition, reason }) => {
                    Ending::Verdict { disposition, reason, log: String::new() }
                }
                Ok(_) => Self::bug("wrong-outcome", "the child gave an outcome of another kind than it was asked for"),
                Err(error) => Self::retry("unreadable-outcome", format!("the child's outcome cannot be read: {error}")),
            },
            ChildEnding::Failed { code } => {
                Self::retry("child-failed", format!("the child left with exit code {code} and without an outcome"))
            }
            ChildEnding::Signalled { signal: 9 } => Self::retry(
                "child-killed",
                "something killed the child (signal 9): the machine may have run out of memory",
            ),
            ChildEnding::Signalled { signal } => {
                Self::retry("child-crashed", format!("the child crashed (signal {signal})"))
            }
            ChildEnding::TimedOut => Self::retry("wall-limit", "the child ran longer than a job may"),
            ChildEnding::Stalled => Self::retry("no-progress", "the child made no progress for longer than it may"),
            ChildEnding::Overran => Self::retry("output-limit", "the child said more than it may"),
            ChildEnding::Garbled => Self::retry("garbled", "the child wrote something that is not one of its lines"),
            ChildEnding::Killed => Ending::Interrupted,
        };
        Err(ending.with_log(exit.log_tail))
    }

    fn with_log(self, words: String) -> Self {
        match self {
            Ending::Verdict { disposition, reason, .. } => Ending::Verdict { disposition, reason, log: words },
            other => other,
        }
    }
}

/// Makes a reason.
pub(crate) fn reason(code: &str, message: impl Into<String>) -> Reason {
    Reason { code: code.to_owned(), message: message.into() }
}

/// Writes an error with its chain of causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
