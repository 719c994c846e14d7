//! Verdicts, clause by clause.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a clause was judged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Holds.
    Pass,
    /// Worth a look; does not stop the file.
    Warn,
    /// Does not hold: the file is not fit for its outlet.
    Fail,
    /// Could not be judged, or follows from another clause's failure; `found` says which.
    NotChecked,
}

impl Outcome {
    /// Returns the word that JSON and the command line use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Warn => "warn",
            Outcome::Fail => "fail",
            Outcome::NotChecked => "not-checked",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One clause's verdict, in words that stand alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClauseVerdict {
    /// The clause's id.
    pub id: String,
    /// What it asks.
    pub title: String,
    /// The document and clause it comes from.
    pub source: String,
    /// How it was judged.
    pub verdict: Outcome,
    /// What was wanted.
    pub wanted: String,
    /// What was found.
    pub found: String,
}

/// Tells whether a file passed: no clause failed.
#[must_use]
pub fn passed(clauses: &[ClauseVerdict]) -> bool {
    clauses.iter().all(|clause| clause.verdict != Outcome::Fail)
}
