//! H.264 streams (ITU-T H.264, 2019): NAL units, parameter sets, what each access unit is, and `idr_pic_id`.
//!
//! For: judging groups of pictures from the bytes, and joining chunks whose neighbouring IDR pictures may carry one id.
//! Does not decode. Parameter sets are parsed by `h264-reader`; slice headers only as far as these uses need.

mod access_unit;
mod gops;
mod idr_pic_id;
mod nal;
mod parameter_sets;
mod slice;

pub(super) use access_unit::AccessUnit;
pub(crate) use access_unit::is_reference;
pub(super) use gops::Gops;
pub(crate) use idr_pic_id::{canonical_digest, idr_pic_id, with_idr_pic_id};
pub(crate) use nal::Framing;
pub(crate) use parameter_sets::ParameterSets;
