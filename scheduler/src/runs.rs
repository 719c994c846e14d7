//! Runs: requests being carried out, as the store remembers them.
//!
//! A run's id follows from what is asked, so that asking again goes on with the same run. Its plan is written before what
//! exists is trusted: gc keeps what an open run names.
//!
//! A run of one process is described by its plan; a fleet's by the whole order, so that any scheduler carries it out from
//! the store alone. `RUNS.md` beside this package describes the files.

mod accept;
mod history;
mod outcome;

use std::collections::BTreeSet;

use bookend_jobs::{Digest, Key, Kind, Order};
use bookend_store::{Listing, Store, layout};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::history::History;
use crate::graph::Graph;
use crate::plan::Plan;
use crate::{SchedulerError, record};

pub use accept::{Accepted, accept, cancel, lane_of, mark, retry, run_id};
pub use history::Standing;
pub use outcome::{HandedOver, JobCounts, RunOutcome, RunVerdict, UploadOutcome};

/// The run that gc writes its own facts under.
pub(crate) const GC_RUN: &str = "gc";

/// What a run was asked to do: `runs/<run>/request.json`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
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
    /// All that was asked for, in a fleet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
}

/// The keys that a run names: `runs/<run>/plan.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunPlan {
    /// Format version, 1.
    pub version: u32,
    /// All its results.
    pub keys: Vec<Key>,
    /// The same with what there is to say of each, what others are made from first; not in plans of old.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<PlannedResult>,
}

/// A result of a plan, for whoever asks how a run stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlannedResult {
    /// Its key.
    pub key: Key,
    /// What kind of result it is.
    pub kind: Kind,
    /// Its place, for people.
    pub label: String,
    /// The results that it is made from.
    pub inputs: Vec<Key>,
}

impl RunPlan {
    /// Describes a graph.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let mut results: Vec<PlannedResult> = graph
            .nodes()
            .map(|node| PlannedResult {
                key: node.key,
                kind: node.request.kind(),
                label: node.label.clone(),
                inputs: node.needs().into_iter().collect(),
            })
            .collect();
        results.sort_by(|one, other| (one.kind, &one.label, one.key).cmp(&(other.kind, &other.label, other.key)));
        RunPlan { version: 1, keys: graph.nodes().map(|node| node.key).collect(), results }
    }
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
    /// What came of it, in a fleet; absent when it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunOutcome>,
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
    /// A fleet carries it out, not a command in one process.
    #[serde(skip)]
    pub fleet: bool,
    /// What came of it, when a fleet carried it out to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RunOutcome>,
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
            order: None,
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
            order: None,
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
    let plan = RunPlan::of(graph);
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
    let ending = RunEnding { version: 1, state: state.to_owned(), message: message.to_owned(), at, outcome: None };
    let name = format!("{:020}-ended.json", at.as_nanosecond().max(0));
    record::write(store, &layout::run_fact(run, &name)?, &ending).await?;
    store.delete(&layout::open_run(run)?).await?;
    Ok(())
}

/// Ends a fleet's run, after all that happened to it; it is no longer listed as open, unless it was opened again.
///
/// # Errors
/// When the store fails.
pub async fn end(store: &dyn Store, run: &str, ending: &RunEnding) -> Result<(), SchedulerError> {
    let name = History::read(store, run).await?.next_name("ended", ending.at);
    record::write(store, &layout::run_fact(run, &name)?, ending).await?;
    mark(store, run).await.map(drop)
}

/// Reads where a run stands, by its facts alone.
///
/// # Errors
/// When the store fails.
pub async fn standing(store: &dyn Store, run: &str) -> Result<Standing, SchedulerError> {
    Ok(History::read(store, run).await?.standing())
}

/// Tells whether a run has ended, and heard a command before.
///
/// # Errors
/// When the store fails.
pub async fn ended_after(store: &dyn Store, run: &str, command: Option<&str>) -> Result<bool, SchedulerError> {
    let history = History::read(store, run).await?;
    // Listed as open until the very end, so that what follows is read whole.
    let ended = history.standing() == Standing::Ended && (command.is_none() || history.heard(command));
    Ok(ended && !store.exists(&layout::open_run(run)?).await?)
}

