//! What is known of a finished file from its making.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a file is compared with, from the report beside it or the results it was made of; empty: nothing is known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// The proved frames either side of every cut, ascending.
    #[serde(default)]
    pub seams: Vec<KnownSeam>,
    /// The proved chunks of the picture, in programme order.
    #[serde(default)]
    pub chunks: Vec<KnownChunk>,
    /// The mix that the sound was made of (`mix.wav` of its result), when it is at hand.
    #[serde(default)]
    pub mix: Option<PathBuf>,
    /// Where line-up tone is heard, ascending: it is not programme and counts for no loudness.
    #[serde(default)]
    pub tone: Vec<KnownTone>,
}

/// The frames either side of a cut, as their chunks' proofs recorded them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct KnownSeam {
    /// First frame after the cut.
    pub frame: u64,
    /// BLAKE3 of the last frame before it, as decoded, hexadecimal.
    pub before: String,
    /// BLAKE3 of the first frame after it, as decoded, hexadecimal.
    pub after: String,
}

/// A proved chunk of the picture.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct KnownChunk {
    /// Frames, one packet each.
    pub frames: u32,
    /// BLAKE3 over the digests of its packets as written in its proof, in decoding order, hexadecimal.
    pub packets: String,
}

/// A stretch of line-up tone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct KnownTone {
    /// First frame.
    pub first: u64,
    /// Frames.
    pub frames: u64,
}
