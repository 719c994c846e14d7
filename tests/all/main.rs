//! The whole system's tests: one program, because each that links FFmpeg takes its time to build.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test tells what it saw, and fails where it stands")]

mod bad_input;
mod barcode;
mod cli;
mod conform;
mod corpus;
mod fleet;
mod house;
mod kills;
mod planted_faults;
