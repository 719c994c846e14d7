//! Outlets: destinations as data, before a house format is known.

mod catalogue;
mod check;
mod resolve;
mod text;

pub use catalogue::{Outlets, outlet, outlets};
pub use text::Outlet;

/// One clause as `bookend outlets show` prints it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClauseText {
    /// Stable id.
    pub id: String,
    /// What it asks.
    pub title: String,
    /// The document and clause it comes from.
    pub source: String,
    /// The name of its check, for example `moov-first`.
    pub check: String,
}
