//! Byte edits of MP4 and QuickTime files, for what no muxer will write.

use std::path::Path;

/// A display matrix's turning part: `x' = a x + c y`, `y' = b x + d y` (ISO/IEC 14496-12 6.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    pub a: i32,
    pub b: i32,
    pub c: i32,
    pub d: i32,
}

impl Turn {
    /// Where a point of the stored picture is shown; the middle is (0, 0), x to the right, y down.
    pub fn shown(self, (x, y): (i32, i32)) -> (i32, i32) {
        (self.a * x + self.c * y, self.b * x + self.d * y)
    }
}

/// Writes a turn into the only track header (version 0) of a file.
pub fn set_matrix(file: &Path, turn: Turn) {
    let mut bytes = std::fs::read(file).expect("the file is read");
    let name = bytes.windows(4).position(|name| name == b"tkhd").expect("there is a track header");
    let matrix = name + 4 + 40;
    for (place, value) in [(0, turn.a), (1, turn.b), (3, turn.c), (4, turn.d)] {
        bytes[matrix + 4 * place..][..4].copy_from_slice(&(value << 16).to_be_bytes());
    }
    std::fs::write(file, bytes).expect("the file is written");
}

/// Puts an EXIF orientation (TIFF tag 0x0112) into a JPEG file.
pub fn set_orientation(file: &Path, orientation: u8) {
    let mut bytes = std::fs::read(file).expect("the file is read");
    assert_eq!(bytes[..2], [0xff, 0xd8], "a JPEG file");
    let mut exif = vec![0xff, 0xe1, 0, 34];
    exif.extend_from_slice(b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
    assert_eq!(exif.len(), 36);
    bytes.splice(2..2, exif);
    std::fs::write(file, bytes).expect("the file is written");
}
