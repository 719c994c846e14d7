//! The child's end: called first in `main`, before arguments are parsed, logs are set up or a thread is started.
//!
//! Cancelling needs no code here: it is a kill.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::process::Signal;
use serde::Serialize;

use crate::confine;
use crate::line;
use crate::program::MARKER;

/// Becomes a child, if this process was started as one; else gives None and changes nothing.
///
/// Blocks until there is a job. On return this process dies with its parent, works in its scratch folder, has no
/// environment and no descriptor but the standard three and the one its lines go to; what else writes to stdout writes
/// to the log.
///
/// # Errors
/// When this process must not go on: print the error to stderr and leave with a code other than 0.
pub fn enter() -> Result<Option<ChildContext>, ChildError> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(MARKER)) {
        return Ok(None);
    }
    die_with_parent(arguments.next())?;
    if let Some((name, _)) = std::env::vars_os().next() {
        return Err(ChildError::Environment { name });
    }
    confine::settle()?;
    let lines = take_stdout().map_err(|source| ChildError::Confine { what: "stdout", source })?;
    let (scratch, spec) = read_job()?;
    std::env::set_current_dir(&scratch).map_err(|source| ChildError::Scratch { scratch: scratch.clone(), source })?;
    Ok(Some(ChildContext { spec, scratch, lines: Mutex::new(lines) }))
}

/// A child with a job.
#[derive(Debug)]
pub struct ChildContext {
    spec: Vec<u8>,
    scratch: PathBuf,
    lines: Mutex<File>,
}

impl ChildContext {
    /// The specification, as the parent gave it.
    pub fn spec(&self) -> &[u8] {
        &self.spec
    }

    /// The one folder to work in, absolute; the working directory already.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Tells the parent that the work has got on, which also puts off the no-progress limit: only for real progress.
    /// From any thread.
    ///
    /// # Errors
    /// When the value has no JSON form, or the parent no longer reads.
    pub fn progress<T: Serialize>(&self, value: &T) -> Result<(), ChildError> {
        self.write(&line::progress(value).map_err(ChildError::Json)?)
    }

    /// Gives the outcome. Leave with exit code 0 after it, or it does not count.
    ///
    /// # Errors
    /// When the value has no JSON form, or the parent no longer reads.
    pub fn finish<T: Serialize>(self, outcome: &T) -> Result<(), ChildError> {
        self.write(&line::outcome(outcome).map_err(ChildError::Json)?)
    }

    fn write(&self, line: &[u8]) -> Result<(), ChildError> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.write_all(line).map_err(ChildError::Parent)
    }
}

/// Why a process cannot be, or go on as, a child.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The parent named on the command line is not the parent: it has died, or somebody typed this.
    #[error("the process that started this child is gone; bookend starts its children itself")]
    Orphaned,
    /// There is an environment, which a started child never has.
    #[error("a child has no environment, but {} is set; bookend starts its children itself", name.display())]
    Environment {
        /// The first variable found.
        name: OsString,
    },
    /// Inherited descriptors would not close.
    #[error("descriptors {left:?} are open that this child was not given")]
    Descriptors {
        /// Their numbers.
        left: Vec<i32>,
    },
    /// A right could not be given up.
    #[error("cannot confine this child: {what}")]
    Confine {
        /// Which right.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// stdin ended before a job came, or could not be read.
    #[error("no job arrived on stdin")]
    NoJob(#[source] Option<io::Error>),
    /// The scratch folder cannot be entered.
    #[error("cannot enter the scratch folder {}", scratch.display())]
    Scratch {
        /// The folder.
        scratch: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A progress or outcome value has no JSON form.
    #[error("cannot write a line")]
    Json(#[source] serde_json::Error),
    /// The parent no longer reads.
    #[error("the parent no longer reads")]
    Parent(#[source] io::Error),
}

/// Asks for the parent's death first, then looks whether it has happened already: no moment is left between.
fn die_with_parent(named: Option<OsString>) -> Result<(), ChildError> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|source| ChildError::Confine { what: "death with the parent", source: source.into() })?;
    let named: Option<i32> = named.and_then(|pid| pid.to_str()?.parse().ok());
    let parent = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
    if named.is_some() && named == parent { Ok(()) } else { Err(ChildError::Orphaned) }
}

/// Keeps stdout for lines alone, and points what others print to the log.
fn take_stdout() -> io::Result<File> {
    let lines = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(lines.into())
}

fn read_job() -> Result<(PathBuf, Vec<u8>), ChildError> {
    let mut job = Vec::new();
    io::stdin().lock().read_to_end(&mut job).map_err(|error| ChildError::NoJob(Some(error)))?;
    let end = job.iter().position(|&byte| byte == 0).ok_or(ChildError::NoJob(None))?;
    let spec = job.split_off(end + 1);
    job.pop();
    Ok((PathBuf::from(OsStr::from_bytes(&job)), spec))
}
