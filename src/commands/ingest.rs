//! `bookend ingest`: uploads become assets.

use std::path::PathBuf;
use std::time::SystemTime;

use bookend_broker::Lane;
use bookend_scheduler::ingest::{self, Ingested};
use bookend_scheduler::runs::{self, RunRequest};
use jiff::Timestamp;
use serde_json::{Map, json};

use crate::exit::{Exit, Failure};
use crate::interrupt::Stop;
use crate::say;
use crate::setup::Setup;
use crate::workplace::Workplace;

pub async fn run(setup: Setup, stop: Stop, files: &[PathBuf], rehash: bool) -> Result<Exit, Failure> {
    let json = setup.json;
    let limits = setup.limits();
    let mut work = Workplace::open(setup, stop, rehash).await?;
    let ended = carry_out(&mut work, files, &limits, json).await;
    work.close().await;
    ended
}

async fn carry_out(
    work: &mut Workplace,
    files: &[PathBuf],
    limits: &bookend_jobs::work::InspectLimits,
    json: bool,
) -> Result<Exit, Failure> {
    let mut uploads = Vec::with_capacity(files.len());
    for file in files {
        uploads.push(ingest::take_in(&*work.store.store, &mut work.memory, file, limits, SystemTime::now()).await?);
    }
    let graph = ingest::inspections(&uploads, &work.engine);
    let run = runs::open(&*work.store.store, &RunRequest::ingest(&graph, files.len()), &graph).await?;
    let outcome = work.carry_out(&graph, &run, Lane::Interactive, "inspecting").await?;
    let mut exits = Vec::new();
    let (mut ready, mut refused) = (0, 0);
    for upload in &uploads {
        let ingested = ingest::settle(&*work.store.store, upload, &outcome, &work.engine, Timestamp::now()).await?;
        match &ingested.refused {
            None => ready += 1,
            Some((_, at_fault)) => {
                refused += 1;
                exits.push(if *at_fault { Exit::Refused } else { Exit::Other });
            }
        }
        tell(&ingested, json);
    }
    let state = if refused == 0 { "done" } else { "failed" };
    runs::close(&*work.store.store, &run, state, &format!("{ready} ready, {refused} refused"), Timestamp::now())
        .await?;
    if json {
        say::json(&json!({ "run": run, "ready": ready, "refused": refused }));
    }
    Ok(Exit::of_several(exits))
}

/// Tells what came of a file.
pub fn tell(ingested: &Ingested, json: bool) {
    let source = ingested.path.display().to_string();
    let asset = ingested.asset.map(|asset| asset.to_string());
    match (&ingested.refused, json) {
        (None, true) => {
            say::json(&json!({ "source": source, "asset": asset, "status": "ready", "artifacts": Map::new() }));
        }
        (Some((reason, _)), true) => {
            let line = json!({ "source": source, "asset": asset, "status": "refused", "reason": reason, "artifacts": Map::new() });
            say::json(&line);
        }
        (None, false) => say::line_out(&format!("{}  {source}", asset.unwrap_or_default())),
        (Some((reason, _)), false) => say::note(&format!("bookend: {source}: refused: {reason}")),
    }
}
