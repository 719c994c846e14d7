//! What of the programme is subject to approval.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bookend_jobs::work::{Inspect, InspectLimits};
use bookend_jobs::{Digest, Reason};
use bookend_store::{Store, StoreError, layout};

use crate::SchedulerError;
use crate::pieces::{self, Piece, PieceState};

/// How alike two ids are, from 0 to 1, for one to be offered for the other.
const LIKENESS: f64 = 0.5;

/// Ingested assets and the pieces made of them, read when first needed.
#[derive(Debug)]
pub struct Assets<'a> {
    store: &'a dyn Store,
    folder: PathBuf,
    limits: InspectLimits,
    ingested: Option<BTreeSet<String>>,
    pieces: Option<Vec<Piece>>,
}

impl<'a> Assets<'a> {
    /// Looks into `store`, for a rundown whose paths are relative to `folder` and whose sources keep within `limits`.
    #[must_use]
    pub fn new(store: &'a dyn Store, folder: &Path, limits: InspectLimits) -> Self {
        Assets { store, folder: folder.to_owned(), limits, ingested: None, pieces: None }
    }

    /// Returns where a path of the rundown lies.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Returns how a source is inspected, with the tracks that its item names.
    pub(super) fn inspect(&self, picture_track: Option<u32>, sound_track: Option<u32>) -> Inspect {
        Inspect { picture_track, sound_track, limits: self.limits.clone() }
    }

    /// Returns an approved piece.
    pub(super) async fn piece(&mut self, id: &str) -> Result<Result<Piece, Reason>, SchedulerError> {
        let refusal = |code: &str, message: String| Ok(Err(Reason { code: code.to_owned(), message }));
        let found = match pieces::read(self.store, id).await {
            // What can be no piece's id is no piece's id.
            Err(SchedulerError::Store(StoreError::InvalidName { .. })) => None,
            read => read?,
        };
        match found {
            Some(piece) if piece.state == PieceState::Approved => Ok(Ok(piece)),
            Some(_) => refusal("piece-rejected", format!("piece `{id}` is rejected; approve it or take it out")),
            None => {
                let known = self.store.folders(&layout::pieces()).await?;
                let remedy = nearest(id, &known).map_or_else(
                    || "`bookend pieces` lists pieces, `bookend approve` makes one".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                refusal("piece-not-approved", format!("piece `{id}` is not approved; {remedy}"))
            }
        }
    }

    /// Returns the approval that a file's bytes need: none for in-house files.
    pub(super) async fn approval_of(&mut self, bytes: Digest) -> Result<Result<Option<Piece>, Reason>, SchedulerError> {
        if self.ingested.is_none() {
            self.ingested = Some(self.store.folders(&layout::assets()).await?.into_iter().collect());
        }
        if !self.ingested.as_ref().is_some_and(|assets| assets.contains(&bytes.to_string())) {
            return Ok(Ok(None));
        }
        if self.pieces.is_none() {
            self.pieces = Some(pieces::all(self.store).await?);
        }
        let pieces = self.pieces.as_deref().unwrap_or_default();
        Ok(match pieces::approved_for(pieces, bytes) {
            Some(piece) => Ok(Some(piece.clone())),
            None => Err(Reason {
                code: "piece-not-approved".to_owned(),
                message: format!(
                    "this file is asset {}, an upload, and no piece of it is approved; `bookend approve {0}` approves it",
                    bytes.short()
                ),
            }),
        })
    }
}

/// Returns the piece whose id is spelt most like this one, where one is.
fn nearest<'a>(id: &str, known: &'a [String]) -> Option<&'a String> {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(id, known);
    known.iter().filter(|known| likeness(known) >= LIKENESS).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}
