//! What Garage can do, and what is copied inside it.

use bookend_store::{Ability, Listing, Prefix, Store, StoreError};

use crate::{name, open, pattern};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_tells_what_garage_can_do_and_leaves_nothing() {
    let store = open("probed").await;
    let probe = store.probe().await.unwrap();
    assert!(probe.is_usable(), "{probe:?}");
    assert_eq!(probe.place, store.place());
    let found = |what: &str| probe.optional.iter().find(|(name, _)| *name == what).unwrap().1.clone();
    assert_eq!(found("copy inside the store"), Ability::Yes);
    assert_eq!(found("put only if absent"), Ability::Ignored, "Garage has learnt it: say so in S3.md");
    assert!(Listing::new(&store, Prefix::all()).collect().await.unwrap().is_empty(), "the probe left something");
    assert_eq!(store.unfinished().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_another_object_of_the_same_bytes() {
    let store = open("copied").await;
    let bytes = pattern(300_000, 1);
    store.put_bytes(&name("a/from"), bytes.clone()).await.unwrap();
    store.copy(&name("a/from"), &name("b/to")).await.unwrap();
    store.delete(&name("a/from")).await.unwrap();
    assert!(store.get_bytes(&name("b/to"), 300_000).await.unwrap() == bytes);
    let error = store.copy(&name("a/from"), &name("b/to")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}