/// Reads what a run was asked to do.
///
/// # Errors
/// When there is none of this id, or the store fails.
pub async fn request(store: &dyn Store, run: &str) -> Result<RunRequest, SchedulerError> {
    let unknown = || SchedulerError::UnknownRun { run: run.to_owned() };
    record::read(store, &layout::run_request(run).map_err(|_| unknown())?).await?.ok_or_else(unknown)
}

/// Notes the results of a fleet's run before what exists is trusted: in its plan the first time, in a fact when a later plan
/// names others.
///
/// # Errors
/// When the store fails.
pub async fn plan(store: &dyn Store, run: &str, graph: &Graph, now: Timestamp) -> Result<(), SchedulerError> {
    let plan = RunPlan::of(graph);
    record::write_once(store, &layout::run_plan(run)?, &plan).await?;
    let known: BTreeSet<Key> = keys(store, run).await?.into_iter().collect();
    if plan.keys.iter().any(|key| !known.contains(key)) {
        let name = History::read(store, run).await?.next_name("planned", now);
        record::write(store, &layout::run_fact(run, &name)?, &plan).await?;
    }
    Ok(())
}

/// Reads a run.
///
/// # Errors
/// When there is none of this id, or the store fails.
pub async fn read(store: &dyn Store, run: &str) -> Result<RunState, SchedulerError> {
    let request = request(store, run).await?;
    let total = keys(store, run).await?.len();
    let ending = if store.exists(&layout::open_run(run)?).await? { None } else { ending(store, run).await? };
    Ok(RunState {
        run: run.to_owned(),
        kind: request.kind,
        about: request.about,
        outlets: request.outlets,
        state: ending.as_ref().map_or_else(|| "open".to_owned(), |ending| ending.state.clone()),
        message: ending.as_ref().map(|ending| ending.message.clone()).filter(|message| !message.is_empty()),
        total,
        fleet: request.order.is_some(),
        outcome: ending.and_then(|ending| ending.outcome),
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

/// Returns the keys that a run names, in its plan and in later ones; none when it was not planned.
///
/// # Errors
/// When the store fails.
pub async fn keys(store: &dyn Store, run: &str) -> Result<Vec<Key>, SchedulerError> {
    let keys: BTreeSet<Key> = plans(store, run).await?.into_iter().flat_map(|plan| plan.keys).collect();
    Ok(keys.into_iter().collect())
}

/// Returns the results of a run's newest plan; none when it was not planned.
///
/// # Errors
/// When the store fails.
pub async fn results(store: &dyn Store, run: &str) -> Result<Vec<PlannedResult>, SchedulerError> {
    Ok(plans(store, run).await?.pop().map(|plan| plan.results).unwrap_or_default())
}

/// Returns when a fleet's run was opened last, or opened again; the beginning of time when it never was.
///
/// # Errors
/// When the store fails.
pub async fn opened(store: &dyn Store, run: &str) -> Result<Timestamp, SchedulerError> {
    Ok(History::read(store, run).await?.opened())
}

/// Reads all plans of a run, the newest last.
async fn plans(store: &dyn Store, run: &str) -> Result<Vec<RunPlan>, SchedulerError> {
    let mut plans: Vec<RunPlan> = record::read(store, &layout::run_plan(run)?).await?.into_iter().collect();
    for object in Listing::new(store, layout::run_facts(run)?).collect().await? {
        if object.name.as_str().ends_with("-planned.json") {
            plans.extend(record::read::<RunPlan>(store, &object.name).await?);
        }
    }
    Ok(plans)
}

async fn ending(store: &dyn Store, run: &str) -> Result<Option<RunEnding>, SchedulerError> {
    let facts = Listing::new(store, layout::run_facts(run)?).collect().await?;
    match facts.iter().rfind(|object| object.name.as_str().ends_with("-ended.json")) {
        Some(object) => record::read(store, &object.name).await,
        None => Ok(None),
    }
}
