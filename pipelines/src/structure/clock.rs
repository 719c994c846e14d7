//! When frames are shown: the rate a time table means, and frames that are not at n/R.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bookend_units::{FrameRate, Time};

/// Frames held back to bring them into display order; H.264 allows 16.
const HELD: usize = 32;

/// Returns the rate that a table of `timescale` ticks a second means: most frames last `usual` ticks, and `frames` of
/// them `ticks` in all.
///
/// The nearest rate of PROGRAMME 1 within 0.05 % of the usual duration, else of the mean one, else exactly the usual.
#[must_use]
pub fn nominal_rate(timescale: u32, usual: u32, frames: u64, ticks: u64) -> Option<FrameRate> {
    let usual_rate = FrameRate::new(timescale, usual);
    known(u128::from(timescale), u128::from(usual))
        .or_else(|| known(u128::from(timescale) * u128::from(frames), u128::from(ticks)))
        .or(usual_rate)
}

/// Returns the rate of PROGRAMME 1 nearest to `num/den` within 0.05 %.
fn known(num: u128, den: u128) -> Option<FrameRate> {
    let distance = |rate: &FrameRate| {
        let (a, b) = (num * u128::from(rate.den()), den * u128::from(rate.num()));
        // In parts of ten million of the rate; 0 only for b = 0, which no rate is near.
        (b > 0).then(|| a.abs_diff(b) * 10_000_000 / b)
    };
    FrameRate::STANDARD
        .iter()
        .filter_map(|rate| Some((distance(rate)?, *rate)))
        .filter(|(distance, _)| *distance <= 5_000)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, rate)| rate)
}

/// Compares presentation times with n/R from zero, in constant memory.
#[derive(Clone, Debug)]
pub struct DisplayClock {
    /// Ticks × `scale` + `shift` = n × `step` when frame n is on time.
    scale: i128,
    shift: i128,
    step: i128,
    held: BinaryHeap<Reverse<i64>>,
    frames: u64,
    off: u64,
    first_off: Option<u64>,
}

impl DisplayClock {
    /// Starts at frame 0 of `rate`, for times in ticks of `num/den` seconds that are shown `shift` later.
    #[must_use]
    pub fn new(rate: FrameRate, (num, den): (u32, u32), shift: Time) -> Self {
        // ticks × num/den + shift = n × rate.den/rate.num, times the three denominators.
        let (den, rate_num) = (i128::from(den), i128::from(rate.num()));
        DisplayClock {
            scale: i128::from(num) * shift.denom() * rate_num,
            shift: shift.numer() * den * rate_num,
            step: i128::from(rate.den()) * den * shift.denom(),
            held: BinaryHeap::new(),
            frames: 0,
            off: 0,
            first_off: None,
        }
    }

    /// Takes the presentation time of the next frame in decoding order.
    pub fn push(&mut self, ticks: i64) {
        self.held.push(Reverse(ticks));
        if self.held.len() > HELD {
            self.show_one();
        }
    }

    /// Returns how many frames were off time, and the first of them in display order.
    #[must_use]
    pub fn finish(mut self) -> (u64, Option<u64>) {
        while !self.held.is_empty() {
            self.show_one();
        }
        (self.off, self.first_off)
    }

    fn show_one(&mut self) {
        let Some(Reverse(ticks)) = self.held.pop() else { return };
        if i128::from(ticks) * self.scale + self.shift != i128::from(self.frames) * self.step {
            self.off += 1;
            self.first_off.get_or_insert(self.frames);
        }
        self.frames += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_means_the_rate_it_was_made_for() {
        let ntsc = FrameRate::of(30_000, 1001);
        assert_eq!(nominal_rate(30_000, 1001, 10, 10_010), Some(ntsc));
        assert_eq!(nominal_rate(90_000, 3003, 10, 30_030), Some(ntsc));
        // Millisecond times: 33 is no rate, the mean is.
        assert_eq!(nominal_rate(1000, 33, 300, 10_000), Some(FrameRate::of(30, 1)));
        assert_eq!(nominal_rate(1000, 77, 3, 231), Some(FrameRate::of(1000, 77)));
        assert_eq!(nominal_rate(1000, 0, 0, 0), None);
    }

    #[test]
    fn frames_off_time_are_counted_in_display_order() {
        let mut clock = DisplayClock::new(FrameRate::of(25, 1), (1, 12_800), Time::new(-1, 25));
        for ticks in [512, 2048, 1024, 1537, 2560] {
            clock.push(ticks);
        }
        assert_eq!(clock.finish(), (1, Some(2)));
    }

    #[test]
    fn a_frame_at_exactly_its_place_is_on_time_at_any_clock() {
        let rate = FrameRate::of(30_000, 1001);
        let mut clock = DisplayClock::new(rate, (1, 30_000), Time::ZERO);
        let mut rounded = DisplayClock::new(rate, (1, 1000), Time::ZERO);
        for n in 0..100 {
            clock.push(n * 1001);
            rounded.push(rate.time_of(n).count_round(1000, 1));
        }
        assert_eq!(clock.finish(), (0, None));
        // A whole millisecond falls on every 30th frame only.
        assert_eq!(rounded.finish(), (96, Some(1)));
    }
}
