//! A started child process: one owner, who kills its group and reaps it on drop.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};
use wait4::{ResUse, Wait4};

use crate::ChildProgram;
use crate::program::MARKER;

/// A child process and the parent's ends of its pipes. Waits on stdin until it is given a job.
pub(crate) struct Process {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
    pub(crate) body: Body,
}

impl Process {
    /// Starts `program` in a group of its own, in `/`, without environment. The calling thread's end will be its end.
    pub(crate) fn spawn(program: &ChildProgram) -> io::Result<Self> {
        let mut child = Command::new(program.path())
            .arg0("bookend")
            .args([MARKER, &std::process::id().to_string()])
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let body = Body::new(child)?;
        match pipes {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok(Self { stdin, stdout, stderr, body }),
            _ => Err(io::Error::other("a pipe that was asked for is missing")),
        }
    }
}

/// The process itself. Dropped, it is killed with its group and reaped.
pub(crate) struct Body {
    /// None once reaped.
    child: Option<Child>,
    pid: Pid,
    pidfd: OwnedFd,
}

impl Body {
    fn new(mut child: Child) -> io::Result<Self> {
        let pid = Pid::from_child(&child);
        match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self { child: Some(child), pid, pidfd }),
            Err(error) => {
                kill_group(pid);
                child.wait()?;
                Err(error.into())
            }
        }
    }

    /// Its process id, which is its group's.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// A descriptor that becomes readable when the process has ended.
    pub(crate) fn end(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Whether it has ended. It stays to be reaped.
    pub(crate) fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(rustix::process::waitid(WaitId::Pid(self.pid), options), Ok(None))
    }

    /// Waits for its end and gives status and cost.
    pub(crate) fn reap(mut self) -> io::Result<ResUse> {
        match self.child.take() {
            Some(child) => child.wait4(),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            kill_group(self.pid);
            // It has been killed, so this is short; that it was reaped elsewhere is all that could be wrong.
            let _ = child.wait();
        }
    }
}

/// Kills a whole process group. Only for one whose leader has not been reaped: until then nobody else has its id.
pub(crate) fn kill_group(pid: Pid) {
    // The group may be empty already, which is as good.
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
}
