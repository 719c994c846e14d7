//! Raw pictures and sound for ffmpeg to wrap.

use std::path::{Path, PathBuf};

use crate::barcode::code::Mark;
use crate::barcode::ffmpeg;

/// Frames of 4:2:0, 4:2:2 or 4:4:4 with 8 to 16 bits, as ffmpeg's raw video has them.
#[derive(Clone, Copy)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    /// ffmpeg's name of the pixel format.
    pub format: &'static str,
}

impl Canvas {
    pub const fn new(width: usize, height: usize, format: &'static str) -> Self {
        Canvas { width, height, format }
    }

    /// ffmpeg's options for reading these frames.
    pub fn input(&self, rate: &str) -> String {
        format!("-f rawvideo -pix_fmt {} -s {}x{} -r {rate} -i pipe:0", self.format, self.width, self.height)
    }

    /// Draws `frames` frames; `value` says what plane, x and y of a frame have.
    pub fn draw(&self, frames: usize, value: impl Fn(usize, usize, usize, usize) -> u16) -> Vec<u8> {
        let deep = self.format.ends_with("le");
        let planes = if self.format.contains("yuva") || self.format.starts_with("gbrap") { 4 } else { 3 };
        let mut bytes = Vec::new();
        for frame in 0..frames {
            for plane in 0..planes {
                let (width, height) = self.plane(plane);
                for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                    let value = value(frame, plane, x, y).to_le_bytes();
                    bytes.extend_from_slice(if deep { &value } else { &value[..1] });
                }
            }
        }
        bytes
    }

    /// Draws frames of one colour.
    pub fn solid(&self, frames: usize, planes: &[u16]) -> Vec<u8> {
        self.draw(frames, |_, plane, _, _| planes[plane])
    }

    fn plane(&self, plane: usize) -> (usize, usize) {
        let chroma = plane == 1 || plane == 2;
        let across = chroma && (self.format.contains("420") || self.format.contains("422"));
        let down = chroma && self.format.contains("420");
        let half = |size: usize, halved: bool| if halved { size.div_ceil(2) } else { size };
        (half(self.width, across), half(self.height, down))
    }
}

/// Luma of the four quarters of [`quarters`]: upper left, upper right, lower left, lower right.
pub const QUARTERS: [u16; 4] = [200, 150, 100, 50];

/// A grey picture (8 bits) of four quarters.
pub fn quarters(canvas: Canvas, frames: usize) -> Vec<u8> {
    canvas.draw(frames, |_, plane, x, y| match plane {
        0 => QUARTERS[usize::from(y >= canvas.height / 2) * 2 + usize::from(x >= canvas.width / 2)],
        _ => 128,
    })
}

/// A picture file of numbered frames, without sound.
pub fn numbered(folder: &Path, name: &str, frames: u32, rate: &str, options: &str) -> PathBuf {
    let mut picture = Vec::new();
    (0..frames).for_each(|frame| Mark { piece: 1, frame }.draw(256, 144, &mut picture));
    let file = folder.join(name);
    ffmpeg::make(&format!("-f rawvideo -pix_fmt gray -s 256x144 -r {rate} -i pipe:0 {options}"), &file, &picture);
    file
}

/// A wave file of 32-bit float, one function of the time in seconds for each channel.
pub fn wave(folder: &Path, name: &str, rate: u32, samples: usize, channels: &[&dyn Fn(f64) -> f64]) -> PathBuf {
    let raw = folder.join(format!("{name}.f32"));
    let value = |n: usize| channels.iter().map(move |channel| channel(n as f64 / f64::from(rate)) as f32);
    let bytes: Vec<u8> = (0..samples).flat_map(value).flat_map(f32::to_le_bytes).collect();
    std::fs::write(&raw, bytes).expect("sound can be written");
    let file = folder.join(name);
    let layout = match channels.len() {
        1 => "mono",
        2 => "stereo",
        6 => "5.1",
        _ => "7.1",
    };
    let input = format!("-f f32le -ar {rate} -ac {} -channel_layout {layout}", channels.len());
    ffmpeg::make(&format!("{input} -i '{}' -c:a pcm_f32le", raw.display()), &file, &[]);
    file
}

/// A sine of one unit's tenth.
pub fn sine(hertz: f64) -> impl Fn(f64) -> f64 {
    move |time| 0.1 * (2.0 * std::f64::consts::PI * hertz * time).sin()
}
