//! Proof of a chunk, from Picture.

use serde::{Deserialize, Serialize};

/// What was proved of a chunk, by decoding it whole once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PictureFacts {
    /// Name of the chunk file.
    pub file: String,
    /// Frames decoded, equal to the frames asked for.
    pub frames: u32,
    /// Bytes of all packets.
    pub bytes: u64,
    /// BLAKE3 of the codec parameters (H.264: SPS and PPS), hexadecimal; all chunks of a deliverable must agree.
    pub parameter_sets: String,
    /// BLAKE3 of the first decoded frame's samples, hexadecimal.
    pub first_frame: String,
    /// BLAKE3 of the last decoded frame's samples, hexadecimal.
    pub last_frame: String,
    /// Coarse luma of the first frame: 16 × 9 block means, 8-bit, row by row.
    pub first_luma: Vec<u8>,
    /// Coarse luma of the last frame.
    pub last_luma: Vec<u8>,
    /// Largest difference of a block mean between what was encoded and what decodes, in 8-bit steps.
    pub worst_block_difference: f64,
    /// Runs of black frames, as decoded.
    pub black: Vec<FrameRun>,
    /// Runs of frames that repeat the frame before them, as decoded.
    pub frozen: Vec<FrameRun>,
    /// Distinct source frames shown, in order: (source frame, programme frames it fills); empty for generated pictures.
    #[serde(default)]
    pub shown: Vec<(u32, u32)>,
    /// In plain words: what conform did (deinterlaced, scaled, tone mapped …).
    pub conform: Vec<String>,
}

/// A run of frames counted from the chunk's first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FrameRun {
    /// First frame.
    pub first: u32,
    /// Frames in the run.
    pub frames: u32,
    /// The frames given to the encoder were so too: the piece itself shows it.
    pub in_source: bool,
}

/// `packets.json` of a chunk: every packet in decoding order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PicturePackets {
    /// Format version, 1.
    pub version: u32,
    /// The packets in decoding order.
    pub packets: Vec<PacketFacts>,
}

/// One packet of a chunk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PacketFacts {
    /// Display place in the chunk, in frames from 0.
    pub shown: u32,
    /// Starts a closed group of pictures.
    pub key: bool,
    /// Size in bytes.
    pub bytes: u32,
    /// BLAKE3 (first 16 bytes, hexadecimal) over the bytes that Assemble may not rewrite.
    pub digest: String,
}
