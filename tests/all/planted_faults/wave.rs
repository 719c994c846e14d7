//! Sound made by code, as WAV files.

use std::path::Path;

/// Samples a second of all programme sound.
pub const RATE_HZ: usize = 48_000;

/// Interleaved stereo noise between −`level` and `level`, different left and right, the same for each `seed`; softer towards
/// the treble, which coders at low rates drop.
pub fn noise(samples: usize, level: f32, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut soft = [0.0; 2];
    (0..2 * samples)
        .map(|index| {
            // xorshift64*, of which the upper 24 bits are good.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let number = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40;
            let sharp = (number as f32 / 8_388_608.0 - 1.0) * level;
            soft[index % 2] += 0.3 * (sharp - soft[index % 2]);
            soft[index % 2]
        })
        .collect()
}

/// Writes 32-bit float stereo with the header that Bookend's own files have: RIFF, room for `ds64`, `fmt `, `data`.
pub fn write(path: &Path, samples: &[f32]) {
    let bytes = u32::try_from(samples.len() * 4).unwrap();
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(72 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEJUNK");
    file.extend_from_slice(&28_u32.to_le_bytes());
    file.extend_from_slice(&[0; 28]);
    file.extend_from_slice(b"fmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    for half in [3_u16, 2] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    for word in [RATE_HZ as u32, RATE_HZ as u32 * 8] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for half in [8_u16, 32] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    for sample in samples {
        file.extend_from_slice(&sample.to_le_bytes());
    }
    std::fs::write(path, file).unwrap();
}
