//! Puts in parts: whole or not at all, and nothing left behind.

use std::fs;
use std::time::Duration;

use bookend_store::{ObjectDigest, Store, StoreError, StoreErrorKind};

use crate::proxy::{Flow, Link};
use crate::{MIB, name, open, open_at, pattern, url};

/// Waits for what happens in the background, within a limit that only a failure reaches.
async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lengths_around_the_part_come_back() {
    let store = open("lengths").await;
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    for length in [5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 10 * MIB, 31 * MIB + 13] {
        let bytes = pattern(length, 1);
        fs::write(&from, &bytes).unwrap();
        let digest = store.put_file(&name("object"), &from, None).await.unwrap();
        assert_eq!(digest, ObjectDigest::of(&bytes), "{length} bytes");
        store.fetch_file(&name("object"), &to, &digest).await.unwrap();
        assert!(fs::read(&to).unwrap() == bytes, "{length} bytes");
    }
    assert_eq!(store.unfinished().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_bytes_than_expected_are_not_put_and_leave_no_parts() {
    let store = open("changed").await;
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    let mut bytes = pattern(12 * MIB, 2);
    let expected = ObjectDigest::of(&bytes);
    bytes[11 * MIB] ^= 1;
    fs::write(&from, &bytes).unwrap();
    let error = store.put_file(&name("object"), &from, Some(&expected)).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    assert!(!store.exists(&name("object")).await.unwrap());
    assert_eq!(store.unfinished().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_that_is_dropped_leaves_no_object_and_no_parts() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    fs::write(&from, pattern(30 * MIB, 3)).unwrap();
    // About a megabyte a second on each connection: the put cannot end before it is dropped.
    let link = Link::start(|_| (Flow::Slow(10_000, Duration::from_millis(10)), Flow::Free)).await;
    let slow = url("dropped", "").replace(&endpoint(), &link.endpoint());
    let (slow, watching) = (open_at(&slow).await, open("dropped").await);
    let object = name("object");
    {
        let put = slow.put_file(&object, &from, None);
        let begun = eventually("an upload is begun", || async { watching.unfinished().await.unwrap().len() == 1 });
        tokio::select! {
            put = put => panic!("it ended: {put:?}"),
            () = begun => {}
        }
    }
    eventually("its parts are gone", || async { watching.unfinished().await.unwrap().is_empty() }).await;
    assert!(!watching.exists(&object).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_whose_connections_are_always_cut_leaves_no_object_and_no_parts() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    fs::write(&from, pattern(30 * MIB, 4)).unwrap();
    let link = Link::start(|_| (Flow::CutAfter(3_000_000), Flow::Free)).await;
    let dying = url("dying", "").replace(&endpoint(), &link.endpoint());
    let (dying, watching) = (open_at(&dying).await, open("dying").await);
    let object = name("object");
    let error = dying.put_file(&object, &from, None).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(!watching.exists(&object).await.unwrap());
    // Every new connection carries three megabytes, so the abort itself gets through.
    assert_eq!(watching.unfinished().await.unwrap(), [], "the put ended before its parts were gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_whose_link_swallows_it_is_given_up() {
    let link = Link::start(|_| (Flow::StallsAfter(20_000), Flow::Free)).await;
    let store = open_at(&url("swallowed", "&patience_s=1").replace(&endpoint(), &link.endpoint())).await;
    let error = store.put_bytes(&name("object"), pattern(100_000, 8)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(!open("swallowed").await.exists(&name("object")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_puts_are_swept_by_age_and_in_this_store_only() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    fs::write(&from, pattern(12 * MIB, 5)).unwrap();
    let (store, other) = (open("swept").await, open("swept-not").await);
    // A program that is killed cannot abort: here its link is gone for good.
    let link = Link::start(|_| (Flow::StallsAfter(1_000_000), Flow::Free)).await;
    let mut puts = Vec::new();
    for prefix in ["swept", "swept-not"] {
        let slow = open_at(&url(prefix, "&patience_s=3600").replace(&endpoint(), &link.endpoint())).await;
        let from = from.clone();
        puts.push(tokio::spawn(async move { slow.put_file(&name("object"), &from, None).await }));
    }
    eventually("both are begun", || async {
        store.unfinished().await.unwrap().len() + other.unfinished().await.unwrap().len() == 2
    })
    .await;
    assert_eq!(store.sweep_unfinished(Duration::from_secs(3_600)).await.unwrap(), [], "they are young");
    let swept = store.sweep_unfinished(Duration::ZERO).await.unwrap();
    assert_eq!(swept.iter().map(|upload| &upload.name).collect::<Vec<_>>(), [&name("object")]);
    assert_eq!(store.unfinished().await.unwrap(), []);
    assert_eq!(other.unfinished().await.unwrap().len(), 1, "another store's is left alone");
    for put in puts {
        put.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_whose_connections_are_cut_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    let bytes = pattern(22 * MIB, 6);
    fs::write(&from, &bytes).unwrap();
    // The first connections break within a part; those that follow hold.
    let link =
        Link::start(|number| (if number < 3 { Flow::CutAfter(2_000_000) } else { Flow::Free }, Flow::Free)).await;
    let store = open_at(&url("cut", "").replace(&endpoint(), &link.endpoint())).await;
    let digest = store.put_file(&name("object"), &from, None).await.unwrap();
    assert!(link.connections() > 3, "nothing was cut");
    assert_eq!(digest, ObjectDigest::of(&bytes));
    assert!(open("cut").await.get_bytes(&name("object"), 30 * MIB as u64).await.unwrap() == bytes);
}

#[tokio::test]
async fn a_full_bucket_says_so() {
    let garage = bookend_services::garage::Garage::shared();
    garage.run(&["bucket", "create", "bookend-small"]);
    let key = bookend_services::garage::ACCESS_KEY;
    garage.run(&["bucket", "allow", "--read", "--write", "bookend-small", "--key", key]);
    garage.run(&["bucket", "set-quotas", "bookend-small", "--max-size", "1KiB"]);
    let store = open_at(&format!("s3://bookend-small?endpoint={}&region=garage", garage.endpoint())).await;
    let error = store.put_bytes(&name("object"), pattern(5_000, 7)).await.unwrap_err();
    // Garage refuses by its words alone; they are what the user gets.
    assert_eq!(error.kind(), StoreErrorKind::Unusable, "{error:?}");
    assert!(error.to_string().contains("quota"), "{error}");
    assert!(!store.exists(&name("object")).await.unwrap());
}

fn endpoint() -> String {
    bookend_services::garage::Garage::shared().endpoint()
}
