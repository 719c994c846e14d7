//! Where every item's sound lies in the programme, as values.

use std::ops::Range;

use bookend_jobs::facts::{ItemGain, SoundFacts};
use bookend_jobs::work::{Mix, MixContent};
use bookend_units::{FrameRate, PROGRAMME_SAMPLE_RATE, Time};

use super::gain;
use crate::RecipeError;
use crate::sound::loudness::factor;

/// How far under the outlet's ceiling the PCM stays that a lossy codec is given, in dB: coding lifts peaks.
const LOSSY_HEADROOM_DB: f64 = 1.0;

/// The programme's sound, laid out.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct MixPlan {
    /// Items in order; together they cover the programme's samples without gap or overlap.
    pub items: Vec<PlacedItem>,
    /// Gains as they are reported, one for each item.
    pub gains: Vec<ItemGain>,
    /// Samples in the programme.
    pub samples: u64,
    /// Channels.
    pub channels: usize,
    /// Length of the fade at either end of every item.
    pub ramp_samples: u64,
    /// What the PCM's true peak must not pass at the first try, in dBTP.
    pub pcm_ceiling_dbtp: f64,
}

/// One item on the programme's samples.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PlacedItem {
    /// Programme samples, `S(first)..S(first + frames)`.
    pub samples: Range<u64>,
    /// What is heard there.
    pub hears: Hears,
}

/// What is heard in an item.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Hears {
    /// A Sound result.
    Sound {
        /// Name of the input.
        input: String,
        /// Name of its PCM file.
        file: String,
        /// The sample of that file that the item's first programme sample is; may lie outside the file.
        first: i64,
        /// Linear gain.
        gain: f32,
    },
    /// Line-up tone.
    Tone,
    /// Nothing.
    Silence,
}

impl MixPlan {
    /// Lays out a mix; `facts` finds the facts of a Sound input by name.
    ///
    /// # Errors
    /// When there is no item, the items do not cover the programme from frame 0 without gap or overlap, or an input is missing.
    pub(crate) fn of<'a>(
        work: &Mix,
        facts: impl Fn(&str) -> Result<&'a SoundFacts, RecipeError>,
    ) -> Result<Self, RecipeError> {
        if work.items.is_empty() {
            return Err(RecipeError::Malformed("a mix of nothing".into()));
        }
        let mut frame = 0_u32;
        let mut items = Vec::with_capacity(work.items.len());
        let mut gains = Vec::with_capacity(work.items.len());
        for item in &work.items {
            let end = frame.checked_add(item.frames).filter(|_| item.first == frame && item.frames > 0);
            let end = end.ok_or_else(|| {
                RecipeError::Malformed(format!("item at frame {} does not follow frame {frame}", item.first))
            })?;
            let (hears, gain) = match &item.content {
                MixContent::Sound { input, start } => {
                    let facts = facts(input)?;
                    let gain = gain::of_item(facts, work.rate, item.frames);
                    let first = source_sample(*start, item.first, work.rate) - facts.first_sample;
                    let linear = factor(gain.gain_db) as f32;
                    (Hears::Sound { input: input.clone(), file: facts.file.clone(), first, gain: linear }, gain)
                }
                MixContent::Tone => (Hears::Tone, gain::none(None, "line-up tone")),
                MixContent::Silence => (Hears::Silence, gain::none(None, "no sound here")),
            };
            items.push(PlacedItem { samples: sample(work.rate, frame)..sample(work.rate, end), hears });
            gains.push(gain);
            frame = end;
        }
        let headroom = if work.encoding.is_lossy() { LOSSY_HEADROOM_DB } else { 0.0 };
        Ok(MixPlan {
            items,
            gains,
            samples: sample(work.rate, frame),
            channels: work.layout.channels() as usize,
            ramp_samples: u64::from(work.ramp_samples),
            pcm_ceiling_dbtp: work.target.true_peak_dbtp - headroom,
        })
    }

    /// Cuts a run of programme samples into pieces that are wholly line-up tone (`true`) or wholly programme.
    pub(crate) fn split_by_tone(&self, run: Range<u64>) -> impl Iterator<Item = (Range<u64>, bool)> + '_ {
        let from = self.items.partition_point(|item| item.samples.end <= run.start);
        self.items[from..].iter().take_while(move |item| item.samples.start < run.end).map(move |item| {
            (item.samples.start.max(run.start)..item.samples.end.min(run.end), item.hears == Hears::Tone)
        })
    }
}

/// Returns the source sample, at 48 kHz from source zero, that is heard at programme sample `S(first)` of an item that
/// begins at programme frame `first` with source time `start`:
/// `round_half_up(start × 48000 + S(first) − first × 48000 × den/num)`.
///
/// Programme samples after it are the source samples after it, one for one: what `S` rounds away in placing the frame is
/// given back in the source, so that sound stays within half a sample of picture at every cut.
pub(crate) fn source_sample(start: Time, first: u32, rate: FrameRate) -> i64 {
    let first = i64::from(first);
    (start - rate.time_of(first)).count_round(PROGRAMME_SAMPLE_RATE, 1) + rate.sample_of(first)
}

fn sample(rate: FrameRate, frame: u32) -> u64 {
    // A frame number that is not negative has a sample that is not either.
    rate.sample_of(i64::from(frame)).unsigned_abs()
}

#[cfg(test)]
mod tests;
