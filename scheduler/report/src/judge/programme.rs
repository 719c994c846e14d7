//! Clauses that set the file against its programme: stretches, seams, sync, packets.

use bookend_config::spec::Check;
use bookend_jobs::facts::{FilePicture, SeamFacts, Stretch, StretchKind};
use bookend_units::{FrameRate, Timecode, TimecodeFormat};

use super::{Case, Finding, count, grouped};
use crate::Outcome;

impl Case<'_> {
    pub(super) fn black(&self, min_ms: u64) -> Finding {
        let wanted = unexplained(min_ms);
        self.of_picture(wanted, |_, wanted| self.stretches(StretchKind::Black, min_ms, wanted))
    }

    pub(super) fn freeze(&self, min_ms: u64) -> Finding {
        let wanted = unexplained(min_ms);
        self.of_picture(wanted, |_, wanted| self.stretches(StretchKind::Freeze, min_ms, wanted))
    }

    pub(super) fn silence(&self, min_ms: u64) -> Finding {
        let wanted = unexplained(min_ms);
        self.of_sound(wanted, |_, wanted| self.stretches(StretchKind::Silence, min_ms, wanted))
    }

    fn stretches(&self, kind: StretchKind, min_ms: u64, wanted: String) -> Finding {
        let Some(rate) = self.rate() else { return Finding::not_checked(wanted, "the frame rate is unknown") };
        let long =
            |stretch: &&Stretch| stretch.kind == kind && milliseconds(stretch.frames, rate) >= u128::from(min_ms);
        let counted =
            self.facts.stretches.iter().filter(long).filter(|stretch| !self.is_black_too(stretch, min_ms, rate));
        let (explained, open): (Vec<_>, Vec<_>) = counted.partition(|stretch| self.is_explained(stretch));
        if let Some(first) = open.first() {
            let place = format!("at {} for {}", at(first.first, rate), seconds(first.frames, rate));
            let found = match open.len() {
                1 => format!("unexplained {place}"),
                many => format!("{} unexplained, the first {place}", grouped(many as u64)),
            };
            return Finding::new(Outcome::Warn, wanted, found);
        }
        Finding::holds(
            true,
            wanted,
            match explained.len() {
                0 => "none".to_owned(),
                some => format!("none but {} that the programme explains", grouped(some as u64)),
            },
        )
    }

    /// The programme shows it there, as the file's own facts or the plan say.
    fn is_explained(&self, stretch: &Stretch) -> bool {
        let end = stretch.first + stretch.frames;
        let covers = |known: &Stretch| {
            known.kind == stretch.kind && known.first <= stretch.first && end <= known.first + known.frames
        };
        stretch.explained.is_some() || self.expected.is_some_and(|expected| expected.explained.iter().any(covers))
    }

    /// Black stands still; that is the black clause's to tell. What is left of a freeze beside it must be long enough by itself.
    fn is_black_too(&self, freeze: &Stretch, min_ms: u64, rate: FrameRate) -> bool {
        if freeze.kind != StretchKind::Freeze {
            return false;
        }
        let end = freeze.first + freeze.frames;
        let mut black: Vec<&Stretch> =
            self.facts.stretches.iter().filter(|other| other.kind == StretchKind::Black).collect();
        black.sort_by_key(|stretch| stretch.first);
        let mut from = freeze.first;
        let mut longest = 0;
        for stretch in
            black.iter().filter(|stretch| stretch.first < end && stretch.first + stretch.frames > freeze.first)
        {
            longest = longest.max(stretch.first.saturating_sub(from));
            from = from.max(stretch.first + stretch.frames);
        }
        longest = longest.max(end.saturating_sub(from));
        milliseconds(longest, rate) < u128::from(min_ms)
    }

    pub(super) fn av_sync(&self, max_us: u64) -> Finding {
        let wanted = format!("within {} at every seam", millis(max_us));
        if self.facts.sound.is_none() {
            return Finding::not_checked(wanted, "the file has no sound");
        }
        let lags = self.facts.seams.iter().filter_map(|seam| seam.sound_lag_us.map(|lag| (lag, seam.frame)));
        let measured = lags.clone().count() as u64;
        let Some((worst, frame)) = lags.max_by_key(|(lag, _)| lag.unsigned_abs()) else {
            let why = if self.facts.seams.is_empty() {
                "no seam to measure"
            } else {
                "no seam could be measured: no mix to compare with, or too quiet"
            };
            return Finding::not_checked(wanted, why);
        };
        let place = self.rate().map_or_else(|| format!("frame {}", grouped(frame)), |rate| at(frame, rate));
        let quiet = match self.facts.seams.len() as u64 - measured {
            0 => String::new(),
            quiet => format!("; {quiet} too quiet to tell"),
        };
        let direction = match worst {
            0 => "",
            late if late > 0 => " late",
            _ => " early",
        };
        let found = format!(
            "at most {}{direction} at {place}, {} measured{quiet}",
            millis(worst.unsigned_abs()),
            count(measured, "seam")
        );
        Finding::holds(worst.unsigned_abs() <= max_us, wanted, found)
    }

    pub(super) fn seams(&self) -> Finding {
        self.of_picture("planned frames either side of every cut", |_, wanted| {
            let seams = &self.facts.seams;
            let wrong =
                |seam: &&SeamFacts| [seam.before_matches, seam.after_matches, seam.cut_seen].contains(&Some(false));
            let compared = |seam: &&SeamFacts| seam.before_matches.is_some() && seam.after_matches.is_some();
            let bad: Vec<_> = seams.iter().filter(wrong).collect();
            if let Some(first) = bad.first() {
                if let Some(id) = self.made_anew() {
                    return Finding::not_checked(
                        wanted,
                        format!("{} differ; follows from `{id}`", count(bad.len() as u64, "seam")),
                    );
                }
                let place =
                    self.rate().map_or_else(|| format!("frame {}", grouped(first.frame)), |rate| at(first.frame, rate));
                let found =
                    format!("{} with other frames than planned, the first at {place}", count(bad.len() as u64, "seam"));
                return Finding::holds(false, wanted, found);
            }
            let planned = self.expected.map_or(0, |expected| expected.cuts.len()).max(seams.len());
            match (planned, seams.iter().filter(compared).count()) {
                (0, _) if self.expected.is_some() => Finding::holds(true, wanted, "the programme has no cut"),
                (0, _) => Finding::not_checked(wanted, "no plan or report says where the cuts are"),
                (planned, compared) if compared == planned => {
                    Finding::holds(true, wanted, format!("all {}", count(planned as u64, "seam")))
                }
                (planned, compared) => {
                    Finding::not_checked(wanted, format!("{compared} of {} compared", count(planned as u64, "seam")))
                }
            }
        })
    }

    pub(super) fn packets(&self) -> Finding {
        self.of_picture("every packet as proved", |picture: &FilePicture, wanted| match self.facts.packets_differing {
            None => Finding::not_checked(wanted, "no proofs to compare with"),
            Some(0) => Finding::holds(true, wanted, format!("all {}", count(picture.frames, "packet"))),
            Some(differing) => {
                let found = format!("{} differ", count(differing.into(), "packet"));
                match self.made_anew().or_else(|| self.packets_told_elsewhere()) {
                    Some(id) => Finding::not_checked(wanted, format!("{found}; follows from `{id}`")),
                    None => Finding::holds(false, wanted, found),
                }
            }
        })
    }

    /// The proved chunks keep these clauses, so a picture that breaks one was made anew and cannot be theirs.
    fn made_anew(&self) -> Option<&str> {
        self.failing(|check| {
            matches!(
                check,
                Check::PictureCodec { .. }
                    | Check::Raster { .. }
                    | Check::Progressive
                    | Check::SampleFormat { .. }
                    | Check::BFrameRun { .. }
                    | Check::ClosedGop { .. }
            )
        })
    }

    /// Clauses that say better what is wrong with packets that are not the proved ones.
    fn packets_told_elsewhere(&self) -> Option<&str> {
        self.failing(|check| matches!(check, Check::Bt709Tags | Check::FrameCount | Check::Decodes | Check::Seams))
    }
}

fn unexplained(min_ms: u64) -> String {
    format!("none of {} or more unexplained", millis(min_ms * 1000))
}

fn milliseconds(frames: u64, rate: FrameRate) -> u128 {
    u128::from(frames) * u128::from(rate.den()) * 1000 / u128::from(rate.num())
}

fn seconds(frames: u64, rate: FrameRate) -> String {
    let tenths = (milliseconds(frames, rate) + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Microseconds in the unit that reads best.
fn millis(us: u64) -> String {
    match us {
        us if us >= 1_000_000 && us.is_multiple_of(1_000_000) => format!("{} s", us / 1_000_000),
        us if us.is_multiple_of(1000) => format!("{} ms", us / 1000),
        us => format!("{}.{:02} ms", us / 1000, us % 1000 / 10),
    }
}

/// A frame's place as timecode, drop-frame where the rate has it; as a frame number where it has none.
fn at(frame: u64, rate: FrameRate) -> String {
    let format = TimecodeFormat::new(rate, true).or_else(|_| TimecodeFormat::new(rate, false));
    format
        .map_or_else(|_| format!("frame {}", grouped(frame)), |format| Timecode::from_frame(frame, format).to_string())
}
