//! Sound levels, in the units that clauses state them in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A programme loudness in LUFS (ITU-R BS.1770-4); serialised as the bare number.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lufs(pub f64);

/// A true-peak level in dBTP (ITU-R BS.1770-4, annex 2); serialised as the bare number.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dbtp(pub f64);

impl fmt::Display for Lufs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} LUFS", self.0)
    }
}

impl fmt::Display for Dbtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBTP", self.0)
    }
}
