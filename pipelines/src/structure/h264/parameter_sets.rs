//! Sequence and picture parameter sets, and what they say of the picture.

use bookend_units::Raster;
use data_encoding::HEXLOWER;
use h264_reader::Context;
use h264_reader::nal::pps::{PicParamSetId, PicParameterSet};
use h264_reader::nal::sps::{ChromaFormat, FrameMbsFlags, Profile, SeqParameterSet};
use h264_reader::rbsp::BitReader;

use super::nal::{Framing, Nal, PPS, SPS, nals};
use crate::structure::Damage;

/// Most different parameter sets of a stream; the ids allow 32 and 256.
const MOST_SETS: usize = 512;

/// The parameter sets of a stream and the framing of its packets.
#[derive(Debug)]
pub struct ParameterSets {
    framing: Framing,
    context: Context,
    /// All sets as they came, for the digest: kind and bytes.
    raw: Vec<Vec<u8>>,
}

/// What the sequence parameter set says of the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamPicture {
    /// FFmpeg's name of the profile, for example `High`.
    pub profile: String,
    /// Size after cropping; absent when the numbers make no size.
    pub raster: Option<Raster>,
    /// FFmpeg's name of the sample format, without regard to range.
    pub pixel_format: String,
    /// H.273 primaries, transfer and matrix; absent when not stated.
    pub colour: Option<(u8, u8, u8)>,
    /// `video_full_range_flag`.
    pub full_range: bool,
    /// Sample aspect; absent when not stated.
    pub sample_aspect: Option<(u32, u32)>,
    /// `frame_mbs_only_flag`: no picture can be coded as fields.
    pub frames_only: bool,
    /// `max_num_reorder_frames`; absent when not stated.
    pub reorder_frames: Option<u32>,
}

impl ParameterSets {
    /// Reads a stream's extradata: `avcC` (ISO 14496-15 5.3.3.1) or Annex B; empty extradata means Annex B with sets in the packets.
    ///
    /// # Errors
    /// When the record or a set in it is damaged.
    pub fn from_extradata(extradata: &[u8]) -> Result<Self, Damage> {
        if extradata.first() != Some(&1) {
            let mut sets = ParameterSets { framing: Framing::StartCodes, context: Context::new(), raw: Vec::new() };
            sets.absorb_packet(extradata)?;
            return Ok(sets);
        }
        let cut = Damage::new("the decoder configuration is cut off", 0);
        let framing = Framing::Lengths((extradata.get(4).ok_or(cut)? & 3) + 1);
        let mut sets = ParameterSets { framing, context: Context::new(), raw: Vec::new() };
        let mut at = 5;
        for mask in [0x1f, 0xff] {
            let count = extradata.get(at).ok_or(cut)? & mask;
            at += 1;
            for _ in 0..count {
                let [high, low] = *extradata.get(at..).and_then(|rest| rest.first_chunk()).ok_or(cut)?;
                let length = usize::from(u16::from_be_bytes([high, low]));
                let bytes = extradata.get(at + 2..at + 2 + length).ok_or(cut)?;
                sets.absorb(Nal { bytes, at: at + 2 })?;
                at += 2 + length;
            }
        }
        Ok(sets)
    }

    /// Returns how NAL units are told apart in the stream's packets.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Tells whether no set has come yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Takes parameter sets that come inside a packet.
    ///
    /// # Errors
    /// When the packet's framing or a set in it is damaged.
    pub fn absorb_packet(&mut self, packet: &[u8]) -> Result<(), Damage> {
        for nal in nals(packet, self.framing) {
            self.absorb(nal?)?;
        }
        Ok(())
    }

