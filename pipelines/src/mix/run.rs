//! Mixes the programme: surveys it, finds its gain, writes it, encodes it, and measures what came out.

use std::ops::Range;
use std::path::{Path, PathBuf};

use bookend_jobs::facts::{Facts, Loudness, MixFacts, SoundFacts};
use bookend_jobs::work::Mix;
use bookend_jobs::{Key, MadeResult};

use super::bus::Bus;
use super::deliver;
use super::level::{Aim, Level, Plain};
use super::limiter::Limiter;
use super::passes::Passes;
use super::peaks::BlockPeaks;
use super::plan::{Hears, MixPlan};
use super::silence::{self, SilenceFinder};
use super::tone;
use super::true_peak::{self, PeakEnvelope};
use crate::sound::loudness::{IntegratedMeter, LoudnessMeter, factor};
use crate::sound::wave_file::{WaveReader, WaveSample, WaveWriter};
use crate::{JobFolder, Progress, RecipeError};

/// File that holds the programme's PCM in a Mix result.
const MIX_FILE: &str = "mix.wav";
/// Encodings tried before what is delivered is left to be judged as it is.
const MOST_PASSES: u32 = 3;
/// How much lower than by what was too much the ceiling is set for the next try, in dB.
const LOWER_STILL_DB: f64 = 0.1;

