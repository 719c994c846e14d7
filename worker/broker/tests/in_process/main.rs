//! The in-process carrier: the suite of every carrier, and disorder by seed.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bookend_broker::{Broker, BrokerErrorKind, Disorder, Event, InProcess, Lane, conformance};
use proptest::prelude::*;

/// One broker, and its connections in the order they were made.
#[derive(Default)]
struct Carrier {
    first: InProcess,
    connections: Mutex<Vec<Arc<InProcess>>>,
}

#[async_trait]
impl conformance::Subject for Carrier {
    async fn connect(&self) -> Arc<dyn Broker> {
        let connection = Arc::new(self.first.connect());
        self.connections.lock().unwrap().push(Arc::clone(&connection));
        connection
    }

    async fn cut(&self, connection: usize) {
        self.connections.lock().unwrap()[connection].cut();
    }
}

#[tokio::test]
async fn the_in_process_carrier_keeps_every_promise_of_a_carrier() {
    conformance::check(&Carrier::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_them_on_several_threads() {
    conformance::check(&Carrier::default()).await;
}

#[tokio::test]
async fn what_is_set_aside_can_be_looked_at() {
    let broker = InProcess::new();
    broker.publish(Lane::Batch, b"garbage".to_vec()).await.unwrap();
    broker.connect().take(&Lane::ALL).await.unwrap().receipt.set_aside().await.unwrap();
    assert_eq!(broker.dead_letters(), [b"garbage"]);
}

#[tokio::test]
async fn a_subscription_is_told_of_every_event_that_disorder_drops() {
    let broker = InProcess::with_disorder(Disorder { drop_events_per_mille: 500, ..Disorder::plenty(1) });
    let mut listener = broker.events().await.unwrap();
    for number in 0..100_u8 {
        broker.emit(vec![number]).await.unwrap();
    }
    let mut missed = 0;
    for number in 0..100 {
        match listener.next().await.unwrap() {
            Event::Told(bytes) => assert_eq!(bytes, [number]),
            Event::Lagged(count) => missed += count,
        }
    }
    assert!((20..80).contains(&missed), "{missed} of 100 dropped");
    drop(broker);
    assert_eq!(listener.next().await, None, "the broker is gone");
}

/// What happened to the messages of a run under disorder.
#[derive(Debug, Default, PartialEq)]
struct Course {
    /// Message numbers in the order they came.
    came: Vec<u8>,
    settled: BTreeMap<u8, u32>,
    losses: u32,
}

/// Publishes this many messages and takes until nothing is left; every tenth taker is lost.
async fn run(disorder: Disorder, messages: u8) -> Course {
    let broker = InProcess::with_disorder(disorder);
    let mut course = Course::default();
    for number in 0..messages {
        broker.publish(Lane::ALL[usize::from(number % 3)], vec![number]).await.unwrap();
    }
    while let Some(taken) = broker.try_take(&Lane::ALL).await.unwrap() {
        let number = taken.bytes[0];
        course.came.push(number);
        course.losses = course.losses.max(taken.losses);
        if course.came.len() % 10 == 9 {
            continue;
        }
        match taken.receipt.settle().await {
            Ok(()) => *course.settled.entry(number).or_default() += 1,
            Err(error) => assert_eq!(error.kind(), BrokerErrorKind::Stale),
        }
    }
    course
}

fn disorders() -> impl Strategy<Value = Disorder> {
    (any::<u64>(), 0..=1_000_u32, 0..40_usize, 0..=1_000_u32, 0..=1_000_u32).prop_map(
        |(seed, duplicate_per_mille, reorder_window, lose_per_mille, drop_events_per_mille)| Disorder {
            seed,
            duplicate_per_mille,
            reorder_window,
            lose_per_mille,
            drop_events_per_mille,
        },
    )
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #[test]
    fn with_any_seed_every_message_is_taken_and_settled(disorder in disorders(), messages in 0..60_u8) {
        let course = block_on(run(disorder, messages));
        prop_assert!(course.settled.keys().copied().eq(0..messages), "{:?}", course);
    }

    #[test]
    fn the_same_seed_takes_the_same_course(disorder in disorders()) {
        prop_assert_eq!(block_on(run(disorder, 40)), block_on(run(disorder, 40)));
    }
}

#[test]
fn plenty_of_disorder_does_all_of_it() {
    let course = block_on(run(Disorder::plenty(7), 60));
    assert!(course.settled.values().any(|&times| times > 1), "nothing came twice");
    assert!(course.losses > 0, "no ending came too late");
    assert!(!course.came.is_sorted_by_key(|number| number % 3 * 100 + number / 3), "nothing was reordered");
    let calm = block_on(run(Disorder::default(), 60));
    assert!(calm.settled.values().all(|&times| times == 1));
}
