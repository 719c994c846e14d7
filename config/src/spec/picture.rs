//! Picture encodings: every value that changes the bytes made.

use bookend_units::{FrameRate, Raster};
use serde::{Deserialize, Serialize};

/// How a chunk of the programme's picture is encoded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "codec", rename_all = "kebab-case")]
pub enum PictureEncoding {
    /// H.264 High 4:2:0 in closed GOPs that join without re-encoding.
    H264(H264),
    /// ProRes 422, every frame alone.
    ProRes(ProRes),
}

impl PictureEncoding {
    /// Returns the encoded picture's size.
    #[must_use]
    pub const fn raster(&self) -> Raster {
        match self {
            PictureEncoding::H264(h264) => h264.raster,
            PictureEncoding::ProRes(prores) => prores.raster,
        }
    }

    /// Returns the encoded picture's frame rate.
    #[must_use]
    pub const fn rate(&self) -> FrameRate {
        match self {
            PictureEncoding::H264(h264) => h264.rate,
            PictureEncoding::ProRes(prores) => prores.rate,
        }
    }

    /// Returns the longest group of pictures, in frames; 1 where every frame stands alone.
    #[must_use]
    pub const fn gop_frames(&self) -> u32 {
        match self {
            PictureEncoding::H264(h264) => h264.gop_frames,
            PictureEncoding::ProRes(_) => 1,
        }
    }

    /// Returns how many frames decoding order runs ahead of display order.
    #[must_use]
    pub const fn reorder_frames(&self) -> u32 {
        match self {
            PictureEncoding::H264(h264) => h264.reorder_frames,
            PictureEncoding::ProRes(_) => 0,
        }
    }
}

/// H.264 by x264: constant rate factor under a maximum rate, never average bit rate (PROGRAMME 2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct H264 {
    /// Size of the encoded picture.
    pub raster: Raster,
    /// Frame rate, also the stream's time base.
    pub rate: FrameRate,
    /// x264 preset: trades CPU time for bytes at equal quality.
    pub preset: String,
    /// Constant rate factor, 0 to 51; lower is better and larger.
    pub crf: u32,
    /// Most bits a second that the buffer may be filled with.
    pub max_rate_bps: u64,
    /// Decoder buffer size in bits.
    pub buffer_bits: u64,
    /// Longest closed group of pictures, in frames.
    pub gop_frames: u32,
    /// Longest run of B-frames.
    pub b_frames: u32,
    /// Frames that decoding order runs ahead of display order.
    pub reorder_frames: u32,
    /// Level, times ten: 41 is level 4.1. Fixed, so that parameter sets of chunks are identical.
    pub level_times_ten: u32,
    /// Encoder threads: they change the bytes, so they are part of the encoding.
    pub threads: u32,
}

/// Flavours of ProRes 422.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProResProfile {
    /// ProRes 422 HQ, `apch`.
    Hq,
}

/// ProRes 422 in QuickTime.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProRes {
    /// Size of the encoded picture.
    pub raster: Raster,
    /// Frame rate, also the stream's time base.
    pub rate: FrameRate,
    /// Flavour.
    pub profile: ProResProfile,
    /// Encoder threads.
    pub threads: u32,
}
