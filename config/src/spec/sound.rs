//! Sound encodings and loudness targets.

use serde::{Deserialize, Serialize};

/// How a bus is carried in a deliverable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "codec", rename_all = "kebab-case")]
pub enum SoundEncoding {
    /// AAC-LC.
    Aac {
        /// Bits a second for all channels together.
        bit_rate_bps: u64,
    },
    /// Linear PCM, little-endian.
    Pcm {
        /// Bits a sample: 16 or 24.
        bits: u32,
    },
}

impl SoundEncoding {
    /// Tells whether encoding changes the samples, so that it must be measured again after it.
    #[must_use]
    pub const fn is_lossy(&self) -> bool {
        matches!(self, SoundEncoding::Aac { .. })
    }
}

/// What the programme's sound must measure, by ITU-R BS.1770-5 and EBU Tech 3341.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LoudnessTarget {
    /// Integrated loudness wanted, in LUFS.
    pub integrated_lufs: f64,
    /// How far the finished file may be from it, in LU either way.
    pub tolerance_lu: f64,
    /// True-peak ceiling of the finished file, in dBTP.
    pub true_peak_dbtp: f64,
    /// Present: the target gives way when reaching it would squash the programme. Absent: the target is reached whatever it takes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub give_way: Option<ReductionLimit>,
}

/// How much limiting a loud target may cost before it gives way (PROGRAMME 3).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReductionLimit {
    /// Peak reduction that counts as much, in dB.
    pub reduction_db: f64,
    /// Share of 10 ms blocks that may be reduced that much, 0 to 1.
    pub share_of_blocks: f64,
}
