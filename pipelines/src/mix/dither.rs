//! The last integer step: triangular dither of ±1 step, and none in digital silence.

/// Turns float samples into integers of a given width.
pub(crate) struct Dither {
    scale: f64,
    channels: usize,
    state: u64,
}

impl Dither {
    /// Makes integers of `bits` bits; the dither is the same at every run.
    pub(crate) fn new(bits: u32, channels: usize) -> Self {
        Dither { scale: f64::from(1_u32 << (bits - 1)), channels, state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// Appends integers for interleaved samples; a frame that is exactly zero stays zero.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<i32>) {
        for frame in samples.chunks_exact(self.channels) {
            let silent = frame.iter().all(|sample| *sample == 0.0);
            for sample in frame {
                let noise = if silent { 0.0 } else { self.uniform() - self.uniform() };
                let step = (f64::from(*sample) * self.scale + noise).round();
                out.push(step.clamp(-self.scale, self.scale - 1.0) as i32);
            }
        }
    }

    /// Returns a number from 0 to 1 (xorshift64).
    fn uniform(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::made::both;

    #[test]
    fn silence_stays_silent_and_full_scale_does_not_wrap() {
        let mut out = Vec::new();
        Dither::new(16, 2).push(&[0.0, 0.0, 2.0, -2.0, 1.0, -1.0], &mut out);
        assert_eq!(out[..4], [0, 0, 32_767, -32_768]);
        assert!(out[4] >= 32_765 && out[5] <= -32_766);
    }

    #[test]
    fn a_level_between_steps_comes_out_on_average() {
        let level = 100.25 / 8_388_608.0;
        let mut out = Vec::new();
        Dither::new(24, 2).push(&both(&vec![level; 50_000]), &mut out);
        let mean = out.iter().map(|step| f64::from(*step)).sum::<f64>() / out.len() as f64;
        assert!((mean - 100.25).abs() < 0.02, "{mean}");
        assert!(out.iter().all(|step| (98..=103).contains(step)));
        let both_sides = out.chunks(2).filter(|frame| frame[0] != frame[1]).count();
        assert!(both_sides > 10_000, "channels share one noise");
    }
}
