//! Reading and rewriting `idr_pic_id`, and the digest that does not see it.
//!
//! Consecutive IDR pictures must differ in their id (H.264 7.4.3), and chunks that were encoded apart may meet with one
//! and the same. The id is a variable-length code in the header of each slice; rewriting it moves the bits behind it.

use std::borrow::Cow;

use data_encoding::HEXLOWER;

use super::nal::{IDR_SLICE, Nal, escape, nals};
use super::parameter_sets::ParameterSets;
use super::{Framing, slice};
use crate::structure::Damage;
use crate::structure::bits::{BitReader, BitWriter};

/// Largest `idr_pic_id` (H.264 7.4.3).
const LARGEST_ID: u32 = 65_535;
/// Bytes that hold the first fields of any slice header.
const START_BYTES: usize = 64;
/// Bytes that hold the whole header of any IDR slice: it has neither reference lists nor weights.
const HEADER_BYTES: usize = 1024;

/// Returns the `idr_pic_id` of the IDR picture in `packet`; `None` when it holds none.
///
/// # Errors
/// When the packet is damaged or names parameter sets that are not in `sets`.
pub fn idr_pic_id(packet: &[u8], sets: &ParameterSets) -> Result<Option<u32>, Damage> {
    for nal in nals(packet, sets.framing()) {
        let nal = nal?;
        if nal.kind() == IDR_SLICE {
            let payload = nal.payload(START_BYTES);
            return Ok(slice::start(nal, &mut BitReader::new(&payload), sets)?.0.idr_pic_id);
        }
    }
    Ok(None)
}

/// Returns `packet` with `id` as the `idr_pic_id` of its IDR picture: every slice's header is rewritten, the slice data
/// keeps its bits, CABAC data is aligned again and emulation prevention renewed. Without an IDR picture, or when it has
/// that id already, the packet is returned as it is.
///
/// # Errors
/// When the packet is damaged, names parameter sets that are not in `sets`, uses slice groups, or would outgrow its
/// length fields; when `id` is above 65,535.
pub fn with_idr_pic_id<'p>(packet: &'p [u8], sets: &ParameterSets, id: u32) -> Result<Cow<'p, [u8]>, Damage> {
    if id > LARGEST_ID {
        return Err(Damage::new("an idr_pic_id above 65535 was asked for", 0));
    }
    let mut out: Option<Vec<u8>> = None;
    let mut copied = 0;
    for nal in nals(packet, sets.framing()) {
        let nal = nal?;
        if nal.kind() != IDR_SLICE {
            continue;
        }
        let Some(slice) = rewritten(nal, sets, id)? else { continue };
        let out = out.get_or_insert_with(|| Vec::with_capacity(packet.len() + 16));
        let header = match sets.framing() {
            Framing::Lengths(size) => usize::from(size),
            Framing::StartCodes => 0,
        };
        out.extend_from_slice(&packet[copied..nal.at - header]);
        append(out, nal, &slice, header)?;
        copied = nal.at + nal.bytes.len();
    }
    Ok(match out {
        Some(mut out) => {
            out.extend_from_slice(&packet[copied..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(packet),
    })
}

/// Returns the first 16 bytes of BLAKE3, hexadecimal, over `packet` with its `idr_pic_id` set to 0; over the whole packet
/// when `sets` is `None` (ProRes and everything else that nothing rewrites).
///
/// # Errors
/// As [`with_idr_pic_id`].
pub fn canonical_digest(packet: &[u8], sets: Option<&ParameterSets>) -> Result<String, Damage> {
    let canonical = match sets {
        Some(sets) => with_idr_pic_id(packet, sets, 0)?,
        None => Cow::Borrowed(packet),
    };
    Ok(HEXLOWER.encode(&blake3::hash(&canonical).as_bytes()[..16]))
}

/// An IDR slice with another id.
struct Rewritten<'p> {
    /// The payload as far as it had to be taken apart.
    payload: Vec<u8>,
    /// What follows, emulation prevention and all, as it lies in the old one.
    rest: &'p [u8],
}

/// Appends `nal` with the content of `slice`, a length field of `header` bytes (or none) before it.
fn append(out: &mut Vec<u8>, nal: Nal<'_>, slice: &Rewritten<'_>, header: usize) -> Result<(), Damage> {
    let start = out.len();
    out.resize(start + header, 0);
    out.extend_from_slice(&nal.bytes[..1]);
    escape(&slice.payload, out);
    out.extend_from_slice(slice.rest);
    let length = (out.len() - start - header) as u64;
    if header > 0 {
        if length >> (8 * header) != 0 {
            return Err(Damage::new("a NAL unit outgrows its length field", nal.at as u64));
        }
        out[start..start + header].copy_from_slice(&length.to_be_bytes()[8 - header..]);
    }
    Ok(())
}

/// Returns the IDR slice `nal` with another id; `None` when it has it already.
fn rewritten<'p>(nal: Nal<'p>, sets: &ParameterSets, id: u32) -> Result<Option<Rewritten<'p>>, Damage> {
    let start = nal.payload(HEADER_BYTES);
    let mut bits = BitReader::new(&start);
    let (slice, pps, sps) = slice::start(nal, &mut bits, sets)?;
    if slice.idr_pic_id == Some(id) {
        return Ok(None);
    }
    let (before, after) = slice.id_bits;
    slice::finish_idr(nal, slice, &mut bits, pps, sps)?;
    let data = bits.position();

    let mut out = BitWriter::with_capacity(start.len() + 8);
    out.copy(&start, 0, before);
    out.put_unsigned(id);
    out.copy(&start, after, data);
    if pps.entropy_coding_mode_flag {
        // slice_data starts with cabac_alignment_one_bits (7.3.4); what follows keeps its bytes, cabac_zero_words too.
        out.align(true);
        let (payload, rest) = nal.split_payload(data.div_ceil(8));
        out.copy(&payload, data.next_multiple_of(8), payload.len() * 8);
        return Ok(Some(Rewritten { payload: out.into_bytes(), rest }));
    }
    let payload = nal.payload(usize::MAX);
    // CAVLC data ends with the last 1 bit, rbsp_stop_one_bit; trailing zero bytes, if any, stay as many.
    let zeros = payload.iter().rev().take_while(|byte| **byte == 0).count();
    let Some(last) = payload.len().checked_sub(zeros + 1).filter(|last| last * 8 + 8 > data) else {
        return Err(Damage::new("a slice without data", nal.at as u64));
    };
    let stop = last * 8 + 8 - payload[last].trailing_zeros() as usize;
    out.copy(&payload, data, stop.max(data));
    out.align(false);
    let mut bytes = out.into_bytes();
    bytes.resize(bytes.len() + zeros, 0);
    Ok(Some(Rewritten { payload: bytes, rest: &[] }))
}
