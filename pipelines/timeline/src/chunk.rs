//! The chunk grid: how an item's programme frames are cut into runs that are encoded apart and join.

use std::ops::Range;

use bookend_units::{FrameRate, Time};

/// The default of the longest chunk, in seconds: a lost worker costs that much encoding, a seam's overhead comes that often.
pub const DEFAULT_CHUNK_CAP_S: u32 = 20;
/// The longest chunk any setting allows, in seconds.
pub const MAX_CHUNK_S: u32 = 30;

/// Returns the frames of a full H.264 GOP at a programme rate: 12 up to 25, 15 up to 30, 25 up to 50, 30 up to 60; at other
/// rates about half a second.
#[must_use]
pub fn gop_frames(rate: FrameRate) -> u32 {
    match rate.timecode_base() {
        24 | 25 => 12,
        base => (base / 2).max(1),
    }
}

/// A grid of chunks at a programme rate. It starts anew with each item, so that an item's chunks depend on that item alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChunkGrid {
    gop: u32,
    chunk: u32,
    longest: u32,
}

impl ChunkGrid {
    /// Makes the grid whose chunks are the most GOPs that last at most `cap_s` seconds (1 to [`MAX_CHUNK_S`]; others are
    /// brought within), at least one GOP.
    #[must_use]
    pub fn new(rate: FrameRate, cap_s: u32) -> Self {
        let whole_frames = |seconds: u32| {
            let frames = Time::from_seconds(i64::from(seconds)).count_floor(rate.num(), rate.den());
            u32::try_from(frames).unwrap_or(u32::MAX).max(1)
        };
        let longest = whole_frames(MAX_CHUNK_S);
        let gop = gop_frames(rate).min(longest);
        let cap = whole_frames(cap_s.clamp(1, MAX_CHUNK_S));
        ChunkGrid { gop, chunk: (cap / gop * gop).max(gop), longest }
    }

    /// Returns the chunks of an item of `len` frames, in order, without gap or overlap, counted from the item's first frame.
    ///
    /// A rest shorter than a GOP joins the chunk before it, unless that would pass [`MAX_CHUNK_S`].
    #[must_use]
    pub fn chunks(self, len: u32) -> Vec<Range<u32>> {
        let mut chunks = Vec::with_capacity(len.div_ceil(self.chunk) as usize);
        let mut start = 0;
        while start < len {
            let rest = len - start;
            let last = rest <= self.chunk || (rest - self.chunk < self.gop && rest <= self.longest);
            let end = if last { len } else { start + self.chunk };
            chunks.push(start..end);
            start = end;
        }
        chunks
    }
}

/// Returns the chunks of an item of `len` frames on the default grid; see [`ChunkGrid::chunks`].
#[must_use]
pub fn chunks(len: u32, rate: FrameRate) -> Vec<Range<u32>> {
    ChunkGrid::new(rate, DEFAULT_CHUNK_CAP_S).chunks(len)
}
