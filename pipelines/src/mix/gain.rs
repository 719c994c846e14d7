//! Levelling items: one linear gain each, so that contributors of all volumes sit in one programme.

use bookend_jobs::facts::{ItemGain, SoundFacts};
use bookend_units::{FrameRate, Time};

/// What every item is brought to before the programme gets its own gain (EBU R 128).
const ITEM_TARGET_LUFS: f64 = -23.0;
/// Most attenuation.
const LOWEST_GAIN_DB: f64 = -20.0;
/// Most amplification: more would lift noise into the programme.
const HIGHEST_GAIN_DB: f64 = 12.0;
/// Sources shorter than a gating block, 400 ms, cannot be measured.
const SHORTEST_SOURCE_SAMPLES: u64 = 48_000 * 4 / 10;
/// Items shorter than this many seconds are levelled by their whole source.
const SHORT_SECONDS: i64 = 3;

/// Decides an item's gain from what was measured of its sound.
pub(crate) fn of_item(facts: &SoundFacts, rate: FrameRate, frames: u32) -> ItemGain {
    let short = rate.time_of(i64::from(frames)) < Time::from_seconds(SHORT_SECONDS);
    let measured = if short { facts.source_lufs } else { facts.span_lufs };
    if facts.source_samples < SHORTEST_SOURCE_SAMPLES {
        return none(measured, "the whole source is under 400 ms");
    }
    let Some(lufs) = measured else {
        return none(None, "silent");
    };
    let wanted = ITEM_TARGET_LUFS - lufs;
    let gain_db = wanted.clamp(LOWEST_GAIN_DB, HIGHEST_GAIN_DB);
    let reason = (gain_db != wanted)
        .then(|| format!("limited to {gain_db:+.0} dB, {wanted:+.1} dB would reach {ITEM_TARGET_LUFS} LUFS"));
    ItemGain { measured_lufs: Some(lufs), gain_db, reason }
}

/// Leaves an item as it is, and says why.
pub(crate) fn none(measured_lufs: Option<f64>, reason: &str) -> ItemGain {
    ItemGain { measured_lufs, gain_db: 0.0, reason: Some(reason.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(span: Option<f64>, source: Option<f64>, source_samples: u64, frames: u32) -> (f64, bool) {
        let facts = SoundFacts {
            file: "sound.wav".into(),
            first_sample: 0,
            samples: 0,
            span_lufs: span,
            source_lufs: source,
            source_samples,
            peak: 0.0,
            conform: Vec::new(),
        };
        let gain = of_item(&facts, FrameRate::of(25, 1), frames);
        (gain.gain_db, gain.reason.is_some())
    }

    #[test]
    fn items_come_to_minus_23_within_bounds() {
        assert_eq!(gain(Some(-20.0), None, 480_000, 75), (-3.0, false));
        assert_eq!(gain(Some(-35.0), None, 480_000, 75), (12.0, false));
        assert_eq!(gain(Some(-40.0), None, 480_000, 75), (12.0, true));
        assert_eq!(gain(Some(-1.0), None, 480_000, 75), (-20.0, true));
    }

    #[test]
    fn under_three_seconds_the_source_decides() {
        assert_eq!(gain(Some(-10.0), Some(-20.0), 480_000, 74), (-3.0, false));
        assert_eq!(gain(None, Some(-20.0), 480_000, 5), (-3.0, false));
    }

    #[test]
    fn silent_and_momentary_sources_are_left_alone() {
        assert_eq!(gain(None, None, 480_000, 75), (0.0, true));
        assert_eq!(gain(None, None, 19_199, 5), (0.0, true));
        assert_eq!(gain(Some(-20.0), Some(-20.0), 19_199, 5), (0.0, true));
        assert_eq!(gain(Some(-20.0), Some(-20.0), 19_200, 5), (-3.0, false));
    }
}
