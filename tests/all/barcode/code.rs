//! The barcode: 32 large blocks, black or white, that carry the piece's number, the frame's and a check of both.

use super::ffmpeg::Grey;

/// Blocks across and down.
const ACROSS: usize = 8;
const DOWN: usize = 4;
/// Bits of a frame's number; four more are the piece's.
const FRAME_BITS: u32 = 12;
/// Mean luma (full range) under which a block is black for certain, and over which it is white.
const BLACK: u32 = 64;
const WHITE: u32 = 192;

/// What a barcode says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    pub piece: u32,
    pub frame: u32,
}

impl Mark {
    fn bits(self) -> u32 {
        assert!(self.frame < 1 << FRAME_BITS && self.piece < 16);
        let said = self.piece << FRAME_BITS | self.frame;
        said << 16 | check(said)
    }

    /// Appends a frame of `width` × `height`.
    pub fn draw(self, width: usize, height: usize, samples: &mut Vec<u8>) {
        let bits = self.bits();
        let white = |x: usize, y: usize| bits >> (31 - y * ACROSS - x) & 1 == 1;
        for y in 0..DOWN {
            let mut row = Vec::with_capacity(width);
            for x in 0..ACROSS {
                row.resize(width * (x + 1) / ACROSS, if white(x, y) { 255 } else { 0 });
            }
            (height * y / DOWN..height * (y + 1) / DOWN).for_each(|_| samples.extend_from_slice(&row));
        }
    }
}

/// Sixteen bits that a single wrong block changes about half of.
fn check(said: u32) -> u32 {
    said.wrapping_add(1).wrapping_mul(0x9e37_79b1) >> 16
}

/// Reads a frame; `None` when a block is grey (two frames mixed, or none of ours) or the check fails.
pub fn read(frame: &Grey<'_>) -> Option<Mark> {
    let mut bits = 0u32;
    for block in 0..ACROSS * DOWN {
        let mean = mean(frame, block % ACROSS, block / ACROSS);
        let bit = match mean {
            _ if mean < BLACK => 0,
            _ if mean > WHITE => 1,
            _ => return None,
        };
        bits = bits << 1 | bit;
    }
    let said = bits >> 16;
    (check(said) == bits & 0xffff).then_some(Mark { piece: said >> FRAME_BITS, frame: said & ((1 << FRAME_BITS) - 1) })
}

/// Mean of the middle quarter of a block.
fn mean(frame: &Grey<'_>, column: usize, row: usize) -> u32 {
    let span = |place: usize, count: usize, length: usize| {
        let (from, size) = (place * length / count, length / count);
        from + size / 4..from + size * 3 / 4
    };
    let (mut sum, mut count) = (0u32, 0);
    for y in span(row, DOWN, frame.height) {
        for x in span(column, ACROSS, frame.width) {
            sum += u32::from(frame.samples[y * frame.width + x]);
            count += 1;
        }
    }
    sum / count
}

#[test]
fn what_is_drawn_is_read_and_mixtures_are_not() {
    let (width, height) = (256, 144);
    let draw = |frame| {
        let mut samples = Vec::new();
        Mark { piece: 7, frame }.draw(width, height, &mut samples);
        samples
    };
    for frame in [0, 1, 1000, 4095] {
        assert_eq!(read(&Grey { width, height, samples: &draw(frame) }), Some(Mark { piece: 7, frame }));
    }
    let mixed: Vec<u8> = draw(10).iter().zip(draw(11)).map(|(a, b)| a / 2 + b / 2).collect();
    assert_eq!(read(&Grey { width, height, samples: &mixed }), None);
}
