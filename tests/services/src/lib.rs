//! Real services for tests: each test program starts those it needs, and they are gone when it ends.
//!
//! A service that is not installed fails the test that wants it, with a message that says what installs it.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "for tests: a panic is the way to fail one")]

pub mod garage;
pub mod ports;
pub mod rabbitmq;
