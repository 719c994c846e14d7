//! Rundown to plan to runs: what is ready, running, failed, and why.
//!
//! For: decisions about pieces ([`pieces`]), turning a rundown and outlets into the results that make them ([`plan`]),
//! having those made ([`run`]) and handing over what was made with its report ([`handover`]). Does not: read media, know
//! FFmpeg, or know the worker beyond the messages of `bookend-jobs`. Start at [`plan`].

mod engine;
mod error;
pub mod gc;
pub mod graph;
pub mod handover;
pub mod ingest;
pub mod leader;
pub mod pieces;
pub mod plan;
mod record;
pub mod run;
pub mod runs;
mod slug;
pub mod sources;
pub mod status;
pub mod submit;
pub mod verdict;

pub use engine::parse_engine;
pub use error::{ErrorKind, Place, Refusal, SchedulerError, Unmade};
pub use slug::slug;
