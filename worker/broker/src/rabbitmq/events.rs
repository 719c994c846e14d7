//! Events and doorbells: out over the publishing link, in over the taking one.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicConsumeOptions, BasicPublishOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Consumer, PublisherConfirm};
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_stream::StreamExt;

use super::channels::{Channels, Lent};
use super::failure::{Doing, Failure, code, reply_code};
use super::gaps::{self, Gaps};
use super::topology::Topology;
use super::{Hub, publish};
use crate::{Event, EventFeed, Result};

/// The `type` of a message that only says that there may be something to do.
const DOORBELL: &str = "doorbell";
/// The longest that telling an event waits, however patient a call is: whoever tells one has something better to do.
const TELL_BOUND: Duration = Duration::from_secs(2);
/// Between attempts to listen again on a connection that is up.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Hears events for the subscriptions and the bell for who waits.
#[derive(Clone)]
pub(super) struct Ear {
    pub(super) feed: EventFeed,
    pub(super) bell: Arc<Notify>,
}

impl Ear {
    /// Tells that something may have been missed.
    pub(super) fn missed(&self) {
        self.feed.tell(Event::Lagged(1));
        self.bell.notify_waiters();
    }

    /// Declares a queue of our own and consumes it; nothing told after this is missed but by loss.
    pub(super) async fn listen(&self, channels: &Arc<Channels>, topology: &Topology) -> Result<Heard, Failure> {
        let call = |error: lapin::Error| Failure::of(&error, Doing::Call);
        let lent = channels.lend().await.map_err(call)?;
        let queue = topology.declare_listener(&lent.channel).await?;
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
        let consumer = lent.channel.basic_consume((*queue).into(), "".into(), options, FieldTable::default()).await;
        Ok(Heard { consumer: consumer.map_err(call)?, _lent: lent })
    }

    /// Passes on what is heard, and listens again if the queue is taken away, for as long as the connection is up.
    pub(super) async fn follow(self, first: Heard, channels: Arc<Channels>, topology: Arc<Topology>) {
        let mut gaps = Gaps::default();
        let mut heard = Some(first);
        while channels.connection().status().connected() {
            if let Some(mut heard) = heard.take() {
                while let Some(Ok(delivery)) = heard.consumer.next().await {
                    self.hear(delivery, &mut gaps);
                }
                self.missed();
            }
            match self.listen(&channels, &topology).await {
                Ok(again) => heard = Some(again),
                Err(failure) => {
                    tracing::debug!(reason = failure.reason(), "events not heard");
                    sleep(LISTEN_AGAIN).await;
                }
            }
        }
    }

    fn hear(&self, delivery: lapin::message::Delivery, gaps: &mut Gaps) {
        let properties = &delivery.properties;
        if properties.kind().as_ref().is_some_and(|kind| kind.as_str() == DOORBELL) {
            self.bell.notify_waiters();
            return;
        }
        let missed = properties.message_id().as_ref().map_or(0, |mark| gaps.missed_before(mark.as_str()));
        if missed > 0 {
            self.feed.tell(Event::Lagged(missed));
        }
        self.feed.tell(Event::Told(delivery.data));
    }
}

/// A queue of events being consumed.
pub(super) struct Heard {
    consumer: Consumer,
    _lent: Lent,
}

/// Publishes this connection's events, numbered and in order.
pub(super) struct Voice {
    publisher: u64,
    turn: Mutex<Turn>,
}

#[derive(Default)]
struct Turn {
    number: u64,
    lent: Option<Lent>,
}

impl Default for Voice {
    fn default() -> Self {
        Self { publisher: rand::random(), turn: Mutex::default() }
    }
}

impl Hub {
    /// Tells everyone of the moment; fails soon, and at once while the broker blocks publishers, as events only hasten.
    pub(super) async fn emit(&self, event: Vec<u8>) -> Result<()> {
        publish::check(&event)?;
        let bound = self.location.patience.min(TELL_BOUND);
        let deadline = Instant::now() + bound;
        let mut declared = false;
        loop {
            let session = self.publishing.session(deadline).await?;
            if session.blocked().is_some() {
                return Err(publish::unconfirmed(&session, bound).at(&self.location.place));
            }
            let failure = match timeout_at(deadline, self.say(&session, &event)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if reply_code(&error) == Some(code::NOT_FOUND) && !declared => {
                    declared = true;
                    let declared = timeout_at(deadline, session.redeclare()).await;
                    let late = |_| Err(publish::unconfirmed(&session, bound));
                    declared.unwrap_or_else(late).map_err(|failure| failure.at(&self.location.place))?;
                    continue;
                }
                Ok(Err(error)) => Failure::of(&error, Doing::Call),
                Err(_) => publish::unconfirmed(&session, bound),
            };
            return Err(failure.at(&self.location.place));
        }
    }

    async fn say(&self, session: &super::link::Session, event: &[u8]) -> lapin::Result<()> {
        let confirm = {
            // One at a time up to the socket, so that numbers go out in order; confirms may overlap.
            let mut turn = self.voice.turn.lock().await;
            let lent = match turn.lent.take().filter(|lent| lent.channel.status().connected()) {
                Some(lent) => lent,
                None => session.lend().await?,
            };
            turn.number += 1;
            let mark = gaps::mark(self.voice.publisher, turn.number);
            let properties = BasicProperties::default().with_message_id(mark.into());
            let confirm = fan_out(&lent.channel, &self.topology, event, properties).await?;
            turn.lent = Some(lent);
            confirm
        };
        confirm.await.map(drop)
    }

    /// Wakes everybody who waits to take or to lead; a bell that cannot be rung is let go.
    pub(super) async fn ring(&self, lent: Lent) {
        let properties = BasicProperties::default().with_type(DOORBELL.into());
        let rung = async {
            let confirm = fan_out(&lent.channel, &self.topology, &[], properties).await?;
            confirm.await
        };
        if let Ok(Ok(Confirmation::Ack(None))) = timeout_at(self.location.deadline(), rung).await {
            lent.done();
        }
    }
}

async fn fan_out(
    channel: &Channel,
    topology: &Topology,
    bytes: &[u8],
    properties: BasicProperties,
) -> lapin::Result<PublisherConfirm> {
    // Never mandatory: a fanout that nobody listens to returns what is.
    let options = BasicPublishOptions::default();
    channel.basic_publish((*topology.events).into(), "".into(), options, bytes, properties).await
}
