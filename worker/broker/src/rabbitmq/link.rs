//! A connection that is rebuilt after every loss.

use std::sync::Arc;
use std::time::Duration;

use lapin::tcp::AMQPUriTcpExt;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Event};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_stream::{Stream, StreamExt};
use tracing::dispatcher::{self, Dispatch};

use super::channels::{Channels, Lent};
use super::errand::{self, Errand};
use super::events::Ear;
use super::failure::{Doing, Failure};
use super::knock::knock;
use super::location::Location;
use super::topology::Topology;
use crate::Result;

/// Pauses between attempts: doubled from the first to the last, each made longer by up to as much again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(4);
/// How often a link is looked at that reports nothing.
const CHECK_EVERY: Duration = Duration::from_millis(250);

/// What a link is for.
pub(super) enum Purpose {
    /// Publishing, with confirms.
    Publish,
    /// Taking, leading, and listening to events.
    Take(Ear),
}

/// A connection to the broker, and the supervisor that rebuilds it. Dropping it ends both.
pub(super) struct Link {
    state: watch::Receiver<State>,
    place: String,
    _supervisor: Errand<()>,
}

#[derive(Clone)]
enum State {
    Up(Arc<Session>),
    Down(Failure),
}

/// One connection, from handshake to loss.
pub(super) struct Session {
    channels: Arc<Channels>,
    topology: Arc<Topology>,
    /// Why the broker takes nothing more from this connection, if so.
    blocked: watch::Receiver<Option<String>>,
    lost: watch::Receiver<Option<Failure>>,
    _errands: Vec<Errand<()>>,
}

impl Link {
    /// Connects and verifies, once; from then on the link is kept up.
    pub(super) async fn open(purpose: Purpose, location: &Arc<Location>, topology: &Arc<Topology>) -> Result<Self> {
        let (location, topology) = (Arc::clone(location), Arc::clone(topology));
        let place = location.place.clone();
        let opener = Opener { purpose, location, topology };
        let session = opener.open().await.map_err(|failure| failure.at(&place))?;
        let (told, state) = watch::channel(State::Up(Arc::clone(&session)));
        Ok(Self { state, place, _supervisor: errand::keep(opener.supervise(session, told)) })
    }

    /// The connection, waiting for it until the deadline when it is lost.
    pub(super) async fn session(&self, deadline: Instant) -> Result<Arc<Session>> {
        let mut state = self.state.clone();
        loop {
            let failure = match &*state.borrow_and_update() {
                State::Up(session) if session.is_up() => return Ok(Arc::clone(session)),
                State::Up(_) => Failure::Unreachable("the connection was lost".to_owned()),
                State::Down(failure) => failure.clone(),
            };
            match timeout_at(deadline, state.changed()).await {
                Ok(Ok(())) => {}
                // The time is up, or the supervisor is gone with the link.
                _ => return Err(failure.at(&self.place)),
            }
        }
    }
}

impl Session {
    fn is_up(&self) -> bool {
        self.channels.connection().status().connected()
    }

    /// Why the broker blocks this connection, if it does.
    pub(super) fn blocked(&self) -> Option<String> {
        self.blocked.borrow().clone()
    }

    /// Waits until the broker does not block this connection, or it is lost.
    pub(super) async fn unblocked(&self) {
        let mut blocked = self.blocked.clone();
        // An error is a connection that is lost, which the next use of it says better.
        let _ = blocked.wait_for(Option::is_none).await;
    }

    /// Lends a channel for one call.
    pub(super) async fn lend(&self) -> lapin::Result<Lent> {
        self.channels.lend().await
    }

    /// Declares again what somebody deleted.
    pub(super) async fn redeclare(&self) -> Result<(), Failure> {
        tracing::warn!("a queue or exchange is gone, declaring it again");
        let lent = self.lend().await.map_err(|error| Failure::of(&error, Doing::Call))?;
        self.topology.declare(&lent.channel).await?;
        lent.done();
        Ok(())
    }

    async fn lost(&self) -> Failure {
        let gone = || Failure::Unreachable("the connection was closed".to_owned());
        match self.lost.clone().wait_for(Option::is_some).await {
            Ok(failure) => failure.clone().unwrap_or_else(gone),
            Err(_) => gone(),
        }
    }
}

/// What opens a link's sessions, one after the other.
struct Opener {
    purpose: Purpose,
    location: Arc<Location>,
    topology: Arc<Topology>,
}

impl Opener {
    /// Keeps the link up for ever.
    async fn supervise(self, first: Arc<Session>, told: watch::Sender<State>) {
        let place = self.location.place.clone();
        let purpose = self.name();
        let mut session = first;
        loop {
            let failure = session.lost().await;
            tracing::warn!(%place, purpose, reason = failure.reason(), "link to broker lost");
            told.send_replace(State::Down(failure));
            if let Purpose::Take(ear) = &self.purpose {
                ear.missed();
            }
            session = self.reopen(&told).await;
            tracing::info!(%place, purpose, "link to broker restored");
            told.send_replace(State::Up(Arc::clone(&session)));
            if let Purpose::Take(ear) = &self.purpose {
                ear.missed();
            }
        }
    }

