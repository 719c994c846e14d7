//! `bookend submit`, `cancel` and `retry`: what a fleet is asked for, and what came of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bookend_broker::Broker;
use bookend_jobs::{Command, Event, Key, Order, RunOrder};
use bookend_scheduler::handover::{self, Destination};
use bookend_scheduler::runs::{self, RunState, RunVerdict, Standing};
use bookend_scheduler::submit::{self, LOOK_PERIOD, Sender};
use bookend_scheduler::{SchedulerError, ingest::Ingested};
use bookend_store::Store;
use bookend_timeline::Rundown;
use serde_json::json;
use tokio::sync::mpsc;

use super::episode::{Rendered, outlets, resolve, tell};
use super::ingest;
use crate::cli::{How, Out, PlanArgs, Submit};
use crate::exit::{Exit, Failure};
use crate::interrupt::Stop;
use crate::setup::Setup;
use crate::{fleet, say};

/// The shortest time between two looks at a plan for results that are news.
const PLAN_PAUSE: Duration = Duration::from_secs(1);

pub async fn run(setup: &Setup, what: &Submit, stop: Stop) -> Result<Exit, Failure> {
    let fleet = Fleet { broker: fleet::broker(setup).await?, store: fleet::store(setup).await?, setup, stop };
    match what {
        Submit::Ingest { files, rehash, how } => fleet.ingest(files, *rehash, how).await,
        Submit::Render { plan, how, out } => fleet.render(plan, how, out).await,
    }
}

pub async fn cancel(setup: &Setup, run: &str, follow: bool, stop: Stop) -> Result<Exit, Failure> {
    let fleet = Fleet { broker: fleet::broker(setup).await?, store: fleet::store(setup).await?, setup, stop };
    fleet.about(run, Order::Cancel(RunOrder { run: run.to_owned() }), follow).await
}

pub async fn retry(setup: &Setup, run: &str, follow: bool, stop: Stop) -> Result<Exit, Failure> {
    let fleet = Fleet { broker: fleet::broker(setup).await?, store: fleet::store(setup).await?, setup, stop };
    fleet.about(run, Order::Retry(RunOrder { run: run.to_owned() }), follow).await
}

/// Returns the exit code that a run's ending stands for.
pub fn exit_of(state: &RunState) -> Exit {
    match state.outcome.as_ref().map(|outcome| outcome.verdict) {
        Some(RunVerdict::Done) => Exit::Done,
        Some(RunVerdict::Refused) => Exit::Refused,
        Some(RunVerdict::Clauses) => Exit::Clauses,
        Some(RunVerdict::Request) => Exit::Request,
        // A run that was cancelled has no outcome.
        Some(RunVerdict::Other) | None => Exit::Other,
    }
}

/// Waits until a run has ended, telling what happens to its results; interrupted, it leaves the run going.
///
/// # Errors
/// When interrupted, or store or broker fail.
pub async fn ended(
    setup: &Setup,
    store: &dyn Store,
    broker: &dyn Broker,
    run: &str,
    command: Option<&str>,
    mut stop: Stop,
) -> Result<RunState, Failure> {
    let (heard, events) = mpsc::unbounded_channel();
    let tell = |event: &Event| {
        // The other end is there as long as this one.
        let _ = heard.send(event.clone());
    };
    let following = submit::follow(store, broker, run, command, LOOK_PERIOD, tell);
    tokio::select! {
        biased;
        state = following => Ok(state?),
        Ok(_) = stop.wait_for(|&stop| stop) => Err(Failure::new(Exit::Interrupted, "the run goes on without us")),
        never = tell_live(store, run, events), if !setup.quiet => match never {},
    }
}

