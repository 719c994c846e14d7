//! Loudness and true peak by ITU-R BS.1770-5, EBU Tech 3341 and 3342: the `ebur128` crate, fed and read in one way.

use bookend_jobs::facts::Loudness;
use bookend_units::PROGRAMME_SAMPLE_RATE;
use ebur128::{EbuR128, Mode};

use crate::RecipeError;

/// The absolute gate: what lies below is silence to the standard.
const ABSOLUTE_GATE_LUFS: f64 = -70.0;
/// How often the momentary maximum is read, in samples: every 20 ms, the steps in which Tech 3341's signals 13 begin.
const MOMENTARY_STEP: usize = PROGRAMME_SAMPLE_RATE as usize / 50;
/// How often the short-term maximum is read, in momentary steps: ten times a second.
const SHORT_TERM_STEPS: u64 = 5;
/// Momentary steps in a second.
const STEPS_A_SECOND: u64 = 50;

/// Measures integrated loudness only: what a gain is solved by.
///
/// Memory grows by 8 bytes for every 100 ms above the absolute gate: 7 MB a day.
pub(crate) struct IntegratedMeter(EbuR128);

impl IntegratedMeter {
    /// Makes a meter for 48 kHz sound.
    ///
    /// # Errors
    /// When the crate refuses the number of channels.
    pub(crate) fn new(channels: u32) -> Result<Self, RecipeError> {
        EbuR128::new(channels, PROGRAMME_SAMPLE_RATE, Mode::I).map(IntegratedMeter).map_err(unfit)
    }

    /// Takes interleaved samples.
    ///
    /// # Errors
    /// When the samples are not whole frames.
    pub(crate) fn add(&mut self, samples: &[f32]) -> Result<(), RecipeError> {
        self.0.add_frames_f32(samples).map_err(unfit)
    }

    /// Returns the integrated loudness in LUFS; `None` below the absolute gate or under 400 ms.
    ///
    /// # Errors
    /// Never, in a meter made by [`IntegratedMeter::new`].
    pub(crate) fn lufs(&self) -> Result<Option<f64>, RecipeError> {
        self.0.loudness_global().map(audible).map_err(unfit)
    }
}

/// Measures everything a report says of finished sound.
///
/// Line-up tone counts as silence in every loudness figure and in the curve; true peak counts all that is there.
pub(crate) struct LoudnessMeter {
    programme: EbuR128,
    /// Measures the peaks of line-up tone; made when there is some.
    tone: Option<EbuR128>,
    channels: usize,
    zeros: Vec<f32>,
    /// Frames since the last momentary reading.
    since_reading: usize,
    readings: u64,
    max_momentary: f64,
    max_short_term: f64,
    curve: Vec<Option<f32>>,
}

impl LoudnessMeter {
    /// Makes a meter for 48 kHz sound.
    ///
    /// # Errors
    /// When the crate refuses the number of channels.
    pub(crate) fn new(channels: u32) -> Result<Self, RecipeError> {
        let modes = Mode::I | Mode::LRA | Mode::M | Mode::S | Mode::TRUE_PEAK;
        Ok(LoudnessMeter {
            programme: EbuR128::new(channels, PROGRAMME_SAMPLE_RATE, modes).map_err(unfit)?,
            tone: None,
            channels: channels as usize,
            zeros: vec![0.0; MOMENTARY_STEP * channels as usize],
            since_reading: 0,
            readings: 0,
            max_momentary: f64::NEG_INFINITY,
            max_short_term: f64::NEG_INFINITY,
            curve: Vec::new(),
        })
    }

