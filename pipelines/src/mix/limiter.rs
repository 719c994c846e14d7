//! A true-peak limiter that looks ahead: the programme's loudest instants are turned down before they come.
//!
//! For each sample the reduction needed is known from the true peak around it. The largest need within the look-ahead is
//! held, released exponentially, and smoothed by a triangular window of the look-ahead's length: the reduction has arrived
//! in full when the peak does. All channels get the same reduction. Nothing is delayed or lost: as many samples come out
//! as went in, and where nothing is reduced they pass bit for bit. Reductions are added up in whole numbers, so that hours
//! of sound leave no rounding behind.

use std::collections::VecDeque;

use super::true_peak::{self, PeakEnvelope};

/// How long before a peak turning down begins, in samples: 4 ms.
const LOOK_AHEAD: usize = 192;
/// Length of either of the two running means that make the triangular window.
const MEAN: usize = LOOK_AHEAD / 2 + 1;
/// Time in which a reduction falls to 37 %, in samples: 80 ms.
const RELEASE: f64 = 0.08 * 48_000.0;
/// Reductions below are over: a thousandth of a dB.
const RELEASED: f64 = 1e-4;
/// Whole numbers that stand for a reduction of 1.
const UNIT: f64 = (1_u64 << 40) as f64;
/// Frames between input and output inside; taken off again by [`Limiter::finish`].
const DELAY: usize = true_peak::DELAY + LOOK_AHEAD;
/// Kept under the ceiling for the peaks that turning down itself makes between samples, in dB.
const MARGIN_DB: f64 = 0.05;

/// Applies a gain and holds a ceiling.
pub(crate) struct Limiter {
    channels: usize,
    gain: f64,
    ceiling: f32,
    envelope: PeakEnvelope,
    last_peak: f32,
    needs: Held,
    release: f64,
    reduction: f64,
    means: [Mean; 2],
    waiting: VecDeque<f32>,
    early: usize,
    worked: bool,
    gained: Vec<f32>,
    peaks: Vec<f32>,
}

impl Limiter {
    /// Makes a limiter that first applies `gain_db`, then holds `ceiling_dbtp`.
    pub(crate) fn new(channels: usize, gain_db: f64, ceiling_dbtp: f64) -> Self {
        Limiter {
            channels,
            gain: 10_f64.powf(gain_db / 20.0),
            ceiling: 10_f64.powf((ceiling_dbtp - MARGIN_DB) / 20.0) as f32,
            envelope: PeakEnvelope::new(channels),
            last_peak: 0.0,
            needs: Held::default(),
            release: (-1.0 / RELEASE).exp(),
            reduction: 0.0,
            means: [Mean::new(), Mean::new()],
            waiting: VecDeque::new(),
            early: DELAY,
            worked: false,
            gained: Vec::new(),
            peaks: Vec::new(),
        }
    }

    /// Takes interleaved samples and appends those that are ready to `out`.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.gained.clear();
        if self.gain == 1.0 {
            self.gained.extend_from_slice(samples);
        } else {
            self.gained.extend(samples.iter().map(|sample| (f64::from(*sample) * self.gain) as f32));
        }
        self.work(out);
    }

    /// Appends the rest to `out`; tells whether anything was reduced.
    pub(crate) fn finish(mut self, out: &mut Vec<f32>) -> bool {
        self.gained.clear();
        self.gained.resize(DELAY * self.channels, 0.0);
        self.work(out);
        self.worked
    }

    fn work(&mut self, out: &mut Vec<f32>) {
        self.peaks.clear();
        self.envelope.push(&self.gained, self.ceiling, &mut self.peaks);
        self.waiting.extend(&self.gained);
        for index in 0..self.peaks.len() {
            let reduction = self.reduction_at(self.peaks[index]);
            if self.early > 0 {
                self.early -= 1;
                continue;
            }
            let frame = self.waiting.drain(..self.channels);
            if reduction > 0.0 {
                self.worked = true;
                out.extend(frame.map(|sample| (f64::from(sample) * (1.0 - reduction)) as f32));
            } else {
                out.extend(frame);
            }
        }
    }

    /// Takes the next interval's peak; returns the smoothed reduction [`LOOK_AHEAD`] samples before it.
    fn reduction_at(&mut self, peak: f32) -> f64 {
        // A sample answers for the intervals on both its sides.
        let around = peak.max(self.last_peak);
        self.last_peak = peak;
        let need = if around > self.ceiling { 1.0 - f64::from(self.ceiling) / f64::from(around) } else { 0.0 };
        let held = self.needs.push(need);
        self.reduction *= self.release;
        if self.reduction < RELEASED {
            self.reduction = 0.0;
        }
        self.reduction = self.reduction.max(held);
        let [first, second] = &mut self.means;
        let sum = second.push(first.push((self.reduction * UNIT).ceil() as i64));
        sum as f64 / ((MEAN * MEAN) as f64 * UNIT)
    }
}

