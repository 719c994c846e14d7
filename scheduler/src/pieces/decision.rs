//! One decision about a piece.

use std::fmt;

use bookend_jobs::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A decision, as it lies in the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// Format version, 1.
    pub version: u32,
    /// When it was taken.
    pub at: Timestamp,
    /// What was decided.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Verdict {
    /// The piece may go on air as described here.
    Approve {
        /// The asset it uses.
        asset: Digest,
        /// Its title.
        title: String,
        /// Who made it, in the order given.
        credits: Vec<Credit>,
        /// Where it starts, as written (PROGRAMME 1); absent: the start.
        #[serde(rename = "in", skip_serializing_if = "Option::is_none", default)]
        start: Option<String>,
        /// Where it ends, exclusive, as written; absent: the end.
        #[serde(rename = "out", skip_serializing_if = "Option::is_none", default)]
        end: Option<String>,
    },
    /// The piece may not go on air.
    Reject,
}

/// A name and what it did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Credit {
    /// For example `director`.
    pub role: String,
    /// For example `Ada Lovelace`.
    pub name: String,
}

impl Decision {
    /// Makes a rejection.
    #[must_use]
    pub fn reject(at: Timestamp) -> Self {
        Decision { version: 1, at, verdict: Verdict::Reject }
    }
}

/// The name of a decision within its piece: its time to the nanosecond, and the start of its content's digest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(String);

impl DecisionId {
    /// Returns the name of a decision: two different ones of one instant differ.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        let content = serde_json::to_vec(decision).unwrap_or_default();
        DecisionId(format!("{:020}-{}", decision.at.as_nanosecond().max(0), Digest::of(&content).short()))
    }

    /// Takes the name from an object's.
    pub(super) fn from_name(stem: &str) -> Self {
        DecisionId(stem.to_owned())
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
