//! Where one stretch of sound lies in another: the A/V error at a seam, from the file and not from the plan.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

/// Mean power below which a stretch is too quiet to tell: −70 dBFS.
const QUIET_POWER: f64 = 1e-7;
/// Least correlation that counts as the same sound.
const LEAST_CORRELATION: f64 = 0.5;
/// A second place this close to the best one leaves the lag open.
const AMBIGUOUS_WITHIN: f64 = 0.02;

/// Finds by how many samples `found` lags behind `reference`, within ±`max_lag`: `found[i + lag]` sounds like
/// `reference[i]`.
///
/// Both start at the same nominal time; each lag is judged by the normalised correlation of what overlaps, of which at
/// least half of the shorter stretch must remain. `None` where either is too quiet, nothing alike is found, or two
/// places are as likely (steady tones).
pub(crate) fn lag_of_best_correlation(reference: &[f32], found: &[f32], max_lag: usize) -> Option<i64> {
    let reference = without_offset(reference);
    let found = without_offset(found);
    if power(&reference) < QUIET_POWER || power(&found) < QUIET_POWER {
        return None;
    }
    let least_overlap = reference.len().min(found.len()).div_ceil(2);
    let products = cross_products(&reference, &found)?;
    let (reference_energy, found_energy) = (running_energy(&reference), running_energy(&found));
    let reach = i64::try_from(max_lag).ok()?;
    let correlations: Vec<f64> = (-reach..=reach)
        .map(|lag| {
            let from = (-lag).max(0) as usize;
            let to = (reference.len() as i64).min(found.len() as i64 - lag).max(from as i64) as usize;
            if to - from < least_overlap {
                return 0.0;
            }
            let (found_from, found_to) = ((from as i64 + lag) as usize, (to as i64 + lag) as usize);
            let energy =
                (reference_energy[to] - reference_energy[from]) * (found_energy[found_to] - found_energy[found_from]);
            if energy <= 0.0 { 0.0 } else { product_at(&products, lag) / energy.sqrt() }
        })
        .collect();
    let best = best_alone(&correlations)?;
    Some(best as i64 - reach)
}

/// Returns the place of the largest value when no other peak comes near it.
fn best_alone(correlations: &[f64]) -> Option<usize> {
    let best = (0..correlations.len()).max_by(|a, b| correlations[*a].total_cmp(&correlations[*b]))?;
    let height = correlations[best];
    if height < LEAST_CORRELATION {
        return None;
    }
    // The lobe around the best reaches down to the next valley on either side.
    let falls = |pair: &[f64]| pair[1] <= pair[0];
    let after = best + correlations[best..].windows(2).take_while(|pair| falls(pair)).count();
    let before = best - correlations[..=best].windows(2).rev().take_while(|pair| pair[0] <= pair[1]).count();
    let rival = correlations[..before].iter().chain(&correlations[after + 1..]).copied().fold(0.0, f64::max);
    (rival < height - AMBIGUOUS_WITHIN).then_some(best)
}

/// Returns `Σ reference[i] × found[i + lag]` for every lag, negative lags wrapped to the end.
fn cross_products(reference: &[f64], found: &[f64]) -> Option<Vec<f64>> {
    let length = (reference.len() + found.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let forward = planner.plan_fft_forward(length);
    let backward = planner.plan_fft_inverse(length);
    let spectrum = |samples: &[f64]| -> Option<Vec<Complex<f64>>> {
        let mut padded = samples.to_vec();
        padded.resize(length, 0.0);
        let mut out = forward.make_output_vec();
        forward.process(&mut padded, &mut out).ok()?;
        Some(out)
    };
    let mut product: Vec<_> =
        spectrum(reference)?.iter().zip(&spectrum(found)?).map(|(one, other)| one.conj() * other).collect();
    let mut out = backward.make_output_vec();
    // Rounding may leave a trace of imaginary part where a real signal has none.
    if let [first, .., last] = product.as_mut_slice() {
        first.im = 0.0;
        last.im = 0.0;
    }
    backward.process(&mut product, &mut out).ok()?;
    for value in &mut out {
        *value /= length as f64;
    }
    Some(out)
}

fn product_at(products: &[f64], lag: i64) -> f64 {
    let place = lag.rem_euclid(products.len() as i64);
    products[place as usize]
}

fn without_offset(samples: &[f32]) -> Vec<f64> {
    let mean = samples.iter().copied().map(f64::from).sum::<f64>() / samples.len().max(1) as f64;
    samples.iter().map(|sample| f64::from(*sample) - mean).collect()
}

fn power(samples: &[f64]) -> f64 {
    samples.iter().map(|sample| sample * sample).sum::<f64>() / samples.len().max(1) as f64
}

fn running_energy(samples: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut out = vec![0.0];
    out.extend(samples.iter().map(|sample| {
        sum += sample * sample;
        sum
    }));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::made::{noise, sine};

    #[test]
    fn a_shift_is_found_both_ways_through_noise_and_gain() {
        let whole = noise(20_000, 0.2, 1);
        let disturbance = noise(20_000, 0.02, 2);
        for lag in [-1000_i64, -48, -1, 0, 1, 7, 480, 1000] {
            let reference = &whole[5000..15_000];
            let from = (5000 - lag) as usize;
            let found: Vec<f32> =
                whole[from..from + 10_000].iter().zip(&disturbance).map(|(sound, other)| 0.5 * sound + other).collect();
            assert_eq!(lag_of_best_correlation(reference, &found, 1200), Some(lag));
        }
    }

    #[test]
    fn clicks_in_silence_are_enough() {
        let mut reference = vec![0.0; 9600];
        let mut found = vec![0.0; 9600];
        for place in [1000, 6000] {
            reference[place] = 0.9;
            found[place + 33] = 0.8;
        }
        assert_eq!(lag_of_best_correlation(&reference, &found, 500), Some(33));
    }

    #[test]
    fn quiet_strange_and_steady_sounds_tell_nothing() {
        let sound = noise(9600, 0.2, 3);
        assert_eq!(lag_of_best_correlation(&sound, &vec![0.0; 9600], 500), None);
        assert_eq!(lag_of_best_correlation(&vec![0.25; 9600], &sound, 500), None);
        assert_eq!(lag_of_best_correlation(&sound, &noise(9600, 0.2, 4), 500), None);
        let tone = sine(9600, 1000.0, 0.3);
        assert_eq!(lag_of_best_correlation(&tone, &tone, 500), None);
        assert_eq!(lag_of_best_correlation(&[], &[], 500), None);
    }

    #[test]
    fn a_lag_beyond_reach_is_not_guessed() {
        let whole = noise(20_000, 0.2, 5);
        assert_eq!(lag_of_best_correlation(&whole[5000..15_000], &whole[4000..14_000], 500), None);
    }
}
