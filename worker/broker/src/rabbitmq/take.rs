//! Taking messages, and how a taking ends.

use std::sync::Arc;

use async_trait::async_trait;
use lapin::Acker;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use tokio::time::{sleep, timeout, timeout_at};

use super::channels::Lent;
use super::failure::{Doing, Failure, code, reply_code};
use super::publish::{LOSSES, Letter};
use super::topology::TRY_AGAIN;
use super::{Hub, errand};
use crate::taken::Hold;
use crate::{BrokerError, Command, Lane, Receipt, Result, Taken};

/// RabbitMQ's header of how often a message of a quorum queue was delivered before.
const DELIVERY_COUNT: &str = "x-delivery-count";

impl Hub {
    /// Takes from the first of these lanes that has something.
    pub(super) async fn try_take(self: &Arc<Self>, lanes: &[Lane]) -> Result<Option<Taken>> {
        let queues: Vec<&str> = lanes.iter().map(|&lane| self.topology.lane(lane)).collect();
        let Some((place, came)) = self.get(&queues).await? else { return Ok(None) };
        let Came { bytes, losses, receipt } = came;
        Ok(Some(Taken { lane: lanes[place], bytes, losses, receipt }))
    }

    /// Takes a command, if there is one.
    pub(super) async fn try_take_command(self: &Arc<Self>) -> Result<Option<Command>> {
        let Some((_, came)) = self.get(&[&self.topology.commands]).await? else { return Ok(None) };
        let Came { bytes, losses, receipt } = came;
        Ok(Some(Command { bytes, losses, receipt }))
    }

    /// How many messages of a queue nobody has taken.
    pub(super) async fn depth(&self, queue: &str) -> Result<u64> {
        let (answer, lent) = self.ask(Question::Depth(queue.to_owned())).await?;
        lent.done();
        match answer {
            Answer::Depth(depth) => Ok(depth),
            Answer::Got(..) | Answer::Nothing => Ok(0),
        }
    }

    /// Gets a message from the first of these queues that has one, and says which.
    async fn get(self: &Arc<Self>, queues: &[&str]) -> Result<Option<(usize, Came)>> {
        let question = Question::Get(queues.iter().map(|&queue| queue.to_owned()).collect());
        let (answer, lent) = self.ask(question).await?;
        match answer {
            Answer::Got(place, got) => Ok(Some((place, self.hold(queues[place], *got, lent)))),
            Answer::Depth(_) | Answer::Nothing => {
                lent.done();
                Ok(None)
            }
        }
    }

    fn hold(self: &Arc<Self>, queue: &str, got: BasicGetMessage, lent: Lent) -> Came {
        let losses = losses(got.delivery.properties.headers().as_ref());
        let acker = got.delivery.acker.clone();
        let bytes = got.delivery.data;
        let grip = Grip { hub: Arc::clone(self), lent, acker, queue: queue.to_owned(), bytes: bytes.clone(), losses };
        Came { bytes, losses, receipt: Receipt::new(grip) }
    }

    /// Asks over the taking link: again after a loss, and once more after declaring what is gone.
    async fn ask(&self, question: Question) -> Result<(Answer, Lent)> {
        let deadline = self.location.deadline();
        let failed = |failure: Failure| failure.at(&self.location.place);
        let mut declared = false;
        loop {
            let session = self.taking.session(deadline).await?;
            let asked = timeout_at(deadline, async {
                let lent = session.lend().await?;
                let answer = question.put(&lent).await?;
                Ok::<_, lapin::Error>((answer, lent))
            });
            match asked.await {
                Ok(Ok(answered)) => return Ok(answered),
                Ok(Err(error)) if reply_code(&error) == Some(code::NOT_FOUND) && !declared => {
                    declared = true;
                    let silent = |_| Failure::silence(self.location.patience, "answer");
                    timeout_at(deadline, session.redeclare())
                        .await
                        .unwrap_or_else(|late| Err(silent(late)))
                        .map_err(failed)?;
                }
                Ok(Err(error)) => match Failure::of(&error, Doing::Call) {
                    Failure::Unreachable(reason) => {
                        tracing::debug!(reason, "no answer, asking again");
                        sleep(TRY_AGAIN).await;
                    }
                    failure => return Err(failed(failure)),
                },
                Err(_) => return Err(failed(Failure::silence(self.location.patience, "answer"))),
            }
        }
    }
}

/// What is asked over the taking link.
enum Question {
    /// How many messages wait in a queue?
    Depth(String),
    /// What is in the first of these that has something?
    Get(Vec<String>),
}

enum Answer {
    Depth(u64),
    Got(usize, Box<BasicGetMessage>),
    Nothing,
}

