//! Assemble: proved chunks and sound joined into a deliverable, without encoding anything again, and read back.
//!
//! `parts` takes the inputs and refuses a mix of encoders; `join` writes; `prove` reads the file back against the proofs
//! of its parts; `seams` decodes the frames either side of every cut.

mod join;
mod parts;
mod prove;
mod run;
mod seams;

pub(crate) use run::make;
