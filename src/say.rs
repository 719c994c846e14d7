//! What a command says: JSON lines or plain text on stdout, everything else on stderr.

use std::io::{self, Write};
use std::sync::OnceLock;

use serde::Serialize;

use crate::exit::Failure;

/// Why something that was said on stdout was lost.
static LOST: OnceLock<String> = OnceLock::new();

/// Returns why something that was said on stdout was lost, if it was.
pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Prints one JSON object as a line on stdout.
pub fn json(value: &impl Serialize) {
    let line = serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    page(&line);
}

/// Prints a line of plain text on stdout; a title or file name in it may come from anywhere.
pub fn line_out(text: &str) {
    page(&harmless(text, |_| false));
}

/// Prints a text of our own, of any number of lines, on stdout.
pub fn page(text: &str) {
    let told = writeln!(io::stdout().lock(), "{text}").and_then(|()| io::stdout().lock().flush());
    // A reader that went away has all that it wanted; a full disk does not.
    if let Err(error) = told
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error.to_string());
    }
}

/// Tells something to whoever watches, on stderr.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(text, |character| character == '\n'));
}

/// Tells why the command failed, on stderr.
pub fn error(failure: &Failure) {
    for line in failure.message.lines() {
        note(&format!("bookend: {line}"));
    }
}

/// Replaces control characters, which could make a terminal show something else, but those that `may` stay.
fn harmless(text: &str, may: impl Fn(char) -> bool) -> String {
    let shown = |character: char| {
        if character.is_control() && !may(character) { char::REPLACEMENT_CHARACTER } else { character }
    };
    text.chars().map(shown).collect()
}
