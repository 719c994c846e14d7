//! What is found at the cuts: the frames either side, and how far the sound is off.

use std::path::Path;

use bookend_jobs::facts::SeamFacts;
use bookend_units::{FrameRate, PROGRAMME_SAMPLE_RATE};

use crate::RecipeError;
use crate::sound::lag::lag_of_best_correlation;
use crate::sound::wave_file::WaveReader;
use bookend_jobs::{Known, KnownSeam};

/// Sound compared either side of a cut, in samples: a quarter of a second.
const REACH: i64 = PROGRAMME_SAMPLE_RATE as i64 / 4;
/// Largest lag looked for, in samples: 100 ms.
const LARGEST_LAG: usize = PROGRAMME_SAMPLE_RATE as usize / 10;

/// Returns the facts of the known seams before anything was compared.
pub(super) fn unseen(known: &Known) -> Vec<SeamFacts> {
    let unseen = |seam: &KnownSeam| SeamFacts {
        frame: seam.frame,
        before_matches: None,
        after_matches: None,
        cut_seen: None,
        sound_lag_us: None,
        pictures: None,
    };
    known.seams.iter().map(unseen).collect()
}

/// Takes the hashes of decoded frames either side of the known seams and compares them.
pub(super) struct SeamFrames<'a> {
    known: &'a [KnownSeam],
    /// Found hashes before and after, by seam.
    found: Vec<(Option<String>, Option<String>)>,
    next: usize,
}

impl<'a> SeamFrames<'a> {
    pub fn new(known: &'a Known) -> Self {
        SeamFrames { known: &known.seams, found: vec![(None, None); known.seams.len()], next: 0 }
    }

    /// Takes frame `frame`, whose hash is computed only where a seam wants it. Frames come in order.
    pub fn push(&mut self, frame: u64, hash: impl FnOnce() -> String) {
        while self.known.get(self.next).is_some_and(|seam| seam.frame < frame) {
            self.next += 1;
        }
        // The next two seams at most touch one frame: an item of one frame has a seam on either side.
        let mut hash = Some(hash);
        let mut value: Option<String> = None;
        for at in self.next..(self.next + 2).min(self.known.len()) {
            let before = self.known[at].frame == frame + 1;
            let after = self.known[at].frame == frame;
            if !before && !after {
                continue;
            }
            if let Some(hash) = hash.take() {
                value = Some(hash());
            }
            let place = if before { &mut self.found[at].0 } else { &mut self.found[at].1 };
            place.clone_from(&value);
        }
    }

    /// Writes what was found into `facts`, one for each known seam. A frame that is missing does not match.
    pub fn finish(self, facts: &mut [SeamFacts]) {
        for ((known, (before, after)), facts) in self.known.iter().zip(self.found).zip(facts) {
            let differ = before != after;
            facts.cut_seen = Some(differ || known.before == known.after);
            facts.before_matches = Some(before.as_ref() == Some(&known.before));
            facts.after_matches = Some(after.as_ref() == Some(&known.after));
        }
    }
}

/// Compares the sound around the known seams with the mix, while it is decoded.
pub(crate) struct SeamSound {
    mix: WaveReader,
    /// First sample after each cut, ascending.
    places: Vec<i64>,
    lags: Vec<Option<i64>>,
    /// The last samples heard, one channel.
    held: Vec<f32>,
    /// Samples heard so far.
    heard: i64,
}

impl SeamSound {
    /// Starts at sample 0 of the programme.
    ///
    /// # Errors
    /// When the mix cannot be read.
    pub fn open(mix: &Path, frames: impl IntoIterator<Item = u64>, rate: FrameRate) -> Result<Self, RecipeError> {
        let place = |frame: u64| rate.sample_of(i64::try_from(frame).unwrap_or(i64::MAX / i64::from(u32::MAX)));
        Ok(SeamSound {
            mix: WaveReader::open(mix)?,
            places: frames.into_iter().map(place).collect(),
            lags: Vec::new(),
            held: Vec::new(),
            heard: 0,
        })
    }

    /// Takes the next interleaved samples.
    ///
    /// # Errors
    /// When the mix cannot be read.
    pub fn push(&mut self, samples: &[f32], channels: usize) -> Result<(), RecipeError> {
        for frame in samples.chunks_exact(channels.max(1)) {
            self.held.push(frame.iter().sum());
            self.heard += 1;
            if self.places.get(self.lags.len()).is_some_and(|place| place + REACH <= self.heard) {
                self.compare()?;
            }
        }
        let keep = 4 * REACH as usize;
        if self.held.len() > 2 * keep {
            self.held.drain(..self.held.len() - keep);
        }
        Ok(())
    }

    /// Returns the lag at each seam in microseconds; positive is late.
    ///
    /// # Errors
    /// When the mix cannot be read.
    pub fn finish(mut self) -> Result<Vec<Option<i64>>, RecipeError> {
        while self.lags.len() < self.places.len() {
            self.compare()?;
        }
        let micros = |lag: i64| lag * 1_000_000 / i64::from(PROGRAMME_SAMPLE_RATE);
        Ok(self.lags.into_iter().map(|lag| lag.map(micros)).collect())
    }

    /// Compares the next seam: as much either side as was heard.
    fn compare(&mut self) -> Result<(), RecipeError> {
        let place = self.places[self.lags.len()];
        let first = (place - REACH).max(self.heard - self.held.len() as i64).max(0);
        let last = (place + REACH).min(self.heard);
        if last <= first {
            self.lags.push(None);
            return Ok(());
        }
        let from = (first - (self.heard - self.held.len() as i64)) as usize;
        let found = &self.held[from..from + (last - first) as usize];
        let channels = usize::from(self.mix.channels());
        let mut mix = vec![0.0; found.len() * channels];
        self.mix.read_at(first, &mut mix)?;
        let reference: Vec<f32> = mix.chunks_exact(channels).map(|frame| frame.iter().sum()).collect();
        self.lags.push(lag_of_best_correlation(&reference, found, LARGEST_LAG));
        Ok(())
    }
}
