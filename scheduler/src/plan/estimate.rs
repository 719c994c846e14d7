//! What making a result is expected to cost: measured on two cores of a laptop, to plan with, never to judge by.

use bookend_config::spec::{PictureEncoding, ProResProfile};
use bookend_units::Raster;

use crate::graph::About;

/// CPU time of decoding and conforming a 1920 × 1080 frame, in microseconds.
const DECODE_US: u64 = 14_000;
/// Bytes of a second of 48 kHz stereo 32-bit float sound.
const PCM_BYTES_A_SECOND: u64 = 48_000 * 2 * 4;

/// Returns the cost of inspecting a source whose length is not known yet.
pub(super) fn inspect() -> About {
    About { cpu_estimate_ms: 500, scratch_bytes: 16 << 20, ..About::default() }
}

/// Returns the cost of a chunk: encoding it, decoding it again, and a share of decoding its source.
pub(super) fn picture(frames: u32, encoding: &PictureEncoding, decoded: bool) -> About {
    let pixels = pixels(encoding.raster());
    let full = |us_a_frame: u64| us_a_frame * pixels / (1920 * 1080);
    let (encode_us, bytes_a_frame) = match encoding {
        PictureEncoding::H264(h264) => {
            let us = match h264.preset.as_str() {
                "ultrafast" => 9_000,
                "superfast" => 14_000,
                "veryfast" => 24_000,
                "faster" => 40_000,
                "fast" => 55_000,
                "medium" => 70_000,
                _ => 140_000,
            };
            let rate = h264.rate;
            (us, h264.max_rate_bps * u64::from(rate.den()) / u64::from(rate.num()) / 8)
        }
        PictureEncoding::ProRes(prores) => match prores.profile {
            ProResProfile::Hq => (230_000, pixels / 2),
        },
    };
    let source_us = if decoded { DECODE_US } else { 0 };
    let us = full(encode_us) + full(DECODE_US) + source_us;
    About {
        frames: Some(u64::from(frames)),
        cpu_estimate_ms: u64::from(frames) * us / 1000,
        scratch_bytes: u64::from(frames) * bytes_a_frame * 2 + (32 << 20),
        ..About::default()
    }
}

/// Returns the cost of an item's sound.
pub(super) fn sound(frames: u32, seconds: u64) -> About {
    About {
        frames: Some(u64::from(frames)),
        cpu_estimate_ms: 100 + seconds * 12,
        scratch_bytes: seconds * PCM_BYTES_A_SECOND * 2 + (1 << 20),
        ..About::default()
    }
}

/// Returns the cost of the programme's sound.
pub(super) fn mix(frames: u32, seconds: u64, lossy: bool) -> About {
    About {
        frames: Some(u64::from(frames)),
        cpu_estimate_ms: 200 + seconds * if lossy { 60 } else { 30 },
        scratch_bytes: seconds * PCM_BYTES_A_SECOND * 3 + (16 << 20),
        ..About::default()
    }
}

/// Returns the cost of joining a deliverable of `picture_bytes`, as its chunks are expected to take.
pub(super) fn assemble(frames: u32, seconds: u64, picture_bytes: u64, cuts: usize) -> About {
    About {
        frames: Some(u64::from(frames)),
        cpu_estimate_ms: 200 + seconds * 30 + picture_bytes / 500_000 + cuts as u64 * 400,
        scratch_bytes: picture_bytes + seconds * PCM_BYTES_A_SECOND + (16 << 20),
        ..About::default()
    }
}

fn pixels(raster: Raster) -> u64 {
    u64::from(raster.width) * u64::from(raster.height)
}
