//! What a process leaves behind, and who clears it away.

use std::fs;
use std::path::{Path, PathBuf};

use bookend_store::{Listing, Prefix, Store};

use crate::open;
use crate::second_process::{BASE_BYTES, Helper};

/// How often the writer is killed.
const KILLS: usize = 8;

#[tokio::test]
async fn a_writer_killed_in_the_middle_of_a_put_leaves_no_half_object_and_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let mut halves_swept = 0;
    for _ in 0..KILLS {
        let mut writer = Helper::start("write", folder.path());
        writer.wait_for("writing");
        // Busy on purpose: the kill shall come while a file is half-written.
        while half_written(folder.path()).is_none() {
            std::thread::yield_now();
        }
        writer.kill();
        halves_swept += usize::from(half_written(folder.path()).is_some());

        let store = open(folder.path()).await;
        let others: Vec<_> = fs::read_dir(folder.path().join("tmp"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path != store.workspace().path())
            .collect();
        assert!(others.is_empty(), "left of the dead: {others:?}");
        for object in Listing::new(&store, Prefix::folder("written").unwrap()).collect().await.unwrap() {
            let bytes = store.get_bytes(&object.name, u64::MAX).await.unwrap();
            let whole = vec![bytes[0]; BASE_BYTES + usize::from(bytes[0])];
            assert!(bytes == whole, "half an object under {}", object.name);
        }
    }
    assert!(halves_swept > 0, "no kill came in the middle of a put: make the objects larger");
}

/// A file that a put is still writing.
fn half_written(root: &Path) -> Option<PathBuf> {
    let processes = fs::read_dir(root.join("tmp")).ok()?;
    processes.flatten().flat_map(|process| fs::read_dir(process.path())).flatten().flatten().find_map(|entry| {
        let is_put = entry.file_name().to_string_lossy().starts_with("put-");
        let bytes = entry.metadata().ok()?.len();
        (is_put && 0 < bytes && bytes < BASE_BYTES as u64).then(|| entry.path())
    })
}

#[tokio::test]
async fn the_living_are_not_swept_and_scratch_goes_when_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let scratch = store.scratch().unwrap();
    let other = store.scratch().unwrap();
    assert_ne!(scratch.path(), other.path());
    fs::create_dir(scratch.path().join("sub")).unwrap();
    fs::write(scratch.path().join("sub/file"), b"x").unwrap();

    let second = open(folder.path()).await;
    assert!(scratch.path().join("sub/file").exists(), "a second opener swept the living");
    let own = store.workspace().path().to_owned();
    drop(store);
    assert!(own.exists(), "scratch keeps its process's folder");
    let path = scratch.path().to_owned();
    drop(scratch);
    assert!(!path.exists());
    other.remove().await.unwrap();
    assert!(!own.exists(), "the last of a workspace removes it");
    drop(second);
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn openers_at_the_same_time_do_not_sweep_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut openers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let root = folder.path().to_owned();
        openers.spawn(async move {
            for _ in 0..10 {
                let store = open(&root).await;
                let scratch = store.scratch().unwrap();
                fs::write(scratch.path().join("file"), b"x").unwrap();
            }
        });
    }
    openers.join_all().await;
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}
