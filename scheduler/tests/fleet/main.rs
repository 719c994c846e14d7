//! A fleet in one process: schedulers, a worker that makes results up, clients; commands and jobs in disorder.
#![allow(clippy::unwrap_used, reason = "tests")]

mod episodes;
mod lanes;
mod leaders;
mod stage;
mod watched;
mod worker;
