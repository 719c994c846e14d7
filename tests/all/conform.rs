//! Conform's hard cases: each source made by code, each expectation computed here, each judged on what a rendered item
//! shows and sounds like when another program decodes it.
//!
//! Cases of one kind share a rundown, rendered once by whichever of its tests comes first. Without the ffmpeg program the
//! tests say that they were skipped.

mod clock;
mod colour;
mod drawn;
mod fields;
mod mp4;
mod reel;
mod shape;
mod shown;
mod sound;
mod tracks;
