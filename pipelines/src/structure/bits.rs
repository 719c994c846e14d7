//! Bits in the order of the standards: most significant first, with Exp-Golomb codes (H.264 9.1).

use crate::structure::Damage;

/// Reads bits and knows where it is.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Starts at the first bit of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        BitReader { bytes, at: 0 }
    }

    /// Returns the number of bits read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Reads one bit.
    pub fn flag(&mut self) -> Result<bool, Damage> {
        let byte = self.bytes.get(self.at / 8).ok_or(Damage::new("a header ends early", (self.at / 8) as u64))?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Ok(bit == 1)
    }

    /// Reads `count` bits, at most 32.
    pub fn take(&mut self, count: u32) -> Result<u32, Damage> {
        debug_assert!(count <= 32);
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Ok(value)
    }

    /// Reads an unsigned Exp-Golomb code, `ue(v)`.
    pub fn unsigned(&mut self) -> Result<u32, Damage> {
        let start = self.at;
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return Err(Damage::new("an Exp-Golomb code of more than 32 bits", (start / 8) as u64));
            }
        }
        Ok((1_u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// Reads past a signed Exp-Golomb code, `se(v)`.
    pub fn skip_signed(&mut self) -> Result<(), Damage> {
        self.unsigned().map(drop)
    }
}

/// Writes bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    used: u32,
}

impl BitWriter {
    /// Starts with room for `bytes` bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        BitWriter { bytes: Vec::with_capacity(bytes), used: 0 }
    }

    /// Appends the lowest `count` bits of `value`, at most 32.
    pub fn put(&mut self, value: u32, count: u32) {
        for shift in (0..count).rev() {
            self.put_bit(value >> shift & 1 == 1);
        }
    }

    fn put_bit(&mut self, bit: bool) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.used);
        }
        self.used = (self.used + 1) % 8;
    }

    /// Appends an unsigned Exp-Golomb code, `ue(v)`; `value` is below `u32::MAX`.
    pub fn put_unsigned(&mut self, value: u32) {
        let code = value + 1;
        let length = 32 - code.leading_zeros();
        self.put(0, length - 1);
        self.put(code, length);
    }

    /// Appends bits `from` to `to` of `bytes`; the range must lie inside.
    pub fn copy(&mut self, bytes: &[u8], from: usize, to: usize) {
        let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1 == 1;
        let mut at = from;
        while at < to && !at.is_multiple_of(8) {
            self.put_bit(bit(at));
            at += 1;
        }
        if self.used == 0 && to > at {
            self.bytes.extend_from_slice(&bytes[at / 8..to / 8]);
            at = to / 8 * 8;
        }
        while at + 8 <= to {
            self.put_byte(bytes[at / 8]);
            at += 8;
        }
        while at < to {
            self.put_bit(bit(at));
            at += 1;
        }
    }

    fn put_byte(&mut self, byte: u8) {
        if self.used != 0
            && let Some(last) = self.bytes.last_mut()
        {
            *last |= byte >> self.used;
            self.bytes.push(byte << (8 - self.used));
        } else {
            self.bytes.push(byte);
        }
    }

    /// Appends `bit` until the next byte starts.
    pub fn align(&mut self, bit: bool) {
        while self.used != 0 {
            self.put_bit(bit);
        }
    }

    /// Returns what was written, the last byte filled up with zero bits.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_standard_are_read_and_written() {
        // H.264 table 9-2.
        for (value, text) in [(0, "1"), (1, "010"), (2, "011"), (3, "00100"), (7, "0001000"), (8, "0001001")] {
            let mut writer = BitWriter::default();
            writer.put_unsigned(value);
            let length = text.len();
            let written = writer.into_bytes();
            let bits: String = written.iter().map(|byte| format!("{byte:08b}")).collect();
            assert_eq!(&bits[..length], text);
            assert_eq!(BitReader::new(&written).unsigned(), Ok(value));
        }
    }

    #[test]
    fn a_run_of_bits_copies_from_any_place_to_any_place() {
        let bytes: Vec<u8> = (0..40_u8).map(|n| n.wrapping_mul(151).wrapping_add(29)).collect();
        let text = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:08b}")).collect::<String>();
        for lead in 0..9 {
            for from in 0..20 {
                for to in [from, from + 1, from + 7, from + 8, from + 9, from + 64, 320] {
                    let mut writer = BitWriter::default();
                    writer.put(0, lead);
                    writer.copy(&bytes, from, to);
                    let wanted = "0".repeat(lead as usize) + &text(&bytes)[from..to];
                    assert_eq!(&text(&writer.into_bytes())[..wanted.len()], wanted);
                }
            }
        }
    }

    #[test]
    fn bits_past_the_end_are_damage() {
        assert!(BitReader::new(&[]).flag().is_err());
        assert!(BitReader::new(&[0; 8]).unsigned().is_err());
        assert!(BitReader::new(&[0xff]).take(9).is_err());
    }
}
