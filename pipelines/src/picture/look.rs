//! What a frame looks like: coarse luma, black, repeated. The same eyes look before encoding and after decoding.

use bookend_media::Frame;

/// Blocks across and down of coarse luma.
const COLUMNS: usize = 16;
const ROWS: usize = 9;

/// A sample is black up to this 8-bit luma: 10 % above black (FFmpeg's blackdetect default, `pixel_black_th` 0.10).
const BLACK_LUMA: u8 = 38;
/// A picture is black when this share of its samples is, in percent (`picture_black_ratio_th` 0.98).
const BLACK_PERCENT: u64 = 98;
/// A frame repeats its predecessor when their luma differs by at most this much on average, in 8-bit steps: FFmpeg's
/// freezedetect default of −60 dB is 0.255.
const FROZEN_DIFFERENCE: f64 = 0.255;

/// One frame's look.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Look {
    /// Block means, 8-bit, row by row.
    pub luma: Vec<u8>,
    /// Block means with fractions kept, for comparing.
    pub fine: Vec<f32>,
    pub black: bool,
    /// The same picture as the frame before it.
    pub frozen: bool,
}

impl Look {
    /// Looks at a planar luma-first frame of 8 to 16 bits, after its predecessor if there is one of the same shape.
    pub(crate) fn at(frame: &Frame, before: Option<&Frame>) -> Look {
        let lines = Lines::of(frame);
        let mut sums = [0u64; COLUMNS * ROWS];
        let mut counts = [0u64; COLUMNS * ROWS];
        let mut dark = 0u64;
        let mut narrowed = Vec::new();
        for y in 0..lines.height {
            let line = lines.read(y, &mut narrowed);
            let row = y * ROWS / lines.height;
            for column in 0..COLUMNS {
                let block = &line[column * lines.width / COLUMNS..(column + 1) * lines.width / COLUMNS];
                let (sum, black) = weigh(block);
                dark += black;
                sums[row * COLUMNS + column] += sum;
                counts[row * COLUMNS + column] += block.len() as u64;
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let fine: Vec<f32> = sums.iter().zip(counts).map(|(&sum, count)| sum as f32 / count.max(1) as f32).collect();
        let all = (lines.width * lines.height) as u64;
        Look {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            luma: fine.iter().map(|mean| mean.round() as u8).collect(),
            fine,
            black: dark * 100 >= all * BLACK_PERCENT,
            frozen: before.is_some_and(|before| repeats(&lines, before)),
        }
    }

    /// Returns the largest difference of a block mean between two looks, in 8-bit steps.
    pub(crate) fn worst_difference(&self, other: &Look) -> f64 {
        self.fine.iter().zip(&other.fine).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
    }
}

/// Sums samples, and counts the black ones. Every sample of every frame passes here twice: sums as narrow as they may be
/// let the compiler make wide vectors of them.
fn weigh(samples: &[u8]) -> (u64, u64) {
    let (mut sum, mut dark) = (0, 0);
    // 255 times 255 is below 65,536, and 255 black samples are below 256.
    for group in samples.chunks(255) {
        sum += u64::from(group.iter().map(|&luma| u16::from(luma)).sum::<u16>());
        dark += u64::from(group.iter().map(|&luma| u8::from(luma <= BLACK_LUMA)).sum::<u8>());
    }
    (sum, dark)
}

#[allow(clippy::cast_precision_loss)]
fn repeats(lines: &Lines<'_>, before: &Frame) -> bool {
    let earlier = Lines::of(before);
    if (earlier.width, earlier.height) != (lines.width, lines.height) {
        return false;
    }
    if std::ptr::eq(earlier.samples.as_ptr(), lines.samples.as_ptr()) {
        return true;
    }
    let most = (lines.width * lines.height) as f64 * FROZEN_DIFFERENCE;
    let (mut narrowed, mut narrowed_earlier) = (Vec::new(), Vec::new());
    let mut difference = 0u64;
    for y in 0..lines.height {
        let (a, b) = (lines.read(y, &mut narrowed), earlier.read(y, &mut narrowed_earlier));
        // A line of 16 million samples would fit.
        difference += u64::from(a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum::<u32>());
        if difference as f64 > most {
            return false;
        }
    }
    true
}

/// A frame's luma, line by line, as 8-bit samples.
struct Lines<'a> {
    samples: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
    /// Bits below the upper eight; `None` for one byte a sample.
    shift: Option<u32>,
}

impl<'a> Lines<'a> {
    fn of(frame: &'a Frame) -> Self {
        let (samples, stride) = frame.plane(0);
        let depth = frame.pixel_format().bit_depth();
        let raster = frame.raster();
        Lines {
            samples,
            stride,
            width: raster.width as usize,
            height: raster.height as usize,
            shift: (depth > 8).then(|| depth - 8),
        }
    }

