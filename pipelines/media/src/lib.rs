//! Safe FFmpeg: demux, decode, filter, encode, mux.
