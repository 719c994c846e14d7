//! A message in somebody's hands.

use std::fmt;

use async_trait::async_trait;

use crate::{Lane, Result};

/// A job message that was taken.
#[derive(Debug)]
pub struct Taken {
    /// The lane it came from.
    pub lane: Lane,
    /// The message.
    pub bytes: Vec<u8>,
    /// How often it was taken before and lost; giving back does not count.
    pub losses: u32,
    /// What ends the taking.
    pub receipt: Receipt,
}

/// A command that was taken.
#[derive(Debug)]
pub struct Command {
    /// The message.
    pub bytes: Vec<u8>,
    /// How often it was taken before and lost.
    pub losses: u32,
    /// What ends the taking.
    pub receipt: Receipt,
}

/// The right to say how the taking of one message ended, once.
///
/// Dropping it says that the worker was lost: the message comes again, to anyone, with one loss more.
///
/// Every ending errors with [`Stale`](crate::BrokerError::Stale) when the connection that took the message is gone; the message
/// then comes again. After any other error, and when the future is dropped, it may come again.
#[must_use = "dropping a receipt counts as a lost worker"]
pub struct Receipt {
    hold: Option<Box<dyn Hold>>,
}

impl Receipt {
    /// A receipt over a carrier's own hold.
    pub fn new(hold: impl Hold + 'static) -> Self {
        Self { hold: Some(Box::new(hold)) }
    }

    /// Ends the message for good. Its effect must be durable before.
    pub async fn settle(mut self) -> Result<()> {
        self.take().settle().await
    }

    /// Puts the message back for anyone to take, without counting a loss: the taker was interrupted.
    ///
    /// Returns when the message is durable in its queue again.
    pub async fn give_back(mut self) -> Result<()> {
        self.take().give_back().await
    }

    /// Puts the message aside for a person to look at, never to be taken again: nobody can read it.
    ///
    /// Returns when the message is durable among the dead letters.
    pub async fn set_aside(mut self) -> Result<()> {
        self.take().set_aside().await
    }

    fn take(&mut self) -> Box<dyn Hold> {
        self.hold.take().expect("every ending consumes the receipt, so the hold is there until then")
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(hold) = self.hold.take() {
            hold.abandon();
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").finish_non_exhaustive()
    }
}

/// A carrier's side of a [`Receipt`]; exactly one of these is called, once.
///
/// When the future of an ending is dropped, the carrier must see to it that the message comes again or is ended.
#[async_trait]
pub trait Hold: Send + Sync {
    /// Ends the message for good.
    async fn settle(self: Box<Self>) -> Result<()>;

    /// Puts the message back without counting a loss.
    async fn give_back(self: Box<Self>) -> Result<()>;

    /// Moves the message to the dead letters.
    async fn set_aside(self: Box<Self>) -> Result<()>;

    /// Lets the message come again with one loss more; must not block.
    fn abandon(self: Box<Self>);
}
