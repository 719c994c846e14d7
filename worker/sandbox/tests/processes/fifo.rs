//! A fifo as a sign of life: opening it waits for a holder, reading it waits for the last holder's end.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, openat};
use tempfile::TempDir;

/// Longer than anything here takes on the busiest machine.
const NEVER: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

pub struct Fifo {
    path: PathBuf,
    _folder: Option<TempDir>,
}

impl Fifo {
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let fifo = Self::at(folder.path().join("fifo"))?;
        Ok(Self { _folder: Some(folder), ..fifo })
    }

    pub fn at(path: PathBuf) -> io::Result<Self> {
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        Ok(Self { path, _folder: None })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until some process holds it.
    pub fn wait_for_holder(&self) -> io::Result<Held> {
        // Opened without waiting for a holder: the wait that can be bounded is the one for its greeting.
        let mut file = File::from(openat(CWD, &self.path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?);
        wait(&file)?;
        file.read_exact(&mut [0])?;
        Ok(Held { file })
    }
}

pub struct Held {
    file: File,
}

impl Held {
    /// Waits until every process that held it is gone.
    pub fn wait_for_end(mut self) -> io::Result<()> {
        wait(&self.file)?;
        self.file.read_to_end(&mut Vec::new()).map(drop)
    }
}

/// Waits for a byte or for the last holder's end. A process that should have died and has not would be waited for
/// without end, so there is one.
fn wait(file: &File) -> io::Result<()> {
    let mut fds = [PollFd::new(file, PollFlags::IN)];
    match poll(&mut fds, Some(&NEVER))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => Ok(()),
    }
}