/// Tells of events that are about results of a run, for ever.
async fn tell_live(store: &dyn Store, run: &str, mut events: mpsc::UnboundedReceiver<Event>) -> Infallible {
    let mut labels: BTreeMap<Key, String> = BTreeMap::new();
    let mut read: Option<Instant> = None;
    while let Some(event) = events.recv().await {
        let (keys, what) = match &event {
            Event::Started { keys, worker } => (keys, format!("started at {worker}")),
            Event::Committed { keys, .. } => (keys, "made".to_owned()),
            Event::Failed { keys, reason } => (keys, format!("a try failed: {reason}")),
            Event::Progress { .. } | Event::RunOpened { .. } | Event::RunEnded { .. } => continue,
        };
        // Of another run, or of a plan made since it was looked at.
        let is_new = keys.iter().any(|key| !labels.contains_key(key));
        if is_new && read.is_none_or(|read| read.elapsed() >= PLAN_PAUSE) {
            read = Some(Instant::now());
            match runs::results(store, run).await {
                Ok(results) => labels.extend(results.into_iter().map(|result| (result.key, result.label))),
                Err(error) => tracing::debug!(%error, "plan not read"),
            }
        }
        for label in keys.iter().filter_map(|key| labels.get(key)) {
            say::note(&format!("{label}: {what}"));
        }
    }
    std::future::pending().await
}

/// A fleet, as a client sees it.
struct Fleet<'a> {
    setup: &'a Setup,
    store: Arc<dyn Store>,
    broker: Arc<dyn Broker>,
    stop: Stop,
}

/// A command that was sent.
struct Sent {
    run: String,
    id: String,
}

