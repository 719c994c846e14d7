//! `bookend runs` and `bookend status`.

use bookend_scheduler::runs::{self, RunState};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::place::OpenStore;
use crate::say;
use crate::setup::Setup;

pub async fn list(setup: &Setup) -> Result<Exit, Failure> {
    let store = setup.existing_store().await?;
    let mut all = runs::all(&*store.store).await?;
    for run in &mut all {
        mark_interrupted(&store, run)?;
        tell(setup, run);
    }
    if setup.json {
        say::json(&json!({ "runs": all.len() }));
    }
    Ok(Exit::Done)
}

pub async fn show(setup: &Setup, run: &str) -> Result<Exit, Failure> {
    let store = setup.existing_store().await?;
    let mut run = runs::read(&*store.store, run).await?;
    mark_interrupted(&store, &mut run)?;
    tell(setup, &run);
    Ok(Exit::Done)
}

/// An open run whose lock is free is being carried out by nobody. A store without locks does not tell.
fn mark_interrupted(store: &OpenStore, run: &mut RunState) -> Result<(), Failure> {
    if run.state == "open" && store.locks().is_some() {
        let free = store.try_lock(&lock(&run.run))?.is_some();
        run.state = if free { "interrupted" } else { "running" }.to_owned();
    }
    Ok(())
}

/// Names the lock that whoever carries out a run holds.
pub fn lock(run: &str) -> String {
    format!("run-{run}")
}

fn tell(setup: &Setup, run: &RunState) {
    if setup.json {
        say::json(run);
        return;
    }
    let outlets = run.outlets.join(", ");
    let message = run.message.as_ref().map_or_else(String::new, |message| format!("  {message}"));
    say::line_out(&format!("{:11} {}  {} {} {outlets}{message}", run.state, run.run, run.kind, run.about));
}
