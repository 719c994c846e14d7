//! Messages between callers that behave.

use std::sync::Arc;

use super::{assert_empty, take};
use crate::{Broker, BrokerErrorKind, Lane, MESSAGE_LIMIT_BYTES};

pub(super) async fn they_come_whole(ours: &dyn Broker, theirs: &dyn Broker) {
    let every_byte: Vec<u8> = (0..=255).collect();
    for message in [Vec::new(), b"x".to_vec(), every_byte, vec![7; MESSAGE_LIMIT_BYTES]] {
        for lane in Lane::ALL {
            ours.publish(lane, message.clone()).await.unwrap();
            let taken = theirs.take(&[lane]).await.unwrap();
            assert_eq!((taken.lane, taken.losses), (lane, 0));
            assert!(taken.bytes == message, "other bytes came");
            taken.receipt.settle().await.unwrap();
            assert_empty(ours).await;
        }
    }
}

pub(super) async fn too_large_is_refused(ours: &dyn Broker) {
    let large = vec![7; MESSAGE_LIMIT_BYTES + 1];
    let kinds = [
        ours.publish(Lane::Render, large.clone()).await.unwrap_err().kind(),
        ours.command(large.clone()).await.unwrap_err().kind(),
        ours.emit(large).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [BrokerErrorKind::Refused; 3]);
    assert_empty(ours).await;
}

pub(super) async fn lanes_are_taken_in_the_order_asked(ours: &dyn Broker) {
    use Lane::{Batch, Interactive, Render};
    for orders in [[Interactive, Render, Batch], [Batch, Interactive, Render]] {
        for lane in [Render, Batch, Interactive] {
            ours.publish(lane, lane.as_str().into()).await.unwrap();
        }
        for lane in orders {
            let taken = ours.take(&orders).await.unwrap();
            assert_eq!((taken.lane, &*taken.bytes), (lane, lane.as_str().as_bytes()));
            taken.receipt.settle().await.unwrap();
        }
    }
    ours.publish(Batch, b"batch".to_vec()).await.unwrap();
    assert!(ours.try_take(&[Interactive, Render]).await.unwrap().is_none(), "a lane that was not asked for");
    assert!(ours.try_take(&[]).await.unwrap().is_none());
    take(ours, Batch, b"batch", 0).await.receipt.settle().await.unwrap();
}

pub(super) async fn a_taken_one_is_nobody_else_s(ours: &dyn Broker, theirs: &dyn Broker) {
    for message in [b"1", b"2"] {
        ours.publish(Lane::Batch, message.to_vec()).await.unwrap();
    }
    let first = ours.take(&[Lane::Batch]).await.unwrap();
    assert_eq!(ours.depth(Lane::Batch).await.unwrap(), 1, "depth counts what waits");
    let second = theirs.take(&[Lane::Batch]).await.unwrap();
    assert_ne!(first.bytes, second.bytes);
    assert_eq!(theirs.depth(Lane::Batch).await.unwrap(), 0);
    assert_empty(ours).await;
    assert_empty(theirs).await;
    first.receipt.settle().await.unwrap();
    second.receipt.settle().await.unwrap();
}

pub(super) async fn who_waits_is_woken(ours: &Arc<dyn Broker>, theirs: &Arc<dyn Broker>) {
    let wait = |broker: &Arc<dyn Broker>| {
        let broker = Arc::clone(broker);
        tokio::spawn(async move { broker.take(&Lane::ALL).await.unwrap() })
    };
    let waiting = [wait(ours), wait(ours), wait(theirs)];
    for message in [b"a", b"b", b"c"] {
        tokio::task::yield_now().await;
        theirs.publish(Lane::Render, message.to_vec()).await.unwrap();
    }
    let mut came = Vec::new();
    for task in waiting {
        let taken = task.await.unwrap();
        came.push(taken.bytes);
        taken.receipt.settle().await.unwrap();
    }
    came.sort();
    assert_eq!(came, [b"a", b"b", b"c"]);

    ours.publish(Lane::Render, b"back".to_vec()).await.unwrap();
    let first = take(&**ours, Lane::Render, b"back", 0).await;
    let waiting = wait(theirs);
    tokio::task::yield_now().await;
    first.receipt.give_back().await.unwrap();
    let second = waiting.await.unwrap();
    let waiting = wait(ours);
    tokio::task::yield_now().await;
    drop(second);
    let third = waiting.await.unwrap();
    assert_eq!((&*third.bytes, third.losses), (&b"back"[..], 1));
    third.receipt.settle().await.unwrap();
}

pub(super) async fn one_set_aside_does_not_come_again(ours: &dyn Broker) {
    ours.publish(Lane::Render, b"garbage".to_vec()).await.unwrap();
    take(ours, Lane::Render, b"garbage", 0).await.receipt.set_aside().await.unwrap();
    assert_empty(ours).await;
}

pub(super) async fn a_cancelled_take_loses_none(ours: &Arc<dyn Broker>) {
    for _ in 0..50 {
        let waiting = tokio::spawn({
            let ours = Arc::clone(ours);
            async move { drop(ours.take(&[Lane::Interactive]).await) }
        });
        ours.publish(Lane::Interactive, b"kept".to_vec()).await.unwrap();
        waiting.abort();
        let _ = waiting.await;
        // It may have come to the cancelled one, which counts as a loss.
        let taken = ours.take(&[Lane::Interactive]).await.unwrap();
        assert!(taken.bytes == b"kept" && taken.losses <= 1);
        taken.receipt.settle().await.unwrap();
    }
    assert_empty(&**ours).await;
}

pub(super) async fn commands_have_a_queue_of_their_own(ours: &Arc<dyn Broker>) {
    let waiting = tokio::spawn({
        let ours = Arc::clone(ours);
        async move { ours.take_command().await.unwrap() }
    });
    tokio::task::yield_now().await;
    ours.publish(Lane::Interactive, b"job".to_vec()).await.unwrap();
    ours.command(b"command".to_vec()).await.unwrap();
    let command = waiting.await.unwrap();
    assert_eq!((&*command.bytes, command.losses), (&b"command"[..], 0));
    drop(command);
    let command = ours.take_command().await.unwrap();
    assert_eq!((&*command.bytes, command.losses), (&b"command"[..], 1));
    command.receipt.settle().await.unwrap();
    take(&**ours, Lane::Interactive, b"job", 0).await.receipt.settle().await.unwrap();
}
