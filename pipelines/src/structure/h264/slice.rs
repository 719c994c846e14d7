//! Slice headers (H.264 7.3.3), as far as the kind of picture and `idr_pic_id` need.

use h264_reader::nal::pps::PicParameterSet;
use h264_reader::nal::sps::{FrameMbsFlags, PicOrderCntType, SeqParameterSet};

use super::access_unit::FrameKind;
use super::nal::{IDR_SLICE, Nal};
use super::parameter_sets::ParameterSets;
use crate::structure::Damage;
use crate::structure::bits::BitReader;

/// The first fields of a slice header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SliceStart {
    /// I, P or B.
    pub kind: FrameKind,
    /// The slice is of a field.
    pub field: bool,
    /// `idr_pic_id`, of IDR pictures.
    pub idr_pic_id: Option<u32>,
    /// Where `idr_pic_id` starts and ends, in bits of the payload.
    pub id_bits: (usize, usize),
}

/// Reads the first fields of the slice `nal`, leaving `bits` (which reads its payload) after `idr_pic_id`.
pub(super) fn start<'s>(
    nal: Nal<'_>,
    bits: &mut BitReader<'_>,
    sets: &'s ParameterSets,
) -> Result<(SliceStart, &'s PicParameterSet, &'s SeqParameterSet), Damage> {
    let _first_macroblock = bits.unsigned()?;
    let kind = match bits.unsigned()? % 5 {
        0 | 3 => FrameKind::P,
        1 => FrameKind::B,
        _ => FrameKind::I,
    };
    let unknown = Damage::new("a slice names parameter sets that are not there", nal.at as u64);
    let (pps, sps) = sets.sets(bits.unsigned()?).ok_or(unknown)?;
    if sps.chroma_info.separate_colour_plane_flag {
        bits.take(2)?;
    }
    bits.take(u32::from(sps.log2_max_frame_num()))?;
    let field = !matches!(sps.frame_mbs_flags, FrameMbsFlags::Frames) && bits.flag()?;
    if field {
        let _bottom = bits.flag()?;
    }
    let mut slice = SliceStart { kind, field, idr_pic_id: None, id_bits: (bits.position(), bits.position()) };
    if nal.kind() == IDR_SLICE {
        slice.idr_pic_id = Some(bits.unsigned()?);
        slice.id_bits.1 = bits.position();
    }
    Ok((slice, pps, sps))
}

/// Reads on from [`start`] to the end of the header of an IDR picture's slice; afterwards `bits` stands at the slice data.
pub(super) fn finish_idr(
    nal: Nal<'_>,
    slice: SliceStart,
    bits: &mut BitReader<'_>,
    pps: &PicParameterSet,
    sps: &SeqParameterSet,
) -> Result<(), Damage> {
    let damage = |what| Err(Damage::new(what, nal.at as u64));
    if slice.kind != FrameKind::I {
        return damage("an IDR picture with slices that refer to others");
    }
    if pps.slice_groups.is_some() {
        return damage("slice groups are not supported");
    }
    let both_fields = pps.bottom_field_pic_order_in_frame_present_flag && !slice.field;
    match &sps.pic_order_cnt {
        PicOrderCntType::TypeZero { log2_max_pic_order_cnt_lsb_minus4 } => {
            bits.take(u32::from(*log2_max_pic_order_cnt_lsb_minus4) + 4)?;
            if both_fields {
                bits.skip_signed()?;
            }
        }
        PicOrderCntType::TypeOne { delta_pic_order_always_zero_flag: false, .. } => {
            bits.skip_signed()?;
            if both_fields {
                bits.skip_signed()?;
            }
        }
        _ => {}
    }
    if pps.redundant_pic_cnt_present_flag {
        bits.unsigned()?;
    }
    if nal.reference() != 0 {
        // dec_ref_pic_marking of an IDR picture: two flags.
        bits.take(2)?;
    }
    bits.skip_signed()?;
    if pps.deblocking_filter_control_present_flag && bits.unsigned()? != 1 {
        bits.skip_signed()?;
        bits.skip_signed()?;
    }
    Ok(())
}
