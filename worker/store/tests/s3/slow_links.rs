//! Slow is not dead: what moves is not given up, however long it takes.

use std::time::{Duration, Instant};

use bookend_services::garage::Garage;
use bookend_store::{ObjectDigest, Store};

use crate::proxy::{Flow, Link};
use crate::{name, open_at, pattern, url};

const PIECE: Flow = Flow::Slow(16_384, Duration::from_millis(60));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn puts_and_gets_that_take_longer_than_the_patience_come_through() {
    let patience = Duration::from_secs(2);
    // A quarter of a megabyte a second each way.
    let link = Link::start(|_| (PIECE, PIECE)).await;
    let slow = url("slow", "&patience_s=2").replace(&Garage::shared().endpoint(), &link.endpoint());
    let store = open_at(&slow).await;
    let bytes = pattern(800_000, 1);
    let started = Instant::now();
    assert_eq!(store.put_bytes(&name("object"), bytes.clone()).await.unwrap(), ObjectDigest::of(&bytes));
    assert!(started.elapsed() > patience, "the link was not slow: {:?}", started.elapsed());
    let started = Instant::now();
    assert!(store.get_bytes(&name("object"), 800_000).await.unwrap() == bytes);
    assert!(started.elapsed() > patience, "the link was not slow: {:?}", started.elapsed());
    assert!(link.connections() <= 2, "{} connections: something was given up", link.connections());
}
