//! Finding out that events were missed, by the numbers that their publishers give them.

use std::collections::HashMap;

/// How many publishers are remembered; beyond it all are forgotten, and one gap of each may go unnoticed.
const PUBLISHERS: usize = 10_000;

/// The mark of an event: who published it, and the how manieth of theirs it is.
pub(super) fn mark(publisher: u64, number: u64) -> String {
    format!("{publisher:016x}.{number}")
}

/// The last event heard of every publisher.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    last: HashMap<u64, u64>,
}

impl Gaps {
    /// Takes note of an event, and tells how many of its publisher's were missed before it.
    pub(super) fn missed_before(&mut self, mark: &str) -> u64 {
        let Some((publisher, number)) = parse(mark) else { return 0 };
        if self.last.len() >= PUBLISHERS && !self.last.contains_key(&publisher) {
            self.last.clear();
        }
        match self.last.insert(publisher, number) {
            Some(last) => number.saturating_sub(last.saturating_add(1)),
            None => 0,
        }
    }
}

fn parse(mark: &str) -> Option<(u64, u64)> {
    let (publisher, number) = mark.split_once('.')?;
    Some((u64::from_str_radix(publisher, 16).ok()?, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_of_one_publisher_is_counted_and_no_other_s() {
        let mut gaps = Gaps::default();
        let heard = [(1, 5), (2, 9), (1, 6), (1, 9), (2, 10), (1, 10)];
        let missed = heard.map(|(publisher, number)| gaps.missed_before(&mark(publisher, number)));
        assert_eq!(missed, [0, 0, 0, 2, 0, 0], "the first of a publisher says nothing of those before it");
    }

    #[test]
    fn what_is_no_mark_is_no_gap() {
        let mut gaps = Gaps::default();
        for mark in ["", "1", "x.1", "1.x", &mark(u64::MAX, u64::MAX), &mark(u64::MAX, 0)] {
            assert_eq!(gaps.missed_before(mark), 0, "{mark}");
        }
    }

    #[test]
    fn the_publishers_remembered_are_bounded() {
        let mut gaps = Gaps::default();
        for publisher in 0..=PUBLISHERS as u64 {
            gaps.missed_before(&mark(publisher, 1));
        }
        assert_eq!(gaps.last.len(), 1);
    }
}
