//! `bookend runs` and `bookend status`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bookend_broker::Event as Heard;
use bookend_scheduler::run::Pace;
use bookend_scheduler::runs::{self, RunState};
use bookend_scheduler::status::{self, Hearsay, ResultStanding, ResultStatus};
use bookend_store::Store;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::submit;
use crate::exit::{Exit, Failure};
use crate::fleet;
use crate::interrupt::Stop;
use crate::say;
use crate::setup::Setup;

/// How long `status` listens to what workers are at.
const LISTEN: Duration = Duration::from_secs(1);

pub async fn list(setup: &Setup) -> Result<Exit, Failure> {
    let store = setup.existing_store().await?.store;
    let mut all = runs::all(&*store).await?;
    for run in &mut all {
        mark_interrupted(setup, run).await?;
        tell(setup, run);
    }
    if setup.json {
        say::json(&json!({ "runs": all.len() }));
    }
    Ok(Exit::Done)
}

pub async fn show(setup: &Setup, run: &str, follow: bool, stop: Stop) -> Result<Exit, Failure> {
    let store = setup.existing_store().await?.store;
    show_once(setup, &store, run).await?;
    if !follow {
        return Ok(Exit::Done);
    }
    let state = runs::read(&*store, run).await?;
    if !state.fleet {
        return Err(Failure::request(format!(
            "`{run}` is carried out by a command in one process, which shows how it is"
        )));
    }
    let broker = fleet::broker(setup).await?;
    submit::ended(setup, &*store, &*broker, run, None, stop).await?;
    let state = show_once(setup, &store, run).await?;
    Ok(submit::exit_of(&state))
}

async fn show_once(setup: &Setup, store: &Arc<dyn Store>, run: &str) -> Result<RunState, Failure> {
    let state = runs::read(&**store, run).await?;
    let heard = if state.fleet && state.state == "open" { hear(setup).await } else { Hearsay::default() };
    let mut status = status::read(store, run, &Pace::default().retry_after, &heard).await?;
    mark_interrupted(setup, &mut status.run).await?;
    if setup.json {
        say::json(&status);
        return Ok(status.run);
    }
    tell(setup, &status.run);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for result in &status.results {
        *counts.entry(word(&result.standing)).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    if !counts.is_empty() {
        say::line_out(&format!("  {}", counts.join(", ")));
    }
    for result in status.results.iter().filter(|result| result.standing != ResultStanding::Exists) {
        say::line_out(&format!("  {} {}: {}", result.kind, result.label, described(result)));
    }
    Ok(status.run)
}

/// Listens for a moment to what workers are at; without a broker nothing is heard, and the store says the rest.
async fn hear(setup: &Setup) -> Hearsay {
    let mut heard = Hearsay::default();
    let Ok(broker) = fleet::broker(setup).await else { return heard };
    let Ok(mut events) = broker.events().await else { return heard };
    let until = Instant::now() + LISTEN;
    while let Ok(Some(event)) = timeout_at(until, events.next()).await {
        if let Heard::Told(event) = event
            && let Ok(event) = serde_json::from_slice(&event)
        {
            heard.hear(&event, Timestamp::now());
        }
    }
    heard
}

/// An open run of one process whose lock is free is being carried out by nobody. A store without locks does not tell.
async fn mark_interrupted(setup: &Setup, run: &mut RunState) -> Result<(), Failure> {
    let store = setup.existing_store().await?;
    if run.state == "open" && !run.fleet && store.locks().is_some() {
        let free = store.try_lock(&lock(&run.run))?.is_some();
        run.state = if free { "interrupted" } else { "running" }.to_owned();
    }
    Ok(())
}

/// Names the lock that whoever carries out a run holds.
pub fn lock(run: &str) -> String {
    format!("run-{run}")
}

/// Tells where a run stands.
pub fn tell(setup: &Setup, run: &RunState) {
    if setup.json {
        say::json(run);
        return;
    }
    let outlets = run.outlets.join(", ");
    let message = run.message.as_ref().map_or_else(String::new, |message| format!("  {message}"));
    say::line_out(&format!("{:11} {}  {} {} {outlets}{message}", run.state, run.run, run.kind, run.about));
}

fn word(standing: &ResultStanding) -> &'static str {
    match standing {
        ResultStanding::Exists => "made",
        ResultStanding::Running { .. } => "running",
        ResultStanding::Ready => "ready",
        ResultStanding::WaitingForInputs { .. } => "waiting for others",
        ResultStanding::WaitingToRetry { .. } => "waiting for another try",
        ResultStanding::Failed { .. } => "failed",
        ResultStanding::NotMade => "not made",
    }
}

fn described(result: &ResultStatus) -> String {
    match &result.standing {
        ResultStanding::Exists => "made".to_owned(),
        ResultStanding::Running { worker, since, done, total } => {
            let share = match (done, total) {
                (Some(done), Some(total)) => format!(", {done} of {total}"),
                _ => String::new(),
            };
            format!("running, heard of since {since}, at {}{share}", worker.as_deref().unwrap_or("a worker"))
        }
        ResultStanding::Ready => "in its lane, or to be published when the lane has room".to_owned(),
        ResultStanding::WaitingForInputs { inputs } => {
            format!("waits for {} results that it is made from", inputs.len())
        }
        ResultStanding::WaitingToRetry { reason, tries, until } => {
            format!("waits until {until} for another try after {tries}: {reason}")
        }
        ResultStanding::Failed { reason } => format!("failed: {reason}"),
        ResultStanding::NotMade => "not made".to_owned(),
    }
}
