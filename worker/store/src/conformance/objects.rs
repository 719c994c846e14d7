//! Single objects, one caller.

use std::fs;
use std::path::Path;

use super::{name, pattern};
use crate::{ObjectDigest, SEGMENT_LIMIT_BYTES, SOURCE_BLOCK_BYTES, Store, StoreError, StoreErrorKind};

pub(super) async fn missing_objects_are_not_found(store: &dyn Store, scratch: &Path) {
    let missing = name("missing/object");
    let to = scratch.join("missing");
    let kinds = [
        store.get_bytes(&missing, 10).await.unwrap_err().kind(),
        store.get_range(&missing, 0..1).await.unwrap_err().kind(),
        store.get_range(&missing, 0..0).await.unwrap_err().kind(),
        store.fetch_file(&missing, &to, &ObjectDigest::of(b"")).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [StoreErrorKind::NotFound; 4]);
    assert!(!to.exists(), "a fetch of nothing left a file");
    assert_eq!(store.head(&missing).await.unwrap(), None);
    assert!(!store.exists(&missing).await.unwrap());
    store.delete(&missing).await.expect("what is not there is deleted already");

    store.put_bytes(&name("missing"), b"x".to_vec()).await.unwrap();
    assert_eq!(store.head(&missing).await.unwrap(), None, "an object is no folder");
    assert_eq!(store.get_bytes(&missing, 10).await.unwrap_err().kind(), StoreErrorKind::NotFound);
    store.put_bytes(&name("folder/object"), b"x".to_vec()).await.unwrap();
    assert_eq!(store.head(&name("folder")).await.unwrap(), None, "a folder is no object");
    assert_eq!(store.get_bytes(&name("folder"), 10).await.unwrap_err().kind(), StoreErrorKind::NotFound);
    store.delete(&name("folder")).await.expect("a folder is no object, so it is deleted already");
    assert!(store.exists(&name("folder/object")).await.unwrap());
}

pub(super) async fn bytes_come_back(store: &dyn Store) {
    let longest = "n".repeat(SEGMENT_LIMIT_BYTES);
    let odd = [
        "plain",
        "a.b-c_d",
        "-dash",
        "--",
        "UPPER",
        "upper",
        "0",
        "a..b",
        "x.json.json",
        "deep/er/and/deep/er",
        &longest,
    ];
    for (number, text) in odd.iter().enumerate() {
        let name = name(&format!("odd/{text}"));
        let bytes = pattern(number, 1);
        let digest = store.put_bytes(&name, bytes.clone()).await.unwrap();
        assert_eq!(digest, ObjectDigest::of(&bytes), "{name}");
    }
    for (number, text) in odd.iter().enumerate() {
        let name = name(&format!("odd/{text}"));
        assert_eq!(store.get_bytes(&name, 100).await.unwrap(), pattern(number, 1), "{name}");
        assert_eq!(store.head(&name).await.unwrap().unwrap().bytes, number as u64, "{name}");
    }
}

pub(super) async fn ranges_are_exact(store: &dyn Store) {
    let name = name("ranged");
    let bytes = pattern(300_000, 2);
    store.put_bytes(&name, bytes.clone()).await.unwrap();
    for (start, end) in [(0, 300_000), (0, 1), (299_999, 300_000), (65_535, 65_537), (7, 7), (0, 0), (300_000, 300_000)]
    {
        let range = store.get_range(&name, start..end).await.unwrap();
        assert!(range == bytes[start as usize..end as usize], "bytes {start} to {end}");
    }
    #[expect(clippy::reversed_empty_ranges, reason = "a range that ends before it starts must be refused")]
    for range in [0..300_001, 300_000..300_001, 400_000..400_001, 5..4] {
        let error = store.get_range(&name, range).await.unwrap_err();
        assert!(matches!(error, StoreError::OutOfRange { bytes: 300_000, .. }), "{error}");
    }
}

pub(super) async fn a_limit_is_kept(store: &dyn Store) {
    let name = name("limited");
    store.put_bytes(&name, pattern(100, 3)).await.unwrap();
    assert_eq!(store.get_bytes(&name, 100).await.unwrap().len(), 100);
    let error = store.get_bytes(&name, 99).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { bytes: 100, limit_bytes: 99, .. }), "{error}");
    assert_eq!(error.kind(), StoreErrorKind::Refused);
}

