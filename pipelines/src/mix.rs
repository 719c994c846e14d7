//! Mix: the programme's sound for one layout and one target, whole, encoded once.
//!
//! Three rooms decide (`plan`: where every sample comes from; `gain`: the items' levels; `level` and `solve`: the
//! programme's), the others do (`bus` reads, `ramp` fades, `limiter` limits, `tone` lines up, `deliver` encodes). The
//! programme is read from the items' files as often as it is measured, block by block: memory does not grow with it.
//!
//! The result holds `mix.wav`, the programme as 32-bit float, and the file that a deliverable copies its sound from:
//! `sound.mp4` (AAC) or `sound.wav` (integer PCM with triangular dither). What the facts measure is that file, read back.

mod bus;
mod deliver;
mod dither;
mod gain;
mod level;
mod limiter;
mod passes;
mod peaks;
mod plan;
mod ramp;
mod run;
mod silence;
mod solve;
mod tone;
mod true_peak;

pub(crate) use run::make;
