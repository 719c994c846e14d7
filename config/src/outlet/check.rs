//! The checks that an outlet's clauses may name.

use serde::Deserialize;

/// A check whose wanted values still come from the rest of the outlet and the house.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CheckRule {
    pub(super) name: CheckName,
    pub(super) tracks: (u32, u32),
    pub(super) min_ms: u64,
    pub(super) max_us: u64,
}

/// The checks there are, by their names in TOML; what each does is said at [`crate::spec::Check`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CheckName {
    Wrapper,
    MoovFirst,
    NoEditList,
    Tracks,
    PictureCodec,
    Raster,
    Progressive,
    SampleFormat,
    Bt709Tags,
    BFrameRun,
    ClosedGop,
    IdrIds,
    FrameRate,
    FrameTimes,
    FrameCount,
    SoundCodec,
    SoundFormat,
    SoundBitRate,
    SampleCount,
    Loudness,
    TruePeak,
    Black,
    Freeze,
    Silence,
    AvSync,
    Seams,
    Packets,
    Decodes,
}

impl CheckName {
    /// Returns the name as TOML writes it.
    pub(super) fn text(self) -> &'static str {
        match self {
            CheckName::Wrapper => "wrapper",
            CheckName::MoovFirst => "moov-first",
            CheckName::NoEditList => "no-edit-list",
            CheckName::Tracks => "tracks",
            CheckName::PictureCodec => "picture-codec",
            CheckName::Raster => "raster",
            CheckName::Progressive => "progressive",
            CheckName::SampleFormat => "sample-format",
            CheckName::Bt709Tags => "bt709-tags",
            CheckName::BFrameRun => "b-frame-run",
            CheckName::ClosedGop => "closed-gop",
            CheckName::IdrIds => "idr-ids",
            CheckName::FrameRate => "frame-rate",
            CheckName::FrameTimes => "frame-times",
            CheckName::FrameCount => "frame-count",
            CheckName::SoundCodec => "sound-codec",
            CheckName::SoundFormat => "sound-format",
            CheckName::SoundBitRate => "sound-bit-rate",
            CheckName::SampleCount => "sample-count",
            CheckName::Loudness => "loudness",
            CheckName::TruePeak => "true-peak",
            CheckName::Black => "black",
            CheckName::Freeze => "freeze",
            CheckName::Silence => "silence",
            CheckName::AvSync => "av-sync",
            CheckName::Seams => "seams",
            CheckName::Packets => "packets",
            CheckName::Decodes => "decodes",
        }
    }
}
