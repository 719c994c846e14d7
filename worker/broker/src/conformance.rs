//! What every carrier must do, as one suite: `conformance::check` panics at the first promise that is not kept.
//!
//! Nothing in it sleeps: a carrier that loses a message makes it wait for ever.
#![allow(clippy::unwrap_used, reason = "a suite of assertions: a panic is its way to speak")]

mod crowd;
mod losses;
mod messages;
mod telling;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Broker, Lane, Taken};

/// A carrier under test: a set of queues that is empty and nobody else's.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Makes a new connection to the same queues.
    async fn connect(&self) -> Arc<dyn Broker>;

    /// Loses the connection that [`Subject::connect`] made as number `connection`, from 0, as a cut cable would; returns when
    /// the connection is usable again or on its way there.
    async fn cut(&self, connection: usize);
}

/// Runs the whole suite; makes three connections.
pub async fn check(subject: &dyn Subject) {
    let ours = subject.connect().await;
    let theirs = subject.connect().await;
    let third = subject.connect().await;
    messages::they_come_whole(&*ours, &*theirs).await;
    messages::too_large_is_refused(&*ours).await;
    messages::lanes_are_taken_in_the_order_asked(&*ours).await;
    messages::a_taken_one_is_nobody_else_s(&*ours, &*theirs).await;
    messages::who_waits_is_woken(&ours, &theirs).await;
    messages::one_set_aside_does_not_come_again(&*ours).await;
    messages::a_cancelled_take_loses_none(&ours).await;
    messages::commands_have_a_queue_of_their_own(&ours).await;
    losses::a_dropped_receipt_counts_and_giving_back_does_not(&*ours, &*theirs).await;
    losses::a_cut_makes_receipts_stale(subject, &*ours, &*theirs).await;
    losses::a_stale_ending_ends_nothing_of_another(subject, &*ours, &*theirs).await;
    telling::events_reach_every_listener_of_the_moment(&*ours, &*theirs).await;
    telling::a_listener_that_lags_is_told(&*ours).await;
    telling::there_is_one_leader(&ours, &*theirs).await;
    telling::a_cut_leader_is_told_and_replaced(subject, &*ours, &theirs).await;
    crowd::many_workers_settle_everything(subject, [ours, theirs, third]).await;
}

/// Takes a message that must be there, and asserts what it is.
async fn take(broker: &dyn Broker, lane: Lane, bytes: &[u8], losses: u32) -> Taken {
    let taken = broker.take(&[lane]).await.unwrap();
    assert_eq!((taken.lane, &*taken.bytes, taken.losses), (lane, bytes, losses));
    taken
}

async fn assert_empty(broker: &dyn Broker) {
    assert!(broker.try_take(&Lane::ALL).await.unwrap().is_none(), "a message that nobody published");
}
