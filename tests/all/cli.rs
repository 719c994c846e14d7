//! The command line's contract: what programs outside read and rely on.

mod approval;
mod reuse;
mod shapes;
pub mod stage;
mod sweeping;
