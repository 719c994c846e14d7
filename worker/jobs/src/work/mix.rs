//! Mix: the programme's sound for one layout and one target.

use bookend_config::spec::{LoudnessTarget, SoundEncoding, SoundLayout};
use bookend_units::{FrameRate, Time};
use serde::{Deserialize, Serialize};

/// Makes `mix.wav` (the programme's PCM), for a lossy encoding `sound.mp4` too, and [`crate::facts::MixFacts`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Mix {
    /// The programme clock.
    pub rate: FrameRate,
    /// Channels.
    pub layout: SoundLayout,
    /// The items in programme order; together they cover the programme without gap or overlap.
    pub items: Vec<MixItem>,
    /// What the programme must measure.
    pub target: LoudnessTarget,
    /// What carries the bus.
    pub encoding: SoundEncoding,
    /// Length of the fade either side of each cut, inside each item, in samples at 48 kHz; 96 is 2 ms, 0 is none.
    pub ramp_samples: u32,
}

/// One item's place in the bus.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MixItem {
    /// First programme frame.
    pub first: u32,
    /// Length in programme frames.
    pub frames: u32,
    /// What is heard.
    pub content: MixContent,
}

/// What is heard in an item.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "hears", rename_all = "kebab-case")]
pub enum MixContent {
    /// The Sound result in the input of this name, from `in` of the source's clock.
    Sound {
        /// Name of the input.
        input: String,
        /// Start in the source's clock.
        #[serde(rename = "in")]
        start: Time,
    },
    /// 1 kHz line-up tone at −20 dBFS (SMPTE RP 155), in phase on all channels; never counted in loudness.
    Tone,
    /// Digital silence.
    Silence,
}
