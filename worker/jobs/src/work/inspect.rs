//! Inspect: a source's facts and its frame table.

use serde::{Deserialize, Serialize};

/// Reads everything that later jobs need to know about input `source`.
///
/// Makes `frames.table` (a `FrameTable`, when there is picture) and [`crate::facts::SourceFacts`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Inspect {
    /// Picture track to use, counted among the file's picture tracks from 0; absent: the stated choice.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub picture_track: Option<u32>,
    /// Sound track to use, counted among the file's sound tracks from 0; absent: the stated choice.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sound_track: Option<u32>,
    /// Sizes above which the source is refused.
    pub limits: InspectLimits,
}

/// What a source may ask of us at most. A source beyond a limit is refused, naming the limit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InspectLimits {
    /// Samples in one picture; default 8192 × 4320 = 35,389,440.
    pub pixels: u64,
    /// Tracks in one file; default 64.
    pub tracks: u32,
    /// Shown frames; default 2,000,000 (over nine hours at 60 frames a second).
    pub frames: u64,
    /// Duration in seconds, counted by what was really decoded; default 43,200.
    pub seconds: u64,
}

impl Default for InspectLimits {
    fn default() -> Self {
        InspectLimits { pixels: 8192 * 4320, tracks: 64, frames: 2_000_000, seconds: 43_200 }
    }
}