impl Fleet<'_> {
    async fn ingest(&self, files: &[PathBuf], rehash: bool, how: &How) -> Result<Exit, Failure> {
        let mut memory = fleet::memory(self.setup, rehash).await?;
        let mut sender = Sender { store: &*self.store, memory: &mut memory, now: SystemTime::now() };
        let sent = sender.uploads(files, self.setup.limits()).await?;
        remember(&mut memory);
        let given: Vec<PathBuf> =
            files.iter().filter(|file| sent.refused.iter().all(|(refused, _)| refused != *file)).cloned().collect();
        let refused = sent.refused.len();
        for (path, reason) in sent.refused {
            ingest::tell(&Ingested { path, asset: None, refused: Some((reason, true)) }, self.setup.json);
        }
        let mut exits = vec![if refused > 0 { Exit::Refused } else { Exit::Done }];
        let Some(mut order) = sent.order else {
            if self.setup.json {
                say::json(&json!({ "run": null, "ready": 0, "refused": refused }));
            }
            return Ok(Exit::of_several(exits));
        };
        (order.request, order.lane) = (how.request.clone(), how.lane.clone());
        let sent = self.send(Order::Ingest(order)).await?;
        if how.follow {
            let state = self.ended(&sent).await?;
            exits.push(self.tell_uploads(&state, &given, refused));
        }
        Ok(Exit::of_several(exits))
    }

    async fn render(&self, plan: &PlanArgs, how: &How, out: &Out) -> Result<Exit, Failure> {
        if !how.follow && (out.out.is_some() || out.force) {
            return Err(Failure::request("--out and --force say where files go that --follow fetches; add it"));
        }
        let file = plan.rundown.display().to_string();
        let text = crate::files::read_text(&plan.rundown).map_err(|error| {
            Failure::request(format!("{file}: the rundown cannot be read: {error}; check the path"))
        })?;
        let rundown = Rundown::parse(&text, &file).map_err(SchedulerError::from)?;
        let wanted = resolve(&outlets(self.setup, &plan.outlets)?, &rundown)?;
        let folder = out.out.clone().unwrap_or_else(|| PathBuf::from(&rundown.id));
        let destination = Destination { folder, force: out.force };
        if how.follow {
            // Whose files lie there is asked when it is known what ours are.
            destination.check(&[], &[]).await?;
        }
        let mut memory = fleet::memory(self.setup, plan.rehash).await?;
        let mut sender = Sender { store: &*self.store, memory: &mut memory, now: SystemTime::now() };
        let sources = plan.rundown.parent().unwrap_or(Path::new(""));
        let order = sender.rundown(&text, &file, sources, wanted, self.setup.limits()).await;
        remember(&mut memory);
        let mut order = order?;
        (order.request, order.lane) = (how.request.clone(), how.lane.clone());
        let sent = self.send(Order::Render(Box::new(order))).await?;
        if !how.follow {
            return Ok(Exit::Done);
        }
        let state = self.ended(&sent).await?;
        self.fetch(&state, &destination).await
    }

    /// Asks something of a run that there is.
    async fn about(&self, run: &str, order: Order, follow: bool) -> Result<Exit, Failure> {
        let request = runs::request(&*self.store, run).await?;
        if request.order.is_none() {
            let remedy = "interrupt that command, or run it again";
            return Err(Failure::request(format!("`{run}` is carried out by a command in one process; {remedy}")));
        }
        let cancelling = matches!(order, Order::Cancel(_));
        if cancelling && runs::standing(&*self.store, run).await? != Standing::Open {
            return Err(Failure::request(format!("`{run}` is not open; `bookend status {run}` shows how it ended")));
        }
        let sent = self.send(order).await?;
        if !follow {
            return Ok(Exit::Done);
        }
        let state = self.ended(&sent).await?;
        super::runs::tell(self.setup, &state);
        Ok(if cancelling { Exit::Done } else { exit_of(&state) })
    }

    async fn send(&self, order: Order) -> Result<Sent, Failure> {
        let run = runs::run_id(&order)?;
        let new = runs::standing(&*self.store, &run).await? != Standing::Open;
        let id = format!("{:032x}", rand::random::<u128>());
        submit::send(&*self.broker, &Command { id: Some(id.clone()), order }).await?;
        if self.setup.json {
            say::json(&json!({ "run": run, "new": new }));
        } else {
            say::line_out(&run);
        }
        Ok(Sent { run, id })
    }

    async fn ended(&self, sent: &Sent) -> Result<RunState, Failure> {
        ended(self.setup, &*self.store, &*self.broker, &sent.run, Some(&sent.id), self.stop.clone()).await
    }

    /// Tells what came of uploads as `bookend ingest` does.
    fn tell_uploads(&self, state: &RunState, given: &[PathBuf], refused_here: usize) -> Exit {
        let Some(outcome) = &state.outcome else { return self.tell_cancelled(state) };
        let at_fault = outcome.verdict != RunVerdict::Other;
        let (mut ready, mut refused) = (0, refused_here);
        for (at, upload) in outcome.uploads.iter().enumerate() {
            // A run that we joined may have been asked for other files.
            let ours = (given.len() == outcome.uploads.len()).then(|| given.get(at).cloned()).flatten();
            let path = ours.unwrap_or_else(|| PathBuf::from(&upload.name));
            let reason = upload.refused.clone().map(|reason| (reason, at_fault));
            if reason.is_none() {
                ready += 1
            } else {
                refused += 1
            }
            ingest::tell(&Ingested { path, asset: upload.asset, refused: reason }, self.setup.json);
        }
        if self.setup.json {
            say::json(&json!({ "run": state.run, "ready": ready, "refused": refused }));
        }
        exit_of(state)
    }

    /// Fetches what was handed over, and tells of it as `bookend render` does.
    async fn fetch(&self, state: &RunState, destination: &Destination) -> Result<Exit, Failure> {
        let Some(outcome) = &state.outcome else { return Ok(self.tell_cancelled(state)) };
        let handed = &outcome.deliverables;
        handover::check(&*self.store, &state.run, handed, destination).await?;
        let mut delivered = Vec::with_capacity(handed.len());
        for handed in handed {
            let fetched = handover::fetch(&*self.store, &state.run, handed, destination).await;
            delivered.push(fetched.map_err(|error| match error {
                error @ SchedulerError::Missing { .. } => {
                    let remedy = format!("`bookend retry {}` makes it again", state.run);
                    Failure::other(format!("{}; {remedy}", Failure::from(error).message))
                }
                error => error.into(),
            })?);
        }
        let deliverables = delivered.iter().map(|delivered| {
            json!({
                "outlet": delivered.outlet, "files": [delivered.file.display().to_string()],
                "report": delivered.report.display().to_string(), "passed": delivered.passed,
            })
        });
        let mut told = json!({
            "run": state.run, "episode": state.about, "jobs": outcome.jobs,
            "deliverables": deliverables.collect::<Vec<_>>(),
        });
        if delivered.is_empty() {
            told["error"] = outcome.problems.join("; ").into();
        }
        let exit = exit_of(state);
        let rendered = Rendered { told, run: state.run.clone(), delivered, exit, problems: outcome.problems.clone() };
        tell(self.setup, &rendered);
        Ok(rendered.exit)
    }

    fn tell_cancelled(&self, state: &RunState) -> Exit {
        super::runs::tell(self.setup, state);
        exit_of(state)
    }
}

/// Keeps what was learnt of files.
fn remember(memory: &mut bookend_scheduler::sources::SourceMemory) {
    if let Err(error) = memory.save() {
        tracing::warn!(%error, "digests not remembered");
    }
}
