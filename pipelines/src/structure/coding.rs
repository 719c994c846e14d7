//! What a picture track's packets say of its coding, packet by packet, whatever wraps them.

use bookend_jobs::facts::FilePicture;

use super::Damage;
use super::h264::{AccessUnit, Gops, ParameterSets};
use super::prores::ProResFrame;

/// Gathers what the packets of one picture track say.
#[derive(Debug)]
pub(crate) enum Coding {
    /// H.264, with the parameter sets in force.
    H264 {
        /// The sets, or why the decoder's configuration cannot be read.
        sets: Result<ParameterSets, Damage>,
        /// The groups of pictures so far.
        gops: Gops,
    },
    /// ProRes.
    ProRes {
        /// Frames so far.
        frames: u64,
    },
    /// Anything else: packets are not looked into.
    Other,
}

impl Coding {
    /// Starts for FFmpeg's codec name and the track's header (extradata), filling in what the header says.
    pub fn start(codec: &str, header: &[u8], picture: &mut FilePicture) -> Self {
        match codec {
            "h264" => {
                let sets = ParameterSets::from_extradata(header);
                if let Ok(sets) = &sets {
                    take_sets(sets, picture);
                }
                Coding::H264 { sets, gops: Gops::default() }
            }
            "prores" => Coding::ProRes { frames: 0 },
            _ => Coding::Other,
        }
    }

    /// Returns the parameter sets in force, for H.264.
    pub fn parameter_sets(&self) -> Option<&ParameterSets> {
        match self {
            Coding::H264 { sets: Ok(sets), .. } => Some(sets),
            _ => None,
        }
    }

    /// Returns what is wrong with the decoder's configuration.
    pub fn header_damage(&self) -> Option<String> {
        match self {
            Coding::H264 { sets: Err(damage), .. } => Some(format!("decoder configuration: {damage}")),
            _ => None,
        }
    }

    /// Takes the next packet in decoding order, shown at `shown` ticks of any clock; `sync`: the wrapper lets decoders
    /// start here.
    ///
    /// # Errors
    /// When the packet cannot be parsed.
    pub fn push(&mut self, packet: &[u8], shown: i64, sync: bool, picture: &mut FilePicture) -> Result<(), Damage> {
        match self {
            Coding::H264 { sets: Ok(sets), gops } => {
                let unknown = sets.is_empty();
                let unit = AccessUnit::read(packet, sets)?;
                if unknown {
                    take_sets(sets, picture);
                }
                gops.push(&unit, shown, sync);
            }
            Coding::ProRes { frames } => {
                take_frame(&ProResFrame::read(packet)?, *frames == 0, picture);
                *frames += 1;
            }
            Coding::H264 { .. } | Coding::Other => {}
        }
        Ok(())
    }

    /// Adds what is known after the last packet.
    pub fn finish(self, picture: &mut FilePicture) {
        match self {
            Coding::H264 { gops, .. } => {
                let gops = gops.finish();
                picture.longest_gop = gops.longest_gop;
                picture.open_gops = gops.open_gops;
                picture.longest_b_run = gops.longest_b_run;
                picture.idr_id_repeats = gops.idr_id_repeats;
                picture.progressive &= !gops.fields;
            }
            Coding::ProRes { frames } => picture.longest_gop = u32::from(frames > 0),
            Coding::Other => {}
        }
    }
}

fn take_sets(sets: &ParameterSets, picture: &mut FilePicture) {
    let Some(stream) = sets.picture() else { return };
    picture.profile = stream.profile;
    picture.raster = stream.raster.or(picture.raster);
    picture.pixel_format = stream.pixel_format;
    picture.coded_colour = stream.colour;
    picture.full_range = stream.full_range;
    picture.progressive &= stream.frames_only;
    let (wide, high) = picture.sample_aspect;
    if wide == high {
        picture.sample_aspect = stream.sample_aspect.unwrap_or((1, 1));
    }
}

fn take_frame(frame: &ProResFrame, first: bool, picture: &mut FilePicture) {
    if first || picture.coded_colour == Some((1, 1, 1)) {
        picture.coded_colour = Some(frame.colour);
    }
    if first {
        picture.raster = Some(frame.raster);
        // FFmpeg decodes what calls itself 4444 to 12 bits, the rest to 10, and alpha beside it.
        let family = if frame.full_chroma { "444" } else { "422" };
        let bits = if matches!(picture.profile.as_str(), "4444" | "XQ") { 12 } else { 10 };
        let alpha = if frame.alpha == 0 { "" } else { "a" };
        picture.pixel_format = format!("yuv{alpha}{family}p{bits}le");
    }
    picture.progressive &= frame.interlace_mode == 0;
}
