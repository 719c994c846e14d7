//! Sounds made by code, for tests.

/// Mono white noise of the given peak.
pub(crate) fn noise(samples: usize, peak: f32, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..samples).map(|_| peak * next()).collect()
}

/// A mono sine at 48 kHz of the given peak, from phase zero.
pub(crate) fn sine(samples: usize, hertz: f64, peak: f64) -> Vec<f32> {
    sine_at(samples, hertz, peak, 0.0)
}

/// A mono sine at 48 kHz of the given peak and starting phase in degrees.
pub(crate) fn sine_at(samples: usize, hertz: f64, peak: f64, degrees: f64) -> Vec<f32> {
    let step = std::f64::consts::TAU * hertz / 48_000.0;
    (0..samples).map(|index| (peak * (step * index as f64 + degrees.to_radians()).sin()) as f32).collect()
}

/// The same sound on both channels, interleaved.
pub(crate) fn both(mono: &[f32]) -> Vec<f32> {
    mono.iter().flat_map(|sample| [*sample, *sample]).collect()
}

/// A level in dB as a factor.
pub(crate) fn factor(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}
