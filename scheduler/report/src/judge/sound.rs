//! Clauses of the sound.

use bookend_config::spec::Check;
use bookend_jobs::facts::Loudness;

use super::{Case, Finding, count, grouped};
use crate::{GaveWay, Outcome};

impl Case<'_> {
    pub(super) fn sound_codec(&self, codec: &str, profile: &str) -> Finding {
        self.of_sound(named(codec, profile), |sound, wanted| {
            if sound.codec.is_empty() {
                return Finding::not_checked(wanted, "the codec was not recognised");
            }
            // FFmpeg names no profile of PCM, and readers differ in how they say so.
            let holds = sound.codec == codec && (profile.is_empty() || sound.profile == profile);
            Finding::holds(holds, wanted, named(&sound.codec, &sound.profile))
        })
    }

    pub(super) fn sound_format(&self, channels: u32, rate_hz: u32) -> Finding {
        let say = |channels: u32, rate_hz: u32| {
            format!("{}, {} Hz", count(channels.into(), "channel"), grouped(rate_hz.into()))
        };
        self.of_sound(say(channels, rate_hz), |sound, wanted| {
            let holds = (sound.channels, sound.rate_hz) == (channels, rate_hz);
            Finding::holds(holds, wanted, say(sound.channels, sound.rate_hz))
        })
    }

    /// Quiet sound needs fewer bits than it may have, and a short programme may borrow some: a tenth off warns. A quarter
    /// too many is another setting, and fails.
    pub(super) fn sound_bit_rate(&self, bit_rate_bps: u64) -> Finding {
        let say = |bps: u64| format!("{} kb/s", grouped((bps + 500) / 1000));
        self.of_sound(format!("{} ±10 %", say(bit_rate_bps)), |sound, wanted| {
            if let Some(id) = self.failing(|check| matches!(check, Check::SoundCodec { .. })) {
                return Finding::not_checked(wanted, format!("{}; follows from `{id}`", say(sound.bit_rate_bps)));
            }
            let (found, tenth) = (sound.bit_rate_bps, bit_rate_bps / 10);
            if found == 0 {
                Finding::not_checked(wanted, "the bit rate is unknown")
            } else if found > bit_rate_bps + bit_rate_bps / 4 {
                Finding::new(Outcome::Fail, wanted, say(found))
            } else if found > bit_rate_bps + tenth {
                Finding::new(
                    Outcome::Warn,
                    wanted,
                    format!("{}: more bits than recommended; a short programme may borrow them", say(found)),
                )
            } else if found < bit_rate_bps - tenth {
                Finding::new(
                    Outcome::Warn,
                    wanted,
                    format!("{}: fewer bits than recommended; quiet sound needs no more", say(found)),
                )
            } else {
                Finding::new(Outcome::Pass, wanted, say(found))
            }
        })
    }

    pub(super) fn sample_count(&self) -> Finding {
        let Some(expected) = self.expected else {
            let found = self
                .facts
                .sound
                .as_ref()
                .map_or_else(String::new, |sound| format!("{}; ", count(sound.samples, "sample")));
            return Finding::not_checked("as the programme", format!("{found}no plan or report to compare with"));
        };
        self.of_sound(count(expected.samples, "sample"), |sound, wanted| {
            let found = count(sound.samples, "sample");
            if let Some(id) =
                self.failing(|check| matches!(check, Check::SoundCodec { .. } | Check::SoundFormat { .. }))
            {
                return Finding::not_checked(wanted, format!("{found}; follows from `{id}`"));
            }
            // A decoder that complained has a clause of its own.
            if sound.samples == expected.samples
                && sound.decoded_samples < sound.samples
                && self.facts.decode_errors.is_empty()
            {
                return Finding::holds(
                    false,
                    wanted,
                    format!("{found} by the time table, {} decoded", grouped(sound.decoded_samples)),
                );
            }
            Finding::holds(sound.samples == expected.samples, wanted, found)
        })
    }

    pub(super) fn loudness(&self, integrated_lufs: f64, tolerance_lu: f64) -> Finding {
        let wanted = format!("{} ±{tolerance_lu:.1} LUFS", format!("{integrated_lufs:.1}").replace('-', "−"));
        let measured = match self.measured() {
            Ok(measured) => measured,
            Err(why) => return Finding::not_checked(wanted, why),
        };
        let Some(found) = measured.integrated_lufs else {
            return Finding::not_checked(wanted, "silent, or too short to measure");
        };
        let said = format!("{} LUFS", signed(found));
        if within(found, integrated_lufs, tolerance_lu) {
            return Finding::holds(true, wanted, said);
        }
        match self.gave_way() {
            // Giving way is quieter than wanted, and as loud as it was when the sound was mixed.
            Some(gave_way)
                if found < integrated_lufs
                    && gave_way.integrated_lufs.is_none_or(|then| within(found, then, tolerance_lu)) =>
            {
                Finding::holds(true, wanted, format!("{said}; the target gave way: {}", gave_way.reason))
            }
            _ => Finding::holds(false, wanted, said),
        }
    }

    pub(super) fn true_peak(&self, max_dbtp: f64) -> Finding {
        let wanted = format!("at most {} dBTP", signed(max_dbtp));
        match self.measured().map(|measured| measured.true_peak_dbtp) {
            Err(why) => Finding::not_checked(wanted, why),
            Ok(None) => Finding::holds(true, wanted, "digital silence"),
            Ok(Some(peak)) => {
                Finding::holds(hundredths(peak) <= hundredths(max_dbtp), wanted, format!("{} dBTP", signed(peak)))
            }
        }
    }

    fn measured(&self) -> Result<&Loudness, &'static str> {
        match (&self.facts.sound, &self.facts.loudness) {
            (None, _) => Err("the file has no sound"),
            (Some(_), None) => Err("loudness was not measured"),
            (Some(_), Some(measured)) => Ok(measured),
        }
    }

    /// The report beside the file knows how loud it was then; the mix's own word is the same moment's.
    fn gave_way(&self) -> Option<GaveWay> {
        let of_programme = self.expected.and_then(|expected| expected.gave_way.clone());
        of_programme.or_else(|| self.facts.gave_way.clone().map(|reason| GaveWay { reason, integrated_lufs: None }))
    }
}

/// Levels are judged as they are shown, in hundredths, so that no one reads −23.20 against −23.0 ±0.2 as a failure.
fn hundredths(level: f64) -> i64 {
    (level.clamp(-1e6, 1e6) * 100.0).round() as i64
}

fn within(found: f64, wanted: f64, tolerance: f64) -> bool {
    (hundredths(found) - hundredths(wanted)).abs() <= hundredths(tolerance)
}

/// Two decimals with a true minus sign.
fn signed(level: f64) -> String {
    format!("{:.2}", hundredths(level) as f64 / 100.0).replace('-', "−")
}

fn named(codec: &str, profile: &str) -> String {
    let codec = match codec {
        "aac" => "AAC",
        "pcm_s16le" => "PCM 16-bit",
        "pcm_s24le" => "PCM 24-bit",
        other => other,
    };
    if profile.is_empty() { codec.to_owned() } else { format!("{codec}-{profile}") }
}
