//! The carrier within one process: queues in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::{Notify, watch};

use crate::disorder::Dice;
use crate::taken::Hold;
use crate::{
    Broker, BrokerError, Command, Disorder, Event, EventFeed, Lane, Leadership, MESSAGE_LIMIT_BYTES, Receipt, Result,
    Subscription, Taken,
};

/// A connection to a broker that lives in this process; durable as long as the process is.
///
/// [`InProcess::connect`] makes further connections to the same queues, as further workers or schedulers would.
/// Dropping a connection ends its subscriptions, and nothing that it took or leads; [`InProcess::cut`] does.
#[derive(Debug)]
pub struct InProcess {
    hub: Arc<Hub>,
    connection: u64,
    feed: EventFeed,
}

impl InProcess {
    /// A new broker that behaves.
    pub fn new() -> Self {
        Self::with_disorder(Disorder::default())
    }

    /// A new broker that misbehaves by seed.
    pub fn with_disorder(disorder: Disorder) -> Self {
        let state = State {
            dice: Dice::new(disorder),
            queues: Default::default(),
            commands: VecDeque::new(),
            taken: BTreeMap::new(),
            dead_letters: Vec::new(),
            feeds: BTreeMap::new(),
            leader: None,
            numbers: 0,
        };
        let hub = Arc::new(Hub { state: Mutex::new(state), arrived: Notify::new(), vacant: Notify::new() });
        Self::join(hub)
    }

    /// Another connection to the same broker.
    pub fn connect(&self) -> Self {
        Self::join(Arc::clone(&self.hub))
    }

    /// Loses this connection and makes it again: what it took comes again with a loss, its receipts are stale, its
    /// leadership is lost, and its subscriptions are told that they missed something.
    pub fn cut(&self) {
        let mut state = self.hub.state();
        let lost: Vec<u64> = state
            .taken
            .iter()
            .filter(|(_, held)| held.connection == self.connection)
            .map(|(number, _)| *number)
            .collect();
        for number in lost {
            state.lose(number);
        }
        if state.leader.as_ref().is_some_and(|leader| leader.connection == self.connection) {
            state.leader = None;
        }
        drop(state);
        self.feed.tell(Event::Lagged(1));
        self.hub.arrived.notify_waiters();
        self.hub.vacant.notify_waiters();
    }

    /// The messages set aside so far, oldest first.
    pub fn dead_letters(&self) -> Vec<Vec<u8>> {
        self.hub.state().dead_letters.clone()
    }

    fn join(hub: Arc<Hub>) -> Self {
        let feed = EventFeed::default();
        let connection = {
            let mut state = hub.state();
            let connection = state.number();
            state.feeds.insert(connection, feed.clone());
            connection
        };
        Self { hub, connection, feed }
    }

    fn enqueue(&self, queue: Queue, bytes: Vec<u8>) -> Result<()> {
        check(&bytes)?;
        let mut state = self.hub.state();
        if state.dice.duplicates() {
            state.queue(queue).push_back(Message { bytes: bytes.clone(), losses: 0 });
        }
        state.queue(queue).push_back(Message { bytes, losses: 0 });
        drop(state);
        self.hub.arrived.notify_waiters();
        Ok(())
    }

    fn dequeue(&self, queue: Queue) -> Option<(Vec<u8>, u32, Receipt)> {
        let mut state = self.hub.state();
        let waiting = state.queue(queue).len();
        let place = state.dice.pick(waiting);
        let message = state.queue(queue).remove(place)?;
        let (bytes, losses) = (message.bytes.clone(), message.losses);
        let number = state.number();
        state.taken.insert(number, Held { queue, message, connection: self.connection });
        Some((bytes, losses, Receipt::new(Grip { hub: Arc::clone(&self.hub), number })))
    }

    fn take_from(&self, lanes: &[Lane]) -> Option<Taken> {
        lanes.iter().find_map(|&lane| {
            let (bytes, losses, receipt) = self.dequeue(Queue::Lane(lane))?;
            Some(Taken { lane, bytes, losses, receipt })
        })
    }

