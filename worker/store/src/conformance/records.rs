//! What this crate keeps in a store itself: the mark, and sources with their block digests.

use std::fs;
use std::path::Path;

use super::pattern;
use crate::{
    Digest, ObjectDigest, SOURCE_BLOCK_BYTES, STORE_FORMAT, SourceDigest, Store, StoreError, StoreErrorKind, StoreMark,
    get_source_range, layout, put_source,
};

pub(super) async fn a_store_belongs_to_one_engine(store: &dyn Store) {
    StoreMark::write(store, "engine-a").await.unwrap();
    let mark = StoreMark::open_or_create(store, "engine-a").await.unwrap();
    assert_eq!(mark, StoreMark { format: STORE_FORMAT, engine: "engine-a".to_owned() });
    let error = StoreMark::open_or_create(store, "engine-b").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unusable);
    assert!(error.to_string().contains("engine-a") && error.to_string().contains("engine-b"), "{error}");

    store.put_bytes(&layout::mark(), br#"{"format":99,"something":"new"}"#.to_vec()).await.unwrap();
    let error = StoreMark::open_or_create(store, "engine-a").await.unwrap_err();
    assert!(matches!(error, StoreError::OtherFormat { store: 99, .. }), "{error}");
    store.put_bytes(&layout::mark(), b"garbage".to_vec()).await.unwrap();
    let error = StoreMark::open_or_create(store, "engine-a").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);

    store.delete(&layout::mark()).await.unwrap();
    assert_eq!(StoreMark::read(store).await.unwrap(), None);
    StoreMark::open_or_create(store, "engine-b").await.unwrap();
    assert_eq!(StoreMark::read(store).await.unwrap().unwrap().engine, "engine-b");
}

pub(super) async fn a_source_is_kept_once_and_by_blocks(store: &dyn Store, scratch: &Path) {
    let path = scratch.join("upload");
    let block = SOURCE_BLOCK_BYTES as usize;
    for length in [0, 1, block, block + 1, 2 * block + 5] {
        let bytes = pattern(length, 9);
        fs::write(&path, &bytes).unwrap();
        let source = put_source(store, &path).await.unwrap();
        assert_eq!(source.whole, ObjectDigest::of(&bytes), "{length} bytes");
        assert_eq!(source.blocks, bytes.chunks(block).map(Digest::of).collect::<Vec<_>>(), "{length} bytes");
        assert!(fs::read(&path).unwrap() == bytes, "the original stays");
        assert_eq!(SourceDigest::read(store, &source.whole.sha256).await.unwrap(), source);

        let name = layout::source(&source.whole.sha256);
        let kept = store.head(&name).await.unwrap().unwrap();
        assert_eq!(put_source(store, &path).await.unwrap(), source);
        assert_eq!(store.head(&name).await.unwrap().unwrap(), kept, "the same bytes are written once");

        let end = length as u64;
        for range in [0..end, 0..0, end / 2..end, end.saturating_sub(7)..end] {
            let found = get_source_range(store, &source, range.clone()).await.unwrap();
            assert!(found == bytes[range.start as usize..range.end as usize], "{range:?} of {length} bytes");
        }
        let error = get_source_range(store, &source, 0..end + 1).await.unwrap_err();
        assert!(matches!(error, StoreError::OutOfRange { .. }), "{error}");
    }

    let mut bytes = pattern(2 * block + 5, 9);
    let source = put_source(store, &path).await.unwrap();
    bytes[block + 3] ^= 0x40;
    let name = layout::source(&source.whole.sha256);
    store.put_bytes(&name, bytes.clone()).await.unwrap();
    assert!(get_source_range(store, &source, 0..9).await.unwrap() == bytes[..9], "another block is untouched");
    let error = get_source_range(store, &source, SOURCE_BLOCK_BYTES..SOURCE_BLOCK_BYTES + 1).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "a flipped bit in a block that the range touches");

    store.delete(&layout::source_blocks(&source.whole.sha256)).await.unwrap();
    let error = SourceDigest::read(store, &source.whole.sha256).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NotFound, "without its digests a source is not whole");
    put_source(store, &path).await.unwrap();
    store.fetch_file(&name, &scratch.join("upload-again"), &source.whole).await.unwrap();
}