/// The largest of the last [`LOOK_AHEAD`]` + 1` values.
#[derive(Default)]
struct Held {
    /// Falling values with the places they came at.
    falling: VecDeque<(u64, f64)>,
    place: u64,
}

impl Held {
    fn push(&mut self, value: f64) -> f64 {
        if value > 0.0 {
            while self.falling.back().is_some_and(|(_, smaller)| *smaller <= value) {
                self.falling.pop_back();
            }
            self.falling.push_back((self.place, value));
        }
        if self.falling.front().is_some_and(|(place, _)| place + (LOOK_AHEAD as u64) < self.place) {
            self.falling.pop_front();
        }
        self.place += 1;
        self.falling.front().map_or(0.0, |(_, value)| *value)
    }
}

/// The sum of the last [`MEAN`] values.
struct Mean {
    values: [i64; MEAN],
    at: usize,
    sum: i64,
}

impl Mean {
    fn new() -> Self {
        Mean { values: [0; MEAN], at: 0, sum: 0 }
    }

    fn push(&mut self, value: i64) -> i64 {
        self.sum += value - self.values[self.at];
        self.values[self.at] = value;
        self.at = if self.at + 1 == MEAN { 0 } else { self.at + 1 };
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::loudness::LoudnessMeter;
    use crate::sound::made::{both, factor, noise, sine, sine_at};

    fn limited(samples: &[f32], gain_db: f64, ceiling_dbtp: f64, portion: usize) -> (Vec<f32>, bool) {
        let mut limiter = Limiter::new(2, gain_db, ceiling_dbtp);
        let mut out = Vec::new();
        for part in samples.chunks(2 * portion) {
            limiter.push(part, &mut out);
        }
        let worked = limiter.finish(&mut out);
        (out, worked)
    }

    fn true_peak(samples: &[f32]) -> f64 {
        let mut meter = LoudnessMeter::new(2).unwrap();
        meter.add(samples, false).unwrap();
        meter.add(&[0.0; 48], false).unwrap();
        meter.finish().unwrap().true_peak_dbtp.unwrap()
    }

    fn clicks(length: usize) -> Vec<f32> {
        let mut mono = noise(length, 0.01, 9);
        for (index, place) in (500..length - 500).step_by(7919).enumerate() {
            mono[place] = if index % 2 == 0 { 1.0 } else { -0.9 };
            mono[place + index % 5] = 0.95;
        }
        mono
    }

    fn square(length: usize) -> Vec<f32> {
        (0..length).map(|index| if (index / 37) % 2 == 0 { 0.8 } else { -0.8 }).collect()
    }

    fn bursts(length: usize) -> Vec<f32> {
        let tone = sine(length, 80.0, 0.9);
        tone.iter()
            .enumerate()
            .map(|(index, sample)| if (index / 9000) % 2 == 0 { *sample } else { 0.1 * sample })
            .collect()
    }

    #[test]
    fn the_ceiling_holds_by_the_meter() {
        let length = 96_000;
        let sounds = [
            ("noise", noise(length, 1.0, 1)),
            ("clicks", clicks(length)),
            ("square", square(length)),
            ("bursts", bursts(length)),
            ("quarter rate", sine_at(length, 12_000.0, 1.0, 45.0)),
            ("one click", {
                let mut one = vec![0.0; length];
                one[40_000] = 1.0;
                one
            }),
            ("click at the ends", {
                let mut ends = vec![0.0; length];
                ends[0] = 1.0;
                ends[length - 1] = -1.0;
                ends
            }),
        ];
        for (name, mono) in sounds {
            for (gain, ceiling) in [(0.0, -1.0), (6.0, -2.0), (20.0, -1.0)] {
                let (out, worked) = limited(&both(&mono), gain, ceiling, 4800);
                let peak = true_peak(&out);
                assert!(worked && peak <= ceiling, "{name} at {gain:+} dB: {peak} over {ceiling}");
                assert!(peak > ceiling - 0.6, "{name} at {gain:+} dB: {peak} needlessly far under {ceiling}");
                assert_eq!(out.len(), 2 * length);
            }
        }
    }

    #[test]
    fn every_peak_gets_at_least_its_reduction_in_time() {
        let mut limiter = Limiter::new(2, 0.0, -1.0);
        let chance = noise(200_000, 1.0, 3);
        let peaks: Vec<f32> =
            chance.iter().map(|chance| if *chance > 0.99 { 1.0 + 300.0 * (chance - 0.99) } else { 0.5 }).collect();
        let found: Vec<f64> = peaks.iter().map(|peak| limiter.reduction_at(*peak)).collect();
        for place in 1..peaks.len() - LOOK_AHEAD {
            for peak in [peaks[place], peaks[place - 1]] {
                let need = 1.0 - f64::from(limiter.ceiling) / f64::from(peak);
                let reduction = found[place + LOOK_AHEAD];
                assert!(reduction >= need - 1e-9, "{reduction} at {place}, {need} is needed");
            }
        }
    }

    #[test]
    fn what_needs_no_limiting_passes_bit_for_bit() {
        let samples = both(&noise(50_000, 0.5, 2));
        assert_eq!(limited(&samples, 0.0, -1.0, 333), (samples, false));
    }

    #[test]
    fn nothing_is_delayed_and_reduction_stays_around_its_peak() {
        let mut mono = sine(96_000, 440.0, 0.25);
        mono[48_000] = 1.0;
        let (out, _) = limited(&both(&mono), 0.0, -6.0, 1000);
        let ratio = |place: usize| out[2 * place] / mono[place];
        assert_eq!(out[..2 * (48_000 - LOOK_AHEAD - 8)], both(&mono)[..2 * (48_000 - LOOK_AHEAD - 8)]);
        // To a ten-millionth: a reduction one sample late would pass the ceiling there by some hundred-thousandths.
        let at_peak = f64::from(out[2 * 48_000]) / factor(-6.0 - MARGIN_DB);
        assert!((0.999..=1.000_000_1).contains(&at_peak), "{at_peak}");
        assert!(ratio(48_000 - 90) < 0.9 && ratio(48_100) < 0.6);
        assert!(ratio(48_000 + 9600) > 0.9 && ratio(95_000) == 1.0);
    }

    #[test]
    fn portions_make_no_difference() {
        let samples = both(&clicks(30_000));
        let whole = limited(&samples, 6.0, -1.0, 30_000);
        for portion in [1, 100, 4801] {
            assert_eq!(limited(&samples, 6.0, -1.0, portion), whole);
        }
    }

    #[test]
    fn channels_are_turned_down_together() {
        let mut samples = both(&sine(20_000, 440.0, 0.2));
        samples[2 * 10_000] = 1.0;
        let (out, _) = limited(&samples, 0.0, -6.0, 1000);
        let right = |samples: &[f32]| samples[2 * 9990 + 1];
        assert!(right(&out).abs() < 0.6 * right(&samples).abs());
    }

    #[test]
    fn short_and_empty_sounds_keep_their_length() {
        for length in [0, 1, 5, 100, 250] {
            let samples = both(&vec![1.0; length]);
            let (out, _) = limited(&samples, 0.0, -1.0, 7);
            assert_eq!(out.len(), samples.len());
        }
    }
}
