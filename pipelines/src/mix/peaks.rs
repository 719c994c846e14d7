//! How loud the loudest instants are: the true peaks of all 10 ms blocks of the programme, counted.

/// Samples of a block: 10 ms.
const BLOCK: usize = 480;
/// Level of the lowest step; what lies below counts there.
const LOWEST_DB: f64 = -140.0;
/// Steps in a dB.
const STEPS: f64 = 100.0;
/// Level of the highest step; what lies above counts there.
const HIGHEST_DB: f64 = 80.0;

/// Counts blocks by the level of their true peak, in steps of 0.01 dB.
pub(crate) struct BlockPeaks {
    counts: Vec<u64>,
    blocks: u64,
    in_block: usize,
    block_peak: f32,
    highest: f32,
}

impl BlockPeaks {
    /// Starts without a block.
    pub(crate) fn new() -> Self {
        let steps = ((HIGHEST_DB - LOWEST_DB) * STEPS) as usize + 1;
        BlockPeaks { counts: vec![0; steps], blocks: 0, in_block: 0, block_peak: 0.0, highest: 0.0 }
    }

    /// Takes the peak of every sample's interval, in order.
    pub(crate) fn push(&mut self, peaks: &[f32]) {
        for peak in peaks {
            self.block_peak = self.block_peak.max(*peak);
            self.in_block += 1;
            if self.in_block == BLOCK {
                self.close_block();
            }
        }
    }

    /// Counts the last block, however short.
    pub(crate) fn finish(mut self) -> Self {
        if self.in_block > 0 {
            self.close_block();
        }
        self
    }

    fn close_block(&mut self) {
        let level = 20.0 * f64::from(self.block_peak).log10();
        let step = ((level - LOWEST_DB) * STEPS).clamp(0.0, (self.counts.len() - 1) as f64);
        self.counts[step as usize] += 1;
        self.blocks += 1;
        self.highest = self.highest.max(self.block_peak);
        (self.in_block, self.block_peak) = (0, 0.0);
    }

    /// Returns the highest true peak in dBTP; `None` for digital silence.
    pub(crate) fn highest_dbtp(&self) -> Option<f64> {
        (self.highest > 0.0).then(|| 20.0 * f64::from(self.highest).log10())
    }

    /// Returns the share of blocks whose peak lies above `dbtp`, 0 to 1, to the next lower step.
    pub(crate) fn share_above(&self, dbtp: f64) -> f64 {
        let from = ((dbtp - LOWEST_DB) * STEPS).ceil().clamp(0.0, self.counts.len() as f64) as usize;
        let above: u64 = self.counts[from..].iter().sum();
        above as f64 / self.blocks.max(1) as f64
    }

    /// Returns the lowest level that at most `share` of all blocks lie above, in dBTP, to the next higher step.
    pub(crate) fn level_of_share(&self, share: f64) -> f64 {
        let allowed = (share * self.blocks as f64).floor() as u64;
        let mut above = 0;
        for (step, count) in self.counts.iter().enumerate().rev() {
            above += count;
            if above > allowed {
                return LOWEST_DB + (step + 1) as f64 / STEPS;
            }
        }
        LOWEST_DB
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::made::factor;

    /// 1,000 blocks: one at −1, nine at −6, the rest at −20 dBTP.
    fn peaks() -> BlockPeaks {
        let mut peaks = BlockPeaks::new();
        for block in 0..1000 {
            let level = match block {
                500 => -1.0,
                100..109 => -6.0,
                _ => -20.0,
            };
            let mut samples = vec![0.0; BLOCK];
            samples[block % BLOCK] = factor(level) as f32;
            peaks.push(&samples);
        }
        peaks.finish()
    }

    #[test]
    fn shares_and_levels_belong_together() {
        let peaks = peaks();
        assert!((peaks.highest_dbtp().unwrap() + 1.0).abs() < 1e-3);
        assert_eq!(peaks.share_above(-0.9), 0.0);
        assert_eq!(peaks.share_above(-3.0), 0.001);
        assert_eq!(peaks.share_above(-7.0), 0.01);
        assert_eq!(peaks.share_above(-21.0), 1.0);
        assert!((peaks.level_of_share(0.01) + 20.0).abs() < 0.02);
        assert!((peaks.level_of_share(0.009) + 6.0).abs() < 0.02);
        assert!((peaks.level_of_share(0.0) + 1.0).abs() < 0.02);
        for share in [0.0, 0.001, 0.009, 0.01, 0.5] {
            assert!(peaks.share_above(peaks.level_of_share(share)) <= share);
        }
    }

    #[test]
    fn silence_and_nothing_have_no_peak() {
        let mut silent = BlockPeaks::new();
        silent.push(&[0.0; 1000]);
        let silent = silent.finish();
        assert_eq!((silent.highest_dbtp(), silent.blocks), (None, 3));
        assert_eq!(BlockPeaks::new().finish().share_above(-10.0), 0.0);
    }
}
