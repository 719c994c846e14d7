//! Runs: requests being carried out, as the store remembers them.
//!
//! A run's id follows from what is asked, so that asking again goes on with the same run. Its plan is written before what
//! exists is trusted: gc keeps what an open run names.

use bookend_jobs::{Digest, Key};
use bookend_store::{Listing, Store, layout};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::plan::Plan;
use crate::{SchedulerError, record};

/// The run that gc writes its own facts under.
pub(crate) const GC_RUN: &str = "gc";

/// What a run was asked to do: `runs/<run>/request.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunRequest {
    /// Format version, 1.
    pub version: u32,
    /// `ingest`, `render` or `batch`.
    pub kind: String,
    /// What it is about: the episode's id, or the files' names.
    pub about: String,
    /// The outlets asked for.
    pub outlets: Vec<String>,
    /// The results that end it.
    pub wanted: Vec<Key>,
    /// Decisions that it goes by.
    pub decisions: Vec<String>,
}

/// The keys that a run names: `runs/<run>/plan.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunPlan {
    /// Format version, 1.
    pub version: u32,
    /// All its results.
    pub keys: Vec<Key>,
}

/// How a run ended: a fact of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunEnding {
    /// Format version, 1.
    pub version: u32,
    /// `done`, `failed` or `cancelled`.
    pub state: String,
    /// What there is to say of it.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// A run as its records leave it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RunState {
    /// Its id.
    pub run: String,
    /// What it was asked to do.
    pub kind: String,
    /// What it is about.
    pub about: String,
    /// The outlets asked for.
    pub outlets: Vec<String>,
    /// `open` (being carried out, or interrupted), `done`, `failed` or `cancelled`.
    pub state: String,
    /// What there is to say of its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Results that it names.
    pub total: usize,
}

impl RunRequest {
    /// Describes the rendering of an episode.
    #[must_use]
    pub fn render(plan: &Plan) -> Self {
        let decisions = plan.sourced.approvals().into_values();
        RunRequest {
            version: 1,
            kind: "render".to_owned(),
            about: plan.sourced.rundown.id.clone(),
            outlets: plan.outlets.iter().map(|outlet| outlet.spec.name.clone()).collect(),
            wanted: plan.outlets.iter().map(|outlet| outlet.assemble).collect(),
            decisions: decisions.map(|approval| format!("{}/{}", approval.piece, approval.decision)).collect(),
        }
    }

    /// Describes the ingest of files.
    #[must_use]
    pub fn ingest(graph: &Graph, files: usize) -> Self {
        RunRequest {
            version: 1,
            kind: "ingest".to_owned(),
            about: if files == 1 { "1 file".to_owned() } else { format!("{files} files") },
            outlets: Vec::new(),
            wanted: graph.nodes().map(|node| node.key).collect(),
            decisions: Vec::new(),
        }
    }

    /// Returns the run's id: what it is about, and a digest of all of it.
    #[must_use]
    pub fn id(&self) -> String {
        let content = serde_json::to_vec(self).unwrap_or_default();
        let digest = Digest::of(&content).to_string();
        let about = if self.kind == "render" { self.about.as_str() } else { self.kind.as_str() };
        format!("{about}-{}", &digest[..12])
    }
}

/// Opens a run, or opens it again: its request and plan are written once, and it is listed as open.
///
/// # Errors
/// When the store fails.
pub async fn open(store: &dyn Store, request: &RunRequest, graph: &Graph) -> Result<String, SchedulerError> {
    let run = request.id();
    let plan = RunPlan { version: 1, keys: graph.nodes().map(|node| node.key).collect() };
    record::write_once(store, &layout::run_request(&run)?, request).await?;
    record::write_once(store, &layout::run_plan(&run)?, &plan).await?;
    store.put_bytes(&layout::open_run(&run)?, Vec::new()).await?;
    Ok(run)
}

/// Closes a run: a fact says how it ended, and it is no longer listed as open.
///
/// # Errors
/// When the store fails.
pub async fn close(
    store: &dyn Store,
    run: &str,
    state: &str,
    message: &str,
    at: Timestamp,
) -> Result<(), SchedulerError> {
    let ending = RunEnding { version: 1, state: state.to_owned(), message: message.to_owned(), at };
    let name = format!("{:020}-ended.json", at.as_nanosecond().max(0));
    record::write(store, &layout::run_fact(run, &name)?, &ending).await?;
    store.delete(&layout::open_run(run)?).await?;
    Ok(())
}

/// Reads a run.
///
/// # Errors
/// When there is none of this id, or the store fails.
pub async fn read(store: &dyn Store, run: &str) -> Result<RunState, SchedulerError> {
    let unknown = || SchedulerError::UnknownRun { run: run.to_owned() };
    let request: RunRequest =
        record::read(store, &layout::run_request(run).map_err(|_| unknown())?).await?.ok_or_else(unknown)?;
    let plan: Option<RunPlan> = record::read(store, &layout::run_plan(run)?).await?;
    let ending = if store.exists(&layout::open_run(run)?).await? { None } else { ending(store, run).await? };
    Ok(RunState {
        run: run.to_owned(),
        kind: request.kind,
        about: request.about,
        outlets: request.outlets,
        state: ending.as_ref().map_or_else(|| "open".to_owned(), |ending| ending.state.clone()),
        message: ending.map(|ending| ending.message).filter(|message| !message.is_empty()),
        total: plan.map_or(0, |plan| plan.keys.len()),
    })
}

/// Reads all runs, by id.
///
/// # Errors
/// When the store fails.
pub async fn all(store: &dyn Store) -> Result<Vec<RunState>, SchedulerError> {
    let mut runs = Vec::new();
    for run in store.folders(&layout::runs()).await? {
        match read(store, &run).await {
            Ok(state) => runs.push(state),
            Err(SchedulerError::UnknownRun { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(runs)
}

/// Returns the keys that a run names; none when its plan is not there.
///
/// # Errors
/// When the store fails.
pub async fn keys(store: &dyn Store, run: &str) -> Result<Vec<Key>, SchedulerError> {
    let plan: Option<RunPlan> = record::read(store, &layout::run_plan(run)?).await?;
    Ok(plan.map(|plan| plan.keys).unwrap_or_default())
}

async fn ending(store: &dyn Store, run: &str) -> Result<Option<RunEnding>, SchedulerError> {
    let facts = Listing::new(store, layout::run_facts(run)?).collect().await?;
    match facts.iter().rfind(|object| object.name.as_str().ends_with("-ended.json")) {
        Some(object) => record::read(store, &object.name).await,
        None => Ok(None),
    }
}
