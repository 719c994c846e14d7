//! The command line: parse, wire, print.
//!
//! A process that was started as a child becomes one before anything else. Everything that a command does is in
//! `bookend-scheduler` and `bookend-worker`; here it is called, shown and turned into an exit code.

mod cli;
mod commands;
mod exit;
mod files;
mod fleet;
mod interrupt;
mod logs;
mod place;
mod progress;
mod say;
mod setup;
mod workplace;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::{Exit, Failure};
use crate::setup::Setup;

fn main() -> ExitCode {
    if let Some(code) = bookend_worker::child::become_child() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return parse_error(&error),
    };
    match run(cli) {
        Ok(exit) => match say::lost() {
            None => exit.into(),
            Some(why) => {
                say::note(&format!("bookend: what was to be told could not be written: {why}; send stdout elsewhere"));
                Exit::of_several([exit, Exit::Other]).into()
            }
        },
        Err(failure) => {
            say::error(&failure);
            failure.exit.into()
        }
    }
}

/// Shows help, a version, or what is wrong with the arguments.
fn parse_error(error: &clap::Error) -> ExitCode {
    // Nothing sensible is left to do when even that cannot be printed.
    let _ = error.print();
    if error.use_stderr() { Exit::Request.into() } else { Exit::Done.into() }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    let setup = Setup::read(&cli.common)?;
    logs::start(&setup)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::other(format!("no runtime: {error}")))?;
    let exit = if cli.command.is_role() {
        runtime.block_on(interrupt::or_drained(|drain, stop| commands::serve(cli.command, setup, drain, stop)))
    } else {
        runtime.block_on(interrupt::or_interrupted(|stop| commands::run(cli.command, setup, stop)))
    };
    // Blocking work that is left (a copy, a digest) is of no use to anybody any more.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    exit
}
