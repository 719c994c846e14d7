//! Exact quantities of the programme: times, frame rates, rasters, timecode, levels.
//!
//! For: every number that must not drift. Does not: read files, know FFmpeg, or keep time in floating point.
//! Start at [`FrameRate`], the programme's clock.

mod level;
mod raster;
mod rate;
mod time;
mod timecode;

pub use level::{Dbtp, Lufs};
pub use raster::{ParseRasterError, Raster};
pub use rate::{FrameRate, PROGRAMME_SAMPLE_RATE, ParseFrameRateError};
pub use time::{ParseTimeError, Time, round_half_up};
pub use timecode::{Timecode, TimecodeError, TimecodeFormat};
