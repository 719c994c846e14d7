//! Listings.

use std::sync::Arc;

use super::name;
use crate::{Listing, Name, PAGE_LIMIT, Prefix, Store};

pub(super) async fn listings_are_in_order_of_names(store: &dyn Store) {
    // By bytes `-` comes before `.`, then `/`, then digits and letters; a folder's objects sort by their full names.
    let sorted = ["l/a-b", "l/a.json", "l/a/b", "l/a/b/c", "l/a/z", "l/a0", "l/aB", "l/ab/x", "l/b"];
    let sorted = sorted.map(|text| if text == "l/a/b" { name("l/a/b0") } else { name(text) });
    let mut expected = sorted.to_vec();
    expected.sort();
    for name in sorted.iter().rev() {
        store.put_bytes(name, name.as_str().as_bytes().to_vec()).await.unwrap();
    }
    store.put_bytes(&name("la"), Vec::new()).await.unwrap();
    let folder = Prefix::folder("conformance/l").unwrap();
    let listed = names(store, &folder).await;
    assert_eq!(listed, expected);
    for after in &expected {
        let page = store.list(&folder, Some(after)).await.unwrap();
        let rest: Vec<_> = page.objects.into_iter().map(|object| object.name).collect();
        let wanted: Vec<_> = expected.iter().filter(|name| *name > after).cloned().collect();
        assert_eq!((rest, page.more), (wanted, false), "after {after}");
    }
    let between = store.list(&folder, Some(&name("l/a/aaa"))).await.unwrap();
    let wanted = expected.iter().find(|found| **found > name("l/a/aaa")).unwrap();
    assert_eq!(&between.objects[0].name, wanted, "after a name that is no object");
    for object in store.list(&folder, None).await.unwrap().objects {
        assert_eq!(object.bytes, object.name.as_str().len() as u64);
        assert_eq!(store.head(&object.name).await.unwrap().unwrap(), object, "a listing and a look agree");
    }

    assert_eq!(store.folders(&folder).await.unwrap(), ["a", "ab"]);
    assert_eq!(store.folders(&Prefix::folder("conformance/l/a").unwrap()).await.unwrap(), ["b"]);
    let nothing = Prefix::folder("conformance/no-such-folder").unwrap();
    assert!(store.folders(&nothing).await.unwrap().is_empty());
    assert!(names(store, &nothing).await.is_empty());
    assert!(store.folders(&Prefix::all()).await.unwrap().contains(&"conformance".to_owned()));
    assert!(names(store, &Prefix::all()).await.contains(&expected[0]));

    for name in &expected {
        store.delete(name).await.unwrap();
    }
    assert!(names(store, &folder).await.is_empty());
    assert!(store.folders(&folder).await.unwrap().is_empty(), "a folder without objects is no folder");
}

pub(super) async fn a_long_listing_comes_in_pages(store: &Arc<dyn Store>) {
    let folder = Prefix::folder("conformance/long").unwrap();
    let mut expected: Vec<_> =
        (0..PAGE_LIMIT + 5).map(|number| name(&format!("long/{}/{number}", number % 7))).collect();
    expected.sort();
    let mut puts = tokio::task::JoinSet::new();
    for part in expected.chunks(expected.len().div_ceil(8)) {
        let (store, part) = (Arc::clone(store), part.to_vec());
        puts.spawn(async move {
            for name in part {
                store.put_bytes(&name, b"x".to_vec()).await.unwrap();
            }
        });
    }
    puts.join_all().await;
    let page = store.list(&folder, None).await.unwrap();
    assert!(page.more && page.objects.len() <= PAGE_LIMIT, "{} objects in a page", page.objects.len());
    assert_eq!(names(&**store, &folder).await, expected);
}

async fn names(store: &dyn Store, folder: &Prefix) -> Vec<Name> {
    Listing::new(store, folder.clone()).collect().await.unwrap().into_iter().map(|object| object.name).collect()
}
