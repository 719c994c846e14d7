//! Pieces: approvable uses of assets, and the decisions about them.
//!
//! A decision is a fact, `pieces/<piece>/<time-id>.json`, written once. A piece's state is the fold of its facts: the
//! latest decides, and of two at one instant a rejection does.

mod decision;
mod fold;

use bookend_jobs::Digest;
use bookend_store::{Listing, Store, layout};
use jiff::Timestamp;

pub use decision::{Credit, Decision, DecisionId, Verdict};
pub use fold::{Piece, PieceState};

use crate::{SchedulerError, record};

/// Writes a decision and returns the piece as it now stands.
///
/// # Errors
/// When the id is no name, the store fails, or a rejected piece was never approved.
pub async fn decide(store: &dyn Store, piece: &str, decision: &Decision) -> Result<Piece, SchedulerError> {
    let id = DecisionId::of(decision);
    record::write_once(store, &layout::piece_fact(piece, id.as_str())?, decision).await?;
    read(store, piece).await?.ok_or_else(|| SchedulerError::UnknownPiece { piece: piece.to_owned() })
}

/// Reads a piece: the fold of its decisions; nothing when there are none.
///
/// # Errors
/// When the id is no name or the store fails.
pub async fn read(store: &dyn Store, piece: &str) -> Result<Option<Piece>, SchedulerError> {
    let objects = Listing::new(store, layout::piece_facts(piece)?).collect().await?;
    let mut decisions = Vec::with_capacity(objects.len());
    for object in objects {
        let Some(id) = object.name.file_name().strip_suffix(".json").map(DecisionId::from_name) else { continue };
        if let Some(decision) = record::read::<Decision>(store, &object.name).await? {
            decisions.push((id, decision));
        }
    }
    Ok(fold::fold(piece, decisions))
}

/// Reads all pieces, by id.
///
/// # Errors
/// When the store fails.
pub async fn all(store: &dyn Store) -> Result<Vec<Piece>, SchedulerError> {
    let mut pieces = Vec::new();
    for id in store.folders(&layout::pieces()).await? {
        pieces.extend(read(store, &id).await?);
    }
    Ok(pieces)
}

/// Returns the approved piece of an asset, by id the first of several; nothing when there is none.
#[must_use]
pub fn approved_for(pieces: &[Piece], asset: Digest) -> Option<&Piece> {
    pieces.iter().find(|piece| piece.asset == asset && piece.state == PieceState::Approved)
}

/// Rejects a piece.
///
/// # Errors
/// When there is no such piece, or the store fails.
pub async fn reject(store: &dyn Store, piece: &str, at: Timestamp) -> Result<Piece, SchedulerError> {
    if read(store, piece).await?.is_none() {
        return Err(SchedulerError::UnknownPiece { piece: piece.to_owned() });
    }
    decide(store, piece, &Decision::reject(at)).await
}
