//! `bookend approve` and `bookend reject`: decisions about pieces.

use bookend_jobs::Digest;
use bookend_scheduler::pieces::{self, Credit, Decision, Piece, Verdict};
use bookend_scheduler::{ingest, slug};
use bookend_store::{Store, layout};
use bookend_timeline::Point;
use jiff::Timestamp;
use serde_json::json;

use crate::cli::Approve;
use crate::exit::{Exit, Failure};
use crate::say;
use crate::setup::Setup;

pub async fn run(setup: &Setup, arguments: &Approve) -> Result<Exit, Failure> {
    let credits = arguments.credits.iter().map(|text| credit(text)).collect::<Result<Vec<_>, _>>()?;
    let start = point("--in", arguments.start.as_deref())?;
    let end = point("--out", arguments.end.as_deref())?;
    let open = setup.existing_store().await?;
    let store = &*open.store;
    let asset = ingest::find(store, &arguments.asset).await?;
    let title = match &arguments.title {
        Some(title) => title.clone(),
        None => file_title(store, asset).await?,
    };
    let id = match &arguments.piece {
        Some(id) => checked(id)?,
        None => free_id(store, &title, asset).await?,
    };
    let verdict = Verdict::Approve { asset, title, credits, start, end };
    let decision = Decision { version: 1, at: Timestamp::now(), verdict };
    let piece = pieces::decide(store, &id, &decision).await?;
    tell(setup, &piece);
    Ok(Exit::Done)
}

pub async fn reject(setup: &Setup, piece: &str) -> Result<Exit, Failure> {
    let open = setup.existing_store().await?;
    let store = &*open.store;
    let piece = pieces::reject(store, &checked(piece)?, Timestamp::now()).await?;
    tell(setup, &piece);
    Ok(Exit::Done)
}

fn tell(setup: &Setup, piece: &Piece) {
    if setup.json {
        say::json(&json!({ "piece": piece.id, "asset": piece.asset, "state": piece.state }));
    } else {
        say::line_out(&format!("{}  {}  {}", piece.id, super::pieces::word(piece.state), piece.title));
    }
}

fn credit(text: &str) -> Result<Credit, Failure> {
    match text.split_once('=').map(|(role, name)| (role.trim(), name.trim())) {
        Some((role, name)) if !role.is_empty() && !name.is_empty() => {
            Ok(Credit { role: role.to_owned(), name: name.to_owned() })
        }
        _ => Err(Failure::request(format!(
            "--credit `{text}` names no role and name; write --credit Director=\"Ada Lovelace\""
        ))),
    }
}

fn point(option: &str, text: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(text) = text else { return Ok(None) };
    text.parse::<Point>().map_err(|error| Failure::request(format!("{option}: {error}")))?;
    Ok(Some(text.to_owned()))
}

fn checked(id: &str) -> Result<String, Failure> {
    layout::piece_facts(id).map(|_| id.to_owned()).map_err(|error| {
        Failure::request(format!("{error}; write a piece's id in letters, digits and hyphens, for example the-river"))
    })
}

/// Returns the name of the file that the asset came as, without its extension.
async fn file_title(store: &dyn Store, asset: Digest) -> Result<String, Failure> {
    let records = ingest::records(store, asset).await?;
    let name = records.first().map_or_else(|| asset.short(), |record| record.name.clone());
    Ok(match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name,
    })
}

/// Returns a slug of the title that no piece of another asset has.
async fn free_id(store: &dyn Store, title: &str, asset: Digest) -> Result<String, Failure> {
    let base = Some(slug(title)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| asset.short());
    match pieces::read(store, &base).await? {
        Some(piece) if piece.asset != asset => Ok(format!("{base}-{}", asset.short())),
        _ => Ok(base),
    }
}
