//! Judges a finished file by its outlet's clauses, and tells it: the report beside a deliverable, as JSON and as a page.
//!
//! [`judge`] turns facts into verdicts, [`Report`] is everything known of one deliverable, [`page`] shows it to a producer.
//! All three are pure: this crate reads no media, no store and no clock. The JSON is described in `REPORT.md`.

mod error;
mod expected;
mod judge;
mod page;
mod report;
mod verdict;

pub use error::ReportError;
pub use expected::{Expected, GaveWay};
pub use judge::judge;
pub use page::page;
pub use report::{
    Credit, Episode, FileName, Item, ItemSource, LoudnessReport, Origin, OutletName, Programme, REPORT_VERSION, Report,
    Reuse, Seam,
};
pub use verdict::{ClauseVerdict, Outcome, passed};
