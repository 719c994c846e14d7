//! Groups of pictures of a stream, gathered packet by packet.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::access_unit::{AccessUnit, FrameKind};

/// Pictures held back to bring them into display order; the standard allows 16.
const HELD: usize = 32;

/// What was found of a stream's groups of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GopFacts {
    /// Longest group, in frames.
    pub longest_gop: u32,
    /// Groups that do not start with an IDR picture.
    pub open_gops: u32,
    /// Longest run of B pictures in display order.
    pub longest_b_run: u32,
    /// Neighbouring IDR pictures with one `idr_pic_id`.
    pub idr_id_repeats: u32,
    /// A picture was coded as fields.
    pub fields: bool,
}

/// Gathers groups of pictures from access units in decoding order, in constant memory.
#[derive(Clone, Debug, Default)]
pub struct Gops {
    facts: GopFacts,
    in_gop: u32,
    started: bool,
    last_id: Option<u32>,
    held: BinaryHeap<Reverse<(i64, FrameKind)>>,
    b_run: u32,
}

impl Gops {
    /// Takes the next access unit: `shown` is its presentation time, in ticks of any clock; `sync` says that the wrapper
    /// lets decoders start here.
    ///
    /// A group starts at an IDR picture, at an I picture with a recovery point, and wherever the wrapper says so. An I
    /// picture that is neither lies inside its group.
    pub fn push(&mut self, unit: &AccessUnit, shown: i64, sync: bool) {
        let starts = unit.idr || sync || (unit.recovery_point && unit.kind == FrameKind::I);
        if starts || !self.started {
            self.in_gop = 0;
            self.started = true;
            self.facts.open_gops += u32::from(!unit.idr);
        }
        self.in_gop += 1;
        self.facts.longest_gop = self.facts.longest_gop.max(self.in_gop);
        self.facts.fields |= unit.fields;
        if unit.idr {
            self.facts.idr_id_repeats += u32::from(self.last_id.is_some() && self.last_id == unit.idr_pic_id);
            self.last_id = unit.idr_pic_id;
        }
        self.held.push(Reverse((shown, unit.kind)));
        if self.held.len() > HELD {
            self.show_one();
        }
    }

    /// Returns what was found, after the last access unit.
    #[must_use]
    pub fn finish(mut self) -> GopFacts {
        while !self.held.is_empty() {
            self.show_one();
        }
        self.facts
    }

    fn show_one(&mut self) {
        if let Some(Reverse((_, kind))) = self.held.pop() {
            self.b_run = if kind == FrameKind::B { self.b_run + 1 } else { 0 };
            self.facts.longest_b_run = self.facts.longest_b_run.max(self.b_run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(kind: FrameKind, id: Option<u32>) -> AccessUnit {
        AccessUnit { kind, idr: id.is_some(), idr_pic_id: id, recovery_point: false, fields: false }
    }

    #[test]
    fn groups_runs_and_repeats_are_counted() {
        use FrameKind::{B, I, P};
        let mut gops = Gops::default();
        // Display order: I B B P, I P (id repeated), I P (no IDR).
        for (kind, id, shown) in [
            (I, Some(0), 0),
            (P, None, 3),
            (B, None, 1),
            (B, None, 2),
            (I, Some(0), 4),
            (P, None, 5),
            (I, None, 6),
            (P, None, 7),
        ] {
            gops.push(&unit(kind, id), shown, kind == I);
        }
        let wanted = GopFacts { longest_gop: 4, open_gops: 1, longest_b_run: 2, idr_id_repeats: 1, fields: false };
        assert_eq!(gops.finish(), wanted);
    }
}
