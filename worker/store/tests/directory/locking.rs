//! Locks between tasks and processes.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::open;
use crate::second_process::{COUNTS, Helper};

#[tokio::test]
async fn a_lock_is_one_holder_s_and_its_file_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let held = store.try_lock_key("key").unwrap().expect("nobody holds it");
    assert!(store.try_lock_key("key").unwrap().is_none(), "held twice in one process");
    assert!(store.try_lock_key("other").unwrap().is_some());
    let second = open(folder.path()).await;
    assert!(second.try_lock_key("key").unwrap().is_none(), "held twice by two openers");
    drop(held);
    drop(second.try_lock_key("key").unwrap().expect("released"));
    assert_eq!(fs::read_dir(folder.path().join("locks")).unwrap().count(), 0, "lock files pile up");
    for bad in ["", "a/b", "../key", ".."] {
        assert!(store.try_lock_key(bad).is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn a_cancelled_wait_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let held = store.lock_key("key").await.unwrap();
    let waiter = tokio::spawn({
        let store = store.clone();
        async move { store.lock_key("key").await.map(drop) }
    });
    tokio::task::yield_now().await;
    waiter.abort();
    assert!(waiter.await.unwrap_err().is_cancelled());
    drop(held);
    assert!(store.try_lock_key("key").unwrap().is_some());
}

#[tokio::test]
async fn a_killed_holder_s_lock_is_free_and_its_file_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut holder = Helper::start("hold", folder.path());
    holder.wait_for("held");
    assert!(store.try_lock_key("key").unwrap().is_none(), "another process holds it");
    assert_eq!(store.locks().sweep().await.unwrap(), 0, "a held lock must not be swept");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.lock_key("key").await.map(drop) }
    });
    holder.kill();
    waiting.await.unwrap().unwrap();

    let mut holder = Helper::start("hold", folder.path());
    holder.wait_for("held");
    holder.kill();
    assert!(folder.path().join("locks/key").exists());
    assert_eq!(store.locks().sweep().await.unwrap(), 1);
    assert!(!folder.path().join("locks/key").exists());
}

/// How often each thread gets the lock.
const TURNS: usize = 400;

#[tokio::test]
async fn a_lock_whose_file_was_removed_meanwhile_is_not_taken_for_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let is_held = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut turns = 0;
                while turns < TURNS {
                    if let Some(_lock) = store.try_lock_key("key").unwrap() {
                        assert!(!is_held.swap(true, Ordering::SeqCst), "two hold one lock");
                        std::thread::yield_now();
                        is_held.store(false, Ordering::SeqCst);
                        turns += 1;
                    }
                }
            });
        }
    });
}

#[tokio::test]
async fn processes_that_count_under_a_lock_lose_no_count() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    fs::write(folder.path().join("count"), "0").unwrap();
    let counters = [(); 3].map(|()| Helper::start("count", folder.path()));
    let sweeps = tokio::spawn({
        let store = store.clone();
        async move {
            loop {
                store.locks().sweep().await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    });
    tokio::task::spawn_blocking(|| counters.map(Helper::finish)).await.unwrap();
    sweeps.abort();
    assert_eq!(fs::read_to_string(folder.path().join("count")).unwrap(), (3 * COUNTS).to_string());
}
