//! The client's side of a fleet: sources sent to the store, the command sent, the run followed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bookend_broker::{Broker, Event as Heard};
use bookend_jobs::work::InspectLimits;
use bookend_jobs::{
    Command, Event, IngestOrder, OrderedOutlet, OrderedSource, OrderedUpload, Reason, RenderOrder, SourceAt,
};
use bookend_store::{SourceDigest, Store, StoreError, StoreErrorKind};
use bookend_timeline::{ItemKind, ItemPlace, Rundown, SoundPicture};
use tokio::time::{Instant, sleep_until};

use crate::plan::{WantedOutlet, unreadable};
use crate::run::RunError;
use crate::runs::{self, RunState};
use crate::sources::{self, SourceMemory};
use crate::{Place, Refusal, SchedulerError};

/// How often a run that is followed is looked at in the store, whether events come or not.
pub const LOOK_PERIOD: Duration = Duration::from_secs(5);
/// How many looks in a row may fail before following is given up: a minute.
const PATIENCE: u32 = 12;

/// A client's store and files.
#[derive(Debug)]
pub struct Sender<'a> {
    /// Where sources go.
    pub store: &'a dyn Store,
    /// Digests of this machine's files.
    pub memory: &'a mut SourceMemory,
    /// The time, against which files' times are held.
    pub now: SystemTime,
}

/// Uploads as they were sent: those that could be, and why the others could not.
#[derive(Clone, PartialEq, Debug)]
pub struct SentUploads {
    /// What to order; absent when no file could be sent.
    pub order: Option<IngestOrder>,
    /// Files that cannot be read.
    pub refused: Vec<(PathBuf, Reason)>,
}

impl Sender<'_> {
    /// Sends files to the store. One that cannot be read never stops the others.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn uploads(&mut self, files: &[PathBuf], limits: InspectLimits) -> Result<SentUploads, SchedulerError> {
        let (mut uploads, mut refused) = (Vec::new(), Vec::new());
        for file in files {
            match self.send(file).await? {
                Ok(source) => {
                    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
                    uploads.push(OrderedUpload { source: SourceAt::Digest(source.sha256), name });
                }
                Err(reason) => refused.push((file.clone(), reason)),
            }
        }
        let order = (!uploads.is_empty()).then_some(IngestOrder { request: None, lane: None, uploads, limits });
        Ok(SentUploads { order, refused })
    }

    /// Sends every file that a rundown names to the store, and resolves the rundown into an order.
    ///
    /// `file` is the rundown's name in messages, `folder` what its paths are relative to.
    ///
    /// # Errors
    /// When the rundown is wrong; with all items whose files cannot be read; when the store fails.
    pub async fn rundown(
        &mut self,
        text: &str,
        file: &str,
        folder: &Path,
        outlets: Vec<WantedOutlet>,
        limits: InspectLimits,
    ) -> Result<RenderOrder, SchedulerError> {
        let rundown = Rundown::parse(text, file)?;
        let (mut sources, mut refusals) = (BTreeMap::new(), Vec::new());
        for (line, item, path) in paths(&rundown) {
            if sources.contains_key(path) {
                continue;
            }
            match self.send(&folder.join(path)).await? {
                Ok(source) => {
                    sources.insert(path.to_owned(), source);
                }
                Err(reason) => {
                    let place = Place { file: file.to_owned(), line: Some(line), item: Some(item) };
                    refusals.push(Refusal { place, reason });
                }
            }
        }
        if !refusals.is_empty() {
            return Err(SchedulerError::Refused(refusals));
        }
        let outlets = outlets.into_iter().map(|WantedOutlet { title, spec }| OrderedOutlet { title, spec });
        Ok(RenderOrder {
            request: None,
            lane: None,
            rundown: text.to_owned(),
            file: file.to_owned(),
            sources,
            outlets: outlets.collect(),
            limits,
        })
    }

    /// Sees to it that the store has a file's bytes.
    async fn send(&mut self, path: &Path) -> Result<Result<OrderedSource, Reason>, SchedulerError> {
        let sent = match sources::digest(self.store, self.memory, path, self.now).await {
            Ok(file) => sources::keep(self.store, self.memory, &file).await.map(|()| file.digest),
            Err(error) => Err(error),
        };
        match sent {
            Ok(sha256) => {
                let name = bookend_store::Digest::from(*sha256.as_bytes());
                let bytes = SourceDigest::read(self.store, &name).await?.whole.bytes;
                Ok(Ok(OrderedSource { sha256, bytes }))
            }
            Err(SchedulerError::Store(error)) => match unreadable(&error) {
                Some(reason) => Ok(Err(reason)),
                None => Err(error.into()),
            },
            Err(error) => Err(error),
        }
    }
}

