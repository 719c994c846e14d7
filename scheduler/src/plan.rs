//! Plans: a rundown and outlets as the results that make them.
//!
//! Three steps, so that nothing is made that need not be. [`sourced`](gather) finds each item's bytes and approval;
//! [`Sourced::inspections`] names the one thing a plan may run; [`lay_out`] turns what Inspect found into the programme and
//! its graph. Everything after the first step is a value that can be printed and tested.

mod assets;
mod estimate;
mod extent;
mod listing;
mod placed;
mod requests;
mod sourced;

pub use assets::Assets;
pub use extent::{Inspected, read_inspected};
pub use listing::{Action, Listed, Listing, Totals, existing};
pub use placed::{ItemSound, Placed, Shows};
pub use requests::{Plan, PlannedChunk, PlannedOutlet, WantedOutlet, lay_out};
pub(crate) use sourced::unreadable;
pub use sourced::{Approval, Asked, Media, Origin, Sourced, SourcedItem, gather, gather_stored};

#[cfg(test)]
mod tests;