    /// Takes interleaved samples that are wholly programme, or wholly line-up tone.
    ///
    /// # Errors
    /// When the samples are not whole frames.
    pub(crate) fn add(&mut self, mut samples: &[f32], is_tone: bool) -> Result<(), RecipeError> {
        if is_tone {
            let tone = match &mut self.tone {
                Some(tone) => tone,
                none => none
                    .insert(EbuR128::new(self.channels as u32, PROGRAMME_SAMPLE_RATE, Mode::TRUE_PEAK).map_err(unfit)?),
            };
            tone.add_frames_f32(samples).map_err(unfit)?;
        }
        while !samples.is_empty() {
            let wanted = (MOMENTARY_STEP - self.since_reading) * self.channels;
            let (part, rest) = samples.split_at(wanted.min(samples.len()));
            let counted = if is_tone { &self.zeros[..part.len()] } else { part };
            self.programme.add_frames_f32(counted).map_err(unfit)?;
            self.since_reading += part.len() / self.channels;
            if self.since_reading == MOMENTARY_STEP {
                self.since_reading = 0;
                self.read()?;
            }
            samples = rest;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), RecipeError> {
        self.readings += 1;
        // The windows of 0.4 s and 3 s mean nothing before they are full.
        if self.readings >= 2 * STEPS_A_SECOND / 5 {
            self.max_momentary = self.max_momentary.max(self.programme.loudness_momentary().map_err(unfit)?);
        }
        if self.readings.is_multiple_of(SHORT_TERM_STEPS) {
            let short_term = self.programme.loudness_shortterm().map_err(unfit)?;
            if self.readings >= 3 * STEPS_A_SECOND {
                self.max_short_term = self.max_short_term.max(short_term);
            }
            if self.readings.is_multiple_of(STEPS_A_SECOND) {
                self.curve.push(audible(short_term).map(|lufs| lufs as f32));
            }
        }
        Ok(())
    }

    /// Returns all figures. The curve holds the meter's short-term reading at the end of each full second; the first two
    /// see silence before the start.
    ///
    /// # Errors
    /// Never, in a meter made by [`LoudnessMeter::new`].
    pub(crate) fn finish(self) -> Result<Loudness, RecipeError> {
        let integrated_lufs = audible(self.programme.loudness_global().map_err(unfit)?);
        let range = self.programme.loudness_range().map_err(unfit)?;
        let mut peak: f64 = 0.0;
        for meter in std::iter::once(&self.programme).chain(&self.tone) {
            for channel in 0..self.channels as u32 {
                peak = peak.max(meter.true_peak(channel).map_err(unfit)?);
            }
        }
        Ok(Loudness {
            integrated_lufs,
            range_lu: integrated_lufs.map(|_| range),
            max_momentary_lufs: audible(self.max_momentary),
            max_short_term_lufs: audible(self.max_short_term),
            true_peak_dbtp: (peak > 0.0).then(|| decibels(peak)),
            curve: self.curve,
        })
    }
}

/// Returns a linear amplitude in dB.
pub(crate) fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.log10()
}

