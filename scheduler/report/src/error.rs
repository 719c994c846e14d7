//! Why a report could not be read or written.

/// A report failure.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The text is not a report.
    #[error("not a report of Bookend; name the `.report.json` that lies beside the file")]
    Malformed(#[source] serde_json::Error),
    /// The report is of a format that this build does not read.
    #[error("the report has format version {found}, this build reads {known}; use the Bookend that made it")]
    Version {
        /// The version it has.
        found: u64,
        /// The version that is read.
        known: u32,
    },
    /// The report could not be written as JSON.
    #[error("the report could not be written as JSON")]
    Unwritable(#[source] serde_json::Error),
}
