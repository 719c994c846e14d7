//! The first step of a plan: each item's bytes, and by whose leave they are there.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use bookend_jobs::work::{Inspect, InspectLimits, Work};
use bookend_jobs::{Digest, Engine, Input, OrderedSource, Reason, Request};
use bookend_store::{Store, StoreError};
use bookend_timeline::{Cut, Item, ItemKind, Rundown, SoundPicture};
use serde::{Deserialize, Serialize};

use super::Assets;
use super::estimate;
use crate::graph::{About, Graph};
use crate::pieces::{Credit, DecisionId, Piece};
use crate::sources::{self, SourceFile, SourceMemory};
use crate::{Place, Refusal, SchedulerError};

/// A rundown whose files are found and whose pieces are approved.
#[derive(Clone, PartialEq, Debug)]
pub struct Sourced {
    /// The rundown.
    pub rundown: Rundown,
    /// Its file name, for messages; the media file's, where an episode is made of one file.
    pub file: String,
    /// Whether that file is a rundown, so that lines in it mean something.
    pub is_rundown: bool,
    /// One for each item of the rundown, in order.
    pub items: Vec<SourcedItem>,
}

/// What a plan is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// The rundown, or the rundown of one item that stands for a media file.
    pub rundown: Rundown,
    /// The file's name, for messages.
    pub file: String,
    /// Whether that file is a rundown.
    pub is_rundown: bool,
}

/// An item's bytes, and by whose leave they are there.
#[derive(Clone, PartialEq, Debug)]
pub struct SourcedItem {
    /// Where it comes from.
    pub origin: Origin,
    /// What it shows and plays; absent for generated items.
    pub media: Option<Media>,
    /// The still to show when the media has no picture.
    pub still: Option<Media>,
    /// In, out and duration: the item's, or else its piece's.
    pub cut: Cut,
}

/// Where an item comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Black, bars or a slate.
    Generated,
    /// A file of the house, that nobody uploaded.
    InHouse {
        /// Its path as the rundown writes it.
        path: String,
    },
    /// An upload, by the approval of a piece of it.
    Piece(Approval),
}

/// A pinned decision: what a plan goes by, and hand-over asks again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Approval {
    /// The piece.
    pub piece: String,
    /// The decision that approved it.
    pub decision: DecisionId,
    /// The asset that it approved.
    pub asset: Digest,
    /// The piece's title.
    pub title: String,
    /// Who is to be credited.
    pub credits: Vec<Credit>,
}

/// Bytes and how they are to be read.
#[derive(Clone, PartialEq, Debug)]
pub struct Media {
    /// The digest of the bytes.
    pub digest: Digest,
    /// The local file that holds them; absent for uploads, whose bytes the store has.
    pub file: Option<SourceFile>,
    /// How it is inspected.
    pub inspect: Inspect,
}

impl Media {
    fn of_file(file: SourceFile, inspect: Inspect) -> Self {
        Media { digest: file.digest, file: Some(file), inspect }
    }

    /// Makes the media of an upload, read as nobody says otherwise.
    #[must_use]
    pub fn uploaded(file: SourceFile, limits: &InspectLimits) -> Self {
        Media::of_file(file, Inspect { picture_track: None, sound_track: None, limits: limits.clone() })
    }

    /// Adds the request for its facts to a graph.
    pub fn insert_inspection(&self, graph: &mut Graph, engine: &Engine) {
        graph.insert(self.inspection(), engine, About { label: self.label(), ..estimate::inspect() });
    }

    /// Returns the request for its facts.
    #[must_use]
    pub fn inspection(&self) -> Request {
        Request {
            work: Work::Inspect(self.inspect.clone()),
            inputs: BTreeMap::from([("source".to_owned(), Input::Source(self.digest))]),
        }
    }
}

impl Approval {
    fn of(piece: &Piece) -> Self {
        Approval {
            piece: piece.id.clone(),
            decision: piece.decided.clone(),
            asset: piece.asset,
            title: piece.title.clone(),
            credits: piece.credits.clone(),
        }
    }
}

impl Sourced {
    /// Returns where an item stands, for messages.
    #[must_use]
    pub fn place(&self, item: usize) -> Place {
        let item = self.rundown.items().nth(item).filter(|_| self.is_rundown);
        Place { file: self.file.clone(), line: item.map(|item| item.line), item: item.map(|item| item.place) }
    }

    fn asked(asked: Asked) -> Self {
        Sourced { rundown: asked.rundown, file: asked.file, is_rundown: asked.is_rundown, items: Vec::new() }
    }

