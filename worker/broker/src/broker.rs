//! The contract of every carrier.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{Command, Lane, Leadership, Result, Subscription, Taken};

/// The longest message, command or event, in bytes: 4 MiB. Messages name objects; they do not carry them.
pub const MESSAGE_LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// One connection to a carrier of messages.
///
/// What every carrier promises, and `conformance` checks:
///
/// - **At least once.** A published message is taken until one receipt for it is settled. It may be taken again even then.
/// - **No order.** Neither within a lane nor between publishers.
/// - **Losses are counted.** A message that was taken and neither settled nor given back (its [`Receipt`](crate::Receipt) dropped, its
///   taker's connection or process gone) comes again with one loss more.
/// - **Events may drop**, and subscriptions say so.
/// - **Cancellation.** Dropping the future of a publish leaves it unknown whether the message went out. Dropping the
///   future of a take loses no message; at worst one comes again with a loss more.
#[async_trait]
pub trait Broker: Debug + Send + Sync {
    /// Where the broker is, for messages; never holds a credential.
    fn place(&self) -> String;

    /// Publishes a job message; returns when it is durable and in its lane's queue.
    async fn publish(&self, lane: Lane, message: Vec<u8>) -> Result<()>;

    /// Takes a message from the first of these lanes that has one, if any has.
    ///
    /// Call it for a free slot only: a taken message waits for nobody else.
    async fn try_take(&self, lanes: &[Lane]) -> Result<Option<Taken>>;

    /// Takes a message from the first of these lanes that has one, waiting until one does; without lanes, for ever.
    async fn take(&self, lanes: &[Lane]) -> Result<Taken>;

    /// How many messages of a lane wait to be taken.
    async fn depth(&self, lane: Lane) -> Result<u64>;

    /// Publishes a command to the leader; returns when it is durable and in the queue.
    async fn command(&self, message: Vec<u8>) -> Result<()>;

    /// Takes a command, waiting until there is one. Commands are settled and lost as jobs are.
    async fn take_command(&self) -> Result<Command>;

    /// Tells every subscription of the moment. Nobody need listen; some listeners may miss it.
    async fn emit(&self, event: Vec<u8>) -> Result<()>;

    /// Subscribes to all events emitted after this returns, by any connection, this one included. It may hear some that
    /// were emitted just before.
    async fn events(&self) -> Result<Subscription>;

    /// Becomes the leader, waiting as a standby until there is none.
    async fn lead(&self) -> Result<Leadership>;

    /// Becomes the leader, if there is none.
    async fn try_lead(&self) -> Result<Option<Leadership>>;
}
