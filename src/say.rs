//! What a command says: JSON lines or plain text on stdout, everything else on stderr.

use std::io::{self, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Prints one JSON object as a line on stdout.
pub fn json(value: &impl Serialize) {
    let line = serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    line_out(&line);
}

/// Prints a line of plain text on stdout.
pub fn line_out(text: &str) {
    // A reader that went away has all that it wanted.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Tells something to whoever watches, on stderr.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Tells why the command failed, on stderr.
pub fn error(failure: &Failure) {
    for line in failure.message.lines() {
        note(&format!("bookend: {line}"));
    }
}
