//! Clauses: what a finished file is judged by, one testable statement each.

use bookend_units::{FrameRate, Raster};
use serde::{Deserialize, Serialize};

/// One testable statement of an outlet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Clause {
    /// Stable id, unique in its outlet, for example `moov-first`.
    pub id: String,
    /// What it asks, in a producer's words.
    pub title: String,
    /// The document and clause it comes from.
    pub source: String,
    /// How it is checked.
    pub check: Check,
}

/// How a clause is checked, with the values wanted.
///
/// Expectations that depend on the programme (how many frames, which seams) come from the plan or the report beside the
/// file; without them such a check is `not-checked`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Check {
    /// The file format, by its brands: `mp4` or `mov`.
    Wrapper {
        /// The wanted format.
        format: super::Wrapper,
    },
    /// The movie header precedes the media data.
    MoovFirst,
    /// No track has an edit list.
    NoEditList,
    /// Exactly this many picture and sound tracks, and no others.
    Tracks {
        /// Picture tracks.
        picture: u32,
        /// Sound tracks.
        sound: u32,
    },
    /// Picture codec and profile, by FFmpeg's names (`h264` / `High`, `prores` / `HQ`).
    PictureCodec {
        /// Codec.
        codec: String,
        /// Profile.
        profile: String,
    },
    /// Size of the picture, with square samples.
    Raster {
        /// Wanted size.
        raster: Raster,
    },
    /// Progressive scanning.
    Progressive,
    /// Sample format by FFmpeg's name, for example `yuv420p`.
    SampleFormat {
        /// Wanted format.
        format: String,
    },
    /// Colour tags 1/1/1 (BT.709) and limited range, in the wrapper and in the pictures.
    Bt709Tags,
    /// Longest run of consecutive B-frames in display order.
    BFrameRun {
        /// Most frames.
        max: u32,
    },
    /// Every group of pictures starts with an IDR picture and is at most this long.
    ClosedGop {
        /// Most frames.
        max_frames: u32,
    },
    /// Consecutive IDR pictures differ in `idr_pic_id` (H.264 7.4.3).
    IdrIds,
    /// Nominal frame rate of the track.
    FrameRate {
        /// Wanted rate.
        rate: FrameRate,
    },
    /// Frame n is shown at exactly n/R, from zero.
    FrameTimes,
    /// As many frames as the programme has.
    FrameCount,
    /// Sound codec by FFmpeg's name, channels, sample rate.
    SoundCodec {
        /// Codec, for example `aac` or `pcm_s24le`.
        codec: String,
        /// Profile, for example `LC`; empty where the codec has none.
        profile: String,
    },
    /// Channels and sample rate.
    SoundFormat {
        /// Number of channels.
        channels: u32,
        /// Samples a second.
        rate_hz: u32,
    },
    /// Bits a second of the sound track, within a tenth of the wanted; a quarter above it fails.
    SoundBitRate {
        /// Wanted rate.
        bit_rate_bps: u64,
    },
    /// As many samples as the programme has, by the time table.
    SampleCount,
    /// Integrated loudness within tolerance, or limited with a stated reason where the target gives way.
    Loudness {
        /// Wanted, LUFS.
        integrated_lufs: f64,
        /// Tolerance, LU either way.
        tolerance_lu: f64,
    },
    /// True peak at most this.
    TruePeak {
        /// Ceiling, dBTP.
        max_dbtp: f64,
    },
    /// Black that the programme does not explain warns.
    Black {
        /// Shortest stretch that counts, ms.
        min_ms: u64,
    },
    /// A frozen picture that the programme does not explain warns.
    Freeze {
        /// Shortest stretch that counts, ms.
        min_ms: u64,
    },
    /// Silence that the programme does not explain warns.
    Silence {
        /// Shortest stretch that counts, ms.
        min_ms: u64,
    },
    /// Sound and picture agree at every seam.
    AvSync {
        /// Most error, microseconds either way.
        max_us: u64,
    },
    /// The frames either side of every cut are the planned ones.
    Seams,
    /// Every picture packet is the one that was proved when it was made.
    Packets,
    /// The whole file decodes without an error.
    Decodes,
}
