//! The house format: the programme's rate, aspect, colour and sound layout.

use bookend_units::{FrameRate, Raster};
use serde::{Deserialize, Serialize};

/// How the programme's sound is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundLayout {
    /// Left and right.
    #[default]
    Stereo,
}

impl SoundLayout {
    /// Returns the number of channels.
    #[must_use]
    pub const fn channels(self) -> u32 {
        match self {
            SoundLayout::Stereo => 2,
        }
    }
}

/// The programme's colour: primaries, transfer and matrix together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// ITU-R BT.709, limited range (H.273 codes 1/1/1).
    #[default]
    Bt709,
}

/// What fixes an episode's timing, aspect, colour and sound.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct House {
    /// The aspect, and the scale of graphics.
    pub raster: Raster,
    /// The programme clock.
    pub rate: FrameRate,
    /// Default stereo.
    #[serde(default)]
    pub sound: SoundLayout,
    /// Default BT.709.
    #[serde(default)]
    pub colour: Colour,
}
