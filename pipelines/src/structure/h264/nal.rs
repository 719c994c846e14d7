//! NAL units in a packet, and the bytes inside them without emulation prevention (H.264 7.3.1, 7.4.1.1).

use crate::structure::Damage;

/// Most NAL units of one packet.
const MOST_NALS: u32 = 16_384;

/// `nal_unit_type` of a slice of an IDR picture.
pub(super) const IDR_SLICE: u8 = 5;
/// `nal_unit_type` of supplemental information.
pub(super) const SEI: u8 = 6;
/// `nal_unit_type` of a sequence parameter set.
pub(super) const SPS: u8 = 7;
/// `nal_unit_type` of a picture parameter set.
pub(super) const PPS: u8 = 8;

/// How NAL units are told apart in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Start codes (Annex B).
    StartCodes,
    /// A big-endian length of this many bytes, 1 to 4, before each (ISO 14496-15).
    Lengths(u8),
}

/// A NAL unit in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nal<'a> {
    /// Its bytes, header first, emulation prevention included.
    pub bytes: &'a [u8],
    /// Where its first byte lies in the packet.
    pub at: usize,
}

impl<'a> Nal<'a> {
    /// Returns `nal_unit_type`.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.bytes.first().map_or(0, |header| header & 0x1f)
    }

    /// Returns `nal_ref_idc`.
    #[must_use]
    pub fn reference(&self) -> u8 {
        self.bytes.first().map_or(0, |header| header >> 5 & 3)
    }

    /// Tells whether it is a slice of a primary picture: types 1, 2 and 5.
    #[must_use]
    pub fn is_slice(&self) -> bool {
        matches!(self.kind(), 1 | 2 | IDR_SLICE)
    }

    /// Returns at most the first `limit` payload bytes, emulation prevention removed.
    #[must_use]
    pub fn payload(&self, limit: usize) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.bytes.len().min(limit));
        payload.extend(self.payload_bytes().map(|(_, byte)| byte).take(limit));
        payload
    }

    /// Returns the payload as far as the first byte from `from` on that is not zero, and the bytes behind it as they lie:
    /// their emulation prevention does not depend on what comes before that byte.
    #[must_use]
    pub fn split_payload(&self, from: usize) -> (Vec<u8>, &'a [u8]) {
        let mut payload = Vec::new();
        for (at, byte) in self.payload_bytes() {
            payload.push(byte);
            if payload.len() > from && byte != 0 {
                return (payload, &self.bytes[at + 1..]);
            }
        }
        (payload, &[])
    }

    /// Iterates over the payload bytes, each with its place in the unit.
    fn payload_bytes(&self) -> impl Iterator<Item = (usize, u8)> {
        let mut zeros = 0;
        self.bytes.iter().copied().enumerate().skip(1).filter(move |&(_, byte)| {
            let prevention = zeros >= 2 && byte == 3;
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            !prevention
        })
    }
}

/// Appends `payload` to `out` with emulation prevention.
pub(super) fn escape(payload: &[u8], out: &mut Vec<u8>) {
    let mut zeros = 0;
    for &byte in payload {
        if zeros >= 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    // A payload that ends in cabac_zero_words is closed with a 3.
    if zeros >= 2 {
        out.push(3);
    }
}

/// Iterates over the NAL units of `packet`; an item is an error where the framing is broken, and the last one then.
pub(super) fn nals(packet: &[u8], framing: Framing) -> Nals<'_> {
    Nals { packet, framing, at: 0, seen: 0 }
}

/// The NAL units of a packet.
#[derive(Debug)]
pub(super) struct Nals<'a> {
    packet: &'a [u8],
    framing: Framing,
    at: usize,
    seen: u32,
}

