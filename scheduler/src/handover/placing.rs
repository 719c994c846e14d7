//! Putting files where they were asked for: whole, under their names, or not at all.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bookend_jobs::{Commit, StoredFile};
use bookend_store::{Digest, ObjectDigest, Store, StoreErrorKind, layout, verify_file};

use super::Names;
use crate::SchedulerError;

/// Puts a result's file under its name: a reflink, a hard link or a copy, made beside it and renamed.
///
/// A file that an earlier hand-over put there, and nobody touched, stays.
///
/// # Errors
/// When the stored file is missing or damaged; its commit is then deleted, so that it is made again.
pub(super) async fn put_file(
    store: &dyn Store,
    commit: &Commit,
    file: &str,
    names: &Names,
) -> Result<(), SchedulerError> {
    let missing = || SchedulerError::Missing { key: commit.key, what: file.to_owned() };
    let stored = commit.files.get(file).ok_or_else(missing)?;
    let to = &names.media;
    let part = part_of(to);
    if is_in_place(names, stored) {
        return remove(&part);
    }
    make_folder(to)?;
    let placed = fetch(store, commit, file, stored, &part).await;
    if let Err(error) = placed {
        remove(&part)?;
        if let SchedulerError::Store(error) = &error
            && matches!(error.kind(), StoreErrorKind::Corrupt | StoreErrorKind::NotFound)
        {
            tracing::warn!(key = %commit.key, %error, "result damaged, to be made again");
            store.delete(&layout::commit(&Digest::from(*commit.key.as_bytes()))).await?;
            return Err(missing());
        }
        return Err(error);
    }
    put_in_place(&part, to)
}

/// Renames a finished file to its name. Where a hand-over that was cut short had linked the same stored file there already,
/// renaming does nothing and leaves both (POSIX `rename`), so what is left is removed.
fn put_in_place(part: &Path, to: &Path) -> Result<(), SchedulerError> {
    fs::rename(part, to).map_err(|source| SchedulerError::File {
        doing: "put in place",
        path: to.to_owned(),
        source,
    })?;
    remove(part)
}

async fn fetch(
    store: &dyn Store,
    commit: &Commit,
    file: &str,
    stored: &StoredFile,
    part: &Path,
) -> Result<(), SchedulerError> {
    let key = Digest::from(*commit.key.as_bytes());
    let object = layout::result_file(&key, &commit.attempt.0, file)?;
    let expected = ObjectDigest { sha256: Digest::from(*stored.digest.as_bytes()), bytes: stored.bytes };
    remove(part)?;
    let Some(local) = store.local_path(&object) else {
        return Ok(store.fetch_file(&object, part, &expected).await?);
    };
    if is_touched(&local, commit) {
        verify_file(&local, &expected).await?;
    }
    let unwritten = |source| SchedulerError::File { doing: "written", path: part.to_owned(), source };
    if reflink_copy::reflink(&local, part).is_ok() || fs::hard_link(&local, part).is_ok() {
        return Ok(());
    }
    let (from, to) = (local.clone(), part.to_owned());
    let copied = tokio::task::spawn_blocking(move || fs::copy(from, &to).and_then(|_| File::open(&to)?.sync_all()));
    copied.await.map_err(|error| unwritten(io::Error::other(error)))?.map_err(unwritten)
}

/// Tells whether a stored file may have been written to since it was committed, or is not of its length.
fn is_touched(path: &Path, commit: &Commit) -> bool {
    let Ok(meta) = fs::metadata(path) else { return true };
    meta.mtime() > commit.committed.as_second()
}

/// Tells whether an earlier hand-over put this very file there, and nobody wrote to it since.
fn is_in_place(names: &Names, stored: &StoredFile) -> bool {
    let named = names.earlier_report().is_some_and(|report| report.file.sha256 == stored.digest);
    let times = (fs::symlink_metadata(&names.media), fs::metadata(&names.report));
    match times {
        (Ok(media), Ok(report)) => {
            named
                && media.is_file()
                && media.len() == stored.bytes
                && (media.ctime(), media.ctime_nsec()) <= (report.mtime(), report.mtime_nsec())
        }
        _ => false,
    }
}

/// Writes a text under its name, whole.
///
/// # Errors
/// When it cannot be written.
pub(super) fn put_text(to: &Path, text: String) -> Result<(), SchedulerError> {
    make_folder(to)?;
    let part = part_of(to);
    let written =
        fs::write(&part, text).and_then(|()| File::open(&part)?.sync_all()).and_then(|()| fs::rename(&part, to));
    written.map_err(|source| {
        // What is left of it is of no use; the error that matters is the first.
        let _ = fs::remove_file(&part);
        SchedulerError::File { doing: "written", path: to.to_owned(), source }
    })
}

fn make_folder(of: &Path) -> Result<(), SchedulerError> {
    let Some(folder) = of.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(|source| SchedulerError::File { doing: "made", path: folder.to_owned(), source })
}

/// Names the file that one under this name is made as: always the same, so that what a killed hand-over left is replaced.
fn part_of(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

fn remove(part: &Path) -> Result<(), SchedulerError> {
    match fs::remove_file(part) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(SchedulerError::File { doing: "removed", path: part.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_linked_in_place_already_leaves_no_part() {
        let folder = tempfile::tempdir().unwrap();
        let (stored, to) = (folder.path().join("stored"), folder.path().join("episode.mp4"));
        fs::write(&stored, "frames").unwrap();
        fs::hard_link(&stored, &to).unwrap();
        let part = part_of(&to);
        fs::hard_link(&stored, &part).unwrap();
        put_in_place(&part, &to).unwrap();
        assert_eq!((fs::read_to_string(&to).unwrap().as_str(), part.exists()), ("frames", false));
    }
}