pub(super) async fn a_put_replaces_and_a_delete_removes(store: &dyn Store) {
    let name = name("replaced");
    store.put_bytes(&name, pattern(5_000, 4)).await.unwrap();
    let first = store.head(&name).await.unwrap().unwrap();
    assert_eq!(first.name, name);
    for length in [10, 0, 9_000] {
        store.put_bytes(&name, pattern(length, 5)).await.unwrap();
        assert_eq!(store.get_bytes(&name, 10_000).await.unwrap(), pattern(length, 5));
    }
    let last = store.head(&name).await.unwrap().unwrap();
    assert!(last.modified >= first.modified, "a later put has no earlier time");
    store.delete(&name).await.unwrap();
    assert!(!store.exists(&name).await.unwrap());
    store.delete(&name).await.expect("deleted already");
    store.put_bytes(&name, b"again".to_vec()).await.unwrap();
    assert_eq!(store.get_bytes(&name, 10).await.unwrap(), b"again");
}

pub(super) async fn files_come_back(store: &dyn Store, scratch: &Path) {
    let from = scratch.join("from");
    for length in [0, 1, 700_000] {
        let bytes = pattern(length, 6);
        let digest = ObjectDigest::of(&bytes);
        fs::write(&from, &bytes).unwrap();
        assert_eq!(store.put_file(&name("copied"), &from, None).await.unwrap(), digest);
        assert!(fs::read(&from).unwrap() == bytes, "a put leaves its file alone");
        assert_eq!(store.put_file_moving(&name("moved"), &from, Some(&digest)).await.unwrap(), digest);
        assert!(!from.exists(), "a moved file is gone");
        for name in [name("copied"), name("moved")] {
            assert!(store.get_bytes(&name, 700_000).await.unwrap() == bytes, "{name}");
            let to = scratch.join("to");
            store.fetch_file(&name, &to, &digest).await.unwrap();
            assert!(fs::read(&to).unwrap() == bytes, "{name} fetched");
        }
    }
}

pub(super) async fn only_the_expected_file_is_put(store: &dyn Store, scratch: &Path) {
    let name = name("expected");
    let from = scratch.join("unexpected");
    fs::write(&from, b"other bytes").unwrap();
    let expected = ObjectDigest::of(b"these bytes");
    let error = store.put_file(&name, &from, Some(&expected)).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    assert!(!store.exists(&name).await.unwrap(), "other bytes were put");
    let error = store.put_file_moving(&name, &from, Some(&expected)).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    assert!(!store.exists(&name).await.unwrap(), "other bytes were moved in");

    fs::write(&from, b"bytes").unwrap();
    let link = scratch.join("link");
    std::os::unix::fs::symlink(&from, &link).unwrap();
    for path in [&link, scratch] {
        for error in [
            store.put_file(&name, path, None).await.unwrap_err(),
            store.put_file_moving(&name, path, None).await.unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::NotAFile { .. }), "{error}");
        }
    }
    let error = store.put_file(&name, &scratch.join("nothing"), None).await.unwrap_err();
    assert!(matches!(error, StoreError::NoFile { .. }), "{error}");
    assert!(!store.exists(&name).await.unwrap());
}

pub(super) async fn a_fetch_is_checked(store: &dyn Store, scratch: &Path) {
    let name = name("checked");
    let folder = scratch.join("checked");
    fs::create_dir(&folder).unwrap();
    let to = folder.join("file");
    fs::write(&to, b"what was there").unwrap();
    let stored = pattern(5_000, 7);
    store.put_bytes(&name, stored.clone()).await.unwrap();
    let mut flipped = stored.clone();
    flipped[4_321] ^= 1;
    for other in [flipped, stored[..4_999].to_vec(), [&stored[..], b"x"].concat(), Vec::new()] {
        let error = store.fetch_file(&name, &to, &ObjectDigest::of(&other)).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
        assert_eq!(fs::read(&to).unwrap(), b"what was there");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "a refused fetch left a file");
    }
    store.fetch_file(&name, &to, &ObjectDigest::of(&stored)).await.unwrap();
    assert!(fs::read(&to).unwrap() == stored);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "a fetch left a file");
}

pub(super) async fn a_large_object_comes_back(store: &dyn Store, scratch: &Path) {
    let name = name("large");
    let from = scratch.join("large");
    let bytes = pattern(40 * 1024 * 1024 + 7, 8);
    fs::write(&from, &bytes).unwrap();
    let digest = store.put_file(&name, &from, None).await.unwrap();
    assert_eq!(digest, ObjectDigest::of(&bytes));
    let seam = SOURCE_BLOCK_BYTES as usize;
    let range = store.get_range(&name, SOURCE_BLOCK_BYTES - 9..SOURCE_BLOCK_BYTES + 9).await.unwrap();
    assert!(range == bytes[seam - 9..seam + 9]);
    let to = scratch.join("large-fetched");
    store.fetch_file(&name, &to, &digest).await.unwrap();
    crate::verify_file(&to, &digest).await.unwrap();
    store.delete(&name).await.unwrap();
}
