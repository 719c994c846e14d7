//! The one thread that starts children, and the spares it keeps.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use crate::process::Process;
use crate::{ChildProgram, Limits, RunningChild, SandboxError};

/// Starts children, all from one thread of its own.
///
/// Dropping it ends the spares. Children that run keep the thread, and so themselves, alive.
#[derive(Debug, Clone)]
pub struct Spawner {
    program: ChildProgram,
    requests: Sender<Request>,
}

/// Asks the thread for a child.
pub(crate) struct Request {
    answer: SyncSender<io::Result<Process>>,
}

impl Spawner {
    /// A spawner that starts each child when it is needed.
    ///
    /// # Errors
    /// When no thread can be made.
    pub fn new(program: ChildProgram) -> Result<Self, SandboxError> {
        Self::with_spares(program, 0)
    }

    /// A spawner that keeps `spares` children started ahead, so that a job does not wait for the program to be loaded.
    /// One per slot hides it; each costs the memory of an idle process.
    ///
    /// # Errors
    /// When no thread can be made, or the first spares cannot be started.
    pub fn with_spares(program: ChildProgram, spares: usize) -> Result<Self, SandboxError> {
        let (requests, incoming) = channel();
        let (ready, first) = sync_channel(1);
        let mut nest = Nest { program: program.clone(), target: spares, spares: VecDeque::new() };
        thread::Builder::new()
            .name("bookend-spawner".into())
            .spawn(move || {
                if ready.send(nest.fill()).is_ok() {
                    nest.serve(&incoming);
                }
            })
            .map_err(SandboxError::Thread)?;
        match first.recv() {
            Ok(Ok(())) => Ok(Self { program, requests }),
            Ok(Err(source)) => Err(SandboxError::Spawn { program: program.path().into(), source }),
            Err(_) => Err(SandboxError::SpawnerEnded),
        }
    }

    /// Gives a job to a child: `spec` are the bytes it reads, `scratch` the existing folder it works in, `limits` what
    /// it is allowed from now on. A spare takes it when there is one.
    ///
    /// Blocks for the start of a process at most. The child's log is traced in the caller's current span.
    ///
    /// # Errors
    /// When the child or the thread that watches it cannot be started.
    pub fn start(&self, spec: &[u8], scratch: &Path, limits: Limits) -> Result<RunningChild, SandboxError> {
        let absolute =
            std::path::absolute(scratch).map_err(|source| SandboxError::Scratch { scratch: scratch.into(), source })?;
        let (answer, taken) = sync_channel(1);
        self.requests.send(Request { answer }).map_err(|_| SandboxError::SpawnerEnded)?;
        let process = taken
            .recv()
            .map_err(|_| SandboxError::SpawnerEnded)?
            .map_err(|source| SandboxError::Spawn { program: self.program.path().into(), source })?;
        RunningChild::start(process, job_bytes(&absolute, spec), limits, self.requests.clone())
    }
}

/// What goes to a child's stdin. A path has no NUL in it, so one can end it.
fn job_bytes(scratch: &Path, spec: &[u8]) -> Vec<u8> {
    [scratch.as_os_str().as_encoded_bytes(), b"\0", spec].concat()
}

/// What lives on the spawning thread.
struct Nest {
    program: ChildProgram,
    target: usize,
    spares: VecDeque<Process>,
}

impl Nest {
    /// Answers requests until nobody is left to ask, then lets the spares go.
    fn serve(&mut self, incoming: &Receiver<Request>) {
        for request in incoming {
            // Somebody who no longer waits drops the child, which ends it.
            let _ = request.answer.send(self.take());
            if let Err(error) = self.fill() {
                // The next request will try again and tell its caller.
                tracing::warn!(%error, "cannot start a spare child");
            }
        }
    }

    /// A spare that is still alive, or a new child.
    fn take(&mut self) -> io::Result<Process> {
        while let Some(spare) = self.spares.pop_front() {
            if !spare.body.has_ended() {
                return Ok(spare);
            }
        }
        Process::spawn(&self.program)
    }

    fn fill(&mut self) -> io::Result<()> {
        while self.spares.len() < self.target {
            self.spares.push_back(Process::spawn(&self.program)?);
        }
        Ok(())
    }
}
