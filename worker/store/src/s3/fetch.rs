//! Fetching an object to a local file: ranges in parallel, hashed and written in order.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::S3Store;
use super::multipart::PARTS_AT_ONCE;
use super::ranges::Chunks;
use crate::digest::{blocking, same, same_length};
use crate::temporary::TemporaryFile;
use crate::{Digest, Name, ObjectDigest, Result, StoreError};

impl S3Store {
    /// Fetches an object to a file that appears whole and checked, or not at all.
    pub(super) async fn fetch(&self, name: &Name, to: &Path, expected: ObjectDigest) -> Result<()> {
        let part_bytes = self.location().part_bytes;
        if expected.bytes <= part_bytes {
            let found = self.read_whole(name, part_bytes).await;
            let chunks = found.map_err(|error| length_mismatch(error, expected.bytes))?;
            same_length(name.as_str(), expected.bytes, chunks.object_bytes)?;
            let mut copy = Copy::start(name, to, expected);
            copy.write(chunks.pieces).await;
            return copy.finish().await;
        }
        let mut ranges = Ranges::new(self, name, expected.bytes);
        // Nothing is made here before the object is known to be there.
        let Some(first) = ranges.next().await else { return Ok(()) };
        let first = first?;
        same_length(name.as_str(), expected.bytes, first.object_bytes)?;
        let mut copy = Copy::start(name, to, expected);
        copy.write(first.pieces).await;
        while let Some(chunks) = ranges.next().await {
            let chunks = match chunks {
                Ok(chunks) => chunks,
                Err(error) => {
                    // Waits until its file is gone.
                    let _ = copy.finish().await;
                    return Err(error);
                }
            };
            if !copy.write(chunks.pieces).await {
                break;
            }
        }
        copy.finish().await
    }
}

/// What an error of reading says when the length of the object was known before.
fn length_mismatch(error: StoreError, expected_bytes: u64) -> StoreError {
    match error {
        StoreError::OutOfRange { name, bytes, .. } | StoreError::TooLarge { name, bytes, .. } => {
            StoreError::LengthMismatch { what: name.to_string(), expected_bytes, found_bytes: bytes }
        }
        other => other,
    }
}

/// Ranges of an object in order, some of them read ahead.
struct Ranges<'a> {
    store: &'a S3Store,
    name: &'a Name,
    rest: Range<u64>,
    object_bytes: u64,
    under_way: VecDeque<Reading>,
}

impl<'a> Ranges<'a> {
    fn new(store: &'a S3Store, name: &'a Name, object_bytes: u64) -> Self {
        Self { store, name, rest: 0..object_bytes, object_bytes, under_way: VecDeque::new() }
    }

    /// The next range; nothing after the last.
    async fn next(&mut self) -> Option<Result<Chunks>> {
        while self.under_way.len() < PARTS_AT_ONCE && !self.rest.is_empty() {
            let end = self.rest.end.min(self.rest.start + self.store.location().part_bytes);
            let range = std::mem::replace(&mut self.rest.start, end)..end;
            self.under_way.push_back(Reading::start(self.store.clone(), self.name.clone(), range));
        }
        let read = self.under_way.pop_front()?.finished().await;
        Some(read.map_err(|error| length_mismatch(error, self.object_bytes)))
    }
}

/// A range being read; stopped when dropped.
struct Reading(JoinSet<Result<Chunks>>);

impl Reading {
    fn start(store: S3Store, name: Name, range: Range<u64>) -> Self {
        let mut one = JoinSet::new();
        one.spawn(async move { store.read_range(&name, range).await });
        Self(one)
    }

    async fn finished(mut self) -> Result<Chunks> {
        match self.0.join_next().await.expect("one task was started and nobody has taken it") {
            Ok(read) => read,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
}

/// A file being written on the blocking pool. Unless it gets all bytes and they are the expected ones, nothing stays of it.
struct Copy {
    pieces: mpsc::Sender<Vec<Bytes>>,
    written: JoinHandle<Result<()>>,
}

impl Copy {
    fn start(name: &Name, to: &Path, expected: ObjectDigest) -> Self {
        let (pieces, received) = mpsc::channel(1);
        let (name, to) = (name.clone(), to.to_owned());
        let written = tokio::task::spawn_blocking(move || write(received, &name, &to, expected));
        Self { pieces, written }
    }

    /// Whether it took them; it does not after an error, which [`Copy::finish`] tells.
    async fn write(&mut self, pieces: Vec<Bytes>) -> bool {
        self.pieces.send(pieces).await.is_ok()
    }

    async fn finish(self) -> Result<()> {
        let Self { pieces, written } = self;
        drop(pieces);
        match written.await {
            Ok(written) => written,
            Err(failed) => blocking(move || std::panic::resume_unwind(failed.into_panic())).await,
        }
    }
}

fn write(mut received: mpsc::Receiver<Vec<Bytes>>, name: &Name, to: &Path, expected: ObjectDigest) -> Result<()> {
    let temporary = TemporaryFile::beside(to);
    let mut file = temporary.create(expected.bytes)?;
    reserve(&file, temporary.path(), expected.bytes)?;
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    while let Some(pieces) = received.blocking_recv() {
        for piece in pieces {
            hasher.update(&piece);
            bytes += piece.len() as u64;
            file.write_all(&piece)
                .map_err(|source| StoreError::io("write", temporary.path(), expected.bytes, source))?;
        }
    }
    // Fewer bytes when the fetch was given up: then nobody reads this error, and the file goes.
    same_length(name.as_str(), expected.bytes, bytes)?;
    let sha256 = Digest::from(<[u8; 32]>::from(hasher.finalize()));
    same(name.as_str(), &expected, ObjectDigest { sha256, bytes })?;
    temporary.rename(to)
}

/// Takes the room for a file at once, where the file system can, so that a full disk is found before the transfer.
fn reserve(file: &File, path: &Path, bytes: u64) -> Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
        Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS | rustix::io::Errno::INVAL) => Ok(()),
        Err(error) => Err(StoreError::io("write", path, bytes, error.into())),
    }
}
