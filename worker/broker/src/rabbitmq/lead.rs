//! Leading: holding the exclusive queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lapin::Consumer;
use lapin::options::{BasicConsumeOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use tokio::sync::{oneshot, watch};
use tokio::time::{timeout, timeout_at};
use tokio_stream::StreamExt;

use super::channels::Lent;
use super::failure::{Doing, Failure, code, reply_code};
use super::{Hub, errand};
use crate::{Leadership, Result};

/// How long leaving the seat may take before the channel is closed instead.
const LEAVE_BOUND: Duration = Duration::from_secs(2);

/// Whether this connection leads; the broker tells connections apart, not callers.
#[derive(Default)]
pub(super) struct Seat {
    taken: AtomicBool,
}

impl Hub {
    /// Takes the seat, if nobody has it.
    pub(super) async fn stand(self: &Arc<Self>) -> Result<Option<Leadership>> {
        if self.seat.taken.swap(true, Ordering::AcqRel) {
            return Ok(None);
        }
        let vacant = Vacant(self);
        let deadline = self.location.deadline();
        let session = self.taking.session(deadline).await?;
        let failed = |failure: Failure| failure.at(&self.location.place);
        let held = timeout_at(deadline, async {
            let lent = session.lend().await?;
            let consumer = self.hold_queue(&lent).await?;
            Ok::<_, lapin::Error>((lent, consumer))
        });
        match held.await {
            Ok(Ok((lent, consumer))) => {
                std::mem::forget(vacant);
                Ok(Some(self.sit(lent, consumer)))
            }
            Ok(Err(error)) if reply_code(&error) == Some(code::RESOURCE_LOCKED) => Ok(None),
            Ok(Err(error)) => Err(failed(Failure::of(&error, Doing::Declare(&self.topology.leader)))),
            Err(_) => Err(failed(Failure::silence(self.location.patience, "answer"))),
        }
    }

    async fn hold_queue(&self, lent: &Lent) -> lapin::Result<Consumer> {
        let name = &*self.topology.leader;
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        lent.channel.queue_declare(name.into(), options, FieldTable::default()).await?;
        // Nothing is ever in it; the consumer's end tells that the queue, the channel or the connection is gone.
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
        lent.channel.basic_consume(name.into(), "".into(), options, FieldTable::default()).await
    }

    fn sit(self: &Arc<Self>, lent: Lent, mut consumer: Consumer) -> Leadership {
        let (held, watched) = watch::channel(true);
        let (guard, left) = oneshot::channel::<()>();
        let hub = Arc::clone(self);
        errand::leave(async move {
            let lost = async { while let Some(Ok(_)) = consumer.next().await {} };
            let is_left = tokio::select! {
                () = lost => false,
                // The guard is only ever dropped.
                _ = left => true,
            };
            held.send_replace(false);
            if is_left {
                let options = QueueDeleteOptions::default();
                let deleted = timeout(LEAVE_BOUND, lent.channel.queue_delete((*hub.topology.leader).into(), options));
                if let Ok(Ok(_)) = deleted.await {
                    drop(consumer);
                }
            } else {
                tracing::warn!("leadership lost");
            }
            drop(lent);
            hub.seat.taken.store(false, Ordering::Release);
            hub.call_bell().await;
        });
        Leadership::new(guard, watched)
    }
}

/// Makes the seat vacant again when standing for it comes to nothing.
struct Vacant<'hub>(&'hub Arc<Hub>);

impl Drop for Vacant<'_> {
    fn drop(&mut self) {
        self.0.seat.taken.store(false, Ordering::Release);
    }
}
