//! Events and leadership.

use std::sync::Arc;

use super::Subject;
use crate::{Broker, EVENT_BACKLOG, Event};

pub(super) async fn events_reach_every_listener_of_the_moment(ours: &dyn Broker, theirs: &dyn Broker) {
    ours.emit(b"nobody listens".to_vec()).await.expect("that nobody listens is no error");
    let mut listeners = [ours.events().await.unwrap(), theirs.events().await.unwrap(), theirs.events().await.unwrap()];
    for broker in [ours, theirs] {
        broker.emit(b"event".to_vec()).await.unwrap();
        broker.emit(Vec::new()).await.unwrap();
    }
    for listener in &mut listeners {
        let mut heard = Vec::new();
        while heard.len() < 4 {
            // One that was told just before may still be on its way.
            match listener.next().await.unwrap() {
                Event::Told(bytes) if bytes == b"nobody listens" => {}
                event => heard.push(event),
            }
        }
        let told = heard.iter().filter(|event| **event == Event::Told(b"event".to_vec())).count();
        assert_eq!(
            (told, heard.iter().filter(|event| **event == Event::Told(Vec::new())).count()),
            (2, 2),
            "{heard:?}"
        );
    }
}

pub(super) async fn a_listener_that_lags_is_told(ours: &dyn Broker) {
    let mut listener = ours.events().await.unwrap();
    let emitted = EVENT_BACKLOG as u64 * 2 + 1;
    for number in 0..emitted {
        ours.emit(number.to_be_bytes().to_vec()).await.unwrap();
    }
    // Told and missed together are all there were, or more, as a gap may be counted twice.
    let (mut told, mut missed, mut last) = (0, 0, 0);
    while last != emitted - 1 {
        match listener.next().await.unwrap() {
            Event::Told(bytes) => {
                told += 1;
                last = u64::from_be_bytes(bytes.try_into().unwrap());
            }
            Event::Lagged(count) => missed += count,
        }
    }
    assert!(told + missed >= emitted, "{told} told and {missed} missed of {emitted}");
}

pub(super) async fn there_is_one_leader(ours: &Arc<dyn Broker>, theirs: &dyn Broker) {
    let leader = theirs.lead().await.unwrap();
    assert!(leader.is_held());
    assert!(ours.try_lead().await.unwrap().is_none());
    assert!(theirs.try_lead().await.unwrap().is_none(), "not even the same connection leads twice");
    let standby = tokio::spawn({
        let ours = Arc::clone(ours);
        async move { ours.lead().await.unwrap() }
    });
    tokio::task::yield_now().await;
    assert!(!standby.is_finished());
    drop(leader);
    let next = standby.await.unwrap();
    assert!(next.is_held());
    assert!(theirs.try_lead().await.unwrap().is_none());
    drop(next);
    drop(theirs.lead().await.unwrap());
}

pub(super) async fn a_cut_leader_is_told_and_replaced(
    subject: &dyn Subject,
    ours: &dyn Broker,
    theirs: &Arc<dyn Broker>,
) {
    let leader = ours.lead().await.unwrap();
    let standby = tokio::spawn({
        let theirs = Arc::clone(theirs);
        async move { theirs.lead().await.unwrap() }
    });
    tokio::task::yield_now().await;
    subject.cut(0).await;
    leader.lost().await;
    assert!(!leader.is_held());
    let next = standby.await.unwrap();
    drop(leader);
    assert!(next.is_held(), "a lost leader's guard unseats another");
    assert!(theirs.try_lead().await.unwrap().is_none());
}
