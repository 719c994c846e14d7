//! What a programme lets one expect of its file: from the plan, or from the report beside the file.

use bookend_jobs::facts::Stretch;
use bookend_units::FrameRate;

/// What cannot be known from a file alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Expected {
    /// The programme clock.
    pub rate: FrameRate,
    /// Frames in the programme.
    pub frames: u64,
    /// Samples in the programme at 48 kHz, `S(frames)`.
    pub samples: u64,
    /// First frames of all items but the first: the cuts, ascending.
    pub cuts: Vec<u64>,
    /// The loudness target gave way when the sound was mixed.
    pub gave_way: Option<GaveWay>,
    /// Stretches of black, freeze or silence that the programme explains.
    pub explained: Vec<Stretch>,
}

/// A loudness target that gave way.
#[derive(Clone, PartialEq, Debug)]
pub struct GaveWay {
    /// Why.
    pub reason: String,
    /// What the sound measured then, LUFS; absent when unknown.
    pub integrated_lufs: Option<f64>,
}

impl Expected {
    /// Makes the expectation of an exact programme: its samples follow from its frames.
    #[must_use]
    pub fn programme(rate: FrameRate, frames: u64) -> Self {
        let last = i64::try_from(frames).unwrap_or(i64::MAX);
        let samples = u64::try_from(rate.sample_of(last)).unwrap_or(0);
        Expected { rate, frames, samples, cuts: Vec::new(), gave_way: None, explained: Vec::new() }
    }
}
