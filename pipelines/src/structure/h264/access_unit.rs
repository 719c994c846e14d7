//! What an access unit is: its kind of picture, whether decoding can start there, its `idr_pic_id`.

use super::nal::{IDR_SLICE, Nal, SEI, nals};
use super::parameter_sets::ParameterSets;
use super::slice;
use crate::structure::Damage;
use crate::structure::bits::BitReader;

/// Bytes that hold the first fields of any slice header.
const START_BYTES: usize = 64;
/// Bytes of supplemental information looked at.
const SEI_BYTES: usize = 4096;
/// SEI payload type of a recovery point (H.264 D.1.1).
const RECOVERY_POINT: u32 = 6;

/// Kinds of picture, by what they may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameKind {
    /// Refers to no other picture.
    I,
    /// Refers to one picture a block.
    P,
    /// Refers to two pictures a block.
    B,
}

/// One coded picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// The kind that its slices need: B when one of them is B.
    pub kind: FrameKind,
    /// It is an IDR picture: nothing after it refers to anything before it.
    pub idr: bool,
    /// Its `idr_pic_id`.
    pub idr_pic_id: Option<u32>,
    /// It carries a recovery point: decoders may start here though it is no IDR picture.
    pub recovery_point: bool,
    /// It is coded as fields.
    pub fields: bool,
}

impl AccessUnit {
    /// Reads the access unit in `packet`, taking parameter sets that come with it into `sets`.
    ///
    /// # Errors
    /// When the packet is damaged, holds no slice, or names parameter sets that are not there.
    pub fn read(packet: &[u8], sets: &mut ParameterSets) -> Result<Self, Damage> {
        let mut unit: Option<AccessUnit> = None;
        let mut recovery_point = false;
        for nal in nals(packet, sets.framing()) {
            let nal = nal?;
            sets.absorb(nal)?;
            if nal.kind() == SEI {
                recovery_point |= has_recovery_point(nal);
            }
            if !nal.is_slice() {
                continue;
            }
            let payload = nal.payload(START_BYTES);
            let slice = slice::start(nal, &mut BitReader::new(&payload), sets)?.0;
            let first = unit.get_or_insert(AccessUnit {
                kind: slice.kind,
                idr: nal.kind() == IDR_SLICE,
                idr_pic_id: slice.idr_pic_id,
                recovery_point,
                fields: slice.field,
            });
            first.kind = first.kind.max(slice.kind);
            first.fields |= slice.field;
        }
        unit.ok_or(Damage::new("a packet without a picture", 0))
    }
}

/// Tells whether other pictures may refer to the one in `packet` (`nal_ref_idc`, H.264 7.4.1); of a damaged packet yes.
pub fn is_reference(packet: &[u8], sets: &ParameterSets) -> bool {
    nals(packet, sets.framing()).any(|nal| nal.map_or(true, |nal| nal.is_slice() && nal.reference() != 0))
}

/// Tells whether supplemental information holds a recovery point (H.264 7.3.2.3.1).
fn has_recovery_point(nal: Nal<'_>) -> bool {
    let payload = nal.payload(SEI_BYTES);
    let mut rest = payload.as_slice();
    // At least type, size and the stop bit.
    while rest.len() > 2 {
        let (Some(kind), Some(size)) = (sei_number(&mut rest), sei_number(&mut rest)) else { return false };
        if kind == RECOVERY_POINT {
            return true;
        }
        let Some(after) = rest.get(size as usize..) else { return false };
        rest = after;
    }
    false
}

/// Reads a type or size: bytes of 255, then the rest.
fn sei_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number += u32::from(byte);
        if byte != 255 {
            return Some(number);
        }
    }
}
