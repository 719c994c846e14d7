//! What each command does.

mod approve;
mod batch;
mod doctor;
mod episode;
mod gc;
mod ingest;
mod outlets;
mod pieces;
mod plan;
mod probe;
mod render;
mod runs;
mod scheduler;
mod submit;
mod verify;
mod worker;

use crate::cli::Command;
use crate::exit::{Exit, Failure};
use crate::interrupt::Stop;
use crate::say;
use crate::setup::Setup;

/// Does what the command line asks.
///
/// # Errors
/// When it cannot be done; what was done by then was told on stdout.
pub async fn run(command: Command, setup: Setup, stop: Stop) -> Result<Exit, Failure> {
    match command {
        Command::Probe { file } => probe::run(&setup, &file, stop).await,
        Command::Ingest { files, rehash } => ingest::run(setup, stop, &files, rehash).await,
        Command::Approve(arguments) => approve::run(&setup, &arguments).await,
        Command::Reject { piece } => approve::reject(&setup, &piece).await,
        Command::Pieces => pieces::run(&setup).await,
        Command::Plan(arguments) => plan::run(setup, stop, &arguments).await,
        Command::Render(arguments) => render::run(setup, stop, &arguments).await,
        Command::Batch(arguments) => batch::run(setup, stop, &arguments).await,
        Command::Verify(arguments) => verify::run(setup, stop, &arguments).await,
        Command::Outlets { show } => outlets::run(&setup, show.as_ref()),
        Command::Rundown => {
            say::page(bookend_timeline::RUNDOWN_HELP);
            Ok(Exit::Done)
        }
        Command::Runs => runs::list(&setup).await,
        Command::Status { run, follow } => runs::show(&setup, &run, follow, stop).await,
        Command::Cancel { run, follow } => submit::cancel(&setup, &run, follow, stop).await,
        Command::Retry { run, follow } => submit::retry(&setup, &run, follow, stop).await,
        Command::Submit { what } => submit::run(&setup, &what, stop).await,
        Command::Gc { dry_run } => gc::run(&setup, dry_run).await,
        Command::Doctor => doctor::run(&setup).await,
        Command::Worker(_) | Command::Scheduler => {
            Err(Failure::other("a role of the fleet was started as a command: it needs to be told to drain"))
        }
        Command::Ladders(_) => Err(Failure::request("ladders come with the uploads; `bookend outlets` lists outlets")),
    }
}

/// Carries out a role of the fleet until `drain` or `stop` turns.
///
/// # Errors
/// When it cannot begin, or cannot go on.
pub async fn serve(command: Command, setup: Setup, drain: Stop, stop: Stop) -> Result<Exit, Failure> {
    match command {
        Command::Worker(arguments) => worker::run(&setup, &arguments, drain, stop).await,
        // It holds nothing that another leader would not find in the store.
        Command::Scheduler => scheduler::run(&setup, drain).await,
        other => run(other, setup, stop).await,
    }
}
