//! Takes a job, fetches what it is made from, runs it in a child, stores result or verdict, then settles the message.
//!
//! The parent's end is [`Worker`], or [`Embedded`] for all in one process; the child's end is [`child`], which a
//! program's `main` calls before anything else. Media code runs in children alone: nothing here opens a media file.
//!
//! Deliberately not here: what is made (`bookend-pipelines`), what is wanted and whether a failed try is followed by
//! another (`bookend-scheduler`). A worker knows no kind of result from another, and remembers nothing between jobs but
//! which files it has checked.
//!
//! # What holds whatever is killed
//! - A commit is written last, when every file that it names is in the store, whole.
//! - An ending is durable before its message is settled. What is lost before that comes again.
//! - Between processes on one directory store, a key is made under its lock; whoever waited looks again first.
//! - A killed worker leaves its scratch folder, which the next process on the store sweeps, and perhaps files of a try
//!   that no commit names, which gc removes.

mod ask;
mod attempt;
pub mod child;
mod close;
mod embedded;
mod ending;
mod error;
mod hands;
mod inputs;
mod job;
mod keep;
mod message;
mod records;
mod settings;
mod stamps;
mod verified;
mod worker;

pub use ask::{AskError, Suspect, ask_engine, examine};
pub use embedded::Embedded;
pub use error::WorkerError;
pub use settings::Settings;
pub use stamps::Stamps;
pub use worker::{Outfit, Worker};