impl Question {
    async fn put(&self, lent: &Lent) -> lapin::Result<Answer> {
        match self {
            Self::Depth(queue) => {
                let declared = lent.channel.queue_declare((**queue).into(), passively(), FieldTable::default()).await?;
                Ok(Answer::Depth(declared.message_count().into()))
            }
            Self::Get(queues) => {
                for (place, queue) in queues.iter().enumerate() {
                    let got = lent.channel.basic_get((**queue).into(), BasicGetOptions::default()).await?;
                    if let Some(got) = got {
                        return Ok(Answer::Got(place, Box::new(got)));
                    }
                }
                Ok(Answer::Nothing)
            }
        }
    }
}

/// Asks about a queue without making it.
fn passively() -> QueueDeclareOptions {
    QueueDeclareOptions { passive: true, durable: true, ..Default::default() }
}

/// A message that was got.
struct Came {
    bytes: Vec<u8>,
    losses: u32,
    receipt: Receipt,
}

/// A hold on a taken message: the channel that took it, which has no other.
///
/// Dropping it closes the channel, so the message comes again with a loss.
struct Grip {
    hub: Arc<Hub>,
    lent: Lent,
    acker: Acker,
    queue: String,
    bytes: Vec<u8>,
    losses: u32,
}

impl Grip {
    /// Acknowledges the message; stale if its channel is gone.
    async fn end(self) -> Result<()> {
        match timeout(self.hub.location.patience, self.acker.ack(BasicAckOptions::default())).await {
            Ok(Ok(true)) => {
                self.lent.done();
                Ok(())
            }
            Ok(Ok(false) | Err(_)) => Err(BrokerError::Stale),
            Err(_) => {
                let patience = self.hub.location.patience;
                Err(Failure::silence(patience, "room for an acknowledgement").at(&self.hub.location.place))
            }
        }
    }

    /// Publishes the message elsewhere, then acknowledges it here: it is durable before it is ended.
    async fn move_to(self, letter: Letter) -> Result<()> {
        if !self.acker.usable() {
            return Err(BrokerError::Stale);
        }
        self.hub.publish(&letter).await?;
        self.end().await
    }
}

#[async_trait]
impl Hold for Grip {
    async fn settle(self: Box<Self>) -> Result<()> {
        errand::run(self.end()).await
    }

    async fn give_back(mut self: Box<Self>) -> Result<()> {
        // A nack would count as a loss on 3.10.
        let letter = Letter::again(&self.queue, std::mem::take(&mut self.bytes), self.losses);
        errand::run(self.move_to(letter)).await
    }

    async fn set_aside(mut self: Box<Self>) -> Result<()> {
        let letter = Letter::dead(&self.hub.topology.dead, &self.queue, std::mem::take(&mut self.bytes));
        errand::run(self.move_to(letter)).await
    }

    fn abandon(self: Box<Self>) {
        errand::leave(async move {
            let Self { hub, lent, acker, queue, .. } = *self;
            let nacked = timeout(hub.location.patience, async {
                acker.nack(BasicNackOptions { requeue: true, multiple: false }).await?;
                // An answer on the same channel says that the nack arrived.
                lent.channel.queue_declare((*queue).into(), passively(), FieldTable::default()).await
            });
            if let Ok(Ok(_)) = nacked.await {
                lent.done();
            }
            hub.call_bell().await;
        });
    }
}

impl Hub {
    /// Rings the bell by itself, if the publishing link is there to do it.
    pub(super) async fn call_bell(&self) {
        self.bell.notify_waiters();
        let Ok(session) = self.publishing.session(tokio::time::Instant::now()).await else { return };
        if session.blocked().is_none()
            && let Ok(lent) = session.lend().await
        {
            self.ring(lent).await;
        }
    }
}

/// Losses before the message was last given back, and since.
fn losses(headers: Option<&FieldTable>) -> u32 {
    let count = |name: &str| headers.and_then(|headers| headers.inner().get(name)).map_or(0, whole);
    count(LOSSES).saturating_add(count(DELIVERY_COUNT))
}

fn whole(value: &AMQPValue) -> u32 {
    let number = match *value {
        AMQPValue::ShortShortInt(number) => i64::from(number),
        AMQPValue::ShortShortUInt(number) => i64::from(number),
        AMQPValue::ShortInt(number) => i64::from(number),
        AMQPValue::ShortUInt(number) => i64::from(number),
        AMQPValue::LongInt(number) => i64::from(number),
        AMQPValue::LongUInt(number) => i64::from(number),
        AMQPValue::LongLongInt(number) => number,
        _ => 0,
    };
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}
