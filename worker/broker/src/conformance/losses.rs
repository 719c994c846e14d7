//! Workers that are lost and connections that are cut.

use super::{Subject, assert_empty, take};
use crate::{Broker, BrokerErrorKind, Lane};

const LANE: Lane = Lane::Render;

pub(super) async fn a_dropped_receipt_counts_and_giving_back_does_not(ours: &dyn Broker, theirs: &dyn Broker) {
    ours.publish(LANE, b"job".to_vec()).await.unwrap();
    drop(take(ours, LANE, b"job", 0).await);
    take(theirs, LANE, b"job", 1).await.receipt.give_back().await.unwrap();
    drop(take(ours, LANE, b"job", 1).await);
    take(theirs, LANE, b"job", 2).await.receipt.give_back().await.unwrap();
    take(ours, LANE, b"job", 2).await.receipt.settle().await.unwrap();
    assert_empty(ours).await;
}

pub(super) async fn a_cut_makes_receipts_stale(subject: &dyn Subject, ours: &dyn Broker, theirs: &dyn Broker) {
    for message in [b"1", b"2", b"3"] {
        ours.publish(LANE, message.to_vec()).await.unwrap();
    }
    ours.command(b"command".to_vec()).await.unwrap();
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(ours.take(&[LANE]).await.unwrap().receipt);
    }
    let command = ours.take_command().await.unwrap();
    subject.cut(0).await;

    let mut came = Vec::new();
    for _ in 0..3 {
        let again = theirs.take(&[LANE]).await.unwrap();
        assert_eq!(again.losses, 1);
        came.push(again);
    }
    let again = theirs.take_command().await.unwrap();
    assert_eq!((&*again.bytes, again.losses), (&b"command"[..], 1));

    let mut stale = taken.into_iter();
    let mut next = || stale.next().unwrap();
    let errors = [
        next().settle().await.unwrap_err(),
        next().give_back().await.unwrap_err(),
        next().set_aside().await.unwrap_err(),
        command.receipt.settle().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), BrokerErrorKind::Stale, "{error}");
    }
    assert_empty(theirs).await;
    came.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    assert!(came.iter().map(|again| &*again.bytes).eq([b"1", b"2", b"3"]));
    for again in came {
        again.receipt.settle().await.unwrap();
    }
    again.receipt.settle().await.unwrap();
    assert_empty(theirs).await;
}

pub(super) async fn a_stale_ending_ends_nothing_of_another(
    subject: &dyn Subject,
    ours: &dyn Broker,
    theirs: &dyn Broker,
) {
    for round in 0..20_u8 {
        ours.publish(LANE, vec![round]).await.unwrap();
        let stale = take(ours, LANE, &[round], 0).await;
        subject.cut(0).await;
        // The same connection takes it again; the old receipt must not end the new taking.
        let again = take(ours, LANE, &[round], 1).await;
        match round % 2 {
            0 => assert_eq!(stale.receipt.settle().await.unwrap_err().kind(), BrokerErrorKind::Stale),
            _ => drop(stale),
        }
        assert_empty(theirs).await;
        again.receipt.settle().await.unwrap();
        assert_empty(theirs).await;
    }
}
