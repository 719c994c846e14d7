//! The end of the line: what is kept of conformed sound, and what is measured of it.

use std::ops::Range;
use std::path::Path;

use super::loudness::IntegratedMeter;
use super::plan::SoundPlan;
use super::wave_file::{WaveSample, WaveWriter};
use crate::RecipeError;

/// Most silence handed to a meter at once, in samples.
const SILENCE_STEP: usize = 4096;
/// Samples beyond are a broken float file, not sound: 48 dB over full scale.
const LOUDEST: f32 = 256.0;

/// Takes a source's sound at 48 kHz, in order, and keeps and measures the stretches of a plan.
pub(crate) struct Keep {
    plan: SoundPlan,
    channels: usize,
    writer: WaveWriter,
    /// Where the file begins, once something was written.
    first: Option<i64>,
    /// The source's sound up to here was taken.
    end: Option<i64>,
    span: IntegratedMeter,
    /// The placed span up to here was measured.
    measured_to: i64,
    source: Option<IntegratedMeter>,
    peak: f32,
    mended: u64,
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Kept {
    pub first_sample: i64,
    pub samples: u64,
    pub span_lufs: Option<f64>,
    pub source_lufs: Option<f64>,
    /// End of all that was taken, in samples from source zero.
    pub end: i64,
    pub peak: f64,
    /// Samples that were no numbers, or absurd ones.
    pub mended: u64,
}

impl Keep {
    /// Starts the file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn start(plan: &SoundPlan, channels: u32, file: &Path) -> Result<Self, RecipeError> {
        Ok(Keep {
            plan: plan.clone(),
            channels: channels as usize,
            writer: WaveWriter::create(file, channels as u16, WaveSample::Float32)?,
            first: None,
            end: None,
            span: IntegratedMeter::new(channels)?,
            measured_to: plan.placed.start,
            source: plan.measures_source.then(|| IntegratedMeter::new(channels)).transpose()?,
            peak: 0.0,
            mended: 0,
        })
    }

    /// Takes interleaved samples that begin at sample `at` of the source. A stretch left out since the last call is
    /// silence; what was taken already is dropped.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn take(&mut self, at: i64, samples: &mut [f32]) -> Result<(), RecipeError> {
        self.mended += mend(samples);
        let known = self.end.map_or(0, |end| (end - at).max(0) as usize * self.channels).min(samples.len());
        let samples = &samples[known..];
        if samples.is_empty() {
            return Ok(());
        }
        let at = at + (known / self.channels) as i64;
        self.silence_to(at)?;
        let count = samples.len() / self.channels;
        if let Some(kept) = self.part(samples, at, &self.plan.keep) {
            self.first.get_or_insert(at.max(self.plan.keep.start));
            self.writer.write_floats(kept)?;
        }
        if let Some(placed) = self.part(samples, at, &self.plan.placed) {
            self.peak = placed.iter().fold(self.peak, |peak, sample| peak.max(sample.abs()));
            self.span.add(placed)?;
            self.measured_to += (placed.len() / self.channels) as i64;
        }
        if let Some(source) = &mut self.source {
            source.add(samples)?;
        }
        self.end = Some(at + count as i64);
        Ok(())
    }

    /// Tells whether nothing that follows is wanted.
    pub(crate) fn is_complete(&self) -> bool {
        self.source.is_none() && self.end.is_some_and(|end| end >= self.plan.keep.end)
    }

    /// Completes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self) -> Result<Kept, RecipeError> {
        let placed_end = self.plan.placed.end;
        self.measure_silence_to(placed_end)?;
        Ok(Kept {
            first_sample: self.first.unwrap_or(self.plan.keep.start),
            samples: self.writer.finish()?,
            span_lufs: self.span.lufs()?,
            source_lufs: self.source.map(|source| source.lufs()).transpose()?.flatten(),
            end: self.end.unwrap_or(self.plan.keep.start),
            peak: f64::from(self.peak),
            mended: self.mended,
        })
    }

    /// Fills what lies between the last sample and `at` with silence: in the file once it has begun, in the meters.
    fn silence_to(&mut self, at: i64) -> Result<(), RecipeError> {
        let from = self.end.unwrap_or(at);
        let zeros = vec![0.0; SILENCE_STEP * self.channels];
        let keep = &self.plan.keep;
        let mut missing = (at.min(keep.end) - from.max(keep.start)).max(0) as usize;
        if missing > 0 {
            self.first.get_or_insert(from.max(keep.start));
        }
        while missing > 0 {
            let step = missing.min(SILENCE_STEP);
            self.writer.write_floats(&zeros[..step * self.channels])?;
            missing -= step;
        }
        self.measure_silence_to(at)?;
        if let Some(source) = &mut self.source {
            // A long gap says nothing more than a short one: three seconds empty every window.
            let mut missing = (at - from).clamp(0, 3 * 48_000) as usize;
            while missing > 0 {
                let step = missing.min(SILENCE_STEP);
                source.add(&zeros[..step * self.channels])?;
                missing -= step;
            }
        }
        Ok(())
    }

    fn measure_silence_to(&mut self, at: i64) -> Result<(), RecipeError> {
        let zeros = vec![0.0; SILENCE_STEP * self.channels];
        while self.measured_to < at.min(self.plan.placed.end) {
            let step = (at.min(self.plan.placed.end) - self.measured_to).min(SILENCE_STEP as i64);
            self.span.add(&zeros[..step as usize * self.channels])?;
            self.measured_to += step;
        }
        Ok(())
    }

    /// Returns the part of samples beginning at `at` that lies in `range`.
    fn part<'a>(&self, samples: &'a [f32], at: i64, range: &Range<i64>) -> Option<&'a [f32]> {
        let count = (samples.len() / self.channels) as i64;
        let from = (range.start - at).clamp(0, count) as usize;
        let to = (range.end - at).clamp(0, count) as usize;
        (from < to).then(|| &samples[from * self.channels..to * self.channels])
    }
}

