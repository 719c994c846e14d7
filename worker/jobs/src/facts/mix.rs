//! Facts of a bus.

use serde::{Deserialize, Serialize};

use super::deliverable::{Loudness, Stretch};

/// What was decided and measured while mixing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MixFacts {
    /// Name of the programme PCM file.
    pub pcm: String,
    /// Name of the file whose packets a deliverable copies: encoded sound, or integer PCM with dither.
    pub encoded: Option<String>,
    /// Samples in the programme, `S(total frames)`.
    pub samples: u64,
    /// Gain given to each item, in programme order.
    pub items: Vec<ItemGain>,
    /// Gain given to the whole programme, dB; absent where nothing could be measured.
    pub programme_gain_db: Option<f64>,
    /// The limiter worked.
    pub limited: bool,
    /// Share of 10 ms blocks reduced by more than the limit of the target's give-way rule, 0 to 1.
    pub share_reduced: f64,
    /// The target gave way, and why; its clause is then met with this reason.
    pub gave_way: Option<String>,
    /// Measured on what is delivered: the encoded sound decoded again, or the PCM.
    pub measured: Loudness,
    /// Silent stretches of the delivered sound, in programme frames.
    pub silence: Vec<Stretch>,
    /// Encoding passes it took to meet the ceiling.
    pub passes: u32,
}

/// One item's gain.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ItemGain {
    /// Loudness that the gain was computed from, LUFS; absent when silent.
    pub measured_lufs: Option<f64>,
    /// Gain in dB; 0 where none was given.
    pub gain_db: f64,
    /// Why no gain, or a limited one, was given; absent when the gain is exact.
    pub reason: Option<String>,
}
