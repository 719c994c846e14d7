//! Which gain the programme gets, and why not another.

use bookend_config::spec::{LoudnessTarget, ReductionLimit};

use super::peaks::BlockPeaks;
use super::solve::{End, Question, Solved, solve};
use crate::RecipeError;

/// What counts as much reduction in the report where the target has no rule of its own.
const MUCH_REDUCTION_DB: f64 = 6.0;

/// What the programme measures before its gain.
pub(crate) struct Plain {
    /// Integrated loudness; `None` when silent or under 400 ms.
    pub lufs: Option<f64>,
    /// True peaks of its blocks.
    pub peaks: BlockPeaks,
}

/// What the mix is made for, so that what is delivered meets the target: coding shifts both a little.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Aim {
    /// Loudness of the PCM, LUFS.
    pub lufs: f64,
    /// Ceiling of the PCM, dBTP.
    pub ceiling_dbtp: f64,
    /// The gain that was found for an aim nearby, dB.
    pub hint_db: Option<f64>,
}

/// The programme's gain.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Level {
    /// Gain, dB; `None` where nothing can be measured, which is no gain.
    pub gain_db: Option<f64>,
    /// Ceiling that the limiter holds, dBTP; `None` when it is not needed.
    pub limit_dbtp: Option<f64>,
    /// Share of 10 ms blocks that need more than the rule's reduction.
    pub share_reduced: f64,
    /// The mix measures what was aimed at.
    pub reached: bool,
    /// Why the target gave way.
    pub gave_way: Option<String>,
}

impl Level {
    /// Decides the gain; `measure` gives the loudness of the limited mix at a gain and the aim's ceiling.
    ///
    /// # Errors
    /// When measuring fails.
    pub(crate) fn decide(
        plain: &Plain,
        target: &LoudnessTarget,
        aim: Aim,
        measure: impl FnMut(f64) -> Result<Option<f64>, RecipeError>,
    ) -> Result<Self, RecipeError> {
        let ceiling_dbtp = aim.ceiling_dbtp;
        let peak_dbtp = plain.peaks.highest_dbtp().unwrap_or(f64::NEG_INFINITY);
        let Some(plain_lufs) = plain.lufs else {
            let limit_dbtp = (peak_dbtp > ceiling_dbtp).then_some(ceiling_dbtp);
            return Ok(Level { gain_db: None, limit_dbtp, share_reduced: 0.0, reached: false, gave_way: None });
        };
        let highest_db = target
            .give_way
            .as_ref()
            .map(|rule| ceiling_dbtp + rule.reduction_db - plain.peaks.level_of_share(rule.share_of_blocks));
        let question = Question {
            target_lufs: aim.lufs,
            plain_lufs,
            plain_peak_dbtp: peak_dbtp,
            ceiling_dbtp,
            highest_db,
            hint_db: aim.hint_db,
        };
        let solved = solve(question, measure)?;
        let much = target.give_way.as_ref().map_or(MUCH_REDUCTION_DB, |rule| rule.reduction_db);
        Ok(Level {
            gain_db: Some(solved.gain_db),
            limit_dbtp: solved.limits.then_some(ceiling_dbtp),
            share_reduced: plain.peaks.share_above(ceiling_dbtp + much - solved.gain_db),
            reached: solved.end == End::Reached,
            gave_way: target.give_way.as_ref().and_then(|rule| gave_way(rule, target, &solved)),
        })
    }
}

/// Says why a target gave way, when it did.
fn gave_way(rule: &ReductionLimit, target: &LoudnessTarget, solved: &Solved) -> Option<String> {
    match solved.end {
        End::Reached => None,
        End::GaveWay => Some(format!(
            "{:.1} LUFS would need more than {} dB of peak reduction in more than {} % of 10 ms blocks: the highest gain \
             that does not, {:+.1} dB, was used",
            target.integrated_lufs,
            rule.reduction_db,
            100.0 * rule.share_of_blocks,
            solved.gain_db
        )),
        End::OutOfReach => Some(format!(
            "no gain brings the mix under its ceiling to {:.1} LUFS, its loud instants are too short: {:+.1} dB, beyond \
             which it hardly gets louder, was used",
            target.integrated_lufs, solved.gain_db
        )),
    }
}
