//! Counting a source's samples: packet times serve only for the start, gaps and overlaps.
//!
//! Times here are whole flicks, 1/705,600,000 s: every usual sample rate divides them, so that counting is exact, and no
//! time stamp or rate that a file may state makes them overflow.

use bookend_units::{PROGRAMME_SAMPLE_RATE, Time, round_half_up};

/// Flicks in a second.
const SECOND: u32 = 705_600_000;
/// Flicks in a millisecond.
const MS: i64 = SECOND as i64 / 1000;
/// Flicks in a sample at 48 kHz.
const SAMPLE: i64 = (SECOND / PROGRAMME_SAMPLE_RATE) as i64;
/// Times beyond, either way, are nonsense and taken for this: 50 years.
const FARTHEST: i64 = i64::MAX / 8;
/// A difference between counted and stated time up to this is the container's rounding or a sender's jitter.
const TOLERANCE: i64 = 20 * MS;
/// A stretch stated to be missing for longer than this, or stated twice for longer than [`LONGEST_OVERLAP`], is a clock
/// that was set anew, not sound that is missing: 1 h, as for pictures, so that both close the same leap.
const LONGEST_GAP: i64 = 3600 * 1000 * MS;
/// See [`LONGEST_GAP`]: 10 s.
const LONGEST_OVERLAP: i64 = 10 * 1000 * MS;

/// A time or a length in flicks, at most 50 years either way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Flicks(i64);

impl Flicks {
    /// No time.
    pub(crate) const ZERO: Flicks = Flicks(0);

    /// Returns the flicks nearest to a time.
    pub(crate) fn of(time: Time) -> Self {
        Flicks(time.count_round(SECOND, 1)).bounded()
    }

    /// Returns the flicks nearest to a time stamp.
    pub(crate) fn of_ticks(ticks: i64, (num, den): (u32, u32)) -> Self {
        let flicks = round_half_up(i128::from(ticks) * i128::from(num) * i128::from(SECOND), i128::from(den.max(1)));
        Flicks(i64::try_from(flicks).unwrap_or(if ticks < 0 { -FARTHEST } else { FARTHEST })).bounded()
    }

    /// Returns the flicks nearest to the length of some samples.
    pub(crate) fn of_samples(samples: u64, rate_hz: u32) -> Self {
        let flicks = round_half_up(i128::from(samples) * i128::from(SECOND), i128::from(rate_hz.max(1)));
        Flicks(i64::try_from(flicks).unwrap_or(FARTHEST)).bounded()
    }

    /// Returns the samples nearest to a length, none for a negative one.
    pub(crate) fn samples(self, rate_hz: u32) -> usize {
        let samples = round_half_up(i128::from(self.0) * i128::from(rate_hz), i128::from(SECOND));
        usize::try_from(samples).unwrap_or(0)
    }

    /// Returns the place at 48 kHz nearest to a time, halves upwards.
    pub(crate) fn place(self) -> i64 {
        (self.0 + SAMPLE / 2).div_euclid(SAMPLE)
    }

    /// Returns seconds to show to people.
    pub(crate) fn seconds_lossy(self) -> f64 {
        self.0 as f64 / f64::from(SECOND)
    }

    fn bounded(self) -> Self {
        Flicks(self.0.clamp(-FARTHEST, FARTHEST))
    }
}

impl std::ops::Add for Flicks {
    type Output = Flicks;
    fn add(self, other: Flicks) -> Flicks {
        // Both are bounded to an eighth of the range.
        Flicks(self.0 + other.0).bounded()
    }
}

impl std::ops::Sub for Flicks {
    type Output = Flicks;
    fn sub(self, other: Flicks) -> Flicks {
        Flicks(self.0 - other.0).bounded()
    }
}

/// Counts samples from a start, exactly within a stretch of one rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter {
    from: Flicks,
    samples: u64,
    rate_hz: u32,
}

impl Counter {
    /// Starts at a time of the source clock.
    pub(crate) fn new(from: Flicks) -> Self {
        Counter { from, samples: 0, rate_hz: PROGRAMME_SAMPLE_RATE }
    }

    /// Returns the end of what was counted.
    pub(crate) fn now(&self) -> Flicks {
        self.from + Flicks::of_samples(self.samples, self.rate_hz)
    }

    /// Counts samples of a rate.
    pub(crate) fn count(&mut self, samples: usize, rate_hz: u32) {
        if rate_hz != self.rate_hz {
            *self = Counter { from: self.now(), samples: 0, rate_hz };
        }
        self.samples = self.samples.saturating_add(samples as u64);
    }

