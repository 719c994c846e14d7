//! One run, from its order in the store to what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bookend_broker::Lane;
use bookend_jobs::{IngestOrder, Key, Order, OrderedOutlet, RenderOrder};
use bookend_timeline::Rundown;
use tokio::sync::{mpsc, watch};

use super::{Leader, inbox};
use crate::graph::Graph;
use crate::handover::{HandOver, recheck};
use crate::ingest::{self, Upload};
use crate::plan::{self, Asked, Assets, Media, Plan, WantedOutlet};
use crate::run::{Gate, Means, Outcome, carry_out_among};
use crate::runs::{self, HandedOver, JobCounts, RunOutcome, RunVerdict, UploadOutcome};
use crate::sources::SourceFile;
use crate::verdict::{check_inspections, credited, failed_clauses, unmade};
use crate::{SchedulerError, Unmade};

/// How often a run makes again what turned out to be gone at hand-over.
const REMAKES: u32 = 3;

/// Carries out an order: plans it from the store, makes what is missing, hands over in the store.
///
/// # Errors
/// When it could not be carried out to an outcome. Results that cannot be made are told in the outcome.
pub(super) async fn carry(
    leader: &Leader,
    gate: &Gate,
    run: &str,
    order: &Order,
) -> Result<RunOutcome, SchedulerError> {
    let carrying = Carrying { leader, gate, run, lane: runs::lane_of(order)? };
    match order {
        Order::Ingest(order) => carrying.ingest(order).await,
        Order::Render(order) => carrying.render(order).await,
        // No run is made of these.
        Order::Cancel(_) | Order::Retry(_) => Ok(RunOutcome::default()),
    }
}

/// A run being carried out.
#[derive(Clone, Copy)]
struct Carrying<'a> {
    leader: &'a Leader,
    gate: &'a Gate,
    run: &'a str,
    lane: Lane,
}

/// What one request made so far.
#[derive(Default)]
struct Spent {
    made: BTreeSet<Key>,
    cpu_ms: u64,
}

