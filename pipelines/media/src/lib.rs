//! Safe FFmpeg: demux, decode, filter, resample, encode, mux, packet copy.
//!
//! The only user of FFmpeg and the only `unsafe` in the house; modules are FFmpeg's nouns. Frames and packets move by
//! counted reference and are never copied. Every codec gets an explicit number of threads, every open goes through the
//! allow-lists of [`allow`]. Knows no recipe. Start at [`TrackReader`] to decode, [`Encoder`] and [`Muxer`] to make.
#![allow(unsafe_code)]

pub mod allow;
mod decode;
mod demux;
mod encode;
mod error;
mod frame;
mod graph;
mod input;
mod log;
mod mux;
mod options;
mod packet;
mod parse;
mod pixel;
mod reader;
mod resample;
mod speakers;
mod track;
mod versions;

pub use decode::{DecodeOptions, Decoder, Received};
pub use demux::{CancelFlag, Demuxer, OpenOptions};
pub use encode::{Encoder, PictureEncoderOptions};
pub use error::MediaError;
pub use frame::{ColourCodes, Fields, Frame};
pub use graph::Graph;
pub use log::{bridge_log, take_complaints};
pub use mux::Muxer;
pub use packet::Packet;
pub use parse::{PictureHead, PictureParser};
pub use pixel::PixelFormat;
pub use reader::{Choice, Damage, TrackReader};
pub use resample::Resampler;
pub use speakers::{SoundShape, Speaker};
pub use track::{Medium, Orientation, Track};
pub use versions::{Versions, has_encoder, has_filter, versions};
