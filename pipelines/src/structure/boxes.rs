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

pub use entry::{PictureEntry, SampleEntry, SoundEntry};
pub use movie::{Movie, TopLevel};
pub use samples::{Sample, SampleTables, Samples};
pub use sound_config::SoundConfig;
pub use track::{Edit, Track};
