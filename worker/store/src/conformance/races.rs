//! Several callers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::name;
use crate::{ObjectDigest, Store, StoreErrorKind};

const WRITERS: u8 = 4;
const ROUNDS: u8 = 10;

/// The shortest object of a race, in bytes; each is longer by its own fill byte, so that a mixture shows.
const BASE_BYTES: usize = 300_000;

pub(super) async fn readers_see_whole_objects_while_writers_race(store: &Arc<dyn Store>) {
    let name = name("raced");
    store.put_bytes(&name, body(0)).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (store, name) = (Arc::clone(store), name.clone());
        writers.spawn(async move {
            for round in 0..ROUNDS {
                let fill = writer * ROUNDS + round;
                assert_eq!(store.put_bytes(&name, body(fill)).await.unwrap(), ObjectDigest::of(&body(fill)));
            }
        });
    }
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (store, name, done) = (Arc::clone(store), name.clone(), Arc::clone(&done));
        readers.spawn(async move {
            while !done.load(Ordering::Acquire) {
                assert_whole(&store.get_bytes(&name, 1_000_000).await.unwrap());
            }
        });
    }
    writers.join_all().await;
    done.store(true, Ordering::Release);
    readers.join_all().await;
    assert_whole(&store.get_bytes(&name, 1_000_000).await.unwrap());
}

pub(super) async fn an_object_deleted_and_put_at_once_is_whole_or_gone(store: &Arc<dyn Store>) {
    let name = name("deep/er/coming-and-going");
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..WRITERS {
        let (store, name) = (Arc::clone(store), name.clone());
        tasks.spawn(async move {
            for round in 0..ROUNDS {
                match task % 2 {
                    0 => drop(store.put_bytes(&name, body(task * ROUNDS + round)).await.unwrap()),
                    _ => store.delete(&name).await.unwrap(),
                }
                match store.get_bytes(&name, 1_000_000).await {
                    Ok(bytes) => assert_whole(&bytes),
                    Err(error) => assert_eq!(error.kind(), StoreErrorKind::NotFound, "{error}"),
                }
            }
        });
    }
    tasks.join_all().await;
    store.put_bytes(&name, body(1)).await.unwrap();
    assert_whole(&store.get_bytes(&name, 1_000_000).await.unwrap());
}

fn body(fill: u8) -> Vec<u8> {
    vec![fill; BASE_BYTES + usize::from(fill)]
}

fn assert_whole(bytes: &[u8]) {
    assert!(bytes == body(bytes[0]), "a torn read: {} bytes, the first is {}", bytes.len(), bytes[0]);
}
