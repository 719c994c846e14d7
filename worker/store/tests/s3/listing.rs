//! Stores beside each other in one bucket, and objects that are none of ours.

use bookend_services::garage::BUCKET;
use bookend_store::{Listing, Name, PAGE_LIMIT, Prefix, Store, StoreError};

use crate::{name, open};

async fn names(store: &dyn Store) -> Vec<Name> {
    let all = Listing::new(store, Prefix::all()).collect().await.unwrap();
    all.into_iter().map(|object| object.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_with_other_prefixes_do_not_meet() {
    // One prefix begins as another does, and one lies in another.
    let (a, ab, inside) = (open("iso").await, open("iso-b").await, open("iso/inside").await);
    for (store, text) in [(&a, "a"), (&ab, "b"), (&inside, "c")] {
        store.put_bytes(&name("x/object"), text.as_bytes().to_vec()).await.unwrap();
    }
    for (store, text) in [(&a, "a"), (&ab, "b"), (&inside, "c")] {
        assert_eq!(store.get_bytes(&name("x/object"), 9).await.unwrap(), text.as_bytes());
    }
    assert_eq!(names(&ab).await, [name("x/object")]);
    assert_eq!(names(&inside).await, [name("x/object")]);
    assert_eq!(names(&a).await, [name("inside/x/object"), name("x/object")]);
    assert_eq!(ab.folders(&Prefix::all()).await.unwrap(), ["x"]);
    ab.delete(&name("x/object")).await.unwrap();
    assert!(a.exists(&name("x/object")).await.unwrap());
    let place = ab.place();
    assert!(place.starts_with(&format!("s3://{BUCKET}/iso-b at http://127.0.0.1:")), "{place}");
    assert_eq!(ab.local_path(&name("x/object")), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_put_into_the_bucket_is_passed_over() {
    // In a store of this prefix these are reserved or no names; a store below sees some of them as names.
    let store = open("strange").await;
    for folder in ["strange/tmp", "strange/locks"] {
        let below = open(folder).await;
        for number in 0..3 {
            below.put_bytes(&name(&format!("o{number}")), b"x".to_vec()).await.unwrap();
        }
    }
    store.put_bytes(&name("zebra"), b"x".to_vec()).await.unwrap();
    assert_eq!(names(&store).await, [name("zebra")]);
    assert_eq!(store.folders(&Prefix::all()).await.unwrap(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_nothing_but_strange_keys_is_not_the_end() {
    let store = open("pages").await;
    let below = open("pages/locks").await;
    let mut puts = tokio::task::JoinSet::new();
    for part in 0..8 {
        let below = below.clone();
        puts.spawn(async move {
            for number in (part..PAGE_LIMIT + 1).step_by(8) {
                below.put_bytes(&name(&format!("{number}")), Vec::new()).await.unwrap();
            }
        });
    }
    puts.join_all().await;
    store.put_bytes(&name("zebra"), b"x".to_vec()).await.unwrap();
    assert_eq!(names(&store).await, [name("zebra")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_does_not_fit_beside_the_prefix_is_refused() {
    let store = open(&"p".repeat(100)).await;
    // Garage on LMDB takes keys of up to 479 bytes.
    let long = "abcdefghi/".repeat(37) + "abcdefgh";
    assert_eq!(long.len() + 101, 479);
    store.put_bytes(&name(&long), b"x".to_vec()).await.unwrap();
    assert_eq!(names(&store).await, [name(&long)]);
    let longest = "abcdefghi/".repeat(92) + "abcd";
    assert_eq!(longest.len() + 101, 1_025);
    let error = store.put_bytes(&name(&longest), b"x".to_vec()).await.unwrap_err();
    assert!(matches!(error, StoreError::InvalidName { .. }), "{error}");
}