/// Makes the one result of a Mix job.
///
/// # Errors
/// When items do not cover the programme, an input is missing, or what was written does not read back.
pub(crate) fn make(
    work: &Mix,
    key: Key,
    job: &JobFolder<'_>,
    progress: Progress<'_>,
) -> Result<MadeResult, RecipeError> {
    let plan = MixPlan::of(work, |input| sound_facts(job, input))?;
    let files = plan
        .items
        .iter()
        .map(|item| match &item.hears {
            Hears::Sound { input, file, .. } => job.file(input, file).map(|path| Some(path.to_owned())),
            Hears::Tone | Hears::Silence => Ok(None),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut passes = Passes::new(progress, plan.samples);
    let mixer = Mixer { work, plan: &plan, files: &files };
    let facts = mixer.mix(&job.result_folder(key)?, &mut passes)?;
    passes.finish();
    let files = std::iter::once(facts.pcm.clone()).chain(facts.encoded.clone()).collect();
    Ok(MadeResult { files, facts: Facts::Mix(Box::new(facts)) })
}

fn sound_facts<'a>(job: &'a JobFolder<'_>, input: &str) -> Result<&'a SoundFacts, RecipeError> {
    match job.facts(input)? {
        Facts::Sound(facts) => Ok(facts),
        _ => Err(RecipeError::Malformed(format!("input `{input}` is not a Sound result"))),
    }
}

struct Mixer<'a> {
    work: &'a Mix,
    plan: &'a MixPlan,
    files: &'a [Option<PathBuf>],
}

/// What was delivered, read back.
struct Delivered {
    loudness: Loudness,
    silences: Vec<Range<u64>>,
}

impl Mixer<'_> {
    fn mix(&self, folder: &Path, passes: &mut Passes<'_>) -> Result<MixFacts, RecipeError> {
        let plain = self.survey(passes)?;
        let (pcm, encoded) = (folder.join(MIX_FILE), folder.join(deliver::file_name(&self.work.encoding)));
        let target = &self.work.target;
        let mut aim = Aim { lufs: target.integrated_lufs, ceiling_dbtp: self.plan.pcm_ceiling_dbtp, hint_db: None };
        let mut pass = 1;
        loop {
            let level = Level::decide(&plain, target, aim, |gain| self.loudness(gain, aim.ceiling_dbtp, passes))?;
            let (limited, own_silences) = self.render(&level, &pcm, passes)?;
            let delivered = self.deliver(&pcm, &encoded, passes)?;
            let next = self.next_aim(aim, &level, &delivered.loudness, pass);
            let Some(next) = next.filter(|_| pass < MOST_PASSES) else {
                let silence = silence::stretches(&delivered.silences, &own_silences, self.plan, self.work.rate);
                return Ok(MixFacts {
                    pcm: MIX_FILE.to_owned(),
                    encoded: Some(deliver::file_name(&self.work.encoding).to_owned()),
                    samples: self.plan.samples,
                    items: self.plan.gains.clone(),
                    programme_gain_db: level.gain_db,
                    limited,
                    share_reduced: level.share_reduced,
                    gave_way: level.gave_way,
                    measured: delivered.loudness,
                    silence,
                    passes: pass,
                });
            };
            tracing::debug!(pass, ?next, "delivered sound misses its target, aiming anew");
            aim = next;
            pass += 1;
        }
    }

    /// Returns what to aim at instead, when what was delivered is too loud at its peaks, or off its target by more than
    /// half the tolerance although the PCM was not.
    fn next_aim(&self, aim: Aim, level: &Level, delivered: &Loudness, pass: u32) -> Option<Aim> {
        let target = &self.work.target;
        let excess = delivered.true_peak_dbtp.map_or(0.0, |peak| peak - target.true_peak_dbtp);
        let off = delivered.integrated_lufs.filter(|_| level.reached).map_or(0.0, |lufs| lufs - target.integrated_lufs);
        let (too_high, too_far) = (excess > 0.0, off.abs() > target.tolerance_lu / 2.0);
        (too_high || too_far).then(|| Aim {
            lufs: if too_far { aim.lufs - off } else { aim.lufs },
            ceiling_dbtp: if too_high {
                aim.ceiling_dbtp - excess - LOWER_STILL_DB * f64::from(pass)
            } else {
                aim.ceiling_dbtp
            },
            hint_db: level.gain_db,
        })
    }

    /// Measures the programme without its gain. Line-up tone is silence here and no block.
    fn survey(&self, passes: &mut Passes<'_>) -> Result<Plain, RecipeError> {
        passes.begin();
        let channels = self.plan.channels;
        let mut meter = IntegratedMeter::new(channels as u32)?;
        let mut envelope = PeakEnvelope::new(channels);
        let mut counted = BlockPeaks::new();
        let (mut block, mut peaks) = (Vec::new(), Vec::new());
        let mut bus = Bus::new(self.plan, self.files);
        while let Some(at) = bus.next(&mut block)? {
            meter.add(&block)?;
            peaks.clear();
            envelope.push(&block, 0.0, &mut peaks);
            if self.plan.items[at.item].hears != Hears::Tone {
                counted.push(&peaks);
            }
            passes.step(at.samples.end - at.samples.start);
        }
        peaks.clear();
        envelope.push(&vec![0.0; true_peak::DELAY * channels], 0.0, &mut peaks);
        counted.push(&peaks);
        Ok(Plain { lufs: meter.lufs()?, peaks: counted.finish() })
    }

    /// Measures the programme at a gain under a ceiling.
    fn loudness(&self, gain_db: f64, ceiling_dbtp: f64, passes: &mut Passes<'_>) -> Result<Option<f64>, RecipeError> {
        passes.begin();
        let mut meter = IntegratedMeter::new(self.plan.channels as u32)?;
        let mut limiter = Limiter::new(self.plan.channels, gain_db, ceiling_dbtp);
        let (mut block, mut limited) = (Vec::new(), Vec::new());
        let mut bus = Bus::new(self.plan, self.files);
        while let Some(at) = bus.next(&mut block)? {
            limited.clear();
            limiter.push(&block, &mut limited);
            meter.add(&limited)?;
            passes.step(at.samples.end - at.samples.start);
        }
        limited.clear();
        limiter.finish(&mut limited);
        meter.add(&limited)?;
        meter.lufs()
    }

    /// Writes the programme's PCM; tells whether the limiter worked, and where the programme itself is silent.
    fn render(
        &self,
        level: &Level,
        file: &Path,
        passes: &mut Passes<'_>,
    ) -> Result<(bool, Vec<Range<u64>>), RecipeError> {
        passes.begin();
        let channels = self.plan.channels;
        let gain_db = level.gain_db.unwrap_or(0.0);
        let gain = factor(gain_db) as f32;
        let mut own = SilenceFinder::of_programme(channels);
        let mut writer =
            Output { plan: self.plan, writer: WaveWriter::create(file, channels as u16, WaveSample::Float32)?, at: 0 };
        let mut limiter = level.limit_dbtp.map(|ceiling| Limiter::new(channels, gain_db, ceiling));
        let (mut block, mut ready) = (Vec::new(), Vec::new());
        let mut bus = Bus::new(self.plan, self.files);
        while let Some(at) = bus.next(&mut block)? {
            own.push(&block, gain);
            ready.clear();
            match &mut limiter {
                Some(limiter) => limiter.push(&block, &mut ready),
                None if gain == 1.0 => ready.extend_from_slice(&block),
                None => ready.extend(block.iter().map(|sample| sample * gain)),
            }
            writer.write(&mut ready)?;
            passes.step(at.samples.end - at.samples.start);
        }
        ready.clear();
        let limited = limiter.is_some_and(|limiter| limiter.finish(&mut ready));
        writer.write(&mut ready)?;
        let samples = writer.writer.finish()?;
        if samples != self.plan.samples {
            return Err(RecipeError::Unproved(format!("{samples} samples were mixed of {}", self.plan.samples)));
        }
        Ok((limited, own.finish()))
    }

    /// Makes the file that is handed over, reads it back, and measures it.
    fn deliver(&self, pcm: &Path, file: &Path, passes: &mut Passes<'_>) -> Result<Delivered, RecipeError> {
        passes.begin();
        let encoding = &self.work.encoding;
        deliver::write(&mut WaveReader::open(pcm)?, encoding, file, &mut |samples| passes.step(samples))?;
        passes.begin();
        let channels = self.plan.channels;
        let mut meter = LoudnessMeter::new(channels as u32)?;
        let mut silences = SilenceFinder::of_delivered(channels);
        let mut at = 0;
        deliver::read_back(encoding, file, self.plan.samples, &mut |samples| {
            let run = at..at + (samples.len() / channels) as u64;
            at = run.end;
            passes.step(run.end - run.start);
            silences.push(samples, 1.0);
            self.plan.split_by_tone(run.clone()).try_for_each(|(part, is_tone)| {
                let place = |sample: u64| (sample - run.start) as usize * channels;
                meter.add(&samples[place(part.start)..place(part.end)], is_tone)
            })
        })?;
        Ok(Delivered { loudness: meter.finish()?, silences: silences.finish() })
    }
}

/// The PCM file, and the place in it.
struct Output<'a> {
    plan: &'a MixPlan,
    writer: WaveWriter,
    at: u64,
}

impl Output<'_> {
    /// Adds line-up tone where it belongs, and writes.
    fn write(&mut self, samples: &mut [f32]) -> Result<(), RecipeError> {
        let end = self.at + (samples.len() / self.plan.channels) as u64;
        tone::add(self.plan, self.at..end, samples);
        self.at = end;
        self.writer.write_floats(samples)
    }
}

#[cfg(test)]
mod tests;