    /// Passes over some time.
    pub(crate) fn pass(&mut self, time: Flicks) {
        self.from = self.from + time;
    }
}

/// What to do before the next frame's samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// They follow without a break.
    Follow,
    /// This much sound is missing before them: silence stands in for it.
    Gap(Flicks),
    /// This much of what follows was heard already: it is dropped.
    Overlap(Flicks),
    /// The times were set anew: counting goes on, and stated times are read against the new start.
    SetAnew,
}

/// Judges how far stated times stray from counted ones, for the next frame and some after it (in order; `None` where a
/// frame states no time).
///
/// The next frame must stray by more than 20 ms, and so must, to the same side, every frame after it that is known: one
/// late packet is jitter, sound that is missing stays missing. The smallest of them is believed.
pub(crate) fn judge(strays: impl IntoIterator<Item = Option<Flicks>>) -> Step {
    let mut strays = strays.into_iter();
    let Some(Some(Flicks(first))) = strays.next() else {
        return Step::Follow;
    };
    let mut least = first;
    for Flicks(stray) in std::iter::once(Flicks(first)).chain(strays.flatten()) {
        if stray.abs() <= TOLERANCE || (stray > 0) != (first > 0) {
            return Step::Follow;
        }
        if stray.abs() < least.abs() {
            least = stray;
        }
    }
    match least {
        LONGEST_GAP.. => Step::SetAnew,
        1.. => Step::Gap(Flicks(least)),
        _ if least < -LONGEST_OVERLAP => Step::SetAnew,
        _ => Step::Overlap(Flicks(-least)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: i64) -> Option<Flicks> {
        Some(Flicks(value * MS))
    }

    #[test]
    fn small_strays_are_rounding() {
        assert_eq!(judge([ms(20), ms(20), ms(20)]), Step::Follow);
        assert_eq!(judge([ms(-20)]), Step::Follow);
        assert_eq!(judge([None, ms(500)]), Step::Follow);
        assert_eq!(judge([]), Step::Follow);
    }

    #[test]
    fn a_lasting_stray_is_a_gap_or_an_overlap() {
        assert_eq!(judge([ms(21)]), Step::Gap(Flicks(21 * MS)));
        assert_eq!(judge([ms(501), ms(500), None, ms(500)]), Step::Gap(Flicks(500 * MS)));
        assert_eq!(judge([ms(-100), ms(-100)]), Step::Overlap(Flicks(100 * MS)));
    }

    #[test]
    fn one_late_packet_is_jitter() {
        assert_eq!(judge([ms(45), ms(3), ms(-2)]), Step::Follow);
        assert_eq!(judge([ms(45), ms(-45)]), Step::Follow);
    }

    #[test]
    fn a_leap_is_a_clock_set_anew() {
        assert_eq!(judge([ms(3601 * 1000)]), Step::SetAnew);
        assert_eq!(judge([ms(-11_000)]), Step::SetAnew);
        assert_eq!(judge([ms(3599 * 1000)]), Step::Gap(Flicks(3599 * 1000 * MS)));
    }

    #[test]
    fn usual_rates_are_counted_exactly() {
        for rate_hz in [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000]
        {
            let mut counter = Counter::new(Flicks::ZERO);
            for _ in 0..1000 {
                counter.count(rate_hz as usize / 25, rate_hz);
            }
            assert_eq!((counter.now(), counter.now().place()), (Flicks(40 * i64::from(SECOND)), 1_920_000));
        }
        let mut odd = Counter::new(Flicks::ZERO);
        for _ in 0..44_099 {
            odd.count(1000, 44_099);
        }
        assert_eq!(odd.now(), Flicks(1000 * i64::from(SECOND)));
    }

    #[test]
    fn halves_go_up() {
        assert_eq!(Flicks(SAMPLE / 2).place(), 1);
        assert_eq!(Flicks(-SAMPLE / 2).place(), 0);
        assert_eq!(Flicks(-SAMPLE / 2 - 1).place(), -1);
    }

    #[test]
    fn nonsense_is_bounded() {
        let far = Flicks::of_ticks(i64::MAX, (u32::MAX, 1));
        assert_eq!(far + far, Flicks(FARTHEST));
        assert_eq!(Flicks::of_ticks(i64::MIN, (1, 1)) - far, Flicks(-FARTHEST));
        assert_eq!(judge([Some(far)]), Step::SetAnew);
        assert_eq!(Flicks::of(Time::new(i128::from(i64::MAX), 1)), Flicks(FARTHEST));
        assert_eq!(Flicks::of_samples(u64::MAX, 1), Flicks(FARTHEST));
        assert_eq!(Flicks(-5).samples(48_000), 0);
    }
}
