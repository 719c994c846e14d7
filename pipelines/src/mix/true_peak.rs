//! True peak by ITU-R BS.1770-5, annex 2: the largest value between samples too, at four times the rate.
//!
//! The interpolation filter is the one of the `ebur128` crate and of libebur128 (49 taps, Hann window), so that what the
//! limiter holds is what the meter reads.

use std::f64::consts::PI;

/// Samples that one interpolated value is made of.
const TAPS: usize = 12;
/// Samples after an interval that are needed to know it.
pub(crate) const DELAY: usize = TAPS / 2;
/// Intervals decided at once to be too quiet to look into.
const QUIET_CHUNK: usize = 64;

/// Finds the peak of every interval between neighbouring samples, over all channels.
pub(crate) struct PeakEnvelope {
    /// Filters for a quarter, a half and three quarters of an interval.
    filters: [[f32; TAPS]; 3],
    /// The most a filter can make of samples no larger than 1.
    worst: f32,
    /// Per channel: the last `TAPS − 1` samples, then those being worked on.
    lines: Vec<Vec<f32>>,
}

impl PeakEnvelope {
    /// Starts in silence.
    pub(crate) fn new(channels: usize) -> Self {
        let filters = [1, 2, 3].map(filter);
        let gain = |filter: &[f32; TAPS]| filter.iter().map(|tap| tap.abs()).sum::<f32>();
        let worst = filters.iter().map(gain).fold(1.0, f32::max);
        PeakEnvelope { filters, worst, lines: vec![vec![0.0; TAPS - 1]; channels] }
    }

    /// Takes interleaved samples and appends one peak for each to `out`, [`DELAY`] samples late: the `i`th belongs to
    /// sample `i − DELAY` and the interval after it. Intervals whose peak is certainly below `floor` give 0.
    pub(crate) fn push(&mut self, samples: &[f32], floor: f32, out: &mut Vec<f32>) {
        let channels = self.lines.len();
        for (channel, line) in self.lines.iter_mut().enumerate() {
            line.extend(samples.iter().skip(channel).step_by(channels));
        }
        let count = samples.len() / channels;
        let start = out.len();
        out.resize(start + count, 0.0);
        for from in (0..count).step_by(QUIET_CHUNK) {
            let chunk = from..(from + QUIET_CHUNK).min(count);
            let peaks = &mut out[start + chunk.start..start + chunk.end];
            for line in &self.lines {
                let line = &line[chunk.start..chunk.end + TAPS - 1];
                let loudest = line.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
                if loudest * self.worst >= floor && loudest > 0.0 {
                    interpolate(&self.filters, line, peaks);
                }
            }
        }
        for line in &mut self.lines {
            line.drain(..count);
        }
    }
}

fn interpolate(filters: &[[f32; TAPS]; 3], line: &[f32], peaks: &mut [f32]) {
    for (window, peak) in line.windows(TAPS).zip(peaks) {
        let mut largest = window[DELAY - 1].abs();
        for filter in filters {
            let value: f32 = window.iter().zip(filter).map(|(sample, tap)| sample * tap).sum();
            largest = largest.max(value.abs());
        }
        *peak = peak.max(largest);
    }
}

/// Returns the filter for `phase` quarters of an interval, for samples in order of time.
fn filter(phase: usize) -> [f32; TAPS] {
    let mut taps = [0.0; TAPS];
    for (index, tap) in taps.iter_mut().rev().enumerate() {
        let place = (4 * index + phase) as f64;
        let window = 0.5 * (1.0 - (2.0 * PI * place / (4 * TAPS) as f64).cos());
        let angle = (place - (2 * TAPS) as f64) * PI / 4.0;
        *tap = (window * angle.sin() / angle) as f32;
    }
    taps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::loudness::LoudnessMeter;
    use crate::sound::made::{both, noise, sine_at};

    fn envelope(samples: &[f32], floor: f32) -> Vec<f32> {
        let (mut out, mut envelope) = (Vec::new(), PeakEnvelope::new(2));
        for part in samples.chunks(2 * 1000) {
            envelope.push(part, floor, &mut out);
        }
        envelope.push(&[0.0; 2 * DELAY], floor, &mut out);
        out.split_off(DELAY)
    }

    #[test]
    fn it_reads_what_the_meter_reads() {
        for mono in [noise(20_000, 0.5, 1), sine_at(20_000, 12_000.0, 1.0, 45.0), sine_at(20_000, 997.0, 0.3, 0.0)] {
            let samples = both(&mono);
            let mut meter = LoudnessMeter::new(2).unwrap();
            meter.add(&samples, false).unwrap();
            meter.add(&[0.0; 48], false).unwrap();
            let found = envelope(&samples, 0.0).into_iter().fold(0.0, f32::max);
            let wanted = meter.finish().unwrap().true_peak_dbtp.unwrap();
            assert!((20.0 * f64::from(found).log10() - wanted).abs() < 0.01, "{found} is not {wanted}");
        }
    }

    #[test]
    fn a_peak_lies_at_its_sample() {
        let mut samples = vec![0.0; 2 * 3000];
        samples[2 * 1500 + 1] = 0.7;
        let found = envelope(&samples, 0.0);
        assert_eq!(found.len(), 3000);
        assert_eq!(found[1500], 0.7);
        assert!(found[1499] > 0.6 && found[1498] < 0.3);
    }

    #[test]
    fn nothing_over_the_floor_is_passed_over() {
        let samples = both(&noise(50_000, 0.9, 7));
        let whole = envelope(&samples, 0.0);
        let quick = envelope(&samples, 1.0);
        assert!(whole.iter().any(|peak| *peak >= 1.0));
        assert!(whole.iter().zip(&quick).all(|(whole, quick)| whole == quick || (*whole < 1.0 && *quick == 0.0)));
    }
}
