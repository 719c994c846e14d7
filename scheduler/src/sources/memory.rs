//! The memory of digests: a file beside the store, of this machine's paths.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bookend_jobs::Digest;
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;
/// A memory larger than this is begun anew: some 200,000 files.
const LIMIT_BYTES: u64 = 64 << 20;
/// How old a file must be when it is read, for its times to tell of any later change.
const SETTLED: Duration = Duration::from_secs(2);

/// What changes when a file's content does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    mtime_ns: i64,
    ctime_ns: i64,
}

impl Stamp {
    /// Takes a file's stamp; nothing when it cannot be looked at.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        let ns = |seconds: i64, ns: i64| seconds.saturating_mul(1_000_000_000).saturating_add(ns);
        Some(Stamp {
            device: meta.dev(),
            inode: meta.ino(),
            bytes: meta.len(),
            mtime_ns: ns(meta.mtime(), meta.mtime_nsec()),
            ctime_ns: ns(meta.ctime(), meta.ctime_nsec()),
        })
    }

    fn is_settled(&self, now: SystemTime) -> bool {
        let settled = now.checked_sub(SETTLED).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let settled_ns = settled.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(0));
        self.mtime_ns.max(self.ctime_ns) < settled_ns
    }
}

#[derive(Serialize, Deserialize)]
struct Remembered {
    #[serde(flatten)]
    stamp: Stamp,
    sha256: Digest,
}

#[derive(Serialize, Deserialize)]
struct Form {
    version: u32,
    files: BTreeMap<String, Remembered>,
}

/// The digests of files by path; kept in a file that may be lost at no cost but reading again.
#[derive(Debug)]
pub struct SourceMemory {
    file: PathBuf,
    known: BTreeMap<String, Remembered>,
    changed: bool,
}

impl std::fmt::Debug for Remembered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.sha256.short())
    }
}

impl SourceMemory {
    /// Reads the memory from `file`; empty when there is none or it cannot be understood.
    #[must_use]
    pub fn open(file: PathBuf) -> Self {
        let known = read(&file).unwrap_or_default();
        SourceMemory { file, known, changed: false }
    }

    /// Makes a memory that knows nothing and will be kept in `file`: every file is read again (`--rehash`).
    #[must_use]
    pub fn empty(file: PathBuf) -> Self {
        SourceMemory { file, known: BTreeMap::new(), changed: false }
    }

    pub(super) fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        let remembered = self.known.get(&name(path)?)?;
        (remembered.stamp == *stamp).then_some(remembered.sha256)
    }

    pub(super) fn remember(&mut self, path: &Path, stamp: Stamp, sha256: Digest, now: SystemTime) {
        let Some(name) = name(path).filter(|_| stamp.is_settled(now)) else { return };
        self.known.insert(name, Remembered { stamp, sha256 });
        self.changed = true;
    }

    pub(super) fn forget(&mut self, path: &Path) {
        if let Some(name) = name(path) {
            self.changed |= self.known.remove(&name).is_some();
        }
    }

    /// Writes the memory to its file, whole, if anything was learnt.
    ///
    /// # Errors
    /// When the file cannot be written; nothing is lost by that but time.
    pub fn save(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let form = Form { version: VERSION, files: std::mem::take(&mut self.known) };
        let bytes = serde_json::to_vec(&form)?;
        self.known = form.files;
        let part = self.file.with_extension(format!("part-{}", std::process::id()));
        fs::write(&part, bytes)?;
        fs::rename(&part, &self.file)
    }
}

/// Returns the name that a path is remembered by: absolute, so that the working directory does not matter.
fn name(path: &Path) -> Option<String> {
    std::path::absolute(path).ok()?.into_os_string().into_string().ok()
}

fn read(file: &Path) -> Option<BTreeMap<String, Remembered>> {
    let mut text = String::new();
    File::open(file).ok()?.take(LIMIT_BYTES).read_to_string(&mut text).ok()?;
    let form: Form = serde_json::from_str(&text).ok()?;
    (form.version == VERSION).then_some(form.files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_digest_is_remembered_until_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mov");
        fs::write(&path, "one").unwrap();
        let mut memory = SourceMemory::open(folder.path().join("memory.json"));
        let stamp = Stamp::of(&path).unwrap();
        memory.remember(&path, stamp.clone(), Digest::of(b"one"), later());
        memory.save().unwrap();

        let mut memory = SourceMemory::open(folder.path().join("memory.json"));
        assert_eq!(memory.recall(&path, &stamp), Some(Digest::of(b"one")));
        fs::write(&path, "two!").unwrap();
        assert_eq!(memory.recall(&path, &Stamp::of(&path).unwrap()), None);
        memory.forget(&path);
        assert_eq!(memory.recall(&path, &stamp), None);
    }

    #[test]
    fn a_file_younger_than_two_seconds_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mov");
        fs::write(&path, "one").unwrap();
        let mut memory = SourceMemory::open(folder.path().join("memory.json"));
        let stamp = Stamp::of(&path).unwrap();
        memory.remember(&path, stamp.clone(), Digest::of(b"one"), SystemTime::now());
        assert_eq!(memory.recall(&path, &stamp), None);
    }

    #[test]
    fn a_damaged_memory_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("memory.json");
        fs::write(&file, "{").unwrap();
        assert!(SourceMemory::open(file).known.is_empty());
    }
}
