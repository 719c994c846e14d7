//! The programme before its gain: items placed, levelled and faded, a block at a time, as often as needed.

use std::ops::Range;
use std::path::PathBuf;

use super::plan::{Hears, MixPlan, PlacedItem};
use super::ramp;
use crate::RecipeError;
use crate::sound::wave_file::WaveReader;

/// Samples handed on at once: 0.1 s.
pub(crate) const BLOCK: u64 = 4800;

/// Reads a plan from its first sample to its last. Line-up tone is left out: it bears no gain.
pub(crate) struct Bus<'a> {
    plan: &'a MixPlan,
    /// The PCM of each item, where it has one.
    files: &'a [Option<PathBuf>],
    item: usize,
    at: u64,
    open: Option<WaveReader>,
}

/// What a block is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Block {
    /// Programme samples.
    pub samples: Range<u64>,
    /// The item it belongs to, wholly.
    pub item: usize,
}

impl<'a> Bus<'a> {
    /// Starts at the programme's first sample; `files` has one place for each item.
    pub(crate) fn new(plan: &'a MixPlan, files: &'a [Option<PathBuf>]) -> Self {
        Bus { plan, files, item: 0, at: 0, open: None }
    }

    /// Replaces `out` by the next block, interleaved; `None` at the programme's end.
    ///
    /// # Errors
    /// When an item's file cannot be read.
    pub(crate) fn next(&mut self, out: &mut Vec<f32>) -> Result<Option<Block>, RecipeError> {
        let Some(item) = self.plan.items.get(self.item) else { return Ok(None) };
        let block = Block { samples: self.at..(self.at + BLOCK).min(item.samples.end), item: self.item };
        let channels = self.plan.channels;
        out.clear();
        out.resize((block.samples.end - block.samples.start) as usize * channels, 0.0);
        if let Hears::Sound { first, gain, .. } = item.hears {
            let inside = block.samples.start - item.samples.start..block.samples.end - item.samples.start;
            self.read(first + inside.start as i64, out)?;
            if gain != 1.0 {
                out.iter_mut().for_each(|sample| *sample *= gain);
            }
            ramp::apply(out, channels, inside, length(item), self.plan.ramp_samples);
        }
        self.at = block.samples.end;
        if self.at == item.samples.end {
            self.item += 1;
            self.open = None;
        }
        Ok(Some(block))
    }

    fn read(&mut self, first: i64, out: &mut [f32]) -> Result<(), RecipeError> {
        let mut reader = match self.open.take() {
            Some(reader) => reader,
            None => self.open_item()?,
        };
        reader.read_at(first, out)?;
        self.open = Some(reader);
        Ok(())
    }

    fn open_item(&self) -> Result<WaveReader, RecipeError> {
        let path = self.files.get(self.item).and_then(Option::as_ref);
        let path = path.ok_or_else(|| RecipeError::Malformed(format!("item {} has no sound file", self.item)))?;
        let reader = WaveReader::open(path)?;
        if usize::from(reader.channels()) != self.plan.channels {
            return Err(RecipeError::Malformed(format!("the sound of item {} has another layout", self.item)));
        }
        Ok(reader)
    }
}

fn length(item: &PlacedItem) -> u64 {
    item.samples.end - item.samples.start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::made::{both, noise};
    use crate::sound::wave_file::{WaveSample, WaveWriter};

    fn plan(items: &[(Hears, u64)], ramp_samples: u64) -> MixPlan {
        let mut at = 0;
        let items: Vec<_> = items
            .iter()
            .map(|(hears, samples)| {
                at += samples;
                PlacedItem { samples: at - samples..at, hears: hears.clone() }
            })
            .collect();
        MixPlan { items, gains: Vec::new(), samples: at, channels: 2, ramp_samples, pcm_ceiling_dbtp: -1.0 }
    }

    fn sound(first: i64, gain: f32) -> Hears {
        Hears::Sound { input: "a".into(), file: "sound.wav".into(), first, gain }
    }

    /// Reads a whole plan whose every sound is one file of noise.
    fn read(plan: &MixPlan, noise: &[f32]) -> Vec<f32> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        let mut writer = WaveWriter::create(&path, 2, WaveSample::Float32).unwrap();
        writer.write_floats(noise).unwrap();
        writer.finish().unwrap();
        let files = vec![Some(path); plan.items.len()];
        let mut bus = Bus::new(plan, &files);
        let (mut block, mut all) = (Vec::new(), Vec::new());
        while let Some(at) = bus.next(&mut block).unwrap() {
            assert_eq!((all.len() / 2) as u64, at.samples.start);
            let item = &plan.items[at.item].samples;
            assert!(item.start <= at.samples.start && at.samples.end <= item.end);
            all.extend_from_slice(&block);
        }
        assert_eq!((all.len() / 2) as u64, plan.samples);
        all
    }

    #[test]
    fn without_ramp_and_gain_samples_pass_bit_for_bit() {
        let noise = both(&noise(60_000, 0.9, 1));
        let items =
            [(sound(100, 1.0), 20_000), (Hears::Silence, 700), (sound(59_000, 1.0), 5000), (sound(-50, 1.0), 51)];
        let found = read(&plan(&items, 0), &noise);
        assert_eq!(found[..40_000], noise[200..40_200]);
        assert_eq!(found[40_000..41_400], vec![0.0; 1400]);
        assert_eq!(found[41_400..43_400], noise[118_000..]);
        assert_eq!(found[43_400..51_500], vec![0.0; 8100], "past the source's end and before its start");
        assert_eq!(found[51_500..], noise[..2]);
    }

    #[test]
    fn every_cut_fades_inside_its_item() {
        let ones = vec![1.0; 2 * 60_000];
        let found = read(&plan(&[(sound(0, 0.5), 10_000), (sound(20_000, 0.25), 10_000)], 96), &ones);
        for edge in [0, 9999, 10_000, 19_999] {
            assert_eq!(found[2 * edge], 0.0);
        }
        assert!(found[2 * 96..2 * 9904].iter().all(|sample| *sample == 0.5));
        assert!(found[2 * 10_096..2 * 19_904].iter().all(|sample| *sample == 0.25));
    }

    #[test]
    fn line_up_tone_is_not_here() {
        let found = read(&plan(&[(Hears::Tone, 6000)], 96), &[]);
        assert_eq!(found, vec![0.0; 12_000]);
    }
}
