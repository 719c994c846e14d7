//! The boxes of ISO base media (MP4) and QuickTime files, read from the bytes.
//!
//! For: what a wrapper really says, without a library's interpretation. Everything a file dictates has a limit. Start
//! at [`Movie::read`].

mod atom;
mod entry;
mod movie;
mod samples;
mod sound_config;
mod track;

pub(super) use entry::SoundEntry;
pub(super) use movie::Movie;
pub(super) use samples::Sample;
pub(super) use sound_config::SoundConfig;
pub(super) use track::Track;
