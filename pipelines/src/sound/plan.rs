//! What to keep of a source's sound, as values.

use std::ops::Range;

use bookend_jobs::work::Sound;
use bookend_units::{PROGRAMME_SAMPLE_RATE, Time};

/// Spans shorter than this many seconds are levelled by the whole source's loudness.
const SHORT_SECONDS: i64 = 3;

/// The stretches of a Sound job, in samples at 48 kHz counted from source zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SoundPlan {
    /// What is written, where the source has it: the placed span and one programme frame on either side.
    pub keep: Range<i64>,
    /// What the item plays, and its loudness is measured over.
    pub placed: Range<i64>,
    /// The placed span is so short that the loudness of the whole source is wanted, and all of it is decoded.
    pub measures_source: bool,
}

impl SoundPlan {
    /// Works out the stretches.
    pub(crate) fn of(work: &Sound) -> Self {
        let at = |frames: i64| sample_at(work.start + work.rate.time_of(frames));
        let frames = i64::from(work.frames);
        SoundPlan {
            keep: at(-1)..at(frames + 1),
            placed: at(0)..at(frames),
            measures_source: work.rate.time_of(frames) < Time::from_seconds(SHORT_SECONDS),
        }
    }
}

/// Places beyond, either way, are nonsense and taken for this: 700,000 years.
const FARTHEST: i64 = 1 << 60;

/// Returns the sample at 48 kHz nearest to `time`, halves upwards.
pub(crate) fn sample_at(time: Time) -> i64 {
    time.count_round(PROGRAMME_SAMPLE_RATE, 1).clamp(-FARTHEST, FARTHEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bookend_config::spec::SoundLayout;
    use bookend_units::FrameRate;

    fn plan(start: Time, frames: u32, rate: FrameRate) -> SoundPlan {
        SoundPlan::of(&Sound { start, frames, rate, layout: SoundLayout::Stereo })
    }

    #[test]
    fn a_frame_is_kept_on_either_side() {
        let plan = plan(Time::from_seconds(2), 100, FrameRate::of(25, 1));
        assert_eq!(plan.keep, 94_080..289_920);
        assert_eq!(plan.placed, 96_000..288_000);
        assert!(!plan.measures_source);
    }

    #[test]
    fn under_three_seconds_the_source_is_measured() {
        assert!(plan(Time::ZERO, 89, FrameRate::of(30_000, 1001)).measures_source);
        assert!(!plan(Time::ZERO, 90, FrameRate::of(30_000, 1001)).measures_source);
        assert!(!plan(Time::ZERO, 75, FrameRate::of(25, 1)).measures_source);
    }

    #[test]
    fn the_start_may_lie_before_source_zero() {
        assert_eq!(plan(Time::ZERO, 1, FrameRate::of(24, 1)).keep, -2000..4000);
    }
}
