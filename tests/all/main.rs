//! The whole system's tests: one program, because each that links FFmpeg takes its time to build.

mod house;
