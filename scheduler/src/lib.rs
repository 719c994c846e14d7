//! Rundown to plan to runs: what is ready, running, failed, and why.

pub mod graph;
pub mod run;