    /// Returns all media, of items and of stills beside them, with the item's number.
    pub fn media(&self) -> impl Iterator<Item = (usize, &Media)> {
        self.items
            .iter()
            .enumerate()
            .flat_map(|(at, item)| item.media.iter().chain(&item.still).map(move |media| (at, media)))
    }

    /// Returns the inspections of all media: the only thing that a plan may run.
    #[must_use]
    pub fn inspections(&self, engine: &Engine) -> Graph {
        let mut graph = Graph::new();
        for (_, media) in self.media() {
            media.insert_inspection(&mut graph, engine);
        }
        graph
    }

    /// Returns the pinned decisions, each once, by piece.
    #[must_use]
    pub fn approvals(&self) -> BTreeMap<String, Approval> {
        let approvals = self.items.iter().filter_map(|item| match &item.origin {
            Origin::Piece(approval) => Some((approval.piece.clone(), approval.clone())),
            _ => None,
        });
        approvals.collect()
    }
}

impl Media {
    /// Returns its name for people: the file's, or the asset's short digest.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.file {
            Some(file) => file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy().into_owned(),
            None => format!("asset {}", self.digest.short()),
        }
    }
}

/// Finds each item's bytes and approval. Files that were not seen before are put into the store.
///
/// # Errors
/// With all items that are refused: files missing or unreadable, pieces not approved. When the store fails.
pub async fn gather(
    store: &dyn Store,
    memory: &mut SourceMemory,
    assets: &mut Assets<'_>,
    asked: Asked,
    now: SystemTime,
) -> Result<Sourced, SchedulerError> {
    gather_from(Files::Local { store, memory, now, seen: BTreeMap::new() }, assets, asked).await
}

/// As [`gather`], for sources that the store has already: by path as the rundown writes it. No local file is looked at.
///
/// # Errors
/// As [`gather`]; a path that is not among `sources`, or bytes that the store has not, are a refused item.
pub async fn gather_stored(
    store: &dyn Store,
    assets: &mut Assets<'_>,
    asked: Asked,
    sources: &BTreeMap<String, OrderedSource>,
) -> Result<Sourced, SchedulerError> {
    gather_from(Files::Stored { store, sources }, assets, asked).await
}

async fn gather_from(files: Files<'_>, assets: &mut Assets<'_>, asked: Asked) -> Result<Sourced, SchedulerError> {
    let mut sourced = Sourced::asked(asked);
    let mut refusals = Vec::new();
    let mut gathering = Gathering { files, assets };
    let mut items = Vec::new();
    for (at, item) in sourced.rundown.items().enumerate() {
        match gathering.item(item).await? {
            Ok(found) => items.push(found),
            Err(reason) => refusals.push(Refusal { place: sourced.place(at), reason }),
        }
    }
    sourced.items = items;
    if refusals.is_empty() { Ok(sourced) } else { Err(SchedulerError::Refused(refusals)) }
}

/// Found, or refused with a reason.
type Found<T> = Result<T, Reason>;

struct Gathering<'a, 'b> {
    files: Files<'a>,
    assets: &'a mut Assets<'b>,
}

/// Where the files are that a rundown names.
enum Files<'a> {
    /// On this machine.
    Local {
        store: &'a dyn Store,
        memory: &'a mut SourceMemory,
        now: SystemTime,
        /// Files already looked at: one path holds one content throughout a plan.
        seen: BTreeMap<PathBuf, SourceFile>,
    },
    /// In the store, put there by whoever asks.
    Stored { store: &'a dyn Store, sources: &'a BTreeMap<String, OrderedSource> },
}

impl Gathering<'_, '_> {
    async fn item(&mut self, item: &Item) -> Result<Found<SourcedItem>, SchedulerError> {
        match &item.kind {
            ItemKind::Piece { id, cut, picture } => self.piece(id, *cut, picture).await,
            ItemKind::Source { path, cut, picture, video_track, audio_track } => {
                let inspect = self.assets.inspect(*video_track, *audio_track);
                self.source(path, *cut, picture, inspect).await
            }
            ItemKind::Black { .. } | ItemKind::Bars { .. } | ItemKind::Slate { .. } => {
                Ok(Ok(SourcedItem { origin: Origin::Generated, media: None, still: None, cut: Cut::default() }))
            }
        }
    }

