//! Fetches in ranges: checked, and nothing left of those that fail.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bookend_services::garage::Garage;
use bookend_store::{ObjectDigest, Store, StoreError, StoreErrorKind};

use crate::proxy::{Flow, Link};
use crate::{MIB, name, open, open_at, pattern, url};

fn files(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_fetch_of_other_bytes_leaves_nothing() {
    let store = open("mismatch").await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("to");
    let bytes = pattern(12 * MIB, 1);
    store.put_bytes(&name("object"), bytes.clone()).await.unwrap();
    let mut flipped = bytes.clone();
    flipped[7 * MIB] ^= 1;
    let longer = [&bytes[..], b"x"].concat();
    let much_longer = [&bytes[..], &bytes[..]].concat();
    for (other, is_length) in [(&flipped[..], false), (&bytes[1..], true), (&longer, true), (&much_longer, true)] {
        let error = store.fetch_file(&name("object"), &to, &ObjectDigest::of(other)).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
        let found = 12 * MIB as u64;
        let is_right = matches!(&error, StoreError::LengthMismatch { found_bytes, .. } if *found_bytes == found);
        assert_eq!(is_right, is_length, "{error}");
        assert!(files(folder.path()).is_empty(), "{:?} after {error}", files(folder.path()));
    }
    store.fetch_file(&name("object"), &to, &ObjectDigest::of(&bytes)).await.unwrap();
    assert!(fs::read(&to).unwrap() == bytes);
    assert_eq!(files(folder.path()), ["to"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_fetch_of_nothing_leaves_nothing() {
    let store = open("nothing").await;
    let folder = tempfile::tempdir().unwrap();
    let expected = ObjectDigest::of(&pattern(12 * MIB, 1));
    let error = store.fetch_file(&name("object"), &folder.path().join("to"), &expected).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_whose_answers_break_off_reads_on() {
    let bytes = pattern(12 * MIB, 2);
    open("broken").await.put_bytes(&name("object"), bytes.clone()).await.unwrap();
    let link =
        Link::start(|number| (Flow::Free, if number < 4 { Flow::CutAfter(2_000_000) } else { Flow::Free })).await;
    let store = open_at(&url("broken", "").replace(&Garage::shared().endpoint(), &link.endpoint())).await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("to");
    store.fetch_file(&name("object"), &to, &ObjectDigest::of(&bytes)).await.unwrap();
    assert!(fs::read(&to).unwrap() == bytes);
    let returned = link.returned.load(Ordering::SeqCst);
    assert!(returned < 14 * MIB as u64, "{returned} bytes came: what had come already was read again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_whose_link_dies_ends_and_leaves_nothing() {
    let bytes = pattern(12 * MIB, 3);
    open("dead").await.put_bytes(&name("object"), bytes.clone()).await.unwrap();
    let link = Link::start(|_| (Flow::Free, Flow::StallsAfter(100_000))).await;
    let dead = url("dead", "&patience_s=1").replace(&Garage::shared().endpoint(), &link.endpoint());
    let store = open_at(&dead).await;
    let folder = tempfile::tempdir().unwrap();
    let error =
        store.fetch_file(&name("object"), &folder.path().join("to"), &ObjectDigest::of(&bytes)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_that_is_dropped_leaves_nothing() {
    let bytes = pattern(60 * MIB, 4);
    open("left").await.put_bytes(&name("object"), bytes.clone()).await.unwrap();
    // Each connection carries one range and no second; four at once are far from all.
    let link = Link::start(|_| (Flow::Free, Flow::StallsAfter(6_000_000))).await;
    let store = open_at(&url("left", "").replace(&Garage::shared().endpoint(), &link.endpoint())).await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("to");
    let looking = async {
        // The first range has come and is being written.
        while files(folder.path()).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (object, expected) = (name("object"), ObjectDigest::of(&bytes));
    tokio::select! {
        fetched = store.fetch_file(&object, &to, &expected) => panic!("it ended: {fetched:?}"),
        () = looking => {}
    }
    let gone = tokio::time::timeout(Duration::from_secs(20), async {
        while !files(folder.path()).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(gone.await.is_ok(), "{:?} stayed", files(folder.path()));
}
