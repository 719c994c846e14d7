//! Links that go dead, and a broker that dies.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bookend_broker::{Broker, BrokerErrorKind, Event, Lane, RabbitMq};

use crate::proxy::Proxy;
use crate::{node, own, sick_node};

#[tokio::test]
async fn a_link_that_goes_dead_is_noticed_by_its_heartbeat_and_made_again() {
    let cable = Proxy::to(node().port()).await;
    let settings = own("&heartbeat=1&patience=1");
    let ours = RabbitMq::connect(&format!("{}{settings}", node().address_through(cable.port()))).await.unwrap();
    let theirs = RabbitMq::connect(&format!("{}{settings}", node().address())).await.unwrap();
    let leader = ours.lead().await.unwrap();
    let mut events = ours.events().await.unwrap();
    ours.publish(Lane::Render, b"job".to_vec()).await.unwrap();
    let held = ours.take(&Lane::ALL).await.unwrap();

    cable.set_dead(true);
    let error = ours.publish(Lane::Batch, b"lost".to_vec()).await.unwrap_err();
    assert_eq!(error.kind(), BrokerErrorKind::Retry, "{error}");
    leader.lost().await;
    assert_eq!(events.next().await, Some(Event::Lagged(1)));
    // The broker notices for itself.
    let again = theirs.take(&[Lane::Render]).await;
    let again = match again {
        Ok(again) => again,
        Err(error) => panic!("{error}"),
    };
    assert_eq!((&*again.bytes, again.losses), (&b"job"[..], 1));
    let next = theirs.lead().await.unwrap();
    assert!(next.is_held());

    cable.set_dead(false);
    // Each fails within its patience until the link is there.
    while let Err(error) = ours.publish(Lane::Interactive, b"back".to_vec()).await {
        assert_eq!(error.kind(), BrokerErrorKind::Retry, "{error}");
    }
    let back = loop {
        match ours.take(&[Lane::Interactive]).await {
            Ok(back) => break back,
            Err(error) => assert_eq!(error.kind(), BrokerErrorKind::Retry, "{error}"),
        }
    };
    assert_eq!(held.receipt.settle().await.unwrap_err().kind(), BrokerErrorKind::Stale);
    back.receipt.settle().await.unwrap();
    again.receipt.settle().await.unwrap();
}

#[tokio::test]
async fn a_killed_broker_loses_nothing_and_everything_goes_on_by_itself() {
    let mut node = sick_node().await;
    let settings = own("&patience=120");
    let broker = Arc::new(RabbitMq::connect(&format!("{}{settings}", node.address())).await.unwrap());
    let leader = broker.lead().await.unwrap();
    let mut events = broker.events().await.unwrap();
    for number in 0..20_u8 {
        broker.publish(Lane::ALL[usize::from(number % 3)], vec![number]).await.unwrap();
    }
    let held = broker.take(&Lane::ALL).await.unwrap();
    let waiting = tokio::spawn({
        let broker = Arc::clone(&broker);
        async move { broker.take_command().await.unwrap() }
    });

    node.kill();
    leader.lost().await;
    assert_eq!(events.next().await, Some(Event::Lagged(1)));
    let publishing = tokio::spawn({
        let broker = Arc::clone(&broker);
        async move {
            broker.publish(Lane::Batch, vec![20]).await.unwrap();
            broker.command(b"command".to_vec()).await.unwrap();
        }
    });
    let mut node = tokio::task::spawn_blocking(move || {
        node.restart();
        node
    })
    .await
    .unwrap();

    publishing.await.unwrap();
    waiting.await.unwrap().receipt.settle().await.unwrap();
    let mut came = BTreeSet::new();
    while came.len() < 21 {
        let taken = broker.take(&Lane::ALL).await.unwrap();
        assert!(taken.losses <= 1, "{} lost {} times", taken.bytes[0], taken.losses);
        came.insert(taken.bytes[0]);
        taken.receipt.settle().await.unwrap();
    }
    assert!(came.into_iter().eq(0..=20));
    assert_eq!(held.receipt.settle().await.unwrap_err().kind(), BrokerErrorKind::Stale);
    assert!(broker.lead().await.unwrap().is_held());

    // In good order it goes the same way.
    broker.publish(Lane::Render, b"kept".to_vec()).await.unwrap();
    let node = tokio::task::spawn_blocking(move || {
        node.stop();
        node.restart();
        node
    })
    .await
    .unwrap();
    broker.take(&[Lane::Render]).await.unwrap().receipt.settle().await.unwrap();
    drop(node);
}

#[tokio::test]
async fn full_processors_and_a_blocked_caller_cost_no_heartbeats() {
    let broker = RabbitMq::connect(&format!("{}{}", node().address(), own("&heartbeat=2"))).await.unwrap();
    let leader = broker.lead().await.unwrap();
    let mut events = broker.events().await.unwrap();

    // Three heartbeats without a turn for anything else on this runtime, nor a free processor.
    let until = Instant::now() + Duration::from_secs(6);
    let processors = thread::available_parallelism().unwrap().get();
    thread::scope(|scope| {
        for _ in 0..=processors {
            scope.spawn(|| while Instant::now() < until {});
        }
    });
    assert!(leader.is_held());
    broker.emit(b"first".to_vec()).await.unwrap();
    assert_eq!(events.next().await, Some(Event::Told(b"first".to_vec())), "a gap is a lost link");
}

#[tokio::test]
async fn dropping_a_connection_ends_its_subscriptions_and_what_it_took_comes_again() {
    let settings = own("");
    let ours = RabbitMq::connect(&format!("{}{settings}", node().address())).await.unwrap();
    let theirs = RabbitMq::connect(&format!("{}{settings}", node().address())).await.unwrap();
    let mut events = ours.events().await.unwrap();
    ours.publish(Lane::Render, b"job".to_vec()).await.unwrap();
    let held = ours.take(&Lane::ALL).await.unwrap();
    drop(ours);
    // What is held keeps its connection until then.
    drop(held);
    let again = theirs.take(&Lane::ALL).await.unwrap();
    assert_eq!((&*again.bytes, again.losses), (&b"job"[..], 1));
    again.receipt.settle().await.unwrap();
    while events.next().await.is_some() {}
}
