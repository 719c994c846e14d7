//! When to kill: by what a render has done, never by the clock.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::processes::Render;
use crate::cli::stage::{Stage, walk};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(4);
/// A render that does not get there by then hangs.
const DEADLINE: Duration = Duration::from_secs(120);
/// Steps in scratch that may be waited for: some that a job takes between two files that it keeps.
const MOST_STEPS: u64 = 12;

/// A moment of a render.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Files kept in store and destination.
    kept: usize,
    /// Then new files seen in scratch, unless another is kept before.
    steps: usize,
}

impl Moment {
    /// When this many files are kept.
    pub fn after(kept: usize) -> Self {
        Moment { kept, steps: 0 }
    }

    /// Draws a moment of a render that keeps `most` files.
    pub fn of(seed: u64, most: usize) -> Self {
        let drawn = scatter(seed);
        // The last files come together with the end.
        let kept = drawn % (most as u64 - 2);
        Moment { kept: kept as usize, steps: (scatter(drawn) % MOST_STEPS) as usize }
    }

    /// Waits for it, and then until `fits`; false when the render ended first.
    pub fn come(self, stage: &Stage, render: &mut Render, fits: impl Fn(&Render) -> bool) -> bool {
        let began = Instant::now();
        let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
        loop {
            let kept = stage.store().kept().len() + walk(&stage.path("out")).len();
            if kept >= self.kept {
                seen.extend(stage.store().scratch());
                let there = kept > self.kept || seen.len() >= self.steps;
                if there && fits(render) {
                    return !render.has_ended();
                }
            }
            if render.has_ended() {
                return false;
            }
            assert!(began.elapsed() < DEADLINE, "{self:?} did not come: {kept} files kept");
            sleep(PAUSE);
        }
    }
}

/// Scatters a number over all numbers: splitmix64.
pub fn scatter(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
