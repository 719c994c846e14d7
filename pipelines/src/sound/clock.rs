//! Counting a source's samples: packet times serve only for gaps and overlaps.

use bookend_units::Time;

/// A difference between counted and stated time up to this is the container's rounding or a sender's jitter.
const TOLERANCE_MS: i128 = 20;
/// A stretch stated to be missing for longer than this, or stated twice for longer than [`LONGEST_OVERLAP_MS`], is a clock
/// that was set anew, not sound that is missing.
const LONGEST_GAP_MS: i128 = 6 * 3600 * 1000;
/// See [`LONGEST_GAP_MS`].
const LONGEST_OVERLAP_MS: i128 = 10 * 1000;

/// What to do before the next frame's samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// They follow without a break.
    Follow,
    /// This much sound is missing before them: silence stands in for it.
    Gap(Time),
    /// This much of what follows was heard already: it is dropped.
    Overlap(Time),
    /// The times were set anew: counting goes on, and stated times are read against the new start.
    SetAnew,
}

/// Judges how far stated times stray from counted ones, for the next frame and some after it (in order; `None` where a
/// frame states no time).
///
/// The next frame must stray by more than 20 ms, and so must, to the same side, every frame after it that is known: one
/// late packet is jitter, sound that is missing stays missing. The smallest of them is believed.
pub(crate) fn judge(strays: impl IntoIterator<Item = Option<Time>>) -> Step {
    let mut strays = strays.into_iter();
    let Some(Some(first)) = strays.next() else {
        return Step::Follow;
    };
    let mut least = first;
    let late = first > Time::ZERO;
    for stray in std::iter::once(first).chain(strays.flatten()) {
        if !exceeds(stray, TOLERANCE_MS) || (stray > Time::ZERO) != late {
            return Step::Follow;
        }
        if size(stray) < size(least) {
            least = stray;
        }
    }
    match late {
        true if exceeds(least, LONGEST_GAP_MS) => Step::SetAnew,
        true => Step::Gap(least),
        false if exceeds(least, LONGEST_OVERLAP_MS) => Step::SetAnew,
        false => Step::Overlap(size(least)),
    }
}

fn exceeds(time: Time, milliseconds: i128) -> bool {
    size(time) > Time::new(milliseconds, 1000)
}

fn size(time: Time) -> Time {
    if time < Time::ZERO { Time::ZERO - time } else { time }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: i64) -> Option<Time> {
        Some(Time::new(i128::from(value), 1000))
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
        assert_eq!(judge([ms(21)]), Step::Gap(Time::new(21, 1000)));
        assert_eq!(judge([ms(501), ms(500), None, ms(500)]), Step::Gap(Time::new(1, 2)));
        assert_eq!(judge([ms(-100), ms(-100)]), Step::Overlap(Time::new(1, 10)));
    }

    #[test]
    fn one_late_packet_is_jitter() {
        assert_eq!(judge([ms(45), ms(3), ms(-2)]), Step::Follow);
        assert_eq!(judge([ms(45), ms(-45)]), Step::Follow);
    }

    #[test]
    fn a_leap_is_a_clock_set_anew() {
        assert_eq!(judge([ms(7 * 3600 * 1000)]), Step::SetAnew);
        assert_eq!(judge([ms(-11_000)]), Step::SetAnew);
        assert_eq!(judge([ms(3600 * 1000)]), Step::Gap(Time::from_seconds(3600)));
    }
}
