//! The fades on either side of a cut: short enough not to be heard, long enough that no cut clicks.
//!
//! Raised cosine, inside the item: the first and the last sample are exactly zero, and `ramp` samples further in the
//! sound is untouched. An item shorter than two ramps fades over half its length.

use std::ops::Range;

/// Fades interleaved samples that lie at `part` of an item of `length` samples.
pub(crate) fn apply(samples: &mut [f32], channels: usize, part: Range<u64>, length: u64, ramp: u64) {
    let ramp = ramp.min(length / 2);
    if ramp == 0 || (part.start >= ramp && part.end <= length - ramp) {
        return;
    }
    for (frame, place) in samples.chunks_exact_mut(channels).zip(part) {
        let from_edge = place.min(length - 1 - place);
        if from_edge < ramp {
            let weight = weight(from_edge, ramp);
            for sample in frame {
                *sample *= weight;
            }
        }
    }
}

/// Returns the factor at `place` samples from the edge of a fade of `ramp` samples: 0 at the edge, 1 at `ramp`.
pub(crate) fn weight(place: u64, ramp: u64) -> f32 {
    (0.5 - 0.5 * (std::f64::consts::PI * place as f64 / ramp as f64).cos()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faded(length: u64, ramp: u64, portion: usize) -> Vec<f32> {
        let mut samples = vec![1.0; 2 * length as usize];
        for (index, part) in samples.chunks_mut(2 * portion).enumerate() {
            let from = (index * portion) as u64;
            apply(part, 2, from..from + part.len() as u64 / 2, length, ramp);
        }
        samples
    }

    #[test]
    fn both_ends_reach_zero_and_the_middle_is_untouched() {
        let samples = faded(1000, 96, 1000);
        assert_eq!((samples[0], samples[1], samples[1998], samples[1999]), (0.0, 0.0, 0.0, 0.0));
        assert!(samples[2 * 96..2 * 904].iter().all(|sample| *sample == 1.0));
        assert!(samples[..2 * 96].windows(3).all(|window| window[2] >= window[0]));
        let mirrored: Vec<_> = samples.iter().rev().copied().collect();
        assert_eq!(mirrored, samples);
    }

    #[test]
    fn portions_make_no_difference() {
        for portion in [1, 7, 96, 333] {
            assert_eq!(faded(1000, 96, portion), faded(1000, 96, 1000));
        }
    }

    #[test]
    fn no_ramp_changes_nothing_and_short_items_share() {
        assert_eq!(faded(100, 0, 100), vec![1.0; 200]);
        assert_eq!(faded(1, 96, 1), [1.0, 1.0]);
        let short = faded(10, 96, 10);
        assert_eq!((short[0], short[19]), (0.0, 0.0));
        assert!(short[8] > 0.5 && short[8] < 1.0);
    }
}
