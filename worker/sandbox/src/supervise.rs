//! Watches one child: feeds it its job, reads what it writes, holds it to its limits, reaps it.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::line::{Line, Lines};
use crate::log::Log;
use crate::process::{Body, Process, kill_group};
use crate::{Ending, Exit, Killer, Limits, Message, SandboxError, Usage};

/// How much is read at once.
const READ_BYTES: usize = 64 << 10;
/// How much of stderr is still read after the child's end: as much as a pipe can hold. A descendant that left the
/// group could write on.
const LAST_LOG_BYTES: usize = 1 << 20;

/// One child and everything known about it. Lives on a thread of its own; does nothing but wait in `poll`.
pub(crate) struct Supervisor {
    body: Body,
    /// None once the job is written, or the child no longer wants it.
    stdin: Option<ChildStdin>,
    /// None once at its end.
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    job: Vec<u8>,
    job_written: usize,
    limits: Limits,
    started: Instant,
    last_progress: Instant,
    output_bytes: usize,
    lines: Lines,
    log: Log,
    messages: Sender<Message>,
    outcome: Option<Message>,
    /// Why this side killed it, if it did.
    cut: Option<Ending>,
    killer: Killer,
}

impl Supervisor {
    pub(crate) fn new(
        process: Process,
        job: Vec<u8>,
        limits: Limits,
        messages: Sender<Message>,
        killer: Killer,
    ) -> Self {
        let now = Instant::now();
        let pid = process.body.pid().as_raw_pid().unsigned_abs();
        Self {
            body: process.body,
            stdin: Some(process.stdin),
            stdout: Some(process.stdout),
            stderr: Some(process.stderr),
            job,
            job_written: 0,
            limits,
            started: now,
            last_progress: now,
            output_bytes: 0,
            lines: Lines::default(),
            log: Log::new(pid),
            messages,
            outcome: None,
            cut: None,
            killer,
        }
    }

    /// Watches the child to its end.
    pub(crate) fn watch(mut self) -> Result<Exit, SandboxError> {
        let pid = self.body.pid();
        let watched = self.follow();
        // Whatever else is in the group ends with its leader.
        kill_group(pid);
        let asked = self.killer.retire();
        let drained = watched.and_then(|()| self.drain());
        let wall = self.started.elapsed();
        let Self { body, log, cut, outcome, .. } = self;
        let used = drained
            .and_then(|()| body.reap())
            .map_err(|source| SandboxError::Lost { pid: pid.as_raw_pid().unsigned_abs(), source })?;
        Ok(Exit {
            ending: judge(used.status, outcome, cut, asked),
            usage: Usage {
                wall,
                cpu_user: used.rusage.utime,
                cpu_system: used.rusage.stime,
                peak_rss_bytes: used.rusage.maxrss,
            },
            log_tail: log.finish(),
        })
    }

