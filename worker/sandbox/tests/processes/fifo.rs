//! A fifo as a sign of life: opening it waits for a holder, reading it waits for the last holder's end.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

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
        let mut file = File::open(&self.path)?;
        // The holder's greeting: it is inside the part that is to be killed.
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
        self.file.read_to_end(&mut Vec::new()).map(drop)
    }
}
