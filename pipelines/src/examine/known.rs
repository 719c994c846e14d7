//! What is known of a file from its making.

use std::path::PathBuf;

/// What a file is compared with, from the report beside it or the results it was made of; empty: nothing is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The proved frames either side of every cut, ascending.
    pub seams: Vec<KnownSeam>,
    /// The proved chunks of the picture, in programme order.
    pub chunks: Vec<KnownChunk>,
    /// The mix that the sound was made of (`mix.wav` of its result), when it is at hand.
    pub mix: Option<PathBuf>,
}

/// The frames either side of a cut, as their chunks' proofs recorded them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KnownSeam {
    /// First frame after the cut.
    pub frame: u64,
    /// Hash of the last frame before it, as decoded.
    pub before: String,
    /// Hash of the first frame after it, as decoded.
    pub after: String,
}

/// A chunk's packets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KnownChunk {
    /// Frames, one packet each.
    pub frames: u32,
    /// BLAKE3 over the digests of its packets as written in its proof, in decoding order, hexadecimal.
    pub packets: String,
}
