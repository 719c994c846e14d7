//! A frame table as bytes; `FRAME_TABLE.md` describes them.

use bookend_units::FrameRate;

use super::{FrameKind, FrameTable, MAX_TABLE_FRAMES, ShownFrame};

const MAGIC: &[u8; 4] = b"BKFT";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 25;
/// Flags, one byte of difference, one byte of duration.
const SHORTEST_FRAME_BYTES: usize = 3;

const KIND_MASK: u8 = 0b0000_0011;
const KEY_FLAG: u8 = 0b0000_0100;

/// Why bytes are not a frame table. Nobody can repair one: inspect the source again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameTableError {
    /// The bytes do not start with the format's mark.
    #[error("these bytes are not a frame table; inspect the source again")]
    NotATable,
    /// The table is of another version of the format.
    #[error("frame table version {found} is not known (this program reads {VERSION}); inspect the source again")]
    Version {
        /// The version it states.
        found: u8,
    },
    /// The table ends early, goes on too long, or states a value that no table has.
    #[error("the frame table is damaged at byte {at}; inspect the source again")]
    Damaged {
        /// Where reading stopped.
        at: usize,
    },
    /// The table states more frames than [`MAX_TABLE_FRAMES`].
    #[error("the source has {frames} frames, more than the {MAX_TABLE_FRAMES} that a table holds; split it")]
    TooManyFrames {
        /// The stated count.
        frames: u64,
    },
}

impl FrameTable {
    /// Returns the table as a file's bytes, about five a frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.frames.len() * 6);
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        let (rate_num, rate_den) = self.declared_rate.map_or((0, 0), |rate| (rate.num(), rate.den()));
        let count = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        for word in [self.time_base.0, self.time_base.1, rate_num, rate_den, count] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        let mut previous = 0_i64;
        for frame in &self.frames {
            bytes.push(flags(frame));
            push_varint(&mut bytes, zigzag(frame.ticks.wrapping_sub(previous)));
            push_varint(&mut bytes, u64::from(frame.duration_ticks));
            previous = frame.ticks;
        }
        bytes
    }

    /// Reads a table from a file's bytes.
    ///
    /// # Errors
    /// When the bytes are not a whole table of this version and within its limits; memory used stays in proportion to `bytes`.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameTableError> {
        if bytes.get(..4) != Some(MAGIC) {
            return Err(FrameTableError::NotATable);
        }
        let mut reader = Reader { bytes, at: 4 };
        let version = reader.byte()?;
        if version != VERSION {
            return Err(FrameTableError::Version { found: version });
        }
        let time_base = (reader.word()?, reader.word()?);
        let declared = (reader.word()?, reader.word()?);
        let declared_rate = FrameRate::new(declared.0, declared.1);
        if time_base.0 == 0 || time_base.1 == 0 || (declared_rate.is_none() && declared != (0, 0)) {
            return Err(reader.damaged());
        }
        let stated = reader.word()?;
        let count = usize::try_from(stated).unwrap_or(usize::MAX);
        if count > MAX_TABLE_FRAMES {
            return Err(FrameTableError::TooManyFrames { frames: u64::from(stated) });
        }
        if count > (bytes.len() - reader.at) / SHORTEST_FRAME_BYTES {
            return Err(reader.damaged());
        }
        let mut frames = Vec::with_capacity(count);
        let mut previous = 0;
        for _ in 0..count {
            let frame = reader.frame(previous)?;
            previous = frame.ticks;
            frames.push(frame);
        }
        if reader.at != bytes.len() {
            return Err(reader.damaged());
        }
        Ok(FrameTable { time_base, declared_rate, frames })
    }
}

fn flags(frame: &ShownFrame) -> u8 {
    let kind = match frame.kind {
        FrameKind::Progressive => 0,
        FrameKind::TopFirst => 1,
        FrameKind::BottomFirst => 2,
    };
    kind | if frame.key { KEY_FLAG } else { 0 }
}

/// Folds the sign into the lowest bit, so that small differences of either sign are short.
fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn damaged(&self) -> FrameTableError {
        FrameTableError::Damaged { at: self.at }
    }

    fn byte(&mut self) -> Result<u8, FrameTableError> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.damaged())?;
        self.at += 1;
        Ok(byte)
    }

    fn word(&mut self) -> Result<u32, FrameTableError> {
        Ok(u32::from_le_bytes([self.byte()?, self.byte()?, self.byte()?, self.byte()?]))
    }

    /// Reads seven bits a byte, lowest first; the tenth byte may only carry the 64th bit.
    fn varint(&mut self) -> Result<u64, FrameTableError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.damaged())
    }

    fn frame(&mut self, previous: i64) -> Result<ShownFrame, FrameTableError> {
        let flags = self.byte()?;
        let kind = match flags & KIND_MASK {
            0 => FrameKind::Progressive,
            1 => FrameKind::TopFirst,
            2 => FrameKind::BottomFirst,
            _ => return Err(self.damaged()),
        };
        if flags & !(KIND_MASK | KEY_FLAG) != 0 {
            return Err(self.damaged());
        }
        let ticks = previous.wrapping_add(unzigzag(self.varint()?));
        let duration_ticks = u32::try_from(self.varint()?).map_err(|_| self.damaged())?;
        Ok(ShownFrame { ticks, duration_ticks, key: flags & KEY_FLAG != 0, kind })
    }
}
