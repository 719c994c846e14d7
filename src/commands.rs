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
        Command::Status { run } => runs::show(&setup, &run).await,
        Command::Gc { dry_run } => gc::run(&setup, dry_run).await,
        Command::Doctor => doctor::run(&setup).await,
        Command::Worker(_) => Err(Failure::other("a role of the fleet was started as a command")),
        Command::Scheduler(_) | Command::Submit(_) | Command::Cancel(_) | Command::Retry(_) => Err(Failure::request(
            "this command comes with the fleet; `bookend render` and `bookend batch` work in one process",
        )),
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
        other => run(other, setup, stop).await,
    }
}
