//! Starts and confines a child process.