/// Returns every path that a rundown names, as written, with its item's line and place.
fn paths(rundown: &Rundown) -> impl Iterator<Item = (usize, ItemPlace, &str)> {
    rundown.items().flat_map(|item| {
        let (source, picture) = match &item.kind {
            ItemKind::Source { path, picture, .. } => (Some(path), Some(picture)),
            ItemKind::Piece { picture, .. } => (None, Some(picture)),
            ItemKind::Black { .. } | ItemKind::Bars { .. } | ItemKind::Slate { .. } => (None, None),
        };
        let still = picture.and_then(|picture| match picture {
            SoundPicture::Still(path) => Some(path),
            _ => None,
        });
        source.into_iter().chain(still).map(|path| (item.line, item.place, path.as_str()))
    })
}

/// Sends a command; returns its run's id when the broker has it for good.
///
/// # Errors
/// When it is too long or names what can be no run or lane, or the broker fails.
pub async fn send(broker: &dyn Broker, command: &Command) -> Result<String, SchedulerError> {
    let run = runs::run_id(&command.order)?;
    runs::lane_of(&command.order)?;
    let bytes = command.to_bytes().map_err(|error| SchedulerError::Request {
        problem: error.to_string(),
        remedy: "ask for less at a time".to_owned(),
    })?;
    broker.command(bytes).await.map_err(|source| RunError::Broker { doing: "sending a command", source })?;
    Ok(run)
}

/// Waits until a run has ended that heard this command, if any; tells of events on the way.
///
/// The store is the truth: it is looked at when an event says that the run ended, and every `period`. Dropping the future
/// leaves the run going.
///
/// # Errors
/// When the broker cannot be listened to, or the store keeps failing.
pub async fn follow(
    store: &dyn Store,
    broker: &dyn Broker,
    run: &str,
    command: Option<&str>,
    period: Duration,
    mut tell: impl FnMut(&Event),
) -> Result<RunState, SchedulerError> {
    let events = broker.events().await;
    let mut events = events.map_err(|source| RunError::Broker { doing: "listening to events", source })?;
    let mut trouble = 0;
    loop {
        match ended(store, run, command).await {
            Ok(Some(state)) => return Ok(state),
            Ok(None) => trouble = 0,
            Err(SchedulerError::Store(error)) if bears(&error) && trouble < PATIENCE => {
                tracing::warn!(%error, "store failed, looking again later");
                trouble += 1;
            }
            Err(error) => return Err(error),
        }
        let next_look = Instant::now() + period;
        loop {
            tokio::select! {
                heard = events.next() => match heard {
                    Some(Heard::Told(event)) => {
                        let Ok(event) = serde_json::from_slice::<Event>(&event) else { continue };
                        tell(&event);
                        if matches!(&event, Event::RunEnded { run: ended } if ended == run) {
                            break;
                        }
                    }
                    Some(Heard::Lagged(_)) => {}
                    // The broker is gone; the store still says.
                    None => {
                        sleep_until(next_look).await;
                        break;
                    }
                },
                () = sleep_until(next_look) => break,
            }
        }
    }
}

/// Reads a run that ended after it heard a command, if any.
async fn ended(store: &dyn Store, run: &str, command: Option<&str>) -> Result<Option<RunState>, SchedulerError> {
    if runs::ended_after(store, run, command).await? { runs::read(store, run).await.map(Some) } else { Ok(None) }
}

fn bears(error: &StoreError) -> bool {
    error.kind() == StoreErrorKind::Retry
}