    /// Returns a line: the frame's own samples where they have eight bits, else narrowed into the room given.
    fn read<'b>(&'b self, y: usize, narrowed: &'b mut Vec<u8>) -> &'b [u8] {
        let from = &self.samples[y * self.stride..];
        let Some(shift) = self.shift else { return &from[..self.width] };
        narrowed.clear();
        let (pairs, _) = from[..self.width * 2].as_chunks::<2>();
        #[allow(clippy::cast_possible_truncation)]
        narrowed.extend(pairs.iter().map(|&pair| (u16::from_le_bytes(pair) >> shift) as u8));
        narrowed
    }
}

/// Bytes hashed at once: what lets BLAKE3 work on many blocks side by side.
const HASHED_BYTES: usize = 64 * 1024;

/// Computes the BLAKE3 of a frame's visible samples, plane by plane, hexadecimal.
pub(crate) fn frame_hash(frame: &Frame) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut gathered = Vec::with_capacity(2 * HASHED_BYTES);
    let format = frame.pixel_format();
    let raster = frame.raster();
    let bytes = if format.bit_depth() > 8 { 2 } else { 1 };
    let luma_lines = format.plane_lines(0, raster.height) as usize;
    for index in 0..3 {
        let (samples, stride) = frame.plane(index);
        let lines = format.plane_lines(index, raster.height) as usize;
        // Of the formats encoded here all halve chroma lines' length.
        let visible = if index == 0 { raster.width as usize } else { raster.width.div_ceil(2) as usize } * bytes;
        for line in samples.chunks(stride.max(1)).take(lines.min(luma_lines)) {
            gathered.extend_from_slice(&line[..visible.min(line.len())]);
            if gathered.len() >= HASHED_BYTES {
                hasher.update(&gathered);
                gathered.clear();
            }
        }
    }
    hasher.update(&gathered);
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bookend_media::{ColourCodes, PixelFormat};
    use bookend_units::Raster;

    fn grey(luma: u8) -> Frame {
        let raster = Raster { width: 64, height: 36 };
        let mut frame = Frame::picture(raster, PixelFormat::named("yuv420p"), ColourCodes::BT709).expect("memory");
        frame.plane_mut(0).expect("memory").0.fill(luma);
        frame.plane_mut(1).expect("memory").0.fill(128);
        frame.plane_mut(2).expect("memory").0.fill(128);
        frame
    }

    #[test]
    fn black_is_dark_almost_everywhere() {
        assert!(Look::at(&grey(16), None).black);
        assert!(!Look::at(&grey(60), None).black);
    }

    #[test]
    fn weighing_many_samples_is_weighing_each() {
        for length in [0, 1, 16, 120, 254, 255, 256, 9_999] {
            let samples: Vec<u8> = (0..length).map(|place: usize| (place * 97 % 251).to_le_bytes()[0]).collect();
            let sum = samples.iter().map(|&luma| u64::from(luma)).sum::<u64>();
            let dark = samples.iter().filter(|&&luma| luma <= BLACK_LUMA).count() as u64;
            assert_eq!(weigh(&samples), (sum, dark), "{length} samples");
        }
        assert_eq!(weigh(&[255; 5_000]), (255 * 5_000, 0));
        assert_eq!(weigh(&[0; 5_000]), (0, 5_000));
    }

    #[test]
    fn a_repeated_frame_is_frozen_and_a_changed_one_is_not() {
        let (one, other) = (grey(100), grey(101));
        assert!(Look::at(&one.share().expect("memory"), Some(&one)).frozen);
        assert!(Look::at(&grey(100), Some(&one)).frozen);
        assert!(!Look::at(&other, Some(&one)).frozen);
        let difference = Look::at(&one, None).worst_difference(&Look::at(&other, None));
        assert!((difference - 1.0).abs() < 1e-6);
    }

    #[test]
    fn hashes_tell_frames_apart() {
        assert_eq!(frame_hash(&grey(100)), frame_hash(&grey(100)));
        assert_ne!(frame_hash(&grey(100)), frame_hash(&grey(101)));
    }
}