impl<'a> Nals<'a> {
    fn next_by_length(&mut self, size: usize) -> Option<Result<Nal<'a>, Damage>> {
        let rest = self.packet.get(self.at..)?;
        if rest.is_empty() {
            return None;
        }
        let damage = Damage::new("a NAL unit is cut off", self.at as u64);
        let Some((length, body)) = rest.split_at_checked(size) else { return self.stop(damage) };
        let length = length.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let Some(bytes) = body.get(..length) else { return self.stop(damage) };
        let at = self.at + size;
        self.at = at + length;
        Some(Ok(Nal { bytes, at }))
    }

    fn next_by_start_code(&mut self) -> Option<Result<Nal<'a>, Damage>> {
        let start = self.at + find_start_code(self.packet.get(self.at..)?)? + 3;
        let body = self.packet.get(start..)?;
        let end = find_start_code(body).unwrap_or(body.len());
        let mut bytes = &body[..end];
        // Zeros before the next start code belong to no NAL unit.
        while let [head @ .., 0] = bytes {
            bytes = head;
        }
        self.at = start + end;
        Some(Ok(Nal { bytes, at: start }))
    }

    fn stop(&mut self, damage: Damage) -> Option<Result<Nal<'a>, Damage>> {
        self.at = self.packet.len();
        Some(Err(damage))
    }
}

/// Returns where the first `00 00 01` starts.
fn find_start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|window| window == [0, 0, 1])
}

impl<'a> Iterator for Nals<'a> {
    type Item = Result<Nal<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.seen += 1;
        if self.seen > MOST_NALS {
            return if self.at < self.packet.len() {
                self.stop(Damage::new("a packet holds too many NAL units", self.at as u64))
            } else {
                None
            };
        }
        match self.framing {
            Framing::Lengths(size) => self.next_by_length(usize::from(size)),
            Framing::StartCodes => self.next_by_start_code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_and_back_changes_nothing() {
        for payload in [&[0, 0, 0][..], &[0, 0, 1, 0, 0, 3, 0, 0], &[1, 2, 3], &[0, 0, 0, 0, 0, 0, 4], &[]] {
            let mut bytes = vec![0x65];
            escape(payload, &mut bytes);
            assert!(!bytes.windows(3).any(|w| w[..2] == [0, 0] && w[2] < 3), "{bytes:?}");
            assert_eq!(Nal { bytes: &bytes, at: 0 }.payload(usize::MAX), payload);
        }
    }

    #[test]
    fn a_payload_splits_where_emulation_prevention_starts_anew() {
        let nal = Nal { bytes: &[0x65, 9, 0, 0, 3, 0, 7, 0, 0, 3, 1], at: 0 };
        assert_eq!(nal.payload(usize::MAX), [9, 0, 0, 0, 7, 0, 0, 1]);
        assert_eq!(nal.split_payload(0), (vec![9], &nal.bytes[2..]));
        assert_eq!(nal.split_payload(1), (vec![9, 0, 0, 0, 7], &nal.bytes[7..]));
        assert_eq!(nal.split_payload(7), (vec![9, 0, 0, 0, 7, 0, 0, 1], &[][..]));
    }

    #[test]
    fn both_framings_give_the_same_units() {
        let units: [&[u8]; 3] = [&[0x67, 1, 2], &[0x68, 5], &[0x65, 9, 9, 9]];
        let mut lengths = Vec::new();
        let mut codes = Vec::new();
        for unit in units {
            lengths.extend_from_slice(&u32::try_from(unit.len()).unwrap().to_be_bytes());
            lengths.extend_from_slice(unit);
            codes.extend_from_slice(&[0, 0, 0, 1]);
            codes.extend_from_slice(unit);
        }
        for (packet, framing) in [(&lengths, Framing::Lengths(4)), (&codes, Framing::StartCodes)] {
            let found: Vec<&[u8]> = nals(packet, framing).map(|nal| nal.unwrap().bytes).collect();
            assert_eq!(found, units);
        }
    }

    #[test]
    fn a_length_past_the_end_is_damage() {
        let found: Vec<_> = nals(&[0, 0, 0, 9, 1], Framing::Lengths(4)).collect();
        assert_eq!(found, [Err(Damage::new("a NAL unit is cut off", 0))]);
    }
}
