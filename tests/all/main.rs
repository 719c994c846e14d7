//! The whole system's tests: one program, because each that links FFmpeg takes its time to build.

mod bad_input;
mod cli;
mod house;
mod kills;
