//! Carrying out an ending: the record first, then the event, then the message.

use std::collections::BTreeSet;

use bookend_broker::{Broker, BrokerError, BrokerErrorKind, Receipt};
use bookend_jobs::{AttemptId, Disposition, Event, Key, Reason, Verdict};
use bookend_store::StoreError;

use crate::ending::{Ending, chain, reason};
use crate::records::{self, RECORD_VERSION};
use crate::worker::Shop;

/// Ends a job; `open` are its results that were not made. Returns why the worker had better pause, if it had.
pub(crate) async fn close(
    shop: &Shop,
    ending: Ending,
    keys: &BTreeSet<Key>,
    open: &BTreeSet<Key>,
    attempt: &AttemptId,
    receipt: Receipt,
) -> Option<Reason> {
    let broker = &*shop.outfit.broker;
    let listed = |keys: &BTreeSet<Key>| keys.iter().copied().collect::<Vec<_>>();
    let ending = match ending {
        // Another machine, or this one later, may have room.
        Ending::NoRoom(reason) if shop.settings.give_up_after.is_none() => {
            Ending::Verdict { disposition: Disposition::Retry, reason, log: String::new() }
        }
        other => other,
    };
    match ending {
        Ending::Done { cpu_ms } => {
            tracing::info!(cpu_ms, "job done");
            emit(broker, &Event::Committed { keys: listed(keys), cpu_ms }).await;
            settle(receipt).await;
            None
        }
        Ending::Exists => {
            tracing::debug!("job needless: every result exists");
            emit(broker, &Event::Committed { keys: listed(keys), cpu_ms: 0 }).await;
            settle(receipt).await;
            None
        }
        Ending::InHand => {
            tracing::debug!("job needless: in hand already");
            settle(receipt).await;
            None
        }
        Ending::Verdict { disposition, reason, log } => {
            log_verdict(disposition, &reason);
            match write_verdicts(shop, open, attempt, disposition, &reason, &log).await {
                Ok(()) => {
                    emit(broker, &Event::Failed { keys: listed(open), reason }).await;
                    settle(receipt).await;
                    None
                }
                Err(error) => {
                    let unwritten = self::reason(
                        "no-verdict",
                        format!("{reason}; nor could that be written down: {}", chain(&error)),
                    );
                    tracing::error!(reason = %unwritten, "verdict not written, job given back");
                    give_back(receipt).await;
                    Some(unwritten)
                }
            }
        }
        Ending::Stale(reason) => {
            tracing::warn!(%reason, "job put off until its input is made again");
            emit(broker, &Event::Failed { keys: listed(open), reason }).await;
            settle(receipt).await;
            None
        }
        Ending::Interrupted => {
            tracing::info!("job interrupted, given back");
            give_back(receipt).await;
            None
        }
        Ending::Unable(reason) | Ending::NoRoom(reason) => {
            tracing::error!(%reason, "job cannot be tried here, given back");
            give_back(receipt).await;
            Some(reason)
        }
    }
}

/// Puts a message aside that cannot be acted on.
pub(crate) async fn set_aside(receipt: Receipt, why: &str) {
    tracing::error!(why, "message cannot be read, put aside");
    report(receipt.set_aside().await, "put aside");
}

/// Tells everyone who listens. Events only hasten, so one that cannot be told is let go.
pub(crate) async fn emit(broker: &dyn Broker, event: &Event) {
    let bytes = serde_json::to_vec(event).expect("an event holds only strings, numbers and lists");
    if let Err(error) = broker.emit(bytes).await {
        tracing::debug!(error = chain(&error), "event not told");
    }
}

async fn write_verdicts(
    shop: &Shop,
    open: &BTreeSet<Key>,
    attempt: &AttemptId,
    disposition: Disposition,
    reason: &Reason,
    log: &str,
) -> Result<(), StoreError> {
    for &key in open {
        let verdict = Verdict {
            version: RECORD_VERSION,
            key,
            attempt: attempt.clone(),
            disposition,
            reason: reason.clone(),
            worker: shop.settings.name.clone(),
            at: shop.outfit.stamps.now(),
            log: log.to_owned(),
        };
        records::write_verdict(&*shop.outfit.store, &verdict).await?;
    }
    Ok(())
}

fn log_verdict(disposition: Disposition, reason: &Reason) {
    match disposition {
        Disposition::Bug => tracing::error!(%reason, "job failed, and it is ours to mend"),
        Disposition::Retry => tracing::warn!(%reason, "job failed, may go better another time"),
        Disposition::Refused => tracing::warn!(%reason, "job refused"),
        Disposition::Cancelled => tracing::info!(%reason, "job cancelled"),
    }
}

async fn settle(receipt: Receipt) {
    report(receipt.settle().await, "settle");
}

async fn give_back(receipt: Receipt) {
    report(receipt.give_back().await, "give back");
}

/// A message whose end could not be told comes again, and finds what was made of it.
fn report(ended: Result<(), BrokerError>, ending: &'static str) {
    match ended {
        Ok(()) => {}
        Err(error) if error.kind() == BrokerErrorKind::Stale => {
            tracing::debug!(ending, "message went back before its end")
        }
        Err(error) => tracing::warn!(ending, error = chain(&error), "message's end not told"),
    }
}
