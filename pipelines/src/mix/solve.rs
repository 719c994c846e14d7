//! The programme's one gain: such that the limited mix measures the target.

use crate::RecipeError;

/// How near is there, in LU.
const CLOSE_LU: f64 = 0.02;
/// Most measurements of the limited mix.
const MOST_ROUNDS: u32 = 8;
/// How much more than without a limiter is ever tried, in dB: beyond, limiting makes noise and no loudness.
const MOST_DRIVE_DB: f64 = 20.0;
/// How far below the gain without a limiter is tried, in dB: limiting can push quiet stretches below the relative gate, and
/// the rest then measures louder.
const MOST_RESTRAINT_DB: f64 = 3.0;
/// Loudness worth less than this is not bought with more gain once the target is out of reach, in LU.
const WORTHLESS_LU: f64 = 0.1;
/// A bracket this narrow, in dB, holds a leap of the loudness, not the target: stretches that a gate lets in or out.
const NARROW_DB: f64 = 0.01;
/// Quieter programmes have sound below the absolute gate that a gain brings above it: their loudness does not simply
/// follow the gain.
const GATED_LUFS: f64 = -58.0;

/// What is asked of a gain.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Question {
    /// Loudness wanted, LUFS.
    pub target_lufs: f64,
    /// Loudness without gain and limiter, LUFS.
    pub plain_lufs: f64,
    /// True peak without gain and limiter, dBTP.
    pub plain_peak_dbtp: f64,
    /// Ceiling, dBTP.
    pub ceiling_dbtp: f64,
    /// The gain that must not be passed, dB, where the target may give way.
    pub highest_db: Option<f64>,
    /// A gain to begin with, dB, when a question like this was answered before.
    pub hint_db: Option<f64>,
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Solved {
    /// The gain, dB.
    pub gain_db: f64,
    /// What the mix then measures, LUFS; `None` when that had not to be measured.
    pub lufs: Option<f64>,
    /// The limiter is needed.
    pub limits: bool,
    /// Whether the target is reached.
    pub end: End,
}

/// How solving ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// The target is reached.
    Reached,
    /// The highest gain allowed is too low for it.
    GaveWay,
    /// No gain makes the limited mix that loud.
    OutOfReach,
}

/// Solves for the gain; `measure` gives the loudness of the limited mix at a gain in dB, `None` below the gate.
///
/// Loudness rises with the gain, and about as fast until the limiter works: so the search begins at the gain that would do
/// without one, and follows the secant inside a bracket.
///
/// # Errors
/// When measuring fails.
pub(crate) fn solve(
    question: Question,
    mut measure: impl FnMut(f64) -> Result<Option<f64>, RecipeError>,
) -> Result<Solved, RecipeError> {
    let plain_gain = question.target_lufs - question.plain_lufs;
    let limits_at = |gain: f64| question.plain_peak_dbtp + gain > question.ceiling_dbtp;
    let answer = |gain_db: f64, lufs: Option<f64>, end: End| Solved { gain_db, lufs, limits: limits_at(gain_db), end };
    if !limits_at(plain_gain) && question.plain_lufs > GATED_LUFS {
        return Ok(answer(plain_gain, None, End::Reached));
    }
    let cap = (plain_gain + MOST_DRIVE_DB).min(question.highest_db.unwrap_or(f64::INFINITY));
    if cap <= plain_gain {
        return Ok(answer(cap, None, End::GaveWay));
    }
    let floor = plain_gain - MOST_RESTRAINT_DB;
    let mut search = Search { below: None, above: None, best: None, floor, cap };
    let mut gain = question.hint_db.unwrap_or(plain_gain).clamp(floor, cap);
    for _ in 0..MOST_ROUNDS {
        let lufs = measure(gain)?.unwrap_or(-70.0);
        let missing = question.target_lufs - lufs;
        search.learn(gain, missing);
        if missing.abs() <= CLOSE_LU {
            return Ok(answer(gain, Some(lufs), End::Reached));
        }
        if gain >= cap && missing > 0.0 {
            return match question.highest_db {
                Some(highest) if highest <= cap => Ok(answer(cap, Some(lufs), End::GaveWay)),
                _ => saturate(plain_gain, cap, lufs, &mut measure)
                    .map(|(gain, lufs)| answer(gain, Some(lufs), End::OutOfReach)),
            };
        }
        match search.next() {
            Some(next) => gain = next,
            None => break,
        }
    }
    let (gain, missing) = search.best.unwrap_or((plain_gain, 0.0));
    Ok(answer(gain, Some(question.target_lufs - missing), End::Reached))
}

/// Finds a low gain that is nearly as loud as the highest.
fn saturate(
    mut low: f64,
    mut high: f64,
    mut high_lufs: f64,
    measure: &mut impl FnMut(f64) -> Result<Option<f64>, RecipeError>,
) -> Result<(f64, f64), RecipeError> {
    let enough = high_lufs - WORTHLESS_LU;
    for _ in 0..MOST_ROUNDS {
        let middle = f64::midpoint(low, high);
        let lufs = measure(middle)?.unwrap_or(-70.0);
        if lufs >= enough {
            (high, high_lufs) = (middle, lufs);
        } else {
            low = middle;
        }
    }
    Ok((high, high_lufs))
}

