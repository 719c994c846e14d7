//! Many workers, some of them lost.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::Subject;
use crate::{Broker, BrokerErrorKind, Lane};

const MESSAGES: u32 = 300;

/// A worker is lost, interrupted or cut off at every so manieth message.
const TROUBLE: usize = 7;

pub(super) async fn many_workers_settle_everything(subject: &dyn Subject, brokers: [Arc<dyn Broker>; 3]) {
    let settled = Arc::new(Mutex::new(BTreeSet::new()));
    let progress = Arc::new(Notify::new());
    let mut workers = tokio::task::JoinSet::new();
    for broker in brokers.iter().chain(&brokers) {
        let (broker, settled, progress) = (Arc::clone(broker), Arc::clone(&settled), Arc::clone(&progress));
        workers.spawn(async move {
            for turn in 0.. {
                let taken = broker.take(&Lane::ALL).await.unwrap();
                let number = u32::from_be_bytes(taken.bytes[..].try_into().unwrap());
                let ended = match turn % TROUBLE {
                    3 => taken.receipt.give_back().await.map(|()| false),
                    5 => Ok(false),
                    _ => taken.receipt.settle().await.map(|()| true),
                };
                match ended {
                    Ok(true) => drop(settled.lock().unwrap().insert(number)),
                    Ok(false) => {}
                    Err(error) => assert_eq!(error.kind(), BrokerErrorKind::Stale, "{error}"),
                }
                progress.notify_one();
                tokio::task::yield_now().await;
            }
        });
    }
    for number in 0..MESSAGES {
        let lane = Lane::ALL[number as usize % Lane::ALL.len()];
        brokers[number as usize % brokers.len()].publish(lane, number.to_be_bytes().to_vec()).await.unwrap();
        if number % 50 == 49 {
            subject.cut(number as usize / 50 % brokers.len()).await;
        }
    }
    while settled.lock().unwrap().len() < MESSAGES as usize {
        progress.notified().await;
    }
    workers.shutdown().await;
    // At least once: one that was settled just before a cut may be on its way again.
    while let Some(again) = brokers[0].try_take(&Lane::ALL).await.unwrap() {
        again.receipt.settle().await.unwrap();
    }
}