    fn stand(&self) -> Option<Leadership> {
        let mut state = self.hub.state();
        if state.leader.is_some() {
            return None;
        }
        let number = state.number();
        let (held, watched) = watch::channel(true);
        state.leader = Some(Leader { number, connection: self.connection, _held: held });
        Some(Leadership::new(Seat { hub: Arc::clone(&self.hub), number }, watched))
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.hub.state().feeds.remove(&self.connection);
    }
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Broker for InProcess {
    fn place(&self) -> String {
        "this process".to_owned()
    }

    async fn publish(&self, lane: Lane, message: Vec<u8>) -> Result<()> {
        self.enqueue(Queue::Lane(lane), message)
    }

    async fn try_take(&self, lanes: &[Lane]) -> Result<Option<Taken>> {
        Ok(self.take_from(lanes))
    }

    async fn take(&self, lanes: &[Lane]) -> Result<Taken> {
        Ok(wait_for(&self.hub.arrived, || self.take_from(lanes)).await)
    }

    async fn depth(&self, lane: Lane) -> Result<u64> {
        Ok(self.hub.state().queue(Queue::Lane(lane)).len() as u64)
    }

    async fn command(&self, message: Vec<u8>) -> Result<()> {
        self.enqueue(Queue::Commands, message)
    }

    async fn take_command(&self) -> Result<Command> {
        let (bytes, losses, receipt) = wait_for(&self.hub.arrived, || self.dequeue(Queue::Commands)).await;
        Ok(Command { bytes, losses, receipt })
    }

    async fn emit(&self, event: Vec<u8>) -> Result<()> {
        check(&event)?;
        let mut state = self.hub.state();
        let State { dice, feeds, .. } = &mut *state;
        for feed in feeds.values() {
            let heard = if dice.drops_event() { Event::Lagged(1) } else { Event::Told(event.clone()) };
            feed.tell(heard);
        }
        Ok(())
    }

    async fn events(&self) -> Result<Subscription> {
        Ok(self.feed.subscribe())
    }

    async fn lead(&self) -> Result<Leadership> {
        Ok(wait_for(&self.hub.vacant, || self.stand()).await)
    }

    async fn try_lead(&self) -> Result<Option<Leadership>> {
        Ok(self.stand())
    }
}

/// What all connections share.
#[derive(Debug)]
struct Hub {
    state: Mutex<State>,
    /// A message is in a queue.
    arrived: Notify,
    /// Nobody leads.
    vacant: Notify,
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics between two changes that belong together, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct State {
    dice: Dice,
    queues: [VecDeque<Message>; Lane::ALL.len()],
    commands: VecDeque<Message>,
    taken: BTreeMap<u64, Held>,
    dead_letters: Vec<Vec<u8>>,
    feeds: BTreeMap<u64, EventFeed>,
    leader: Option<Leader>,
    /// The last number given to a connection, a taking or a leader.
    numbers: u64,
}

impl State {
    fn queue(&mut self, queue: Queue) -> &mut VecDeque<Message> {
        match queue {
            Queue::Lane(lane) => &mut self.queues[lane as usize],
            Queue::Commands => &mut self.commands,
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Puts a taken message back with one loss more; false if it is not taken any longer.
    fn lose(&mut self, number: u64) -> bool {
        let Some(Held { queue, message, .. }) = self.taken.remove(&number) else { return false };
        self.queue(queue).push_back(Message { losses: message.losses.saturating_add(1), ..message });
        true
    }
}

#[derive(Debug, Clone, Copy)]
enum Queue {
    Lane(Lane),
    Commands,
}

#[derive(Debug)]
struct Message {
    bytes: Vec<u8>,
    losses: u32,
}

/// A message that is in somebody's hands.
#[derive(Debug)]
struct Held {
    queue: Queue,
    message: Message,
    connection: u64,
}

/// A receipt's hold on a taken message.
struct Grip {
    hub: Arc<Hub>,
    number: u64,
}

impl Grip {
    /// Ends the taking, unless the connection was lost, or is by disorder.
    fn end(&self, ending: impl FnOnce(&mut State, Held)) -> Result<()> {
        let mut state = self.hub.state();
        let lost = state.dice.loses() && state.lose(self.number);
        let ended = state.taken.remove(&self.number).map(|held| ending(&mut state, held));
        drop(state);
        if lost {
            self.hub.arrived.notify_waiters();
        }
        ended.ok_or(BrokerError::Stale)
    }
}

#[async_trait]
impl Hold for Grip {
    async fn settle(self: Box<Self>) -> Result<()> {
        self.end(|_, _| ())
    }

    async fn give_back(self: Box<Self>) -> Result<()> {
        self.end(|state, held| state.queue(held.queue).push_back(held.message))?;
        self.hub.arrived.notify_waiters();
        Ok(())
    }

    async fn set_aside(self: Box<Self>) -> Result<()> {
        self.end(|state, held| state.dead_letters.push(held.message.bytes))
    }

    fn abandon(self: Box<Self>) {
        if self.hub.state().lose(self.number) {
            self.hub.arrived.notify_waiters();
        }
    }
}

/// Who leads; dropping it tells the guard.
#[derive(Debug)]
struct Leader {
    number: u64,
    connection: u64,
    _held: watch::Sender<bool>,
}

/// A leader's seat; dropping it leaves it.
struct Seat {
    hub: Arc<Hub>,
    number: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if state.leader.as_ref().is_some_and(|leader| leader.number == self.number) {
            state.leader = None;
            drop(state);
            self.hub.vacant.notify_waiters();
        }
    }
}

fn check(message: &[u8]) -> Result<()> {
    if message.len() > MESSAGE_LIMIT_BYTES {
        return Err(BrokerError::TooLarge { bytes: message.len(), limit_bytes: MESSAGE_LIMIT_BYTES });
    }
    Ok(())
}

/// Tries again after every signal until there is something. A signal between a try and the wait is not missed.
async fn wait_for<T>(signal: &Notify, mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        let mut signalled = std::pin::pin!(signal.notified());
        signalled.as_mut().enable();
        if let Some(found) = attempt() {
            return found;
        }
        signalled.await;
    }
}
