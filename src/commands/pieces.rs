//! `bookend pieces`: what may go on air, and what waits for a decision.

use std::collections::BTreeSet;

use bookend_jobs::Digest;
use bookend_scheduler::ingest;
use bookend_scheduler::pieces::{self, PieceState};
use bookend_store::layout;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::say;
use crate::setup::Setup;

pub async fn run(setup: &Setup) -> Result<Exit, Failure> {
    let open = setup.existing_store().await?;
    let store = &*open.store;
    let pieces = pieces::all(store).await?;
    let decided: BTreeSet<String> = pieces.iter().map(|piece| piece.asset.to_string()).collect();
    for piece in &pieces {
        if setup.json {
            say::json(piece);
        } else {
            say::line_out(&format!("{:9} {}  {}  {}", word(piece.state), piece.id, piece.asset.short(), piece.title));
        }
    }
    let mut pending = 0;
    for asset in store.folders(&layout::assets()).await? {
        let Ok(digest) = asset.parse::<Digest>() else { continue };
        if decided.contains(&asset) {
            continue;
        }
        pending += 1;
        let name = ingest::records(store, digest).await?.into_iter().next().map(|record| record.name);
        if setup.json {
            say::json(&json!({ "piece": null, "asset": asset, "state": "pending", "title": name }));
        } else {
            say::line_out(&format!("pending   {}  {}", digest.short(), name.unwrap_or_default()));
        }
    }
    if setup.json {
        let count = |state| pieces.iter().filter(|piece| piece.state == state).count();
        say::json(
            &json!({ "approved": count(PieceState::Approved), "rejected": count(PieceState::Rejected), "pending": pending }),
        );
    }
    Ok(Exit::Done)
}

/// Returns the word for a state.
pub fn word(state: PieceState) -> &'static str {
    match state {
        PieceState::Approved => "approved",
        PieceState::Rejected => "rejected",
    }
}
