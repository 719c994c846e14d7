//! Facts of a finished file: what clauses are judged by, whoever made the file.

use bookend_units::{FrameRate, Raster};
use serde::{Deserialize, Serialize};

/// Everything measured of a finished file.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// How deep the proof went.
    pub depth: ProofDepth,
    /// Size of the file.
    pub bytes: u64,
    /// The wrapper.
    pub wrapper: FileWrapper,
    /// The picture; absent when the file has none.
    pub picture: Option<FilePicture>,
    /// The sound; absent when the file has none.
    pub sound: Option<FileSound>,
    /// Loudness of the whole; absent when there is no sound to measure.
    pub loudness: Option<Loudness>,
    /// The target gave way, and why (from the mix, or from the report beside the file).
    pub gave_way: Option<String>,
    /// Black, frozen and silent stretches.
    pub stretches: Vec<Stretch>,
    /// Seams, in order.
    pub seams: Vec<SeamFacts>,
    /// Packets that differ from the proved chunk's; absent when there was no proof to compare with.
    pub packets_differing: Option<u32>,
    /// What decoding complained of; empty is clean.
    pub decode_errors: Vec<String>,
}

/// How deep a proof went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofDepth {
    /// Picture from the proofs of the chunks, seams and sound decoded from the file.
    #[default]
    Parts,
    /// Everything decoded from the file.
    Full,
}

/// The wrapper of a finished file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FileWrapper {
    /// FFmpeg's name of the format.
    pub format: String,
    /// Major brand of an ISO file, trimmed; empty elsewhere.
    pub brand: String,
    /// The movie header precedes the media data.
    pub moov_first: bool,
    /// Number of edit lists.
    pub edit_lists: u32,
    /// Picture tracks.
    pub picture_tracks: u32,
    /// Sound tracks.
    pub sound_tracks: u32,
    /// Other tracks.
    pub other_tracks: u32,
}

/// The picture of a finished file.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FilePicture {
    /// FFmpeg's codec name.
    pub codec: String,
    /// Profile.
    pub profile: String,
    /// Size.
    pub raster: Option<Raster>,
    /// Sample aspect, 1:1 where none is stated.
    pub sample_aspect: (u32, u32),
    /// FFmpeg's pixel format name.
    pub pixel_format: String,
    /// No frame is coded as fields, and the track says so.
    pub progressive: bool,
    /// Colour codes in the wrapper (H.273 primaries, transfer, matrix); absent when it has none.
    pub wrapper_colour: Option<(u8, u8, u8)>,
    /// Colour codes in the pictures (H.264: VUI; ProRes: frame header, the first that differs from 1/1/1).
    pub coded_colour: Option<(u8, u8, u8)>,
    /// Full range, as the pictures say.
    pub full_range: bool,
    /// Nominal rate of the track.
    pub rate: Option<FrameRate>,
    /// Frames.
    pub frames: u64,
    /// Frames not shown at exactly n/R from zero.
    pub frames_off_time: u64,
    /// The first such frame.
    pub first_off_time: Option<u64>,
    /// Longest group of pictures, in frames.
    pub longest_gop: u32,
    /// Groups of pictures that do not start with an IDR picture.
    pub open_gops: u32,
    /// Longest run of B-frames in display order.
    pub longest_b_run: u32,
    /// Neighbouring IDR pictures with one `idr_pic_id`.
    pub idr_id_repeats: u32,
}

/// The sound of a finished file.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FileSound {
    /// FFmpeg's codec name.
    pub codec: String,
    /// Profile; empty where the codec has none.
    pub profile: String,
    /// Channels.
    pub channels: u32,
    /// Samples a second.
    pub rate_hz: u32,
    /// Bits a second over the whole track.
    pub bit_rate_bps: u64,
    /// Samples by the time table.
    pub samples: u64,
    /// Samples that came out of the decoder.
    pub decoded_samples: u64,
}

/// Loudness by BS.1770-5 and EBU Tech 3341/3342.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated, LUFS; absent below the absolute gate or under 400 ms.
    pub integrated_lufs: Option<f64>,
    /// Loudness range, LU.
    pub range_lu: Option<f64>,
    /// Largest momentary, LUFS.
    pub max_momentary_lufs: Option<f64>,
    /// Largest short-term, LUFS.
    pub max_short_term_lufs: Option<f64>,
    /// True peak, dBTP; absent for digital silence.
    pub true_peak_dbtp: Option<f64>,
    /// Short-term loudness once a second, LUFS; absent values lie below −70.
    pub curve: Vec<Option<f32>>,
}

/// What a stretch of the programme is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StretchKind {
    /// Black picture.
    Black,
    /// Frozen picture.
    Freeze,
    /// Silence.
    Silence,
}

/// A stretch of black, freeze or silence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stretch {
    /// What it is.
    pub kind: StretchKind,
    /// First frame.
    pub first: u64,
    /// Frames.
    pub frames: u64,
    /// Why it is there, when the programme says so; absent: unexplained.
    pub explained: Option<String>,
}

/// What was found at a cut.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeamFacts {
    /// First frame after the cut.
    pub frame: u64,
    /// The frame before the cut has the hash its chunk's proof recorded; absent when not compared.
    pub before_matches: Option<bool>,
    /// The frame after the cut has the hash its chunk's proof recorded; absent when not compared.
    pub after_matches: Option<bool>,
    /// The frames either side differ, or the proofs record them as equal; absent when not compared.
    pub cut_seen: Option<bool>,
    /// Lag of the file's sound against the mix at the seam, in microseconds; absent where it is too quiet to tell or there was no mix to compare with.
    pub sound_lag_us: Option<i64>,
    /// Picture files of the frames before and after, when made.
    pub pictures: Option<(String, String)>,
}
