//! Silent stretches of what is delivered, and whether the programme itself is silent there.
//!
//! Silence is half a second or more in which no sample of any channel passes −60 dBFS.

use std::ops::Range;

use bookend_jobs::facts::{Stretch, StretchKind};
use bookend_units::{FrameRate, PROGRAMME_SAMPLE_RATE};

use super::plan::{Hears, MixPlan};

/// What silence does not pass, linear: −60 dBFS.
const QUIET: f32 = 0.001;
/// The programme's own silence may be this much louder and still explain what is delivered, linear: 2 dB.
const LENIENT_QUIET: f32 = QUIET * 1.26;
/// Shortest silence told of, in samples: 0.5 s.
const SHORTEST: u64 = PROGRAMME_SAMPLE_RATE as u64 / 2;
/// Shortest silence that can explain another, in samples: 20 ms.
const SHORTEST_REASON: u64 = PROGRAMME_SAMPLE_RATE as u64 / 50;
/// Share of a delivered silence that the programme's own must cover to explain it. Coding smears what is next to it.
const COVERED: f64 = 0.9;

/// Finds runs of quiet samples.
pub(crate) struct SilenceFinder {
    quiet: f32,
    shortest: u64,
    channels: usize,
    at: u64,
    since: Option<u64>,
    found: Vec<Range<u64>>,
}

impl SilenceFinder {
    /// Finds what people would call silence.
    pub(crate) fn of_delivered(channels: usize) -> Self {
        Self::new(channels, QUIET, SHORTEST)
    }

    /// Finds what explains silence.
    pub(crate) fn of_programme(channels: usize) -> Self {
        Self::new(channels, LENIENT_QUIET, SHORTEST_REASON)
    }

    fn new(channels: usize, quiet: f32, shortest: u64) -> Self {
        SilenceFinder { quiet, shortest, channels, at: 0, since: None, found: Vec::new() }
    }

    /// Takes interleaved samples after `gain`.
    pub(crate) fn push(&mut self, samples: &[f32], gain: f32) {
        for frame in samples.chunks_exact(self.channels) {
            if frame.iter().all(|sample| (sample * gain).abs() <= self.quiet) {
                self.since.get_or_insert(self.at);
            } else if self.since.is_some() {
                self.close();
            }
            self.at += 1;
        }
    }

    fn close(&mut self) {
        if let Some(since) = self.since.take().filter(|since| self.at - since >= self.shortest) {
            self.found.push(since..self.at);
        }
    }

    /// Returns the runs in samples.
    pub(crate) fn finish(mut self) -> Vec<Range<u64>> {
        self.close();
        self.found
    }
}

/// Tells of delivered silences in whole programme frames; those that the programme's own cover are explained.
pub(crate) fn stretches(
    delivered: &[Range<u64>],
    programme: &[Range<u64>],
    plan: &MixPlan,
    rate: FrameRate,
) -> Vec<Stretch> {
    delivered
        .iter()
        .filter_map(|silence| {
            let frames = whole_frames(silence, rate)?;
            let covered: u64 = overlaps(programme, silence).map(|part| part.end - part.start).sum();
            let explained = covered as f64 >= COVERED * (silence.end - silence.start) as f64;
            Some(Stretch {
                kind: StretchKind::Silence,
                first: frames.start,
                frames: frames.end - frames.start,
                explained: explained.then(|| reasons(silence, plan)),
            })
        })
        .collect()
}

fn overlaps<'a>(runs: &'a [Range<u64>], of: &'a Range<u64>) -> impl Iterator<Item = Range<u64>> + 'a {
    let from = runs.partition_point(|run| run.end <= of.start);
    let inside = runs[from..].iter().take_while(|run| run.start < of.end);
    inside.map(|run| run.start.max(of.start)..run.end.min(of.end))
}