    async fn piece(
        &mut self,
        id: &str,
        cut: Cut,
        picture: &SoundPicture,
    ) -> Result<Found<SourcedItem>, SchedulerError> {
        let piece = match self.assets.piece(id).await? {
            Ok(piece) => piece,
            Err(reason) => return Ok(Err(reason)),
        };
        let cut = match merged(cut, &piece) {
            Ok(cut) => cut,
            Err(reason) => return Ok(Err(reason)),
        };
        let still = match self.still(picture).await? {
            Ok(still) => still,
            Err(reason) => return Ok(Err(reason)),
        };
        let media = Media { digest: piece.asset, file: None, inspect: self.assets.inspect(None, None) };
        Ok(Ok(SourcedItem { origin: Origin::Piece(Approval::of(&piece)), media: Some(media), still, cut }))
    }

    async fn source(
        &mut self,
        path: &str,
        cut: Cut,
        picture: &SoundPicture,
        inspect: Inspect,
    ) -> Result<Found<SourcedItem>, SchedulerError> {
        let file = match self.file(path).await? {
            Ok(file) => file,
            Err(reason) => return Ok(Err(reason)),
        };
        let origin = match self.assets.approval_of(file.digest).await? {
            Ok(Some(piece)) => Origin::Piece(Approval::of(&piece)),
            Ok(None) => Origin::InHouse { path: path.to_owned() },
            Err(reason) => return Ok(Err(reason)),
        };
        let still = match self.still(picture).await? {
            Ok(still) => still,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(Ok(SourcedItem { origin, media: Some(Media::of_file(file, inspect)), still, cut }))
    }

    async fn still(&mut self, picture: &SoundPicture) -> Result<Found<Option<Media>>, SchedulerError> {
        let SoundPicture::Still(path) = picture else { return Ok(Ok(None)) };
        let file = match self.file(path).await? {
            Ok(file) => file,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(match self.assets.approval_of(file.digest).await? {
            Ok(_) => Ok(Some(Media::of_file(file, self.assets.inspect(None, None)))),
            Err(reason) => Err(reason),
        })
    }

    async fn file(&mut self, path: &str) -> Result<Found<SourceFile>, SchedulerError> {
        match &mut self.files {
            Files::Local { store, memory, now, seen } => {
                let path = self.assets.resolve(path);
                if let Some(file) = seen.get(&path) {
                    return Ok(Ok(file.clone()));
                }
                match sources::digest(*store, memory, &path, *now).await {
                    Ok(file) => {
                        seen.insert(path, file.clone());
                        Ok(Ok(file))
                    }
                    Err(SchedulerError::Store(error)) => match unreadable(&error) {
                        Some(reason) => Ok(Err(reason)),
                        None => Err(error.into()),
                    },
                    Err(error) => Err(error),
                }
            }
            Files::Stored { store, sources } => {
                let refused = |message| Ok(Err(Reason { code: "missing".to_owned(), message }));
                let Some(source) = sources.get(path) else {
                    return refused(format!("the request does not say which bytes {path} holds; submit it again"));
                };
                if !sources::is_kept(*store, source.sha256).await? {
                    return refused(format!("the store has no bytes of {path}; submit it again, and they are sent"));
                }
                Ok(Ok(SourceFile { path: PathBuf::from(path), digest: source.sha256, remembered: true }))
            }
        }
    }
}

/// Returns why a file is refused, when it is the file and not the store that failed.
pub(crate) fn unreadable(error: &StoreError) -> Option<Reason> {
    let (code, message) = match error {
        StoreError::NoFile { path } => ("missing", format!("there is no file {}; check the path", path.display())),
        StoreError::NotAFile { path } => {
            ("not-a-file", format!("{} is not a regular file; name a media file", path.display()))
        }
        StoreError::Changed { path } => (
            "changed",
            format!("{} changed while it was being read; try again when nothing writes to it", path.display()),
        ),
        StoreError::Io { action, path, source } if matches!(*action, "open" | "read" | "find" | "look at") => {
            let remedy = match source.kind() {
                io::ErrorKind::PermissionDenied => "allow reading it",
                _ => "check the disk",
            };
            ("unreadable", format!("cannot {action} {}: {source}; {remedy}", path.display()))
        }
        _ => return None,
    };
    Some(Reason { code: code.to_owned(), message })
}

/// Returns an item's cut over its piece's: each of the item's points replaces the piece's, and a length its out.
fn merged(item: Cut, piece: &Piece) -> Found<Cut> {
    let parsed = |text: &Option<String>| {
        text.as_deref().map(str::parse).transpose().map_err(|error| Reason {
            code: "piece-point".to_owned(),
            message: format!("piece `{}` was approved with a point that is none: {error}; approve it again", piece.id),
        })
    };
    let (start, end) = (parsed(&piece.start)?, parsed(&piece.end)?);
    let end = if item.end.is_some() || item.duration.is_some() { item.end } else { end };
    Ok(Cut { start: item.start.or(start), end, duration: item.duration })
}
