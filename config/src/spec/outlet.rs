//! An outlet resolved for one house format.

use serde::{Deserialize, Serialize};

use super::{Clause, LoudnessTarget, PictureEncoding, SoundEncoding};

/// The file format that carries a deliverable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrapper {
    /// MP4, movie header first.
    Mp4,
    /// QuickTime.
    Mov,
}

impl Wrapper {
    /// Returns the usual file name extension, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Wrapper::Mp4 => "mp4",
            Wrapper::Mov => "mov",
        }
    }
}

/// A destination's technical specification for one house format.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OutletSpec {
    /// The outlet's name, for people; never in a key.
    pub name: String,
    /// Version of the outlet's text; never in a key.
    pub version: u32,
    /// The file format.
    pub wrapper: Wrapper,
    /// The picture.
    pub picture: PictureEncoding,
    /// The sound.
    pub sound: SoundEncoding,
    /// What the sound must measure.
    pub loudness: LoudnessTarget,
    /// What the file is judged by, in the order reports show.
    pub clauses: Vec<Clause>,
}
