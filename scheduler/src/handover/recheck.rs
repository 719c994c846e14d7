//! Decisions about pieces, asked again at hand-over.

use std::collections::BTreeMap;

use bookend_jobs::Reason;
use bookend_store::Store;

use crate::pieces::{self, PieceState};
use crate::plan::{Origin, Sourced};
use crate::{Refusal, SchedulerError};

/// Pieces whose decision changed since the plan was made, and how; by piece.
pub type Changes = BTreeMap<String, String>;

/// Reads the pinned decisions again.
///
/// # Errors
/// When a piece is rejected since: with every item that uses it, and nothing may be handed over. When the store fails.
pub async fn recheck(store: &dyn Store, sourced: &Sourced) -> Result<Changes, SchedulerError> {
    let mut changes = Changes::new();
    let mut rejected = BTreeMap::new();
    for (id, pinned) in sourced.approvals() {
        match pieces::read(store, &id).await? {
            Some(piece) if piece.state == PieceState::Approved && piece.decided == pinned.decision => {}
            Some(piece) if piece.state == PieceState::Approved => {
                let how =
                    if piece.asset == pinned.asset { "approved again" } else { "approved anew with another file" };
                changes.insert(id, format!("{how} after this was planned; this file goes by the earlier decision"));
            }
            _ => {
                rejected.insert(id, "was rejected after this was planned");
            }
        }
    }
    let mut refusals = Vec::new();
    for (at, item) in sourced.items.iter().enumerate() {
        let Origin::Piece(approval) = &item.origin else { continue };
        let Some(why) = rejected.get(&approval.piece) else { continue };
        let message =
            format!("piece `{}` {why}; nothing was handed over: take it out, or approve it again", approval.piece);
        refusals
            .push(Refusal { place: sourced.place(at), reason: Reason { code: "piece-rejected".to_owned(), message } });
    }
    if refusals.is_empty() { Ok(changes) } else { Err(SchedulerError::Refused(refusals)) }
}
