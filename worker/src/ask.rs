//! Asking a child for something that is not a job: which engine it is, what a file is.

use std::path::{Path, PathBuf};

use bookend_config::spec::OutletSpec;
use bookend_jobs::facts::FileFacts;
use bookend_jobs::{ChildLine, ChildTask, Disposition, Engine, Known, Reason};
use bookend_sandbox::{Ending, Exit, Limits, SandboxError, Spawner};
use tokio::sync::watch;

use crate::attempt;

/// Why a child gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It could not be started or held.
    #[error("the child could not be started")]
    Sandbox(#[from] SandboxError),
    /// It said that it cannot be done.
    #[error("{reason}")]
    Failed {
        /// Who is at fault.
        disposition: Disposition,
        /// Why.
        reason: Reason,
    },
    /// It ended without an answer.
    #[error("the child ended without an answer ({how})")]
    Ended {
        /// How it ended.
        how: String,
        /// Its last words.
        log: String,
    },
    /// The caller wanted no answer any more.
    #[error("interrupted")]
    Interrupted,
}

/// Asks a child which engine it is: what every key of a run is computed with. `folder` is any existing one.
///
/// # Errors
/// When no child can be started, or it does not say.
pub async fn ask_engine(spawner: &Spawner, folder: &Path) -> Result<Engine, AskError> {
    let (_stop, mut never) = watch::channel(false);
    let exit = attempt::run(spawner, &ChildTask::Engine, folder, Limits::default(), &mut never, |_, _| {}).await?;
    match answer(exit)? {
        ChildLine::Engine { engine } => Ok(engine),
        other => Err(astray(&other)),
    }
}

/// A file to be examined.
#[derive(Clone, Debug)]
pub struct Suspect<'a> {
    /// Where it lies; absolute.
    pub file: PathBuf,
    /// What it is to be judged by.
    pub outlet: &'a OutletSpec,
    /// What is known of its making.
    pub known: &'a Known,
    /// Threads that FFmpeg may use.
    pub threads: u32,
}

/// Examines a file in full in a child, for what its outlet judges by, against what is known of its making. `progress` is called with units done and in all.
///
/// `folder` is an existing one that is the child's meanwhile; `stop` turning true ends it.
///
/// # Errors
/// When the file cannot be read as media (`Failed`, refused), no child can be started, or it ended without an answer.
pub async fn examine(
    spawner: &Spawner,
    folder: &Path,
    suspect: Suspect<'_>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
    progress: impl Fn(u64, u64) + Send + 'static,
) -> Result<FileFacts, AskError> {
    let Suspect { file, outlet, known, threads } = suspect;
    let task = ChildTask::Examine { file, outlet: Box::new(outlet.clone()), known: Box::new(known.clone()), threads };
    let exit = attempt::run(spawner, &task, folder, limits, &mut stop, progress).await?;
    match answer(exit)? {
        ChildLine::Examined { facts } => Ok(*facts),
        other => Err(astray(&other)),
    }
}

fn answer(exit: Exit) -> Result<ChildLine, AskError> {
    let ended = |how: String| AskError::Ended { how, log: exit.log_tail };
    match exit.ending {
        Ending::Finished(outcome) => match outcome.parse() {
            Ok(ChildLine::Failed { disposition, reason }) => Err(AskError::Failed { disposition, reason }),
            Ok(line) => Ok(line),
            Err(error) => Err(ended(format!("unreadable answer: {error}"))),
        },
        Ending::Killed => Err(AskError::Interrupted),
        Ending::Failed { code } => Err(ended(format!("exit code {code}"))),
        Ending::Signalled { signal } => Err(ended(format!("signal {signal}"))),
        Ending::TimedOut => Err(ended("it ran too long".into())),
        Ending::Stalled => Err(ended("it made no progress".into())),
        Ending::Overran => Err(ended("it said too much".into())),
        Ending::Garbled => Err(ended("it wrote something that is no line".into())),
    }
}

fn astray(line: &ChildLine) -> AskError {
    let how = match line {
        ChildLine::Progress { .. } => "progress instead of an answer",
        ChildLine::Engine { .. } => "its engine instead of what was asked",
        ChildLine::Made { .. } => "results instead of what was asked",
        ChildLine::Examined { .. } => "facts of a file instead of what was asked",
        ChildLine::Failed { .. } => "a failure",
    };
    AskError::Ended { how: how.to_owned(), log: String::new() }
}