fn reasons(silence: &Range<u64>, plan: &MixPlan) -> String {
    let from = plan.items.partition_point(|item| item.samples.end <= silence.start);
    let items = plan.items[from..].iter().take_while(|item| item.samples.start < silence.end);
    let (mut planned, mut heard) = (false, false);
    for item in items {
        match item.hears {
            Hears::Silence => planned = true,
            Hears::Sound { .. } | Hears::Tone => heard = true,
        }
    }
    match (planned, heard) {
        (true, true) => "the rundown has no sound here, and the source beside it is silent".into(),
        (true, false) => "the rundown has no sound here".into(),
        (false, _) => "the source is silent here".into(),
    }
}

/// Returns the programme frames that lie wholly inside a run of samples.
fn whole_frames(run: &Range<u64>, rate: FrameRate) -> Option<Range<u64>> {
    let sample = |frame: i64| rate.sample_of(frame).unsigned_abs();
    let near = |sample: u64| {
        let per_frame = u128::from(PROGRAMME_SAMPLE_RATE) * u128::from(rate.den());
        i64::try_from(u128::from(sample) * u128::from(rate.num()) / per_frame).unwrap_or(i64::MAX - 2)
    };
    let first = (near(run.start).saturating_sub(1).max(0)..).find(|frame| sample(*frame) >= run.start)?;
    let end = (0..=near(run.end) + 1).rev().find(|frame| sample(*frame) <= run.end)?;
    (first < end).then(|| first.unsigned_abs()..end.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix::plan::PlacedItem;

    fn plan(hears: &[(Hears, u64)]) -> MixPlan {
        let mut at = 0;
        let items = hears
            .iter()
            .map(|(hears, samples)| {
                at += samples;
                PlacedItem { samples: at - samples..at, hears: hears.clone() }
            })
            .collect();
        MixPlan { items, gains: Vec::new(), samples: at, channels: 2, ramp_samples: 96, pcm_ceiling_dbtp: -1.0 }
    }

    fn sound() -> Hears {
        Hears::Sound { input: "a".into(), file: "sound.wav".into(), first: 0, gain: 1.0 }
    }

    #[test]
    fn half_a_second_is_silence_less_is_not() {
        let mut finder = SilenceFinder::of_delivered(2);
        for (level, samples) in [(0.5, 1000), (0.0, 24_000), (0.5, 10), (0.0005, 23_999), (0.5, 10), (0.0009, 30_000)] {
            finder.push(&vec![level; 2 * samples], 1.0);
        }
        assert_eq!(finder.finish(), [1000..25_000, 49_019..79_019]);
    }

    #[test]
    fn frames_lie_wholly_inside() {
        let rate = FrameRate::of(30_000, 1001);
        // S(1) = 1602, S(2) = 3203, S(3) = 4805.
        assert_eq!(whole_frames(&(1602..4805), rate), Some(1..3));
        assert_eq!(whole_frames(&(1603..4805), rate), Some(2..3));
        assert_eq!(whole_frames(&(1603..4804), rate), None);
        assert_eq!(whole_frames(&(0..1602), rate), Some(0..1));
    }

    #[test]
    fn the_programmes_own_silence_explains() {
        let plan = plan(&[(sound(), 96_000), (Hears::Silence, 96_000), (sound(), 96_000)]);
        let rate = FrameRate::of(25, 1);
        let told = |delivered: Range<u64>, programme: &[(u64, u64)]| {
            let programme: Vec<_> = programme.iter().map(|(start, end)| *start..*end).collect();
            stretches(std::slice::from_ref(&delivered), &programme, &plan, rate).remove(0).explained
        };
        assert_eq!(told(96_000..192_000, &[(95_900, 192_100)]).unwrap(), "the rundown has no sound here");
        assert_eq!(told(0..48_000, &[(0, 47_000)]).unwrap(), "the source is silent here");
        assert!(told(48_000..192_000, &[(48_000, 192_000)]).unwrap().contains("beside"));
        assert_eq!(told(0..48_000, &[]), None);
        assert_eq!(told(0..48_000, &[(0, 20_000), (90_000, 96_000)]), None);
    }
}
