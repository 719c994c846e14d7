//! What an item shows and sounds like, and how it is measured.

use std::f64::consts::PI;

use crate::barcode::code::{self, Mark};
use crate::barcode::ffmpeg::Grey;

use super::reel::{HEIGHT, WIDTH};

/// An item of a rendered master.
pub struct Shown {
    pub frames: Vec<Frame>,
    /// Left and right, interleaved, at 48 kHz.
    pub sound: Vec<f32>,
}

/// A frame of 4:2:2 with ten bits.
pub struct Frame {
    luma: Vec<u16>,
    chroma: [Vec<u16>; 2],
}

/// A colour, in steps of eight bits.
pub type Colour = [f64; 3];

impl Frame {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let samples: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let (luma, chroma) = samples.split_at(WIDTH * HEIGHT);
        let (blue, red) = chroma.split_at(WIDTH / 2 * HEIGHT);
        Frame { luma: luma.to_vec(), chroma: [blue.to_vec(), red.to_vec()] }
    }

    /// Mean colour of eight by eight pixels around a point.
    pub fn colour(&self, x: usize, y: usize) -> Colour {
        [self.luma_at(x, y), mean(&self.chroma[0], WIDTH / 2, x / 2, y), mean(&self.chroma[1], WIDTH / 2, x / 2, y)]
    }

    /// Mean luma of eight by eight pixels around a point.
    pub fn luma_at(&self, x: usize, y: usize) -> f64 {
        mean(&self.luma, WIDTH, x, y)
    }

    /// Luma of one pixel.
    pub fn pixel(&self, x: usize, y: usize) -> f64 {
        f64::from(self.luma[y * WIDTH + x]) / 4.0
    }

    /// Luma halfway between two of the picture's edges is passed: first along a line from the left.
    pub fn edge_in_line(&self, y: usize, level: f64) -> Option<usize> {
        (0..WIDTH).find(|x| self.pixel(*x, y) > level)
    }

    /// First and one past the last pixel brighter than `level`: columns in the middle line, lines in the middle column.
    pub fn lit(&self, level: f64) -> ([usize; 2], [usize; 2]) {
        let ends = |count: usize, is_lit: &dyn Fn(usize) -> bool| {
            let first = (0..count).find(|place| is_lit(*place)).unwrap_or(count);
            let last = (0..count).rev().find(|place| is_lit(*place)).map_or(0, |place| place + 1);
            [first, last]
        };
        (ends(WIDTH, &|x| self.pixel(x, HEIGHT / 2) > level), ends(HEIGHT, &|y| self.pixel(WIDTH / 2, y) > level))
    }

    /// Reads a barcode that fills the frame.
    pub fn mark(&self) -> Option<Mark> {
        let full = |luma: &u16| ((f64::from(*luma) / 4.0 - 16.0) * 255.0 / 219.0).round().clamp(0.0, 255.0) as u8;
        let samples: Vec<u8> = self.luma.iter().map(full).collect();
        code::read(&Grey { width: WIDTH, height: HEIGHT, samples: &samples })
    }
}

fn mean(plane: &[u16], width: usize, x: usize, y: usize) -> f64 {
    let height = plane.len() / width;
    let (columns, lines) = (x.saturating_sub(4)..(x + 4).min(width), y.saturating_sub(4)..(y + 4).min(height));
    let count = columns.len() * lines.len();
    let sum: u32 = lines.flat_map(|y| columns.clone().map(move |x| u32::from(plane[y * width + x]))).sum();
    f64::from(sum) / count as f64 / 4.0
}

impl Shown {
    /// Numbers of the barcodes shown.
    pub fn numbers(&self) -> Vec<Option<u32>> {
        self.frames.iter().map(|frame| frame.mark().map(|mark| mark.frame)).collect()
    }

    /// One channel, 0 left, 1 right.
    pub fn channel(&self, channel: usize) -> Vec<f64> {
        self.sound.iter().skip(channel).step_by(2).map(|sample| f64::from(*sample)).collect()
    }

    /// Loudest sample.
    pub fn peak(&self) -> f32 {
        self.sound.iter().fold(0.0, |most, sample| most.max(sample.abs()))
    }

    /// First and one past the last sample, of the left channel, louder than a third of the loudest.
    pub fn heard(&self) -> (usize, usize) {
        let level = f64::from(self.peak()) / 3.0;
        let left = self.channel(0);
        let first = left.iter().position(|sample| sample.abs() > level).expect("something is heard");
        (first, left.iter().rposition(|sample| sample.abs() > level).map_or(0, |last| last + 1))
    }
}

/// Amplitude and phase of a tone in samples at 48 kHz that hold whole periods of it.
pub fn tone(samples: &[f64], hertz: f64) -> (f64, f64) {
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = 2.0 * PI * hertz * n as f64 / 48_000.0;
        real += sample * angle.cos();
        imaginary -= sample * angle.sin();
    }
    (2.0 * real.hypot(imaginary) / samples.len() as f64, imaginary.atan2(real))
}

pub fn assert_near(found: f64, wanted: f64, within: f64, what: &str) {
    assert!((found - wanted).abs() <= within, "{what}: {found:.2}, wanted {wanted:.2} ± {within}");
}

/// Each component within two steps of eight bits.
pub fn assert_colour(found: Colour, wanted: Colour, what: &str) {
    for (found, wanted) in found.iter().zip(wanted) {
        assert_near(*found, wanted, 2.0, what);
    }
}
