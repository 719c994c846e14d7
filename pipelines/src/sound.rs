//! Sound: an item's span of a source, conformed to 48 kHz float in the house's layout.
//!
//! A source's sound is decoded from its first packet and counted, never seeked: after a seek, times are off and the first
//! samples are damaged. Packet times serve for the start and for gaps only. Start at [`make`]; what is kept is in `plan`,
//! what is done to it in `conform`. The rooms that Mix and the proof use too are here: `wave_file`, `loudness`, `lag`.

mod clock;
mod conform;
mod downmix;
mod keep;
pub(crate) mod lag;
pub(crate) mod loudness;
#[cfg(test)]
pub(crate) mod made;
mod notes;
pub(crate) mod plan;
mod run;
pub(crate) mod wave_file;

pub(crate) use run::make;
