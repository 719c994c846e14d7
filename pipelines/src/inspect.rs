//! Inspect: a source's facts, and the table of every frame that it really shows.
//!
//! The table is made by decoding, not by believing packets: hidden frames, field pairs and damage make the two differ.
//! [`packets`] tells where they are believed all the same.

mod clock;
mod decoded;
mod packets;
mod picture;
mod run;
mod tracks;

pub(crate) use picture::{FirstFrame, assume, display};
pub(crate) use run::{FRAME_TABLE, decoder_for, make};
