//! Objects as files.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use bookend_store::{
    DirectoryStore, Listing, ObjectDigest, Prefix, Store, StoreError, StoreErrorKind, conformance, digest_file,
    put_source, verify_file,
};
use proptest::prelude::*;

use crate::{name, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_store_keeps_every_promise_of_a_store() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path()).await;
    conformance::check(Arc::new(store), scratch.path()).await;
}

#[tokio::test]
async fn a_store_is_only_opened_where_there_is_one_and_only_by_its_engine() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("new/store");
    assert!(matches!(DirectoryStore::open(&root).await.unwrap_err(), StoreError::NotAStore { .. }));
    assert!(!root.exists(), "looking for a store makes none");
    drop(open(&root).await);
    drop(DirectoryStore::open(&root).await.unwrap());
    let error = DirectoryStore::open_or_create(&root, "another").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable, "{error}");
}

#[tokio::test]
async fn engines_that_create_a_store_at_once_do_not_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = tokio::join!(
        DirectoryStore::open_or_create(folder.path(), "a"),
        DirectoryStore::open_or_create(folder.path(), "b"),
    );
    assert_eq!([&a, &b].iter().filter(|opened| opened.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_job_reads_an_object_in_place_and_damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let digest = store.put_bytes(&name("results/object"), vec![1; 100_000]).await.unwrap();
    let path = store.local_path(&name("results/object")).unwrap();
    assert!(path.is_absolute());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444, "an object is for reading");
    verify_file(&path, &digest).await.unwrap();
    assert_eq!(digest_file(&path).await.unwrap(), digest);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[50_000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(verify_file(&path, &digest).await.unwrap_err().kind(), StoreErrorKind::Corrupt);
    fs::write(&path, &bytes[1..]).unwrap();
    assert_eq!(verify_file(&path, &digest).await.unwrap_err().kind(), StoreErrorKind::Corrupt);
    fs::remove_file(&path).unwrap();
    assert_eq!(verify_file(&path, &digest).await.unwrap_err().kind(), StoreErrorKind::NotFound);
}

#[tokio::test]
async fn a_link_in_the_place_of_an_object_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.put_bytes(&name("a/real"), b"x".to_vec()).await.unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("a/link")).unwrap();
    assert_eq!(store.get_bytes(&name("a/link"), 1 << 20).await.unwrap_err().kind(), StoreErrorKind::NotFound);
    assert!(!store.exists(&name("a/link")).await.unwrap());
    let digest = digest_file(&folder.path().join("a/real")).await.unwrap();
    assert!(store.fetch_file(&name("a/link"), &folder.path().join("to"), &digest).await.is_err());
}

#[tokio::test]
async fn files_that_are_no_objects_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    for foreign in [".DS_Store", "lost+found", "with space", "ümlaut"] {
        fs::write(folder.path().join(foreign), b"x").unwrap();
    }
    let listed = Listing::new(&store, Prefix::all()).collect().await.unwrap();
    assert_eq!(listed.iter().map(|object| object.name.as_str()).collect::<Vec<_>>(), ["bookend.json"]);
    assert!(store.folders(&Prefix::all()).await.unwrap().is_empty(), "tmp and locks are the store's own");
}

#[tokio::test]
async fn a_name_below_an_object_or_in_place_of_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.put_bytes(&name("a/b/c"), b"x".to_vec()).await.unwrap();
    for clash in ["a/b/c/d", "a/b/c/d/e", "a/b"] {
        let error = store.put_bytes(&name(clash), b"y".to_vec()).await.unwrap_err();
        assert!(matches!(error, StoreError::Clash { .. }), "{clash}: {error:?}");
    }
    assert_eq!(store.get_bytes(&name("a/b/c"), 9).await.unwrap(), b"x");
}

#[tokio::test]
async fn an_upload_may_be_given_by_a_link_but_not_while_it_changes() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path()).await;
    let (file, link) = (elsewhere.path().join("file"), elsewhere.path().join("link"));
    fs::write(&file, b"an upload").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(put_source(&store, &link).await.unwrap().whole, ObjectDigest::of(b"an upload"));

    // Says that it is empty and then is not, as a file does that grows while it is read.
    let error = put_source(&store, std::path::Path::new("/proc/self/status")).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error:?}");
    assert!(matches!(put_source(&store, &elsewhere.path().join("none")).await.unwrap_err(), StoreError::NoFile { .. }));
    assert!(matches!(put_source(&store, elsewhere.path()).await.unwrap_err(), StoreError::NotAFile { .. }));
    let kept = Listing::new(&store, bookend_store::layout::sources()).collect().await.unwrap();
    assert_eq!(kept.len(), 2, "the upload and its block digests");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_listing_is_the_sorted_set_of_names(texts in proptest::collection::btree_set("[a-c.-]{0,2}[a-c](/[a-c][.0-]?){0,3}", 1..15)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = open(folder.path()).await;
            let mut put = BTreeSet::new();
            for text in &texts {
                let Ok(name) = bookend_store::Name::parse(&format!("p/{text}")) else { continue };
                match store.put_bytes(&name, Vec::new()).await {
                    Ok(_) => drop(put.insert(name)),
                    Err(error) => assert!(matches!(error, StoreError::Clash { .. }), "{error:?}"),
                }
            }
            let all = Prefix::folder("p").unwrap();
            let listed = Listing::new(&store, all.clone()).collect().await.unwrap();
            assert!(listed.iter().map(|object| &object.name).eq(&put));
            for after in &put {
                let rest = store.list(&all, Some(after)).await.unwrap().objects;
                assert!(rest.iter().map(|object| &object.name).eq(put.iter().filter(|name| *name > after)));
            }
        });
    }
}
