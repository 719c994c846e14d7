//! A child's stderr: on to `tracing` line by line, its end kept.

use crate::line::Lines;

/// How much of a log's end is kept.
const TAIL_BYTES: usize = 64 << 10;
/// A line longer than this is passed on in parts.
const LINE_BYTES: usize = 4 << 10;

/// A child's log as it comes in.
pub(crate) struct Log {
    pid: u32,
    lines: Lines,
    tail: Vec<u8>,
}

impl Log {
    /// An empty log of the child `pid`.
    pub(crate) fn new(pid: u32) -> Self {
        Self { pid, lines: Lines::default(), tail: Vec::new() }
    }

    /// Takes what the child wrote.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 2 * TAIL_BYTES {
            self.tail.drain(..self.tail.len() - TAIL_BYTES);
        }
        let pid = self.pid;
        self.lines.feed(bytes, |line| pass_on(pid, line));
        if self.lines.pending_bytes() > LINE_BYTES {
            pass_on(pid, &self.lines.take_rest());
        }
    }

    /// Ends the log and gives its tail.
    pub(crate) fn finish(mut self) -> String {
        let rest = self.lines.take_rest();
        if !rest.is_empty() {
            pass_on(self.pid, &rest);
        }
        let mut tail = &self.tail[..];
        if let Some(cut) = tail.len().checked_sub(TAIL_BYTES).filter(|&cut| cut > 0) {
            tail = &tail[cut..];
            let start_of_line = tail.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            tail = &tail[start_of_line..];
        }
        String::from_utf8_lossy(tail).into_owned()
    }
}

fn pass_on(pid: u32, line: &[u8]) {
    tracing::debug!(target: "child", pid, line = %String::from_utf8_lossy(line), "child log");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_log_is_kept_whole() {
        let mut log = Log::new(1);
        log.feed(b"one\ntw");
        log.feed(b"o");
        assert_eq!(log.finish(), "one\ntwo");
    }

    #[test]
    fn a_long_log_keeps_its_last_whole_lines() {
        let mut log = Log::new(1);
        for n in 0..100_000 {
            log.feed(format!("line {n}\n").as_bytes());
        }
        let tail = log.finish();
        assert!(tail.len() <= TAIL_BYTES && tail.len() > TAIL_BYTES - 20, "{}", tail.len());
        assert!(tail.starts_with("line ") && tail.ends_with("line 99999\n"));
    }

    #[test]
    fn a_log_without_line_ends_is_bounded() {
        let mut log = Log::new(1);
        for _ in 0..1_000 {
            log.feed(&[b'x'; 1_000]);
            assert!(log.lines.pending_bytes() <= LINE_BYTES);
        }
        assert_eq!(log.finish().len(), TAIL_BYTES);
    }
}
