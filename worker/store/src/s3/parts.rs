//! Reading a local file in parts, with its digest.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::digest::{COPY_BYTES, open_regular};
use crate::{Digest, ObjectDigest, Result, StoreError};

/// The most parts that an object has.
const PARTS_LIMIT: u64 = 10_000;

const MIB: u64 = 1024 * 1024;

/// A file being read ahead by one part, on the blocking pool. Dropping it stops the reading.
#[derive(Debug)]
pub(super) struct Parts {
    read: mpsc::Receiver<Bytes>,
    digest: JoinHandle<Result<ObjectDigest>>,
}

impl Parts {
    /// Starts to read a regular file in parts of at least `part_bytes`, longer ones when there would be too many.
    pub(super) fn of(path: &Path, part_bytes: u64) -> Self {
        let (send, read) = mpsc::channel(1);
        let path = path.to_owned();
        let digest = tokio::task::spawn_blocking(move || read_parts(&path, part_bytes, &send));
        Self { read, digest }
    }

    /// The next part; nothing at the end of the file, or when it cannot be read: [`Parts::digest`] tells.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        self.read.recv().await
    }

    /// The digest of all parts, after the last one.
    pub(super) async fn digest(self) -> Result<ObjectDigest> {
        let Self { read, digest } = self;
        drop(read);
        match digest.await {
            Ok(digest) => digest,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(stopped) => Err(StoreError::io("read", &PathBuf::from("."), 0, io::Error::other(stopped))),
            },
        }
    }
}

/// The length of the parts of a file: as asked, or what makes no more than 10,000.
fn part_length(file_bytes: u64, part_bytes: u64) -> u64 {
    // Half of them stay free for a file that grows while it is read.
    let needed = file_bytes.div_ceil(PARTS_LIMIT / 2);
    part_bytes.max(needed.next_multiple_of(MIB))
}

fn read_parts(path: &Path, part_bytes: u64, send: &mpsc::Sender<Bytes>) -> Result<ObjectDigest> {
    let (mut file, file_bytes) = open_regular(path)?;
    let part_bytes = part_length(file_bytes, part_bytes);
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    for _ in 0..=PARTS_LIMIT {
        let part = read_part(&mut file, path, part_bytes, file_bytes.saturating_sub(bytes), &mut hasher)?;
        let length = part.len() as u64;
        bytes += length;
        // Nobody takes it: the put is given up, and the digest goes unread.
        let is_given_up = length > 0 && send.blocking_send(part.into()).is_err();
        if length < part_bytes || is_given_up {
            return Ok(ObjectDigest { sha256: Digest::from(<[u8; 32]>::from(hasher.finalize())), bytes });
        }
    }
    Err(StoreError::Changed { path: path.to_owned() })
}

/// Reads up to one part, hashing on the way; fewer bytes only at the end of the file.
fn read_part(file: &mut File, path: &Path, part_bytes: u64, rest_bytes: u64, hasher: &mut Sha256) -> Result<Vec<u8>> {
    let length = usize::try_from(part_bytes).expect("a part was checked to fit in memory");
    let mut part = vec![0; length.min(usize::try_from(rest_bytes).unwrap_or(length).saturating_add(1))];
    let mut filled = 0;
    while filled < length {
        if filled == part.len() {
            part.resize(length, 0);
        }
        let until = part.len().min(filled + COPY_BYTES);
        match file.read(&mut part[filled..until]) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&part[filled..filled + read]);
                filled += read;
            }
            Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(StoreError::io("read", path, 0, source)),
        }
    }
    part.truncate(filled);
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_has_too_many_parts() {
        assert_eq!(part_length(0, 16 * MIB), 16 * MIB);
        assert_eq!(part_length(80_000 * MIB, 16 * MIB), 16 * MIB);
        assert_eq!(part_length(80_001 * MIB, 16 * MIB), 17 * MIB);
        let largest = 5 * 1024 * 1024 * MIB;
        assert!(largest.div_ceil(part_length(largest, 5 * MIB)) <= PARTS_LIMIT);
    }

    const PART: usize = 1024 * 1024;

    #[tokio::test]
    async fn parts_are_the_file_and_have_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for length in [0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            // Below what S3 takes; reading does not mind.
            let mut parts = Parts::of(&path, PART as u64);
            let mut found = Vec::new();
            while let Some(part) = parts.next().await {
                found.push(part);
            }
            assert!(found.iter().rev().skip(1).all(|part| part.len() == PART), "{length}");
            assert!(found.concat() == bytes, "{length} bytes");
            assert_eq!(parts.digest().await.unwrap(), ObjectDigest::of(&bytes));
        }
    }
}
