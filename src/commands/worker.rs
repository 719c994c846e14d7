//! `bookend worker`: one of a fleet's workers.

use bookend_worker::{Settings, Worker};

use crate::cli::WorkerArgs;
use crate::exit::{Exit, Failure, chain};
use crate::interrupt::Stop;
use crate::setup::Setup;
use crate::{fleet, say, workplace};

/// Works until told to drain or to stop.
pub async fn run(setup: &Setup, arguments: &WorkerArgs, drain: Stop, stop: Stop) -> Result<Exit, Failure> {
    let (slots, threads) = setup.with_slots(arguments.slots).slots_and_threads();
    let broker = fleet::broker(setup).await?;
    let spawner = workplace::spawner(slots)?;
    let engine = workplace::ask(&spawner).await?;
    let store = setup.place()?.open_or_create(&engine).await?;
    let outfit = workplace::outfit(&store, setup, broker, spawner, engine).await?;
    let settings =
        Settings { name: fleet::name(), lanes: arguments.lanes.clone(), slots, threads, ..Settings::default() };
    let lanes = settings.lanes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    say::note(&format!(
        "{}: {slots} at a time from {lanes}, results to {}; a signal drains, a second one stops",
        settings.name,
        store.store.place()
    ));
    Worker::new(outfit, settings)
        .run(drain, stop)
        .await
        .map_err(|error| Failure::new(Exit::Unreachable, chain(&error)))?;
    Ok(Exit::Done)
}
