//! The queues and the exchange of an installation, and how they are declared.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::failure::{Doing, Failure};
use crate::{EVENT_BACKLOG, Lane};

/// How often somebody who waits looks without being told to.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The pause before a call that failed is made again, within its patience.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(50);

/// How many dead letters are kept; the oldest go first.
const DEAD_LETTERS: i64 = 10_000;

/// The names of an installation's queues and exchange.
#[derive(Debug)]
pub(super) struct Topology {
    lanes: [String; Lane::ALL.len()],
    /// The queue of commands to the leader.
    pub(super) commands: String,
    /// The queue of what nobody could read.
    pub(super) dead: String,
    /// The queue whose exclusive holder leads.
    pub(super) leader: String,
    /// The fanout exchange of events.
    pub(super) events: String,
    /// What the name of a listener's own queue begins with.
    listener: String,
}

impl Topology {
    /// The names under a prefix.
    pub(super) fn new(prefix: &str) -> Self {
        let name = |what: &str| format!("{prefix}.{what}");
        Self {
            lanes: Lane::ALL.map(|lane| name(lane.as_str())),
            commands: name("commands"),
            dead: name("dead"),
            leader: name("leader"),
            events: name("events"),
            listener: name("listener"),
        }
    }

    /// A lane's queue.
    pub(super) fn lane(&self, lane: Lane) -> &str {
        &self.lanes[lane as usize]
    }

    /// Declares everything durable; a queue that exists with other arguments is a failure that names it.
    pub(super) async fn declare(&self, channel: &Channel) -> Result<(), Failure> {
        let declared = channel
            .exchange_declare(
                (*self.events).into(),
                ExchangeKind::Fanout,
                ExchangeDeclareOptions { durable: true, ..Default::default() },
                FieldTable::default(),
            )
            .await;
        declared.map_err(|error| Failure::of(&error, Doing::Declare(&self.events)))?;
        for queue in self.lanes.iter().chain([&self.commands]) {
            self.declare_queue(channel, queue, self.to_dead_letters()).await?;
        }
        self.declare_queue(channel, &self.dead, bounded_dead_letters()).await
    }

    /// Declares a listener's own bounded queue, bound to the events, and gives its name.
    pub(super) async fn declare_listener(&self, channel: &Channel) -> Result<String, Failure> {
        let name = format!("{}.{:016x}", self.listener, rand::random::<u64>());
        let doing = Doing::Declare(&name);
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        let declared = channel.queue_declare((*name).into(), options, bounded_listener()).await;
        declared.map_err(|error| Failure::of(&error, doing))?;
        let bound = channel
            .queue_bind(
                (*name).into(),
                (*self.events).into(),
                "".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await;
        bound.map_err(|error| Failure::of(&error, doing))?;
        Ok(name)
    }

    async fn declare_queue(&self, channel: &Channel, name: &str, mut arguments: FieldTable) -> Result<(), Failure> {
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let options = QueueDeclareOptions { durable: true, ..Default::default() };
        let declared = channel.queue_declare(name.into(), options, arguments).await;
        declared.map(drop).map_err(|error| Failure::of(&error, Doing::Declare(name)))
    }

    /// Where a broker with a delivery limit (20 from 4.0 on) puts what was lost that often.
    fn to_dead_letters(&self) -> FieldTable {
        let mut arguments = FieldTable::default();
        arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString("".into()));
        arguments.insert("x-dead-letter-routing-key".into(), AMQPValue::LongString((*self.dead).into()));
        arguments
    }
}

fn bounded_dead_letters() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(DEAD_LETTERS));
    arguments
}

fn bounded_listener() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(EVENT_BACKLOG as i64));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("drop-head".into()));
    arguments
}
