//! Events: told to everyone of the moment, promised to nobody.

use tokio::sync::broadcast::{self, error::RecvError};

/// How many events a subscription keeps for a slow listener before it drops the oldest.
pub const EVENT_BACKLOG: usize = 4_096;

/// What a subscription hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An event.
    Told(Vec<u8>),
    /// At least this many events were missed here.
    Lagged(u64),
}

/// A carrier's side of its subscriptions.
#[derive(Debug, Clone)]
pub struct EventFeed {
    sender: broadcast::Sender<Event>,
}

impl Default for EventFeed {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(EVENT_BACKLOG) }
    }
}

impl EventFeed {
    /// Tells every subscription of the moment; that there is none is no error.
    pub fn tell(&self, event: Event) {
        let _ = self.sender.send(event);
    }

    /// Opens a subscription to what is told from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription { receiver: self.sender.subscribe() }
    }
}

/// A listener's place in the stream of events.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Event>,
}

impl Subscription {
    /// The next event, or how many were missed; nothing once the broker is gone. Dropping the future misses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        match self.receiver.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(missed)) => Some(Event::Lagged(missed)),
            Err(RecvError::Closed) => None,
        }
    }
}
