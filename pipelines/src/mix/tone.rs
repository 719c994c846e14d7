//! 1 kHz line-up tone at −20 dBFS (SMPTE RP 155): a sine of a tenth of full scale, in phase on all channels.

use std::f64::consts::TAU;
use std::ops::Range;

use super::plan::{Hears, MixPlan};
use super::ramp;

/// Peak of the sine: −20 dB of full scale.
const PEAK: f64 = 0.1;
/// Samples of one period at 48 kHz.
const PERIOD: u64 = 48;

/// Adds the tone of every tone item to interleaved samples at `run` of the programme. Tone begins each item at phase
/// zero, bears neither gain nor limiter, and is faded like any item.
pub(crate) fn add(plan: &MixPlan, run: Range<u64>, samples: &mut [f32]) {
    let from = plan.items.partition_point(|item| item.samples.end <= run.start);
    for item in plan.items[from..].iter().take_while(|item| item.samples.start < run.end) {
        if item.hears != Hears::Tone {
            continue;
        }
        let part = item.samples.start.max(run.start)..item.samples.end.min(run.end);
        let place = |sample: u64| (sample - run.start) as usize * plan.channels;
        let target = &mut samples[place(part.start)..place(part.end)];
        for (frame, sample) in target.chunks_exact_mut(plan.channels).zip(part.clone()) {
            let phase = (sample - item.samples.start) % PERIOD;
            frame.fill((PEAK * (TAU * phase as f64 / PERIOD as f64).sin()) as f32);
        }
        let inside = part.start - item.samples.start..part.end - item.samples.start;
        ramp::apply(target, plan.channels, inside, item.samples.end - item.samples.start, plan.ramp_samples);
    }
}
