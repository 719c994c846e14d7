//! Publishing what must not be lost: confirmed, routed, bounded.

use std::sync::Arc;
use std::time::Duration;

use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Confirmation};
use tokio::time::{sleep, timeout_at};

use super::failure::{Doing, Failure};
use super::link::Session;
use super::topology::TRY_AGAIN;
use super::{Hub, errand};
use crate::{BrokerError, MESSAGE_LIMIT_BYTES, Result};

/// The header that carries the losses counted before a message was given back.
pub(super) const LOSSES: &str = "bookend-losses";
/// The header that says which queue a dead letter was in.
const FROM: &str = "bookend-from";
/// AMQP's delivery mode of messages that are written to disk.
const PERSISTENT: u8 = 2;

/// A message for one queue.
pub(super) struct Letter {
    queue: String,
    bytes: Vec<u8>,
    headers: FieldTable,
}

impl Letter {
    /// A message that nobody had yet.
    pub(super) fn new(queue: &str, bytes: Vec<u8>) -> Result<Self> {
        check(&bytes)?;
        Ok(Self { queue: queue.to_owned(), bytes, headers: FieldTable::default() })
    }

    /// A message that goes back to its queue, with the losses it came with.
    pub(super) fn again(queue: &str, bytes: Vec<u8>, losses: u32) -> Self {
        let mut headers = FieldTable::default();
        headers.insert(LOSSES.into(), AMQPValue::LongLongInt(losses.into()));
        Self { queue: queue.to_owned(), bytes, headers }
    }

    /// A message that goes to the dead letters.
    pub(super) fn dead(dead: &str, from: &str, bytes: Vec<u8>) -> Self {
        let mut headers = FieldTable::default();
        headers.insert(FROM.into(), AMQPValue::LongString(from.into()));
        Self { queue: dead.to_owned(), bytes, headers }
    }
}

/// How an attempt to publish ended badly.
enum Attempt {
    /// No queue took it.
    Returned(Box<BasicReturnMessage>),
    /// The broker could not store it.
    Refused,
    /// The channel or connection went; whether the message is stored is unknown.
    Lost(lapin::Error),
}

impl Hub {
    /// Publishes until it is confirmed, again after a loss, within the location's patience; then rings the bell.
    pub(super) async fn publish(self: &Arc<Self>, letter: &Letter) -> Result<()> {
        let deadline = self.location.deadline();
        let failed = |failure: Failure| failure.at(&self.location.place);
        let mut declared = false;
        loop {
            let session = self.publishing.session(deadline).await?;
            // What is handed to a blocked connection stays in memory and goes out some day, so nothing is.
            if timeout_at(deadline, session.unblocked()).await.is_err() {
                return Err(failed(unconfirmed(&session, self.location.patience)));
            }
            match timeout_at(deadline, self.attempt(&session, letter)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(Attempt::Returned(_))) if !declared => {
                    declared = true;
                    match timeout_at(deadline, session.redeclare()).await {
                        Ok(declared) => declared.map_err(failed)?,
                        Err(_) => return Err(failed(unconfirmed(&session, self.location.patience))),
                    }
                }
                Ok(Err(Attempt::Returned(returned))) => {
                    let reason = format!("`{}` does not take it ({})", letter.queue, returned.reply_text);
                    return Err(failed(Failure::NotAccepted(reason)));
                }
                Ok(Err(Attempt::Refused)) => {
                    return Err(failed(Failure::NotAccepted("it could not store it".to_owned())));
                }
                Ok(Err(Attempt::Lost(error))) => match Failure::of(&error, Doing::Call) {
                    Failure::Unreachable(reason) => {
                        tracing::debug!(reason, "message not confirmed, publishing it again");
                        sleep(TRY_AGAIN).await;
                    }
                    failure => return Err(failed(failure)),
                },
                Err(_) => return Err(failed(unconfirmed(&session, self.location.patience))),
            }
        }
    }

    async fn attempt(self: &Arc<Self>, session: &Session, letter: &Letter) -> Result<(), Attempt> {
        let lent = session.lend().await.map_err(Attempt::Lost)?;
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT).with_headers(letter.headers.clone());
        let published =
            lent.channel.basic_publish("".into(), (*letter.queue).into(), options, &letter.bytes, properties).await;
        match published.map_err(Attempt::Lost)?.await.map_err(Attempt::Lost)? {
            Confirmation::Ack(None) => {
                let hub = Arc::clone(self);
                errand::leave(async move { hub.ring(lent).await });
                Ok(())
            }
            Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
                lent.done();
                Err(Attempt::Returned(Box::new(returned)))
            }
            Confirmation::Nack(None) | Confirmation::NotRequested => Err(Attempt::Refused),
        }
    }
}

/// Refuses what is too large for every carrier.
pub(super) fn check(message: &[u8]) -> Result<()> {
    if message.len() > MESSAGE_LIMIT_BYTES {
        return Err(BrokerError::TooLarge { bytes: message.len(), limit_bytes: MESSAGE_LIMIT_BYTES });
    }
    Ok(())
}

/// Why no confirm came in time.
pub(super) fn unconfirmed(session: &Session, patience: Duration) -> Failure {
    match session.blocked() {
        Some(why) => Failure::NotAccepted(format!(
            "it blocks publishers ({why}), see its memory and disk alarms (rabbitmq-diagnostics alarms)"
        )),
        None => Failure::silence(patience, "confirm"),
    }
}
