//! The bytes of finished files, read without FFmpeg: boxes, NAL units, frame headers.
//!
//! One source of truth for Assemble's own check and for `bookend verify`:
//! - [`survey`] reads a whole MP4 or QuickTime file and returns the facts that need no decoding ([`StructureFacts`]); its
//!   callback sees every picture packet on the way, so that one pass also compares digests;
//! - [`with_idr_pic_id`] rewrites the id of an IDR picture (chunks that join may repeat one, H.264 7.4.3), [`idr_pic_id`]
//!   reads it, and [`canonical_digest`] is the packet digest that does not see it;
//! - [`ParameterSets`] are made of a stream's extradata once (`avcC` or Annex B); their `digest` tells whether chunks
//!   came from one encoder;
//! - [`Coding`] gathers what packets say that came by another way, and [`DisplayClock`] when they are shown.
//!
//! Everything a file dictates has a limit; damage is a value ([`Damage`]) and never a panic.

mod bits;
mod boxes;
mod clock;
mod coding;
mod damage;
mod h264;
mod picture_survey;
mod prores;
mod sound_survey;
mod survey;

#[cfg(test)]
mod tests;

pub(crate) use clock::{DisplayClock, nominal_rate};
pub(crate) use coding::Coding;
pub(crate) use damage::Damage;
pub(crate) use h264::{ParameterSets, canonical_digest, idr_pic_id, is_reference, with_idr_pic_id};
pub(crate) use survey::{StructureFacts, SurveyedPacket, survey};