    async fn reopen(&self, told: &watch::Sender<State>) -> Arc<Session> {
        let mut pause = FIRST_PAUSE;
        loop {
            sleep(pause + pause.mul_f64(rand::random())).await;
            pause = (pause * 2).min(LAST_PAUSE);
            let opened = match knock(&self.location, self.location.open_bound()).await {
                Ok(()) => self.open().await,
                Err(failure) => Err(failure),
            };
            match opened {
                Ok(session) => return session,
                Err(failure) => {
                    tracing::debug!(place = self.location.place, reason = failure.reason(), "broker not reached");
                    told.send_replace(State::Down(failure));
                }
            }
        }
    }

    /// One attempt at a connection with everything on it.
    async fn open(&self) -> Result<Arc<Session>, Failure> {
        let connection = self.connect().await?;
        let channels = Arc::new(Channels::new(connection, matches!(self.purpose, Purpose::Publish)));
        let prepared = timeout(self.location.open_bound(), self.prepare(channels)).await;
        prepared.unwrap_or_else(|_| Err(Failure::silence(self.location.open_bound(), "answer to a declaration")))
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let properties =
            ConnectionProperties::default().with_connection_name(format!("bookend {}", self.name()).into());
        let connecting = timeout(self.location.open_bound(), dial(self.location.uri(), properties)).await;
        let failure = match connecting {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => Failure::of(&error, Doing::Connect),
            Err(_) => Failure::silence(self.location.open_bound(), "answer"),
        };
        if let Failure::Unusable { .. } = failure {
            return Err(failure);
        }
        // What answers to a knock tells more than a handshake that came to nothing.
        Err(knock(&self.location, self.location.open_bound()).await.err().unwrap_or(failure))
    }

    async fn prepare(&self, channels: Arc<Channels>) -> Result<Arc<Session>, Failure> {
        let (block, blocked) = watch::channel(None);
        let (lose, lost) = watch::channel(None);
        let mut errands = vec![errand::keep(watch_over(Arc::clone(&channels), block, lose))];
        let lent = channels.lend().await.map_err(|error| Failure::of(&error, Doing::Call))?;
        self.topology.declare(&lent.channel).await?;
        lent.done();
        if let Purpose::Take(ear) = &self.purpose {
            let stream = ear.listen(&channels, &self.topology).await?;
            let (ear, channels, topology) = (ear.clone(), Arc::clone(&channels), Arc::clone(&self.topology));
            errands.push(errand::keep(ear.follow(stream, channels, topology)));
        }
        let topology = Arc::clone(&self.topology);
        Ok(Arc::new(Session { channels, topology, blocked, lost, _errands: errands }))
    }

    fn name(&self) -> &'static str {
        match self.purpose {
            Purpose::Publish => "publishing",
            Purpose::Take(_) => "taking",
        }
    }
}

/// Connects as lapin does, but keeps the thread that reads and writes the connection from logging.
///
/// At level trace it logs every frame, the one with the password included. What goes wrong there is told to us as an error.
async fn dial(uri: AMQPUri, properties: ConnectionProperties) -> lapin::Result<Connection> {
    let connect = async |uri: AMQPUri, runtime| {
        // This runs on that thread, once for each; the guard that it forgets would undo it.
        std::mem::forget(dispatcher::set_default(&Dispatch::none()));
        Ok(uri.connect_async(&runtime).await?)
    };
    Connection::connector(uri, lapin::runtime::default_runtime()?, connect, properties).await
}

/// Tells when the broker blocks the connection, and when it is lost.
async fn watch_over(
    channels: Arc<Channels>,
    block: watch::Sender<Option<String>>,
    lose: watch::Sender<Option<Failure>>,
) {
    let mut events = std::pin::pin!(channels.connection().events_listener());
    let mut reason = None;
    loop {
        // A time without events is looked into as well.
        let event = timeout(CHECK_EVERY, next(events.as_mut())).await.ok().flatten();
        match event {
            Some(Event::ConnectionBlocked(why)) => {
                tracing::warn!(reason = %why, "broker blocks publishers");
                block.send_replace(Some(why));
            }
            Some(Event::ConnectionUnblocked) => {
                tracing::info!("broker blocks publishers no longer");
                block.send_replace(None);
            }
            Some(Event::Error(error)) => reason = Some(Failure::of(&error, Doing::Call)),
            _ => {}
        }
        if !channels.connection().status().connected() {
            let closed = || Failure::Unreachable("the connection was closed".to_owned());
            lose.send_replace(Some(reason.take().unwrap_or_else(closed)));
            return;
        }
    }
}

async fn next<S: Stream>(stream: std::pin::Pin<&mut S>) -> Option<S::Item> {
    let mut stream = stream;
    stream.next().await
}