    /// Serves the pipes and the clock until the process has ended.
    fn follow(&mut self) -> io::Result<()> {
        self.unblock()?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let ready = self.poll()?;
            if ready.ended {
                return Ok(());
            }
            if ready.stdin {
                self.write_job();
            }
            if ready.stdout {
                self.read_stdout(&mut buffer);
            }
            if ready.stderr {
                self.read_stderr(&mut buffer);
            }
            self.check_clock();
        }
    }

    fn unblock(&self) -> io::Result<()> {
        let pipes = [
            self.stdin.as_ref().map(AsFd::as_fd),
            self.stdout.as_ref().map(AsFd::as_fd),
            self.stderr.as_ref().map(AsFd::as_fd),
        ];
        for pipe in pipes.into_iter().flatten() {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        Ok(())
    }

    /// Waits until something can be done or a limit is reached.
    fn poll(&self) -> io::Result<Ready> {
        let streams = [
            (self.stdin.as_ref().map(AsFd::as_fd), PollFlags::OUT),
            (self.stdout.as_ref().map(AsFd::as_fd), PollFlags::IN),
            (self.stderr.as_ref().map(AsFd::as_fd), PollFlags::IN),
        ];
        let mut fds = vec![PollFd::from_borrowed_fd(self.body.end(), PollFlags::IN)];
        let mut places = [None; 3];
        for (place, (pipe, events)) in places.iter_mut().zip(streams) {
            if let Some(pipe) = pipe {
                *place = Some(fds.len());
                fds.push(PollFd::from_borrowed_fd(pipe, events));
            }
        }
        let timeout = self.time_left().and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let is_ready = |place: Option<usize>| place.is_some_and(|at| !fds[at].revents().is_empty());
        Ok(Ready {
            ended: !fds[0].revents().is_empty(),
            stdin: is_ready(places[0]),
            stdout: is_ready(places[1]),
            stderr: is_ready(places[2]),
        })
    }

    /// Until the next limit; None once it has been killed and only its end is awaited.
    fn time_left(&self) -> Option<Duration> {
        if self.cut.is_some() {
            return None;
        }
        let to_wall = self.limits.wall.saturating_sub(self.started.elapsed());
        let to_stall = self.limits.no_progress.saturating_sub(self.last_progress.elapsed());
        Some(to_wall.min(to_stall))
    }

    fn check_clock(&mut self) {
        if self.started.elapsed() >= self.limits.wall {
            self.cut(Ending::TimedOut);
        } else if self.last_progress.elapsed() >= self.limits.no_progress {
            self.cut(Ending::Stalled);
        }
    }

    /// Kills the child for the first reason given.
    fn cut(&mut self, why: Ending) {
        if self.cut.is_none() {
            self.cut = Some(why);
            kill_group(self.body.pid());
        }
    }

    fn write_job(&mut self) {
        let Some(stdin) = &mut self.stdin else { return };
        match stdin.write(&self.job[self.job_written..]) {
            Ok(written) => self.job_written += written,
            Err(error) if is_passing(&error) => return,
            // It closed its stdin; how it ends tells why.
            Err(_) => self.job_written = self.job.len(),
        }
        if self.job_written == self.job.len() {
            self.stdin = None;
            self.job = Vec::new();
            self.job_written = 0;
        }
    }

    /// Reads once. True while there may be more at once.
    fn read_stdout(&mut self, buffer: &mut [u8]) -> bool {
        let Some(stdout) = &mut self.stdout else { return false };
        match stdout.read(buffer) {
            Ok(0) => self.stdout = None,
            Ok(read) => {
                self.take_output(&buffer[..read]);
                return true;
            }
            Err(error) if is_passing(&error) => {}
            Err(_) => self.stdout = None,
        }
        false
    }

    /// Reads once. The number of bytes read; 0 when there is nothing more at once.
    fn read_stderr(&mut self, buffer: &mut [u8]) -> usize {
        let Some(stderr) = &mut self.stderr else { return 0 };
        match stderr.read(buffer) {
            Ok(0) => self.stderr = None,
            Ok(read) => {
                self.log.feed(&buffer[..read]);
                return read;
            }
            Err(error) if is_passing(&error) => {}
            Err(_) => self.stderr = None,
        }
        0
    }

    fn take_output(&mut self, bytes: &[u8]) {
        if self.cut.is_some() {
            return;
        }
        self.output_bytes = self.output_bytes.saturating_add(bytes.len());
        if self.output_bytes > self.limits.output_bytes {
            return self.cut(Ending::Overran);
        }
        let mut garbled = false;
        let Self { lines, messages, outcome, last_progress, .. } = self;
        lines.feed(bytes, |line| match Line::parse(line) {
            Some(Line::Progress(message)) if outcome.is_none() => {
                *last_progress = Instant::now();
                // Whoever no longer listens still gets the exit.
                let _ = messages.send(message);
            }
            Some(Line::Outcome(message)) if outcome.is_none() => *outcome = Some(message),
            _ => garbled = true,
        });
        if garbled {
            self.cut(Ending::Garbled);
        }
    }

    /// Reads what the ended child left in its pipes.
    fn drain(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; READ_BYTES];
        while self.read_stdout(&mut buffer) && self.cut.is_none() {}
        let mut read = 0;
        while read < LAST_LOG_BYTES {
            match self.read_stderr(&mut buffer) {
                0 => break,
                more => read += more,
            }
        }
        if self.lines.pending_bytes() > 0 && self.outcome.is_some() {
            self.cut(Ending::Garbled);
        }
        Ok(())
    }
}

/// What `poll` found.
struct Ready {
    ended: bool,
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Names the ending: first what the child did by itself, then what was done to it.
fn judge(status: ExitStatus, outcome: Option<Message>, cut: Option<Ending>, asked: bool) -> Ending {
    match (status.code(), outcome, cut) {
        (_, _, Some(why @ (Ending::Garbled | Ending::Overran))) => why,
        (Some(0), Some(outcome), _) => Ending::Finished(outcome),
        (Some(code), _, _) => Ending::Failed { code },
        (None, _, Some(why)) => why,
        (None, _, None) if asked => Ending::Killed,
        (None, _, None) => Ending::Signalled { signal: status.signal().unwrap_or_default() },
    }
}
