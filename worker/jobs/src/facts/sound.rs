//! Facts of an item's sound.

use serde::{Deserialize, Serialize};

/// What was found while conforming an item's sound.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SoundFacts {
    /// Name of the PCM file.
    pub file: String,
    /// The file's first sample, counted at 48 kHz from source zero; may be negative.
    pub first_sample: i64,
    /// Samples in the file.
    pub samples: u64,
    /// Integrated loudness of the placed span in LUFS; absent when below the absolute gate.
    pub span_lufs: Option<f64>,
    /// Integrated loudness of the whole source in LUFS, where the span is under 3 s; absent below the gate.
    pub source_lufs: Option<f64>,
    /// Length of the whole source's sound in samples at 48 kHz.
    pub source_samples: u64,
    /// Sample peak of the span, linear.
    pub peak: f64,
    /// In plain words: what conform did (down-mixed 5.1, resampled 44.1 kHz, filled a gap …).
    pub conform: Vec<String>,
}
