//! Exact quantities of the programme: times, frame rates, rasters, timecode.
//!
//! For: every number that must not drift. Does not: read files, know FFmpeg, or keep time in floating point.
//! Start at [`FrameRate`], the programme's clock.

mod raster;
mod rate;
mod time;

pub use raster::{ParseRasterError, Raster};
pub use rate::{FrameRate, PROGRAMME_SAMPLE_RATE, ParseFrameRateError};
pub use time::{ParseTimeError, Time, round_half_up};