    /// Takes `nal` when it is a parameter set; a set already known costs a comparison.
    pub(super) fn absorb(&mut self, nal: Nal<'_>) -> Result<(), Damage> {
        if !matches!(nal.kind(), SPS | PPS) || self.raw.iter().any(|known| known == nal.bytes) {
            return Ok(());
        }
        let payload = nal.payload(usize::MAX);
        let at = nal.at as u64;
        if self.raw.len() >= MOST_SETS {
            return Err(Damage::new("too many different parameter sets", at));
        }
        if nal.kind() == SPS {
            let sps = SeqParameterSet::from_bits(BitReader::new(payload.as_slice()));
            self.context
                .put_seq_param_set(sps.map_err(|_| Damage::new("a sequence parameter set makes no sense", at))?);
        } else {
            let pps = PicParameterSet::from_bits(&self.context, BitReader::new(payload.as_slice()));
            self.context.put_pic_param_set(pps.map_err(|_| Damage::new("a picture parameter set makes no sense", at))?);
        }
        self.raw.push(nal.bytes.to_vec());
        Ok(())
    }

    /// Returns the picture parameter set `id` and the sequence parameter set it names.
    pub(super) fn sets(&self, id: u32) -> Option<(&PicParameterSet, &SeqParameterSet)> {
        let pps = self.context.pps_by_id(PicParamSetId::from_u32(id).ok()?)?;
        Some((pps, self.context.sps_by_id(pps.seq_parameter_set_id)?))
    }

    /// Returns BLAKE3 over all parameter sets in order of arrival, hexadecimal: streams that join have the same.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for set in &self.raw {
            hasher.update(&(set.len() as u64).to_be_bytes());
            hasher.update(set);
        }
        HEXLOWER.encode(hasher.finalize().as_bytes())
    }

    /// Returns what the first sequence parameter set says of the picture; `None` without one.
    #[must_use]
    pub fn picture(&self) -> Option<StreamPicture> {
        let sps = self.context.sps().next()?;
        let vui = sps.vui_parameters.as_ref();
        let signal = vui.and_then(|vui| vui.video_signal_type.as_ref());
        let colour = signal.and_then(|signal| signal.colour_description.as_ref());
        Some(StreamPicture {
            profile: profile_name(sps.profile()),
            raster: sps.pixel_dimensions().ok().map(|(width, height)| Raster { width, height }),
            pixel_format: pixel_format(sps),
            colour: colour.map(|c| (c.colour_primaries, c.transfer_characteristics, c.matrix_coefficients)),
            full_range: signal.is_some_and(|signal| signal.video_full_range_flag),
            sample_aspect: vui
                .and_then(|vui| vui.aspect_ratio_info.as_ref())
                .and_then(|aspect| aspect.get())
                .map(|(x, y)| (u32::from(x), u32::from(y))),
            frames_only: matches!(sps.frame_mbs_flags, FrameMbsFlags::Frames),
            reorder_frames: vui
                .and_then(|vui| vui.bitstream_restrictions.as_ref())
                .map(|restrictions| restrictions.max_num_reorder_frames),
        })
    }
}

/// FFmpeg's names (libavcodec/profiles.c).
fn profile_name(profile: Profile) -> String {
    let name = match profile {
        Profile::Baseline => "Baseline",
        Profile::ConstrainedBaseline => "Constrained Baseline",
        Profile::Main => "Main",
        Profile::Extended => "Extended",
        // FFmpeg 5.1 looks at no constraint flags of High.
        Profile::High | Profile::ProgressiveHigh | Profile::ConstrainedHigh => "High",
        Profile::High10 => "High 10",
        Profile::High10Intra => "High 10 Intra",
        Profile::High422 => "High 4:2:2",
        Profile::High422Intra => "High 4:2:2 Intra",
        Profile::High444 => "High 4:4:4 Predictive",
        Profile::High444Intra => "High 4:4:4 Intra",
        Profile::CavlcIntra444 => "CAVLC 4:4:4",
        other => return format!("{other:?}"),
    };
    name.to_owned()
}

fn pixel_format(sps: &SeqParameterSet) -> String {
    let family = match sps.chroma_info.chroma_format {
        ChromaFormat::Monochrome => "gray",
        ChromaFormat::YUV420 => "yuv420p",
        ChromaFormat::YUV422 => "yuv422p",
        ChromaFormat::YUV444 => "yuv444p",
        ChromaFormat::Invalid(_) => return "unknown".to_owned(),
    };
    match u32::from(sps.chroma_info.bit_depth_luma_minus8) + 8 {
        8 => family.to_owned(),
        bits => format!("{family}{bits}le"),
    }
}
