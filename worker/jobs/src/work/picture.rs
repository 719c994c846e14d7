//! Picture: a run of programme frames with one composition, in one encoding.

use bookend_config::spec::PictureEncoding;
use bookend_units::{FrameRate, Time};
use serde::{Deserialize, Serialize};

/// Makes `picture.mp4` or `picture.mov`, its `packets.json`, and [`crate::facts::PictureFacts`].
///
/// Requests that differ only in their encoding are made by one job from one decode.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Picture {
    /// What the frames show.
    pub composition: Composition,
    /// The programme clock.
    pub rate: FrameRate,
    /// The chunk's first frame, counted from the composition's first.
    pub first: u32,
    /// Frames in the chunk, at least 1.
    pub frames: u32,
    /// How they are encoded.
    pub encoding: PictureEncoding,
}

/// What a run of frames shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "shows", rename_all = "kebab-case")]
pub enum Composition {
    /// Input `source`, through its frame table in input `inspect`: programme frame j shows the frame that
    /// `timeline`'s choice rule names for [in + j/R, in + (j+1)/R).
    Source {
        /// Start in the source's clock.
        #[serde(rename = "in")]
        start: Time,
        /// End in the source's clock, exclusive.
        #[serde(rename = "out")]
        end: Time,
    },
    /// The one picture of input `source`, held.
    Still,
    /// Black.
    Black,
    /// Colour bars.
    Bars,
    /// Text on black: the episode's facts.
    Slate {
        /// The lines, top down.
        lines: Vec<SlateLine>,
    },
}

/// One line of a slate: a label and its value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SlateLine {
    /// For example `Title`; may be empty.
    pub label: String,
    /// For example `RE: Space`.
    pub value: String,
}
