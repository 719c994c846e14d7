//! What can go wrong on the parent's side before a child has an [`Exit`](crate::Exit).

use std::io;
use std::path::PathBuf;

/// A child could not be started or held on to. The machine's fault, never the job's: the try does not count as one.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The child program could not be started.
    #[error("cannot start the child program {}", program.display())]
    Spawn {
        /// The program asked for.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A thread to spawn from, or to watch a child, could not be made.
    #[error("cannot start a thread to hold children")]
    Thread(#[source] io::Error),
    /// The spawning thread has ended. Every child it started is dead.
    #[error("the spawning thread has ended")]
    SpawnerEnded,
    /// A scratch folder's path could not be made absolute.
    #[error("cannot resolve the scratch folder {}", scratch.display())]
    Scratch {
        /// The path given.
        scratch: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A running child could not be watched or reaped any longer. It has been killed.
    #[error("lost hold of child {pid}")]
    Lost {
        /// The child's process id.
        pid: u32,
        /// Why.
        source: io::Error,
    },
}
