//! What jobs found out: the facts and proofs kept with results.

mod deliverable;
mod mix;
mod picture;
mod sound;
mod source;

use serde::{Deserialize, Serialize};

pub use deliverable::{
    FileFacts, FilePicture, FileSound, FileWrapper, Loudness, ProofDepth, SeamFacts, Stretch, StretchKind,
};
pub use mix::{ItemGain, MixFacts};
pub use picture::{FrameRun, PacketFacts, PictureFacts, PicturePackets};
pub use sound::SoundFacts;
pub use source::{Dynamics, Scan, SourceFacts, SourcePicture, SourceSound, TrackFacts, TrackKind};

/// The facts of one result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Facts {
    /// Of an Inspect result.
    Inspect(Box<SourceFacts>),
    /// Of a Picture result.
    Picture(Box<PictureFacts>),
    /// Of a Sound result.
    Sound(SoundFacts),
    /// Of a Mix result.
    Mix(Box<MixFacts>),
    /// Of an Assemble result.
    Assemble(Box<FileFacts>),
}
