//! The carrier between machines: RabbitMQ 3.10 or newer, over AMQP 0-9-1.
//!
//! `RABBITMQ.md` beside this package's manifest is the operator's page: names, arguments, settings, errors, remedies.
//!
//! Two connections, so that a broker that blocks publishers for want of disk or memory does not keep a worker from
//! settling what it holds: one publishes, the other takes, leads and listens. Each is rebuilt by its own supervisor
//! (`link`), never by lapin, and everything of lapin's runs on a runtime of its own (`errand`). A call is one errand
//! there; it waits for a lost link for [`Location::patience`], then fails with a typed error.

mod channels;
mod errand;
mod events;
mod failure;
mod gaps;
mod knock;
mod lead;
mod link;
mod location;
mod publish;
mod take;
mod topology;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Notify;

use self::events::{Ear, Voice};
use self::lead::Seat;
use self::link::{Link, Purpose};
use self::location::Location;
use self::publish::Letter;
use self::topology::Topology;
use crate::{Broker, Command, EventFeed, Lane, Leadership, Result, Subscription, Taken};

/// A connection to queues on a RabbitMQ broker.
///
/// Dropping it ends its subscriptions and, once nothing that it took or leads is held any longer, its connections.
pub struct RabbitMq {
    hub: Arc<Hub>,
}

/// What every call works with.
struct Hub {
    location: Arc<Location>,
    topology: Arc<Topology>,
    publishing: Link,
    taking: Link,
    feed: EventFeed,
    /// Rings when there may be something to take or a seat to fill.
    bell: Arc<Notify>,
    voice: Voice,
    seat: Seat,
}

impl RabbitMq {
    /// Connects to `amqp://user:password@host:port/vhost`, or `amqps://…`, and declares and verifies the topology.
    ///
    /// `?prefix=` names the installation (default `bookend`), `heartbeat=` is in seconds (default 10), `patience=` how
    /// many seconds a call waits for a lost broker (default 10). Without a user it is the broker's own guest; without a
    /// virtual host it is `/`.
    ///
    /// # Errors
    /// `BadAddress` when the address is none; `Unreachable` when nothing answers; `Unusable` when what answers is no
    /// RabbitMQ, refuses the user or the virtual host, or has other queues of these names. There is no second try here.
    pub async fn connect(address: &str) -> Result<Self> {
        let location = Arc::new(Location::parse(address)?);
        let topology = Arc::new(Topology::new(&location.prefix));
        let feed = EventFeed::default();
        let bell = Arc::new(Notify::new());
        let hub = errand::run(async move {
            let ear = Ear { feed: feed.clone(), bell: Arc::clone(&bell) };
            let publishing = Link::open(Purpose::Publish, &location, &topology).await?;
            let taking = Link::open(Purpose::Take(ear), &location, &topology).await?;
            let (voice, seat) = (Voice::default(), Seat::default());
            Ok(Hub { location, topology, publishing, taking, feed, bell, voice, seat })
        });
        Ok(Self { hub: Arc::new(hub.await?) })
    }
}

impl fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitMq").field("place", &self.hub.location.place).finish_non_exhaustive()
    }
}

#[async_trait]
impl Broker for RabbitMq {
    fn place(&self) -> String {
        self.hub.location.place.clone()
    }

    async fn publish(&self, lane: Lane, message: Vec<u8>) -> Result<()> {
        let hub = Arc::clone(&self.hub);
        errand::run(async move { hub.publish(&Letter::new(hub.topology.lane(lane), message)?).await }).await
    }

    async fn try_take(&self, lanes: &[Lane]) -> Result<Option<Taken>> {
        let (hub, lanes) = (Arc::clone(&self.hub), lanes.to_vec());
        errand::run(async move { hub.try_take(&lanes).await }).await
    }

    async fn take(&self, lanes: &[Lane]) -> Result<Taken> {
        let (hub, lanes): (_, Arc<[Lane]>) = (Arc::clone(&self.hub), lanes.into());
        errand::run(wait(Arc::clone(&hub.bell), move || {
            let (hub, lanes) = (Arc::clone(&hub), lanes.clone());
            async move { hub.try_take(&lanes).await }
        }))
        .await
    }

    async fn depth(&self, lane: Lane) -> Result<u64> {
        let hub = Arc::clone(&self.hub);
        errand::run(async move { hub.depth(hub.topology.lane(lane)).await }).await
    }

    async fn command(&self, message: Vec<u8>) -> Result<()> {
        let hub = Arc::clone(&self.hub);
        errand::run(async move { hub.publish(&Letter::new(&hub.topology.commands, message)?).await }).await
    }

    async fn take_command(&self) -> Result<Command> {
        let hub = Arc::clone(&self.hub);
        errand::run(wait(Arc::clone(&hub.bell), move || {
            let hub = Arc::clone(&hub);
            async move { hub.try_take_command().await }
        }))
        .await
    }

    async fn emit(&self, event: Vec<u8>) -> Result<()> {
        let hub = Arc::clone(&self.hub);
        errand::run(async move { hub.emit(event).await }).await
    }

    async fn events(&self) -> Result<Subscription> {
        // Subscribed before the link is known to be up, so that nothing falls between.
        let subscription = self.hub.feed.subscribe();
        let hub = Arc::clone(&self.hub);
        errand::run(async move { hub.taking.session(hub.location.deadline()).await }).await?;
        Ok(subscription)
    }

    async fn lead(&self) -> Result<Leadership> {
        let hub = Arc::clone(&self.hub);
        errand::run(wait(Arc::clone(&hub.bell), move || {
            let hub = Arc::clone(&hub);
            async move { hub.stand().await }
        }))
        .await
    }

    async fn try_lead(&self) -> Result<Option<Leadership>> {
        let hub = Arc::clone(&self.hub);
        errand::run(async move { hub.stand().await }).await
    }
}

/// Tries until there is something: after every ring, and every second in case a bell was not heard.
async fn wait<T, F>(bell: Arc<Notify>, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    loop {
        let mut rung = std::pin::pin!(bell.notified());
        rung.as_mut().enable();
        if let Some(found) = attempt().await? {
            return Ok(found);
        }
        // That the time is up is as good a reason to look again as the bell.
        let _ = tokio::time::timeout(topology::LOOK_EVERY, rung).await;
    }
}
