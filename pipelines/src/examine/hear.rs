//! Decodes every sample and listens to it.

use std::ops::Range;
use std::path::Path;

use bookend_jobs::facts::{FileFacts, StretchKind};
use bookend_media::{DecodeOptions, Frame, MediaError, OpenOptions, Resampler, SoundShape, Track, TrackReader};
use bookend_units::{FrameRate, PROGRAMME_SAMPLE_RATE, Time};

use super::seams::SeamSound;
use super::{Wanted, stretches};
use crate::sound::loudness::LoudnessMeter;
use crate::{Progress, RecipeError};
use bookend_jobs::{Known, KnownTone};

/// Samples up to this are silence: −60 dBFS (Etere QC's default).
const SILENT: f32 = 0.001;
/// Frames between two reports of progress.
const PROGRESS_STEP: u64 = 256;

/// Decodes the sound whole and adds what is heard to `facts`.
pub(super) fn sound(
    file: &Path,
    track: &Track,
    rate: FrameRate,
    wanted: &Wanted,
    known: &Known,
    facts: &mut FileFacts,
    progress: Progress<'_>,
) -> Result<(), RecipeError> {
    let mut reader = match TrackReader::open(file, track.index, &OpenOptions::default(), &DecodeOptions::default()) {
        Ok(reader) => reader,
        Err(error @ MediaError::Cancelled) => return Err(decoding(error)),
        Err(error) => {
            facts.decode_errors.push(format!("the sound cannot be decoded: {error}"));
            return Ok(());
        }
    };
    let frames = facts.picture.as_ref().map_or(0, |picture| picture.frames);
    let seams = match &known.mix {
        Some(mix) => Some(SeamSound::open(mix, known.seams.iter().map(|seam| seam.frame), rate)?),
        None => None,
    };
    let tone = known.tone.iter().map(|tone| samples_of(rate, tone)).collect();
    let mut heard = Heard::new(seams, tone);
    let mut frame = Frame::empty().map_err(decoding)?;
    let mut damaged = 0;
    let mut count: u64 = 0;
    while reader.next(&mut frame).map_err(decoding)? {
        damaged += u64::from(frame.is_damaged());
        heard.push(&frame, track.time_base)?;
        count += 1;
        if count.is_multiple_of(PROGRESS_STEP) {
            let part = (heard.samples / u64::from(PROGRAMME_SAMPLE_RATE)) * u64::from(rate.timecode_base());
            progress((2 * frames + part).min(3 * frames), 3 * frames);
        }
    }
    let damage = reader.damage();
    if damage.packets + damaged > 0 {
        let all = damage.packets + damaged;
        facts.decode_errors.push(format!("{all} packets of the sound could not be decoded cleanly"));
    }
    if damage.cut_short {
        facts.decode_errors.push("reading the sound stopped before the file's end".to_owned());
    }
    heard.finish(rate, wanted, facts)
}

/// What was heard so far.
struct Heard {
    decoded: u64,
    /// Samples at the programme's rate.
    samples: u64,
    resampler: Option<Resampler>,
    meter: Option<(LoudnessMeter, usize)>,
    changed: bool,
    silence: Silence,
    /// Samples of line-up tone, ascending: not programme.
    tone: Vec<Range<u64>>,
    seams: Option<SeamSound>,
    conformed: Vec<f32>,
}

impl Heard {
    fn new(seams: Option<SeamSound>, tone: Vec<Range<u64>>) -> Self {
        Heard {
            tone,
            decoded: 0,
            samples: 0,
            resampler: None,
            meter: None,
            changed: false,
            silence: Silence::default(),
            seams,
            conformed: Vec::new(),
        }
    }

