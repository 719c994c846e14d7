//! Runs of frames that are alike.

/// Gathers runs of at least a number of frames.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    least: u64,
    frames: u64,
    /// Length of the run that ends at the last frame.
    now: u64,
    found: Vec<(u64, u64)>,
}

impl Runs {
    /// Starts at frame 0; runs shorter than `least` frames do not count. `None`: none counts.
    pub fn new(least: Option<u64>) -> Self {
        Runs { least: least.unwrap_or(u64::MAX).max(1), frames: 0, now: 0, found: Vec::new() }
    }

    /// Takes the next frame: whether it is so.
    pub fn push(&mut self, is: bool) {
        if is {
            self.now += 1;
        } else {
            self.close();
        }
        self.frames += 1;
    }

    fn close(&mut self) {
        if self.now >= self.least {
            self.found.push((self.frames - self.now, self.now));
        }
        self.now = 0;
    }

    /// Returns the runs: first frame and frames.
    pub fn finish(mut self) -> Vec<(u64, u64)> {
        self.close();
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_long_enough_are_found_at_their_place() {
        let mut runs = Runs::new(Some(2));
        for is in [true, true, false, true, false, true, true, true] {
            runs.push(is);
        }
        assert_eq!(runs.finish(), [(0, 2), (5, 3)]);
        let mut none = Runs::new(None);
        none.push(true);
        assert_eq!(none.finish(), []);
    }
}
