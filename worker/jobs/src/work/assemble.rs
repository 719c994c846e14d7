//! Assemble: chunks and sound joined into a deliverable.

use bookend_config::spec::{PictureEncoding, SoundEncoding, Wrapper};
use serde::{Deserialize, Serialize};

/// Makes `deliverable.<extension>`, seam pictures `seam-<n>-before.jpg` and `seam-<n>-after.jpg`, and
/// [`crate::facts::FileFacts`].
///
/// Inputs: each chunk under its name, and the bus as `mix`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Assemble {
    /// The file format.
    pub wrapper: Wrapper,
    /// The chunks' encoding.
    pub picture: PictureEncoding,
    /// What carries the bus.
    pub sound: SoundEncoding,
    /// The chunks in programme order.
    pub chunks: Vec<AssembleChunk>,
    /// First frames of all items but the first: the cuts, ascending.
    pub cuts: Vec<u32>,
}

/// One chunk's place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AssembleChunk {
    /// Name of the input.
    pub input: String,
    /// Frames in it.
    pub frames: u32,
}
