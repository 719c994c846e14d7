//! A child at work, seen from outside.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::process::Pid;

use crate::process::{Process, kill_group};
use crate::spawner::Request;
use crate::supervise::Supervisor;
use crate::{Exit, Limits, Message, SandboxError};

/// A child at work. Dropped, it is killed with its whole process group and reaped.
pub struct RunningChild {
    killer: Killer,
    pid: Pid,
    progress: Receiver<Message>,
    supervisor: Option<JoinHandle<Result<Exit, SandboxError>>>,
    /// The child would die with the thread that spawned it; this keeps that waiting for more.
    _spawner: Sender<Request>,
}

impl RunningChild {
    /// Hands `job` to a process and starts to watch it.
    pub(crate) fn start(
        process: Process,
        job: Vec<u8>,
        limits: Limits,
        spawner: Sender<Request>,
    ) -> Result<Self, SandboxError> {
        let pid = process.body.pid();
        let killer = Killer { target: Arc::new(Mutex::new(Target { pid: Some(pid), asked: false })) };
        let (messages, progress) = channel();
        let span = tracing::Span::current();
        let supervisor = Supervisor::new(process, job, limits, messages, killer.clone());
        let supervisor = thread::Builder::new()
            .name(format!("child-{pid}"))
            .spawn(move || span.in_scope(|| supervisor.watch()))
            .map_err(SandboxError::Thread)?;
        Ok(Self { killer, pid, progress, supervisor: Some(supervisor), _spawner: spawner })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Waits for the next progress. None when there will be no more, which is when [`wait`](Self::wait) is short.
    /// Nothing need ever call this: limits count lines as they arrive, not as they are taken.
    pub fn progress(&self) -> Option<Message> {
        self.progress.recv().ok()
    }

    /// Kills it, its whole process group and at once. Its exit says [`Killed`](crate::Ending::Killed).
    pub fn kill(&self) {
        self.killer.kill();
    }

    /// A handle to kill it from elsewhere while this one waits.
    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// Waits for its end. Progress not taken is dropped.
    ///
    /// # Errors
    /// When it can no longer be watched; it has been killed then.
    pub fn wait(mut self) -> Result<Exit, SandboxError> {
        match self.supervisor.take().map(JoinHandle::join) {
            Some(Ok(exit)) => exit,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Err(SandboxError::SpawnerEnded),
        }
    }
}

impl Drop for RunningChild {
    fn drop(&mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            self.kill();
            // Reaped by then. How it ended is what a dropped child's owner does not want to know.
            let _ = supervisor.join();
        }
    }
}

impl fmt::Debug for RunningChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningChild").field("pid", &self.pid()).finish_non_exhaustive()
    }
}

/// Kills one child from anywhere, any number of times, also after its end.
#[derive(Debug, Clone)]
pub struct Killer {
    target: Arc<Mutex<Target>>,
}

#[derive(Debug)]
struct Target {
    /// None once the process id may be another's.
    pid: Option<Pid>,
    asked: bool,
}

impl Killer {
    /// Kills the child with its whole process group.
    pub fn kill(&self) {
        let mut target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = target.pid {
            target.asked = true;
            kill_group(pid);
        }
    }

    /// Lets go of the process id, before it is reaped, and says whether anybody had asked for the kill.
    pub(crate) fn retire(&self) -> bool {
        let mut target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        target.pid = None;
        target.asked
    }
}
