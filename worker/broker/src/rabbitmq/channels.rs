//! A connection's channels, lent one call at a time.
//!
//! One call to a channel keeps failures apart: a message that is held too long costs its own channel only, and a returned
//! message can only be the one that was published.

use std::sync::{Arc, Mutex, PoisonError};

use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Connection};

/// How many channels without a call are kept open.
const IDLE: usize = 8;

/// A connection and its idle channels.
pub(super) struct Channels {
    connection: Connection,
    idle: Mutex<Vec<Channel>>,
    /// Whether the channels confirm what they publish.
    confirm: bool,
}

impl Channels {
    pub(super) fn new(connection: Connection, confirm: bool) -> Self {
        Self { connection, idle: Mutex::default(), confirm }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Lends an idle channel, or a new one.
    pub(super) async fn lend(self: &Arc<Self>) -> lapin::Result<Lent> {
        let idle = loop {
            match self.idle().pop() {
                Some(channel) if channel.status().connected() => break Some(channel),
                Some(_) => {}
                None => break None,
            }
        };
        let channel = match idle {
            Some(channel) => channel,
            None => {
                let channel = self.connection.create_channel().await?;
                if self.confirm {
                    channel.confirm_select(ConfirmSelectOptions::default()).await?;
                }
                channel
            }
        };
        Ok(Lent { owner: Arc::clone(self), channel })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Channel>> {
        // A vector of channels is whole after every call.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A channel on loan; dropping it closes the channel, and what it holds goes back to its queue.
pub(super) struct Lent {
    owner: Arc<Channels>,
    pub(super) channel: Channel,
}

impl Lent {
    /// Gives the channel back for other calls; nothing may be held or awaited on it any longer.
    pub(super) fn done(self) {
        let Self { owner, channel } = self;
        let mut idle = owner.idle();
        if channel.status().connected() && idle.len() < IDLE {
            idle.push(channel);
        }
    }
}
