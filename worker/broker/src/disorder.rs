//! Misbehaviour by seed, all of it within the contract.

use std::fmt;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How an in-process broker misbehaves. The default is not at all.
///
/// The same seed and the same order of calls give the same misbehaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disorder {
    /// Where the randomness starts.
    pub seed: u64,
    /// Published messages that are queued twice, in a thousand.
    pub duplicate_per_mille: u32,
    /// A taker gets any of the first this many messages of a lane; 0 and 1 keep the order.
    pub reorder_window: usize,
    /// Endings (settled, given back, set aside) that come too late, in a thousand: the ending is `Stale`, and the message comes again with a
    /// loss. Taken as 900 if more, so that every message is settled some day.
    pub lose_per_mille: u32,
    /// Events that a subscription misses, in a thousand.
    pub drop_events_per_mille: u32,
}

impl Disorder {
    /// Some of everything.
    pub fn plenty(seed: u64) -> Self {
        Self { seed, duplicate_per_mille: 200, reorder_window: 16, lose_per_mille: 100, drop_events_per_mille: 200 }
    }
}

/// The most endings that are lost, in a thousand.
const LOSE_LIMIT_PER_MILLE: u32 = 900;

/// A [`Disorder`] being played.
pub(crate) struct Dice {
    disorder: Disorder,
    random: StdRng,
}

impl Dice {
    pub(crate) fn new(disorder: Disorder) -> Self {
        Self { disorder, random: StdRng::seed_from_u64(disorder.seed) }
    }

    pub(crate) fn duplicates(&mut self) -> bool {
        self.falls(self.disorder.duplicate_per_mille)
    }

    pub(crate) fn loses(&mut self) -> bool {
        self.falls(self.disorder.lose_per_mille.min(LOSE_LIMIT_PER_MILLE))
    }

    pub(crate) fn drops_event(&mut self) -> bool {
        self.falls(self.disorder.drop_events_per_mille)
    }

    /// Which of this many waiting messages is taken.
    pub(crate) fn pick(&mut self, waiting: usize) -> usize {
        match waiting.min(self.disorder.reorder_window) {
            0 | 1 => 0,
            window => self.random.random_range(0..window),
        }
    }

    fn falls(&mut self, per_mille: u32) -> bool {
        // Without disorder no randomness is drawn, so that turning one kind on does not change another's course.
        per_mille > 0 && self.random.random_range(0..1_000) < per_mille
    }
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.disorder.fmt(f)
    }
}
