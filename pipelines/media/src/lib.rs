//! Safe FFmpeg: demux, decode, filter, resample, encode, mux, packet copy.
//!
//! The only user of FFmpeg and the only `unsafe` in the house. Knows no recipe. Start at [`Demuxer`].
#![allow(unsafe_code)]

mod error;

pub use error::MediaError;
