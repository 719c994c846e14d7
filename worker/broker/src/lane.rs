//! Priority classes.

use std::fmt;
use std::str::FromStr;

use crate::BrokerError;

/// A priority class of jobs, with a queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Somebody waits: uploads.
    Interactive,
    /// Episodes for hand-over.
    Render,
    /// Re-encodes of many, when there is room.
    Batch,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Render, Self::Batch];

    /// The lane's name in queues, settings and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Render => "render",
            Self::Batch => "batch",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lane {
    type Err = BrokerError;

    fn from_str(text: &str) -> Result<Self, BrokerError> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == text).ok_or_else(|| BrokerError::UnknownLane {
            text: text.chars().take(40).flat_map(char::escape_default).collect(),
        })
    }
}
