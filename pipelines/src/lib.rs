//! Recipes: local paths and a specification in, local paths, facts and proof out.
//!
//! Synchronous, and without broker, store or runtime: whoever calls [`make`] is a child process that has one scratch
//! folder. A recipe is a `plan` (pure, tested as values) and a `run`. Start at [`make`].

mod assemble;
mod error;
mod examine;
mod inspect;
mod job;
mod mix;
mod picture;
mod sound;
mod structure;

pub use bookend_media::{Versions, versions};
pub use error::RecipeError;
pub use examine::{examine, examine_against};
pub use job::{JobFolder, Progress, make};
