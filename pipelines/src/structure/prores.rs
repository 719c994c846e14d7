//! ProRes frame headers (SMPTE RDD 36, 5.1 and 6.1).

use bookend_units::Raster;

use super::Damage;

/// What a ProRes frame header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProResFrame {
    /// Size of the frame.
    pub raster: Raster,
    /// 4:4:4 when true, 4:2:2 when false.
    pub full_chroma: bool,
    /// `interlace_mode`: 0 progressive, 1 top field first, 2 bottom field first.
    pub interlace_mode: u8,
    /// H.273 primaries, transfer and matrix; 0 and 2 say nothing.
    pub colour: (u8, u8, u8),
    /// `alpha_channel_type`: 0 is none.
    pub alpha: u8,
}

impl ProResFrame {
    /// Reads the header of the frame in `packet`.
    ///
    /// # Errors
    /// When the packet does not start with a whole frame header, or states another size than it has.
    pub fn read(packet: &[u8]) -> Result<Self, Damage> {
        let [s0, s1, s2, s3, kind0, kind1, kind2, kind3, rest @ ..] = packet else {
            return Err(Damage::new("a frame is cut off in its header", 0));
        };
        if [*kind0, *kind1, *kind2, *kind3] != *b"icpf" {
            return Err(Damage::new("a frame without the ProRes mark", 4));
        }
        if u64::from(u32::from_be_bytes([*s0, *s1, *s2, *s3])) > packet.len() as u64 {
            return Err(Damage::new("a frame states more bytes than it has", 0));
        }
        let header: &[u8; 20] = rest.first_chunk().ok_or(Damage::new("a frame is cut off in its header", 8))?;
        let [_, _, _, _, _, _, _, _, w0, w1, h0, h1, flags, _, primaries, transfer, matrix, alpha, _, _] = *header;
        Ok(ProResFrame {
            raster: Raster {
                width: u32::from(u16::from_be_bytes([w0, w1])),
                height: u32::from(u16::from_be_bytes([h0, h1])),
            },
            full_chroma: flags >> 6 == 3,
            interlace_mode: flags >> 2 & 3,
            colour: (primaries, transfer, matrix),
            alpha: alpha & 15,
        })
    }
}
