//! The lines a child writes to stdout, and how bytes become lines.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One JSON value from a child, as it wrote it: progress or an outcome. Well-formed, otherwise unchecked.
#[derive(Debug, Clone)]
pub struct Message(Box<RawValue>);

impl Message {
    /// Reads the value as `T`.
    ///
    /// # Errors
    /// When the value is not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }

    /// The value's JSON text.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }
}

/// A line as it stands on stdout. `B` is the value: borrowed by the child that writes, raw text for the parent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wire<B> {
    Progress(B),
    Outcome(B),
}

/// A line that has arrived.
pub(crate) enum Line {
    Progress(Message),
    Outcome(Message),
}

impl Line {
    /// Reads one line, its end not included.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        match serde_json::from_slice::<Wire<Box<RawValue>>>(bytes).ok()? {
            Wire::Progress(value) => Some(Self::Progress(Message(value))),
            Wire::Outcome(value) => Some(Self::Outcome(Message(value))),
        }
    }
}

/// The bytes of a progress line, its end included.
pub(crate) fn progress<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    write(&Wire::Progress(value))
}

/// The bytes of an outcome line, its end included.
pub(crate) fn outcome<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    write(&Wire::Outcome(value))
}

fn write<T: Serialize>(line: &Wire<&T>) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Cuts a stream of bytes into lines. Holds the one unfinished line; whoever feeds it bounds its length.
#[derive(Default)]
pub(crate) struct Lines {
    unfinished: Vec<u8>,
}

impl Lines {
    /// Takes bytes and calls `each` with every line they finish, its end not included.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            if self.unfinished.is_empty() {
                each(line);
            } else {
                self.unfinished.extend_from_slice(line);
                each(&self.unfinished);
                self.unfinished.clear();
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.unfinished.extend_from_slice(bytes);
    }

    /// The unfinished line's length in bytes.
    pub(crate) fn pending_bytes(&self) -> usize {
        self.unfinished.len()
    }

    /// Takes what is left when the stream has ended.
    pub(crate) fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unfinished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let stream = b"one\n\ntwo\nrest";
        for step in 1..=stream.len() {
            let mut lines = Lines::default();
            let mut seen = Vec::new();
            for bytes in stream.chunks(step) {
                lines.feed(bytes, |line| seen.push(line.to_vec()));
            }
            assert_eq!(seen, [b"one".to_vec(), b"".to_vec(), b"two".to_vec()], "in steps of {step}");
            assert_eq!(lines.take_rest(), b"rest");
        }
    }

    #[test]
    fn a_written_line_reads_back_as_what_it_was() {
        let bytes = progress(&[1, 2]).expect("numbers are JSON");
        let (end, line) = bytes.split_last().expect("a line has an end");
        assert_eq!(*end, b'\n');
        let Some(Line::Progress(message)) = Line::parse(line) else { panic!("not progress: {line:?}") };
        assert_eq!(message.parse::<[u8; 2]>().expect("what was written"), [1, 2]);
    }

    #[test]
    fn anything_else_is_no_line() {
        for bytes in [&b"hello"[..], b"{}", b"{\"progress\":}", b"{\"other\":1}", b"{\"progress\":1}x", b"\xff"] {
            assert!(Line::parse(bytes).is_none(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
