//! Starts a child process for work that must not be trusted, watches it, and takes it down.
//!
//! Media code runs in a child: it crashes alone, it is killed whole, and it reaches nothing but its own folder.
//! This crate is both ends of that. The parent's end is [`Spawner`] → [`RunningChild`] → [`Exit`]; the child's end is
//! [`child::enter`], which a program's `main` calls before anything else.
//!
//! Deliberately not here: what the work is (specification and outcome are the caller's own JSON), an async runtime
//! (every wait blocks: call it from a thread meant for that), and a promise about descendants that leave the child's
//! process group. Linux only.
//!
//! # The shape of a child
//! - One long-lived thread spawns every child of a [`Spawner`], because the kernel sends the parent-death signal when
//!   the spawning *thread* ends. The child asks for that signal first, then checks that its parent is still the one
//!   named on its command line. A parent that dies at any moment therefore takes its children along.
//! - It leads its own process group, starts in `/` with an empty environment and no descriptor beyond the standard
//!   three, and moves into its scratch folder when it is told which. So a child started ahead (a *spare*) is like any
//!   other: nothing about the job is known when it is started.
//! - stdin: the scratch folder's path, a NUL, the specification, end of file.
//! - stdout: JSON lines, `{"progress":…}` any number of times, then `{"outcome":…}` once. Both ends are one build of
//!   one program, so the lines carry no version.
//! - stderr: the log. It goes on to `tracing` under target `child`; the last 64 KiB are kept for the verdict.
//!
//! An empty environment means that shared libraries come from the system's own paths: `LD_LIBRARY_PATH` is not passed.

pub mod child;
mod confine;
mod error;
mod exit;
mod limits;
mod line;
mod log;
mod process;
mod program;
mod running;
mod spawner;
mod supervise;

pub use error::SandboxError;
pub use exit::{Ending, Exit, Usage};
pub use limits::Limits;
pub use line::Message;
pub use program::ChildProgram;
pub use running::{Killer, RunningChild};
pub use spawner::Spawner;
