//! Frame times as the decoder gives them, repaired where they make no sense.

use bookend_timeline::ShownFrame;

/// Longest gap between two frames that is taken for one, in seconds; longer ones are breaks in the time stamps.
const LONGEST_GAP_S: i64 = 3600;

/// Returns the longest gap between two frames that is taken for one, in ticks.
pub(super) fn longest_gap((num, den): (u32, u32)) -> i64 {
    LONGEST_GAP_S * i64::from(den) / i64::from(num.max(1))
}

/// Gathers shown frames, mending missing and broken time stamps.
#[derive(Debug)]
pub(super) struct FrameTimes {
    frames: Vec<ShownFrame>,
    longest_gap: i64,
    usual_step: i64,
    shift: i64,
    missing: u64,
    broken: u64,
}

impl FrameTimes {
    /// Starts an empty table; `usual_step` ticks lie between two frames where nothing better is known.
    pub(super) fn new(time_base: (u32, u32), usual_step: i64) -> Self {
        FrameTimes {
            frames: Vec::new(),
            longest_gap: longest_gap(time_base),
            usual_step: usual_step.max(1),
            shift: 0,
            missing: 0,
            broken: 0,
        }
    }

    /// Adds the next frame in display order. Its time is taken as it is, unless it is missing, falls, or leaps by hours:
    /// then it follows its predecessor, and so do those after it.
    pub(super) fn push(&mut self, ticks: Option<i64>, frame: ShownFrame) {
        let mut frame = frame;
        let last = self.frames.last().map(|last| (last.ticks, i64::from(last.duration_ticks)));
        frame.ticks = match (ticks, last) {
            (Some(ticks), None) => ticks,
            (None, None) => 0,
            (None, Some((before, duration))) => {
                self.missing += 1;
                before.saturating_add(self.step(duration))
            }
            (Some(ticks), Some((before, duration))) => {
                let shifted = ticks.saturating_add(self.shift);
                if shifted >= before && shifted - before <= self.longest_gap {
                    shifted
                } else {
                    self.broken += 1;
                    let mended = before.saturating_add(self.step(duration));
                    self.shift = mended.saturating_sub(ticks);
                    mended
                }
            }
        };
        self.frames.push(frame);
    }

    fn step(&self, duration: i64) -> i64 {
        if duration > 0 { duration } else { self.usual_step }
    }

    /// Returns how many frames were added.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Tells whether every time stood in the file and rises: a reader may then find frames by time.
    pub(super) fn is_sound(&self) -> bool {
        self.missing == 0 && self.broken == 0 && self.frames.windows(2).all(|pair| pair[0].ticks < pair[1].ticks)
    }

    /// Tells whether no time was mended so far.
    pub(super) fn is_sound_so_far(&self) -> bool {
        self.missing == 0 && self.broken == 0
    }

    /// Returns what was mended, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.missing > 0 {
            notes.push(format!("{} frames carry no time: each follows the one before it", self.missing));
        }
        if self.broken > 0 {
            notes.push(format!(
                "time stamps break {} times: what follows a break was joined to what precedes it",
                self.broken
            ));
        }
        notes
    }

    /// Returns the frames.
    pub(super) fn into_frames(self) -> Vec<ShownFrame> {
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bookend_timeline::FrameKind;

    fn frame() -> ShownFrame {
        ShownFrame { ticks: 0, duration_ticks: 0, key: true, kind: FrameKind::Progressive }
    }

    fn ticks(times: FrameTimes) -> Vec<i64> {
        times.into_frames().iter().map(|frame| frame.ticks).collect()
    }

    #[test]
    fn a_leap_of_years_is_joined_and_a_gap_of_minutes_stays() {
        let mut times = FrameTimes::new((1, 1000), 40);
        for at in [0, 40, 60_000, 3_000_000_000_000, 3_000_000_000_040] {
            times.push(Some(at), frame());
        }
        assert!(!times.is_sound());
        assert_eq!(times.notes().len(), 1);
        assert_eq!(ticks(times), [0, 40, 60_000, 60_040, 60_080]);
    }

    #[test]
    fn a_clock_that_starts_again_goes_on() {
        let mut times = FrameTimes::new((1, 90_000), 3600);
        for at in [900_000, 903_600, 0, 3600] {
            times.push(Some(at), frame());
        }
        assert_eq!(ticks(times), [900_000, 903_600, 907_200, 910_800]);
    }

    #[test]
    fn missing_times_follow_their_predecessor() {
        let mut times = FrameTimes::new((1, 25), 1);
        for at in [None, None, Some(7), None] {
            times.push(at, frame());
        }
        assert_eq!(ticks(times), [0, 1, 7, 8]);
    }
}
