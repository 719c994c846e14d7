//! Progress over passes whose number is not known beforehand.

use crate::Progress;

/// Passes over the programme that a mix usually takes: survey, three rounds of solving, render, write, read back.
const USUAL_PASSES: u64 = 7;

/// Counts samples worked off over all passes.
pub(crate) struct Passes<'a> {
    progress: Progress<'a>,
    samples: u64,
    done: u64,
    total: u64,
}

impl<'a> Passes<'a> {
    /// Starts for a programme of `samples`.
    pub(crate) fn new(progress: Progress<'a>, samples: u64) -> Self {
        Passes { progress, samples, done: 0, total: samples * USUAL_PASSES }
    }

    /// Tells that one more pass begins.
    pub(crate) fn begin(&mut self) {
        self.total = self.total.max(self.done + self.samples);
    }

    /// Tells that some samples were worked off.
    pub(crate) fn step(&mut self, samples: u64) {
        self.done += samples;
        (self.progress)(self.done.min(self.total), self.total);
    }

    /// Tells that no pass follows.
    pub(crate) fn finish(self) {
        (self.progress)(self.total, self.total);
    }
}