/// What is known so far: pairs of gain and loudness missing to the target.
struct Search {
    /// The highest gain known to be too low.
    below: Option<(f64, f64)>,
    /// The lowest gain known to be too high.
    above: Option<(f64, f64)>,
    best: Option<(f64, f64)>,
    floor: f64,
    cap: f64,
}

impl Search {
    fn learn(&mut self, gain: f64, missing: f64) {
        if self.best.is_none_or(|(_, least)| missing.abs() < least.abs()) {
            self.best = Some((gain, missing));
        }
        if missing < 0.0 {
            self.above = Some((gain, missing));
        } else {
            self.below = Some((gain, missing));
        }
    }

    /// Returns the gain to try next; `None` when there is nothing more to learn.
    fn next(&self) -> Option<f64> {
        match (self.below, self.above) {
            // The first step overshoots a little, to get a bracket.
            (Some((low, short)), None) => Some((low + 1.5 * short).min(self.cap)).filter(|next| *next > low),
            (None, Some((high, over))) => Some((high + 1.5 * over).max(self.floor)).filter(|next| *next < high),
            (Some((low, short)), Some((high, over))) => {
                let width = high - low;
                let secant = low + width * short / (short - over);
                // Never so near an end that nothing is learnt.
                (width >= NARROW_DB).then(|| secant.clamp(low + 0.05 * width, high - 0.05 * width))
            }
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mix whose loudness follows the gain up to a knee, then at a slope.
    fn solved(question: Question, knee: f64, slope: f64) -> (Solved, u32) {
        let mut rounds = 0;
        let found = solve(question, |gain| {
            rounds += 1;
            let linear = question.plain_lufs + gain.min(knee);
            Ok(Some(linear + slope * (gain - knee).max(0.0)))
        });
        (found.unwrap(), rounds)
    }

    fn question(plain_lufs: f64, plain_peak_dbtp: f64, highest_db: Option<f64>) -> Question {
        Question { target_lufs: -14.0, plain_lufs, plain_peak_dbtp, ceiling_dbtp: -2.0, highest_db, hint_db: None }
    }

    #[test]
    fn quiet_peaks_need_one_sum_and_no_measurement() {
        let (found, rounds) = solved(question(-23.0, -12.0, None), 100.0, 1.0);
        assert_eq!((found.gain_db, found.limits, found.end, rounds), (9.0, false, End::Reached, 0));
    }

    #[test]
    fn loud_peaks_are_solved_with_the_limiter() {
        for (knee, slope) in [(9.0, 1.0), (6.0, 0.8), (4.0, 0.5), (3.0, 0.9), (0.0, 0.6)] {
            let (found, rounds) = solved(question(-23.0, -6.0, None), knee, slope);
            assert_eq!((found.limits, found.end), (true, End::Reached));
            assert!((found.lufs.unwrap() + 14.0).abs() <= CLOSE_LU && rounds <= MOST_ROUNDS, "{found:?} in {rounds}");
        }
    }

    #[test]
    fn a_hint_saves_rounds_and_may_be_wrong() {
        for hint in [9.0, 12.0, 13.1, 20.0, 40.0] {
            let question = Question { hint_db: Some(hint), ..question(-23.0, -6.0, None) };
            let (found, rounds) = solved(question, 4.0, 0.6);
            assert!((found.lufs.unwrap() + 14.0).abs() <= CLOSE_LU && rounds <= 5, "{hint}: {found:?} in {rounds}");
        }
    }

    #[test]
    fn the_target_gives_way_to_the_highest_gain() {
        let (found, _) = solved(question(-23.0, -3.0, Some(10.0)), 4.0, 0.2);
        assert_eq!((found.gain_db, found.end), (10.0, End::GaveWay));
        let (found, _) = solved(question(-23.0, -3.0, Some(10.0)), 4.0, 0.9);
        assert_eq!(found.end, End::Reached);
        let (found, rounds) = solved(question(-23.0, -3.0, Some(5.0)), 4.0, 0.9);
        assert_eq!((found.gain_db, found.end, rounds), (5.0, End::GaveWay, 0));
    }

    #[test]
    fn a_leap_over_the_target_ends_at_its_nearer_side() {
        let mut rounds = 0;
        let found = solve(question(-23.0, -6.0, None), |gain| {
            rounds += 1;
            Ok(Some(if gain < 11.0 { -26.0 + gain } else { -24.85 + gain }))
        });
        let found = found.unwrap();
        assert!((found.gain_db - 11.0).abs() < 0.1 && (found.lufs.unwrap() + 13.9).abs() < 0.1, "{found:?}");
        assert!(rounds <= MOST_ROUNDS && found.end == End::Reached);
    }

    #[test]
    fn limiting_may_make_a_programme_louder() {
        // A quiet stretch falls below the relative gate as soon as the limiter works.
        let (mut rounds, question) = (0, question(-23.0, -6.0, None));
        let found = solve(question, |gain| {
            rounds += 1;
            Ok(Some(-23.0 + gain + 0.12))
        });
        assert!((found.unwrap().gain_db - 8.88).abs() < 0.03 && rounds <= 4, "{rounds}");
    }

    #[test]
    fn what_no_gain_reaches_gets_no_more_than_helps() {
        let (found, rounds) = solved(question(-40.0, -3.0, None), 4.0, 0.0);
        assert_eq!(found.end, End::OutOfReach);
        assert!(found.gain_db < 26.2 && rounds <= 2 * MOST_ROUNDS, "{found:?} in {rounds}");
    }
}