/// Returns a level in dB as a linear factor.
pub(crate) fn factor(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

fn audible(lufs: f64) -> Option<f64> {
    (lufs >= ABSOLUTE_GATE_LUFS).then_some(lufs)
}

fn unfit(error: ebur128::Error) -> RecipeError {
    RecipeError::Malformed(format!("loudness meter: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::made::{both, factor, sine, sine_at};

    fn tones(parts: &[(f64, f64)]) -> Vec<f32> {
        let mono: Vec<f32> = parts
            .iter()
            .flat_map(|(seconds, dbfs)| sine((seconds * 48_000.0).round() as usize, 1000.0, factor(*dbfs)))
            .collect();
        both(&mono)
    }

    fn measured(samples: &[f32]) -> Loudness {
        let mut meter = LoudnessMeter::new(2).unwrap();
        for part in samples.chunks(2 * 4096) {
            meter.add(part, false).unwrap();
        }
        meter.finish().unwrap()
    }

    fn near(found: Option<f64>, wanted: f64) {
        assert!(found.is_some_and(|found| (found - wanted).abs() <= 0.1), "{found:?} is not {wanted}");
    }

    /// EBU Tech 3341 (2023), table 1, signals 1 to 5.
    #[test]
    fn integrated_loudness_meets_tech_3341() {
        for (parts, wanted) in [
            (&[(20.0, -23.0)][..], -23.0),
            (&[(20.0, -33.0)], -33.0),
            (&[(10.0, -36.0), (60.0, -23.0), (10.0, -36.0)], -23.0),
            (&[(10.0, -72.0), (10.0, -36.0), (60.0, -23.0), (10.0, -36.0), (10.0, -72.0)], -23.0),
            (&[(20.0, -26.0), (20.1, -20.0), (20.0, -26.0)], -23.0),
        ] {
            let samples = tones(parts);
            near(measured(&samples).integrated_lufs, wanted);
            let mut meter = IntegratedMeter::new(2).unwrap();
            meter.add(&samples).unwrap();
            near(meter.lufs().unwrap(), wanted);
        }
    }

    /// Tech 3341, signals 10 and 13: maxima wherever the burst begins.
    #[test]
    fn maxima_meet_tech_3341() {
        for step in [0, 3, 7, 19] {
            let step = f64::from(step);
            let burst = tones(&[(step * 0.15, -200.0), (3.0, -23.0), (1.0, -200.0)]);
            near(measured(&burst).max_short_term_lufs, -23.0);
            let burst = tones(&[(step * 0.02, -200.0), (0.4, -23.0), (1.0, -200.0)]);
            near(measured(&burst).max_momentary_lufs, -23.0);
        }
    }

    /// Tech 3341, signals 15 to 19 (+0.2, −0.4 dB).
    #[test]
    fn true_peak_meets_tech_3341() {
        for (divisor, peak, degrees, wanted) in [
            (4.0, 0.5, 0.0, -6.0),
            (4.0, 0.5, 45.0, -6.0),
            (6.0, 0.5, 60.0, -6.0),
            (8.0, 0.5, 67.5, -6.0),
            (4.0, 1.41, 45.0, 3.0),
        ] {
            let mut mono = sine_at(48_000, 48_000.0 / divisor, peak, degrees);
            for index in 0..480 {
                let fade = index as f32 / 480.0;
                mono[index] *= fade;
                mono[47_999 - index] *= fade;
            }
            let found = measured(&both(&mono)).true_peak_dbtp.unwrap();
            assert!((wanted - 0.4..=wanted + 0.2).contains(&found), "{found} is not {wanted}");
        }
    }

    /// EBU Tech 3342 (2023), signals 1 to 4 (±1 LU).
    #[test]
    fn range_meets_tech_3342() {
        for (levels, wanted) in [
            (&[-20.0, -30.0][..], 10.0),
            (&[-20.0, -15.0], 5.0),
            (&[-40.0, -20.0], 20.0),
            (&[-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
        ] {
            let parts: Vec<_> = levels.iter().map(|level| (20.0, *level)).collect();
            let found = measured(&tones(&parts)).range_lu.unwrap();
            assert!((found - wanted).abs() <= 1.0, "{found} is not {wanted}");
        }
    }

    #[test]
    fn silence_and_moments_measure_nothing() {
        let silent = measured(&vec![0.0; 2 * 48_000 * 4]);
        assert_eq!(silent, Loudness { curve: vec![None; 4], ..Loudness::default() });
        let moment = measured(&tones(&[(0.3, -10.0)]));
        assert_eq!((moment.integrated_lufs, moment.max_momentary_lufs), (None, None));
        assert!(moment.true_peak_dbtp.is_some());
    }

    #[test]
    fn line_up_tone_counts_as_peak_only() {
        let mut meter = LoudnessMeter::new(2).unwrap();
        meter.add(&tones(&[(10.0, -3.0)]), true).unwrap();
        meter.add(&tones(&[(20.0, -23.0)]), false).unwrap();
        let found = meter.finish().unwrap();
        near(found.integrated_lufs, -23.0);
        near(found.max_momentary_lufs, -23.0);
        near(found.true_peak_dbtp, -3.0);
        assert_eq!(found.curve.len(), 30);
        assert_eq!(found.curve[5], None);
    }
}