/// Silences what is no number and bounds what is absurd; returns how many samples that were.
fn mend(samples: &mut [f32]) -> u64 {
    let mut mended = 0;
    for sample in samples {
        if !(-LOUDEST..=LOUDEST).contains(sample) {
            *sample = if sample.is_nan() { 0.0 } else { sample.clamp(-LOUDEST, LOUDEST) };
            mended += 1;
        }
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::made::{both, factor, sine};
    use crate::sound::wave_file::WaveReader;

    fn kept(plan: &SoundPlan, parts: &[(i64, Vec<f32>)]) -> (Kept, Vec<f32>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sound.wav");
        let mut keep = Keep::start(plan, 2, &file).unwrap();
        for (at, samples) in parts {
            keep.take(*at, &mut samples.clone()).unwrap();
        }
        let kept = keep.finish().unwrap();
        let mut found = vec![0.0; kept.samples as usize * 2];
        WaveReader::open(&file).unwrap().read_at(0, &mut found).unwrap();
        (kept, found)
    }

    fn plan(keep: Range<i64>, placed: Range<i64>) -> SoundPlan {
        SoundPlan { keep, placed, measures_source: false }
    }

    fn count(from: usize, to: usize) -> Vec<f32> {
        both(&(from..to).map(|index| index as f32 / 1e4).collect::<Vec<_>>())
    }

    #[test]
    fn the_span_is_cut_to_the_sample() {
        let (kept, found) = kept(&plan(100..300, 150..250), &[(0, count(0, 120)), (120, count(120, 500))]);
        assert_eq!((kept.first_sample, kept.samples, kept.end), (100, 200, 500));
        assert_eq!(found, count(100, 300));
        assert!((kept.peak - 0.0249).abs() < 1e-9);
    }

    #[test]
    fn a_source_that_starts_late_or_ends_early_has_less() {
        let (kept, found) = kept(&plan(-50..300, 0..250), &[(20, count(20, 200))]);
        assert_eq!((kept.first_sample, kept.samples, kept.end), (20, 180, 200));
        assert_eq!(found, count(20, 200));
        let (kept, found) = super::tests::kept(&plan(1000..1300, 1100..1200), &[(0, count(0, 200))]);
        assert_eq!((kept.samples, found.len()), (0, 0));
        assert_eq!(kept.first_sample, 1000);
    }

    #[test]
    fn gaps_are_silence_and_overlaps_are_dropped() {
        let parts = [(0, count(1, 101)), (150, count(151, 201)), (180, count(900, 960))];
        let (kept, found) = kept(&plan(0..300, 0..300), &parts);
        assert_eq!((kept.first_sample, kept.samples), (0, 240));
        assert_eq!(found[200..300], vec![0.0; 100]);
        assert_eq!(found[300..400], count(151, 201));
        assert_eq!(found[400..], count(920, 960));
    }

    #[test]
    fn a_gap_over_the_spans_start_is_written() {
        let (kept, found) = kept(&plan(100..200, 100..200), &[(0, count(0, 50)), (150, count(150, 300))]);
        assert_eq!((kept.first_sample, kept.samples), (100, 100));
        assert_eq!(found[..100], vec![0.0; 100]);
        assert_eq!(found[100..], count(150, 200));
    }

    #[test]
    fn the_placed_span_is_measured_with_the_silence_in_it() {
        let tone = both(&sine(48_000 * 4, 1000.0, factor(-20.0)));
        let placed = 0..48_000 * 8;
        let (whole, _) = kept(&plan(placed.clone(), placed.clone()), &[(0, tone.clone())]);
        let span = whole.span_lufs.unwrap();
        assert!((-20.4..-20.0).contains(&span), "{span}");
        let short = SoundPlan { measures_source: true, ..plan(0..4800, 0..4800) };
        let (whole, _) = kept(&short, &[(0, tone)]);
        assert_eq!(whole.span_lufs, None);
        assert!((whole.source_lufs.unwrap() + 20.0).abs() < 0.1);
    }

    #[test]
    fn broken_floats_are_mended() {
        let broken = vec![f32::NAN, 0.5, f32::INFINITY, -1e30];
        let (kept, found) = kept(&plan(0..2, 0..2), &[(0, broken)]);
        assert_eq!(kept.mended, 3);
        assert_eq!(found, [0.0, 0.5, LOUDEST, -LOUDEST]);
    }
}
