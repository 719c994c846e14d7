//! Facts against clauses.
//!
//! Each clause looks at one thing. A finding that follows from another clause's failure (a wrong codec has no H.264 groups;
//! pictures of another size cannot be the proved ones) is `not-checked` and names that clause, so that a fault trips its
//! own clause and no other. What is missing is `not-checked` too, never a silent pass.

mod file;
mod picture;
mod programme;
mod sound;

use bookend_config::spec::{Check, Clause};
use bookend_jobs::facts::{FileFacts, FilePicture, FileSound};
use bookend_units::FrameRate;

use crate::{ClauseVerdict, Expected, Outcome};

/// Judges a file's facts by an outlet's clauses, in their order.
///
/// `expected` comes from the plan or the report beside the file; without it what only the programme knows is `not-checked`.
#[must_use]
pub fn judge(clauses: &[Clause], facts: &FileFacts, expected: Option<&Expected>) -> Vec<ClauseVerdict> {
    let case = Case { clauses, facts, expected };
    clauses
        .iter()
        .map(|clause| {
            let finding = case.find(&clause.check);
            ClauseVerdict {
                id: clause.id.clone(),
                title: clause.title.clone(),
                source: clause.source.clone(),
                verdict: finding.outcome,
                wanted: finding.wanted,
                found: finding.found,
            }
        })
        .collect()
}

/// All that a clause may look at.
struct Case<'a> {
    clauses: &'a [Clause],
    facts: &'a FileFacts,
    expected: Option<&'a Expected>,
}

/// What one check came to.
struct Finding {
    outcome: Outcome,
    wanted: String,
    found: String,
}

impl Finding {
    fn new(outcome: Outcome, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Finding { outcome, wanted: wanted.into(), found: found.into() }
    }

    fn holds(holds: bool, wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Finding::new(if holds { Outcome::Pass } else { Outcome::Fail }, wanted, found)
    }

    fn not_checked(wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Finding::new(Outcome::NotChecked, wanted, found)
    }
}

impl Case<'_> {
    fn find(&self, check: &Check) -> Finding {
        match check {
            Check::Wrapper { format } => self.wrapper(*format),
            Check::MoovFirst => self.moov_first(),
            Check::NoEditList => self.no_edit_list(),
            Check::Tracks { picture, sound } => self.tracks(*picture, *sound),
            Check::Decodes => self.decodes(),
            Check::PictureCodec { codec, profile } => self.picture_codec(codec, profile),
            Check::Raster { raster } => self.raster(*raster),
            Check::Progressive => self.progressive(),
            Check::SampleFormat { format } => self.sample_format(format),
            Check::Bt709Tags => self.bt709_tags(),
            Check::BFrameRun { max } => self.b_frame_run(*max),
            Check::ClosedGop { max_frames } => self.closed_gop(*max_frames),
            Check::IdrIds => self.idr_ids(),
            Check::FrameRate { rate } => self.frame_rate(*rate),
            Check::FrameTimes => self.frame_times(),
            Check::FrameCount => self.frame_count(),
            Check::SoundCodec { codec, profile } => self.sound_codec(codec, profile),
            Check::SoundFormat { channels, rate_hz } => self.sound_format(*channels, *rate_hz),
            Check::SoundBitRate { bit_rate_bps } => self.sound_bit_rate(*bit_rate_bps),
            Check::SampleCount => self.sample_count(),
            Check::Loudness { integrated_lufs, tolerance_lu } => self.loudness(*integrated_lufs, *tolerance_lu),
            Check::TruePeak { max_dbtp } => self.true_peak(*max_dbtp),
            Check::Black { min_ms } => self.black(*min_ms),
            Check::Freeze { min_ms } => self.freeze(*min_ms),
            Check::Silence { min_ms } => self.silence(*min_ms),
            Check::AvSync { max_us } => self.av_sync(*max_us),
            Check::Seams => self.seams(),
            Check::Packets => self.packets(),
        }
    }

    /// Judges something of the picture, or says that there is none.
    fn of_picture(&self, wanted: impl Into<String>, judge: impl FnOnce(&FilePicture, String) -> Finding) -> Finding {
        match &self.facts.picture {
            Some(picture) => judge(picture, wanted.into()),
            None => Finding::not_checked(wanted, "the file has no picture"),
        }
    }

    /// Judges something of the sound, or says that there is none.
    fn of_sound(&self, wanted: impl Into<String>, judge: impl FnOnce(&FileSound, String) -> Finding) -> Finding {
        match &self.facts.sound {
            Some(sound) => judge(sound, wanted.into()),
            None => Finding::not_checked(wanted, "the file has no sound"),
        }
    }

    /// Returns the id of the first clause of these kinds that the file fails.
    fn failing(&self, kind: impl Fn(&Check) -> bool) -> Option<&str> {
        let failing = |clause: &&Clause| kind(&clause.check) && self.find(&clause.check).outcome == Outcome::Fail;
        self.clauses.iter().find(failing).map(|clause| clause.id.as_str())
    }

    /// The programme clock: of the plan, of the outlet, or the file's own.
    fn rate(&self) -> Option<FrameRate> {
        let of_outlet = self.clauses.iter().find_map(|clause| match clause.check {
            Check::FrameRate { rate } => Some(rate),
            _ => None,
        });
        let of_file = || self.facts.picture.as_ref().and_then(|picture| picture.rate);
        self.expected.map(|expected| expected.rate).or(of_outlet).or_else(of_file)
    }
}

/// `1 frame`, `2 frames`.
fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A whole number with its thousands apart: `17,982`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