    fn push(&mut self, frame: &Frame, time_base: (u32, u32)) -> Result<(), RecipeError> {
        if frame.samples() == 0 || frame.channels() == 0 {
            return Ok(());
        }
        let first = self.decoded == 0;
        self.decoded += frame.samples() as u64;
        let shape = SoundShape::of(frame);
        if self.resampler.as_ref().is_none_or(|resampler| *resampler.shape() != shape) {
            self.changed |= self.resampler.is_some();
            self.drain()?;
            let channels = match &self.meter {
                Some((_, channels)) => *channels,
                None => {
                    let channels = shape.speakers.len();
                    self.meter = Some((LoudnessMeter::new(frame.channels())?, channels));
                    channels
                }
            };
            let resampler = Resampler::new(&shape, &straight(channels, shape.speakers.len()), PROGRAMME_SAMPLE_RATE);
            self.resampler = Some(resampler.map_err(decoding)?);
        }
        if first {
            self.start(frame.ticks().unwrap_or(0), time_base)?;
        }
        let mut conformed = std::mem::take(&mut self.conformed);
        conformed.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.push(frame, 0, &mut conformed).map_err(decoding)?;
        }
        self.listen(&conformed)?;
        self.conformed = conformed;
        Ok(())
    }

    /// Puts the first sample at its place against the mix: sound that starts late is late.
    fn start(&mut self, ticks: i64, (num, den): (u32, u32)) -> Result<(), RecipeError> {
        let late = Time::from_ticks(ticks, num, den).count_round(PROGRAMME_SAMPLE_RATE, 1);
        // A stated start that is hours off is no start; a second is far beyond any lag looked for.
        let late = usize::try_from(late).unwrap_or(0).min(PROGRAMME_SAMPLE_RATE as usize);
        match &mut self.seams {
            Some(seams) if late > 0 => seams.push(&vec![0.0; late], 1),
            _ => Ok(()),
        }
    }

    fn drain(&mut self) -> Result<(), RecipeError> {
        let mut rest = Vec::new();
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut rest).map_err(decoding)?;
        }
        self.listen(&rest)
    }

    fn listen(&mut self, samples: &[f32]) -> Result<(), RecipeError> {
        let Some((meter, channels)) = &mut self.meter else { return Ok(()) };
        self.silence.push(samples, *channels);
        if let Some(seams) = &mut self.seams {
            seams.push(samples, *channels)?;
        }
        let mut rest = samples;
        while !rest.is_empty() {
            let next = self.tone.iter().find(|tone| tone.end > self.samples);
            let (is_tone, until) = match next {
                Some(tone) if tone.start <= self.samples => (true, tone.end),
                Some(tone) => (false, tone.start),
                None => (false, u64::MAX),
            };
            let left = (rest.len() / *channels) as u64;
            let taken = left.min(until - self.samples);
            let (part, after) = rest.split_at(taken as usize * *channels);
            meter.add(part, is_tone)?;
            self.samples += taken;
            rest = after;
        }
        Ok(())
    }

    fn finish(mut self, rate: FrameRate, wanted: &Wanted, facts: &mut FileFacts) -> Result<(), RecipeError> {
        self.drain()?;
        if self.changed {
            facts.decode_errors.push("the sound changes its rate or channels on the way".to_owned());
        }
        if let Some(sound) = &mut facts.sound {
            sound.decoded_samples = self.decoded;
        }
        facts.loudness = self.meter.map(|(meter, _)| meter.finish()).transpose()?;
        if let Some(least) = wanted.silence {
            let runs = self.silence.finish().into_iter().filter_map(|run| whole_frames(run, rate));
            let runs = runs.filter(|(_, frames)| *frames >= least).collect();
            facts.stretches.extend(stretches(StretchKind::Silence, runs));
        }
        if let Some(seams) = self.seams {
            for (facts, lag) in facts.seams.iter_mut().zip(seams.finish()?) {
                facts.sound_lag_us = lag;
            }
        }
        Ok(())
    }
}

fn samples_of(rate: FrameRate, tone: &KnownTone) -> Range<u64> {
    let sample = |frame: u64| {
        let frame = i64::try_from(frame).unwrap_or(i64::from(u32::MAX)).min(i64::from(u32::MAX));
        u64::try_from(rate.sample_of(frame)).unwrap_or(0)
    };
    sample(tone.first)..sample(tone.first.saturating_add(tone.frames))
}

/// Each channel stays itself; what has no place is dropped, what is not there is silent.
fn straight(outputs: usize, inputs: usize) -> Vec<Vec<f64>> {
    (0..outputs).map(|out| (0..inputs).map(|input| f64::from(u8::from(out == input))).collect()).collect()
}

/// Finds silent stretches of half a second and more.
#[derive(Default)]
struct Silence {
    heard: u64,
    quiet: u64,
    found: Vec<(u64, u64)>,
}

impl Silence {
    /// Shortest stretch kept, in samples: shorter ones are pauses between words.
    const LEAST: u64 = PROGRAMME_SAMPLE_RATE as u64 / 2;

    fn push(&mut self, samples: &[f32], channels: usize) {
        for frame in samples.chunks_exact(channels.max(1)) {
            // What is no number is not silence.
            if frame.iter().all(|sample| sample.abs() <= SILENT) {
                self.quiet += 1;
            } else {
                self.close();
            }
            self.heard += 1;
        }
    }

    fn close(&mut self) {
        if self.quiet >= Self::LEAST {
            self.found.push((self.heard - self.quiet, self.heard));
        }
        self.quiet = 0;
    }

    /// Returns the silent stretches: first sample and the one after the last.
    fn finish(mut self) -> Vec<(u64, u64)> {
        self.close();
        self.found
    }
}

/// Returns the frames that lie wholly inside a stretch of samples: first, and how many.
fn whole_frames((from, to): (u64, u64), rate: FrameRate) -> Option<(u64, u64)> {
    let frame_at = |sample: u64| Time::new(i128::from(sample), i128::from(PROGRAMME_SAMPLE_RATE));
    let first = u64::try_from(-(Time::ZERO - frame_at(from)).count_floor(rate.num(), rate.den())).ok()?;
    let end = u64::try_from(frame_at(to).count_floor(rate.num(), rate.den())).ok()?;
    (end > first).then(|| (first, end - first))
}

fn decoding(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "decoding the sound", source }
}
