//! Facts of a source, from Inspect.

use bookend_units::{FrameRate, Raster, Time};
use serde::{Deserialize, Serialize};

/// Everything later jobs need to know of a source, besides its frame table.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SourceFacts {
    /// FFmpeg's name of the file format.
    pub wrapper: String,
    /// Size of the file.
    pub bytes: u64,
    /// Duration that the container claims; may be wild.
    pub claimed_duration: Option<Time>,
    /// All tracks, in file order.
    pub tracks: Vec<TrackFacts>,
    /// The chosen picture; absent for sound-only files (cover art is not picture).
    pub picture: Option<SourcePicture>,
    /// The chosen sound; absent for silent files.
    pub sound: Option<SourceSound>,
    /// Start timecode as the file writes it, for example `01:00:00;00`.
    pub timecode: Option<String>,
    /// Things a curator should know, in plain words: damage passed over, guesses made, tracks not chosen.
    pub notes: Vec<String>,
}

impl SourceFacts {
    /// Returns where the item ends when no out is given: the end of picture, or of sound where there is none.
    #[must_use]
    pub fn end(&self) -> Option<Time> {
        self.picture.as_ref().map(|picture| picture.end).or_else(|| self.sound.as_ref().map(|sound| sound.end))
    }
}

/// What a track carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrackKind {
    /// Moving or still picture.
    Picture,
    /// A picture that belongs to sound: album art. Never programme picture.
    Cover,
    /// Sound.
    Sound,
    /// Subtitles or captions.
    Subtitle,
    /// Timed data.
    Data,
    /// An attached file.
    Attachment,
}

/// One track of a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TrackFacts {
    /// Place in the file, from 0.
    pub index: u32,
    /// What it carries.
    pub kind: TrackKind,
    /// FFmpeg's codec name; `unknown` when it has none.
    pub codec: String,
    /// Language tag, if any.
    pub language: Option<String>,
    /// Marked as default.
    pub default: bool,
}

/// How frames were scanned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scan {
    /// Whole frames.
    #[default]
    Progressive,
    /// Two fields, upper lines first.
    TopFirst,
    /// Two fields, lower lines first.
    BottomFirst,
}

/// Dynamic range of a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dynamics {
    /// Standard.
    #[default]
    Sdr,
    /// Perceptual quantiser, SMPTE ST 2084.
    Pq,
    /// Hybrid log-gamma, ARIB STD-B67.
    Hlg,
}

/// The chosen picture of a source.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourcePicture {
    /// Track index in the file.
    pub track: u32,
    /// FFmpeg's codec name.
    pub codec: String,
    /// Codec profile, if known.
    pub profile: Option<String>,
    /// Decoded size of the first frame.
    pub raster: Raster,
    /// Size as seen: after sample aspect and rotation.
    pub display: Raster,
    /// Sample aspect ratio, 1:1 where the file states none.
    pub sample_aspect: (u32, u32),
    /// Clockwise turn to apply when showing, in degrees: 0, 90, 180 or 270.
    pub rotation: u32,
    /// Mirrored left to right before turning.
    pub mirrored: bool,
    /// FFmpeg's pixel format name.
    pub pixel_format: String,
    /// Bits a sample.
    pub bit_depth: u32,
    /// Has an alpha plane that is to be shown over black.
    pub alpha: bool,
    /// Full range (0–255) rather than limited (16–235).
    pub full_range: bool,
    /// FFmpeg's name of the matrix used, after the guess for untagged files.
    pub matrix: String,
    /// FFmpeg's name of the transfer.
    pub transfer: String,
    /// FFmpeg's name of the primaries.
    pub primaries: String,
    /// Standard or high dynamic range.
    pub dynamics: Dynamics,
    /// How most frames were scanned.
    pub scan: Scan,
    /// The frame rate that the file declares.
    pub declared_rate: Option<FrameRate>,
    /// The rate of the source clock; absent for a variable rate.
    pub rate: Option<FrameRate>,
    /// Shown frames.
    pub frames: u32,
    /// End of the last frame in the source clock.
    pub end: Time,
    /// A single picture without a clock of its own: its length is the item's `duration`.
    pub still: bool,
    /// Frames differ in size or format within the track.
    pub changes: bool,
    /// Frame times are whole and ascending, so that a reader may seek by the frame table; otherwise it counts from the start.
    pub seekable: bool,
}

/// The chosen sound of a source.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourceSound {
    /// Track index in the file.
    pub track: u32,
    /// FFmpeg's codec name.
    pub codec: String,
    /// Samples a second in the file.
    pub rate_hz: u32,
    /// Channels in the file.
    pub channels: u32,
    /// FFmpeg's name of the channel layout.
    pub layout: String,
    /// First sample in the source clock (zero is the first shown frame; without picture, the first sample).
    pub start: Time,
    /// End of the last sample in the source clock.
    pub end: Time,
}
