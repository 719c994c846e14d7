//! What can go wrong while planning, carrying out and handing over.

use std::fmt;
use std::path::PathBuf;

use bookend_jobs::{Key, Reason};
use bookend_store::{Name, StoreError, StoreErrorKind};
use bookend_timeline::{ItemPlace, RundownError};

use crate::run::RunError;

/// What an error means for whoever asked; the command line's exit codes follow it (DESIGN 9).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ErrorKind {
    /// The request is wrong; nothing ran.
    Request,
    /// An input was refused, or a piece is not approved.
    Refused,
    /// The store or the broker cannot be reached, or is not for this program.
    Unreachable,
    /// Anything else.
    Other,
    /// Somebody asked to stop.
    Interrupted,
}

/// An error of the scheduler, by what failed.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    /// The rundown is wrong.
    #[error(transparent)]
    Rundown(#[from] RundownError),
    /// Inputs were refused; all that were found, not the first only.
    #[error("{}", lines(.0))]
    Refused(Vec<Refusal>),
    /// The outlet cannot be made from this house.
    #[error("outlet {outlet}: {problem}")]
    Outlet {
        /// The outlet's name.
        outlet: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// There is no such piece.
    #[error("there is no piece `{piece}`; `bookend pieces` lists them, `bookend approve` makes one")]
    UnknownPiece {
        /// The id.
        piece: String,
    },
    /// There is no such asset.
    #[error("there is no asset `{asset}`; `bookend ingest` makes assets and prints their names")]
    UnknownAsset {
        /// What was asked for.
        asset: String,
    },
    /// Several assets begin so.
    #[error("`{prefix}` is the beginning of {count} assets; write more of its digits")]
    AmbiguousAsset {
        /// What was asked for.
        prefix: String,
        /// How many begin so.
        count: usize,
    },
    /// There is no such run.
    #[error("there is no run `{run}`; `bookend runs` lists them")]
    UnknownRun {
        /// Its id.
        run: String,
    },
    /// A value of a request makes no sense.
    #[error("{problem}; {remedy}")]
    Request {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A source's bytes are not what they were when the plan was made.
    #[error("{} changed since its digest was taken; run again, with --rehash if it persists", path.display())]
    SourceChanged {
        /// The file.
        path: PathBuf,
    },
    /// Files of somebody else are in the way.
    #[error("{}: {} in the way; move it, choose another --out, or replace it with --force", list(paths), if paths.len() == 1 { "somebody else's file is" } else { "somebody else's files are" })]
    InTheWay {
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// Results could not be made.
    #[error("{}", lines(.0))]
    Unmade(Vec<Unmade>),
    /// A result that a plan takes for made is not in the store.
    #[error("the store has no whole result {key} ({what}); run again, and it is made")]
    Missing {
        /// Its key.
        key: Key,
        /// What it is.
        what: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run could not be carried out to an outcome.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file could not be put where it was asked for.
    #[error("{}: cannot be {doing}; make room there, or choose another --out", path.display())]
    File {
        /// `read`, `written` …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A record cannot be written as JSON.
    #[error("record `{name}` cannot be written")]
    Unwritable {
        /// The record.
        name: Name,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The report cannot be made.
    #[error("the report of {outlet} cannot be made: {problem}")]
    Report {
        /// The outlet's name.
        outlet: String,
        /// Why.
        problem: String,
    },
}

impl SchedulerError {
    /// Says what the error means for whoever asked.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            SchedulerError::Rundown(_)
            | SchedulerError::Outlet { .. }
            | SchedulerError::UnknownPiece { .. }
            | SchedulerError::UnknownAsset { .. }
            | SchedulerError::AmbiguousAsset { .. }
            | SchedulerError::UnknownRun { .. }
            | SchedulerError::InTheWay { .. }
            | SchedulerError::Request { .. } => ErrorKind::Request,
            SchedulerError::Refused(_) | SchedulerError::SourceChanged { .. } => ErrorKind::Refused,
            SchedulerError::Unmade(unmade) if unmade.iter().all(|unmade| unmade.refused) => ErrorKind::Refused,
            SchedulerError::Store(error) => store_kind(error),
            SchedulerError::Run(RunError::Interrupted) => ErrorKind::Interrupted,
            SchedulerError::Run(RunError::Store { source, .. }) => match store_kind(source) {
                ErrorKind::Request => ErrorKind::Other,
                kind => kind,
            },
            SchedulerError::Run(RunError::Broker { .. }) => ErrorKind::Unreachable,
            SchedulerError::Run(RunError::Message(_)) => ErrorKind::Other,
            SchedulerError::Unmade(_)
            | SchedulerError::Missing { .. }
            | SchedulerError::File { .. }
            | SchedulerError::Unwritable { .. }
            | SchedulerError::Report { .. } => ErrorKind::Other,
        }
    }
}

/// Says what a store's error means: one that is not for this program is as unreachable as one that does not answer.
fn store_kind(error: &StoreError) -> ErrorKind {
    match error {
        StoreError::Unreachable { .. } | StoreError::Failed { .. } => ErrorKind::Unreachable,
        StoreError::InvalidName { .. } | StoreError::InvalidAddress { .. } => ErrorKind::Request,
        error if error.kind() == StoreErrorKind::Unusable => ErrorKind::Unreachable,
        _ => ErrorKind::Other,
    }
}

/// Where in a request something stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The rundown's file name, or the media file's.
    pub file: String,
    /// The line, from 1; absent where the request is a media file.
    pub line: Option<usize>,
    /// The item; absent where the request is a media file.
    pub item: Option<ItemPlace>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(item) = self.item {
            write!(f, ": {item}")?;
        }
        Ok(())
    }
}

/// An input that was refused, and where it is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Where it is asked for.
    pub place: Place,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// A result that could not be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unmade {
    /// What it is, for people.
    pub what: String,
    /// Why.
    pub reason: Reason,
    /// The input is at fault.
    pub refused: bool,
}

impl fmt::Display for Unmade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.reason)
    }
}

fn lines<T: fmt::Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