impl Carrying<'_> {
    async fn ingest(&self, order: &IngestOrder) -> Result<RunOutcome, SchedulerError> {
        let Leader { store, engine, scratch, now, .. } = self.leader;
        let mut uploads = Vec::with_capacity(order.uploads.len());
        for (at, upload) in order.uploads.iter().enumerate() {
            let copy_name = format!("inbox-{}-{at}", self.run);
            let path = PathBuf::from(&upload.name);
            let found = inbox::settle(&**store, scratch, &copy_name, &upload.source).await?;
            let media = found.map(|digest| {
                Media::uploaded(SourceFile { path: path.clone(), digest, remembered: true }, &order.limits)
            });
            uploads.push(Upload { path, media });
        }
        let graph = ingest::inspections(&uploads, engine);
        let mut spent = Spent::default();
        let outcome = self.make(&graph, &mut spent).await?;
        let mut ended = RunOutcome { jobs: JobCounts::of(&outcome), cpu_ms: spent.cpu_ms, ..RunOutcome::default() };
        for upload in &uploads {
            let ingested = ingest::settle(&**store, upload, &outcome, engine, now()).await?;
            let name = upload.path.display().to_string();
            if let Some((reason, at_fault)) = &ingested.refused {
                let verdict = if *at_fault { RunVerdict::Refused } else { RunVerdict::Other };
                ended.verdict = ended.verdict.max(verdict);
                ended.problems.push(format!("{name}: refused: {reason}"));
            }
            let refused = ingested.refused.map(|(reason, _)| reason);
            ended.uploads.push(UploadOutcome { name, asset: ingested.asset, refused });
        }
        Ok(ended)
    }

    async fn render(&self, order: &RenderOrder) -> Result<RunOutcome, SchedulerError> {
        let Leader { store, engine, .. } = self.leader;
        let rundown = Rundown::parse(&order.rundown, &order.file)?;
        let wanted = wanted(&order.outlets)?;
        let mut assets = Assets::new(&**store, Path::new(""), order.limits.clone());
        let asked = Asked { rundown, file: order.file.clone(), is_rundown: true };
        let sourced = plan::gather_stored(&**store, &mut assets, asked, &order.sources).await?;
        let mut spent = Spent::default();
        let outcome = self.make(&sourced.inspections(engine), &mut spent).await?;
        check_inspections(&sourced, &outcome, engine)?;
        let inspected = plan::read_inspected(&**store, &outcome.commits).await?;
        let plan = plan::lay_out(sourced, &inspected, wanted, engine)?;
        let mut again = 0;
        loop {
            let outcome = self.make(&plan.graph, &mut spent).await?;
            match self.hand_over(&plan, &outcome, &spent).await {
                // A stored file is gone: its commit, too, or it would not be missed; so it is made once more.
                Err(SchedulerError::Missing { key, what }) if again < REMAKES => {
                    tracing::warn!(run = self.run, %key, what, "result gone, to be made again");
                    again += 1;
                }
                ended => return ended,
            }
        }
    }

    /// Makes what is missing of a graph, naming its results under the run before what exists is trusted.
    async fn make(&self, graph: &Graph, spent: &mut Spent) -> Result<Outcome, SchedulerError> {
        let Leader { store, broker, engine, pace, now, .. } = self.leader;
        runs::plan(&**store, self.run, graph, now()).await?;
        let means = Means {
            store: store.clone(),
            broker: broker.clone(),
            engine: engine.clone(),
            lane: self.lane,
            pace: pace.clone(),
        };
        // Cancelled by being dropped.
        let (_cancel, never) = watch::channel(false);
        let (notices, _) = mpsc::unbounded_channel();
        let outcome = carry_out_among(graph, self.run, &means, self.gate, notices, never).await?;
        spent.cpu_ms = spent.cpu_ms.saturating_add(outcome.cpu_ms);
        Ok(credited(outcome, &mut spent.made))
    }

    async fn hand_over(&self, plan: &Plan, outcome: &Outcome, spent: &Spent) -> Result<RunOutcome, SchedulerError> {
        let Leader { store, now, .. } = self.leader;
        let changes = recheck(&**store, &plan.sourced).await?;
        let from = HandOver { store: &**store, plan, outcome, run: self.run, now: now() };
        let unmade = unmade(outcome);
        let mut ended = RunOutcome {
            verdict: unmade.iter().map(of_unmade).max().unwrap_or_default(),
            jobs: JobCounts::of(outcome),
            cpu_ms: spent.cpu_ms,
            problems: unmade.iter().map(ToString::to_string).collect(),
            ..RunOutcome::default()
        };
        for outlet in &plan.outlets {
            if !outcome.commits.contains_key(&outlet.assemble) {
                continue;
            }
            let (handed, report) = from.record(outlet, &changes).await?;
            if !handed.passed {
                ended.verdict = ended.verdict.max(RunVerdict::Clauses);
                let HandedOver { outlet, .. } = &handed;
                ended.problems.extend(failed_clauses(outlet, &report));
            }
            ended.deliverables.push(handed);
        }
        Ok(ended)
    }
}

fn of_unmade(unmade: &Unmade) -> RunVerdict {
    if unmade.refused { RunVerdict::Refused } else { RunVerdict::Other }
}

/// Reads the outlets of an order; one that is named twice is made once.
fn wanted(outlets: &[OrderedOutlet]) -> Result<Vec<WantedOutlet>, SchedulerError> {
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<WantedOutlet> = Vec::with_capacity(outlets.len());
    for OrderedOutlet { title, spec } in outlets {
        let new = WantedOutlet { title: title.clone(), spec: spec.clone() };
        match wanted.get(&*spec.name).and_then(|&at| all.get(at)) {
            None => {
                wanted.insert(&spec.name, all.len());
                all.push(new);
            }
            Some(known) if *known == new => {}
            // Their files would have one name.
            Some(_) => {
                let problem = "two different outlets have this name; rename one".to_owned();
                return Err(SchedulerError::Outlet { outlet: spec.name.clone(), problem });
            }
        }
    }
    Ok(all)
}
