//! Sound: an item's conformed PCM.

use bookend_config::spec::SoundLayout;
use bookend_units::{FrameRate, Time};
use serde::{Deserialize, Serialize};

/// Makes `sound.wav` (32-bit float, 48 kHz) and [`crate::facts::SoundFacts`] from input `source` and its facts in input
/// `inspect`.
///
/// The PCM runs from one programme frame before `in` to one after `in + frames/R`, where the source has it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sound {
    /// Start in the source's clock.
    #[serde(rename = "in")]
    pub start: Time,
    /// The item's length in programme frames.
    pub frames: u32,
    /// The programme clock.
    pub rate: FrameRate,
    /// Channels to conform to.
    pub layout: SoundLayout,
}
