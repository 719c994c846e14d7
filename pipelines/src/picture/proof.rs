//! Proof of a chunk: it is decoded whole, once, by the job that made it, and compared with what was encoded.

use std::path::Path;

use bookend_config::spec::PictureEncoding;
use bookend_jobs::facts::{FrameRun, PacketFacts, PictureFacts, PicturePackets};
use bookend_media::{DecodeOptions, Demuxer, Frame, MediaError, OpenOptions, Packet, TrackReader};

use super::chunk_file::chunk_name;
use super::look::{Look, frame_hash};
use crate::RecipeError;
use crate::structure::{Damage, ParameterSets, canonical_digest};

/// Largest difference of a block mean (1/144 of the picture) that encoding may make, in 8-bit steps. Real encodes stay
/// below 2; a wrong frame, a green plane or a lost slice is far above.
const MOST_DIFFERENCE: f64 = 12.0;

/// Proves the chunk at `path` against the looks of the frames that went into it.
pub(super) fn prove(
    path: &Path,
    encoding: &PictureEncoding,
    encoded: &[Look],
    threads: u32,
) -> Result<(PictureFacts, PicturePackets), RecipeError> {
    let (parameter_sets, packets) = packets(path, encoding)?;
    let bytes = packets.packets.iter().map(|packet| u64::from(packet.bytes)).sum();
    let mut decoded = Decoded::default();
    let options = DecodeOptions { threads, ..DecodeOptions::default() };
    let mut reader = TrackReader::open(path, 0, &OpenOptions::default(), &options).map_err(reading)?;
    let mut frame = Frame::empty().map_err(reading)?;
    let mut before: Option<Frame> = None;
    while reader.next(&mut frame).map_err(reading)? {
        let place = decoded.looks.len();
        let at = frame.pts().unwrap_or(-1);
        let den = i64::from(encoding.rate().den());
        if at != place as i64 * den {
            return Err(RecipeError::Unproved(format!("frame {place} of the chunk is shown at tick {at}")));
        }
        decoded.looks.push(Look::at(&frame, before.as_ref()));
        if place == 0 {
            decoded.first = frame_hash(&frame);
        }
        let kept = frame.share().map_err(reading)?;
        before = Some(kept);
    }
    if let Some(last) = &before {
        decoded.last = frame_hash(last);
    }
    let damage = reader.damage();
    if damage.packets > 0 || damage.cut_short {
        return Err(RecipeError::Unproved("the chunk does not decode cleanly".into()));
    }
    if decoded.looks.len() != encoded.len() || packets.packets.len() != encoded.len() {
        return Err(RecipeError::Unproved(format!(
            "{} frames went into the chunk, {} packets hold {} frames",
            encoded.len(),
            packets.packets.len(),
            decoded.looks.len()
        )));
    }
    let worst = compare(encoded, &decoded.looks)?;
    let (Some(first), Some(last)) = (decoded.looks.first(), decoded.looks.last()) else {
        return Err(RecipeError::Unproved("the chunk is empty".into()));
    };
    let facts = PictureFacts {
        file: chunk_name(encoding).to_owned(),
        frames: u32::try_from(encoded.len()).unwrap_or(u32::MAX),
        bytes,
        parameter_sets,
        first_frame: decoded.first.clone(),
        last_frame: decoded.last.clone(),
        first_luma: first.luma.clone(),
        last_luma: last.luma.clone(),
        worst_block_difference: worst,
        black: found(&decoded.looks, encoded, |look| look.black),
        frozen: found(&decoded.looks, encoded, |look| look.frozen),
        shown: Vec::new(),
        conform: Vec::new(),
    };
    Ok((facts, packets))
}

#[derive(Default)]
struct Decoded {
    looks: Vec<Look>,
    first: String,
    last: String,
}

fn compare(encoded: &[Look], decoded: &[Look]) -> Result<f64, RecipeError> {
    let mut worst = 0.0;
    for (place, (before, after)) in encoded.iter().zip(decoded).enumerate() {
        let difference = before.worst_difference(after);
        if difference > MOST_DIFFERENCE {
            return Err(RecipeError::Unproved(format!(
                "frame {place} of the chunk decodes to another picture: a block differs by {difference:.1} steps"
            )));
        }
        worst = f64::max(worst, difference);
    }
    Ok(worst)
}

/// Gathers runs of frames for which `is` holds as decoded, telling whether it held as encoded too.
fn found(decoded: &[Look], encoded: &[Look], is: impl Fn(&Look) -> bool) -> Vec<FrameRun> {
    let mut runs: Vec<FrameRun> = Vec::new();
    for (place, (after, before)) in decoded.iter().zip(encoded).enumerate() {
        if !is(after) {
            continue;
        }
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        match runs.last_mut() {
            Some(run) if run.first + run.frames == place => {
                run.frames += 1;
                run.in_source &= is(before);
            }
            _ => runs.push(FrameRun { first: place, frames: 1, in_source: is(before) }),
        }
    }
    runs
}

/// Reads every packet of the chunk: order, size, display place, and the digest over what may not be rewritten.
fn packets(path: &Path, encoding: &PictureEncoding) -> Result<(String, PicturePackets), RecipeError> {
    let mut demuxer = Demuxer::open(path, &OpenOptions::default()).map_err(reading)?;
    let header = demuxer.header(0);
    let unread = |damage: Damage| RecipeError::Unproved(format!("the chunk's packets do not read: {damage}"));
    let sets = match encoding {
        PictureEncoding::H264(_) => Some(ParameterSets::from_extradata(&header).map_err(unread)?),
        PictureEncoding::ProRes(_) => None,
    };
    let den = i64::from(encoding.rate().den());
    let mut packet = Packet::empty().map_err(reading)?;
    let mut packets = Vec::new();
    while demuxer.read(&mut packet).map_err(reading)? {
        let at = packet.pts().filter(|at| *at >= 0 && at % den == 0);
        let shown = at.and_then(|at| u32::try_from(at / den).ok());
        packets.push(PacketFacts {
            shown: shown.ok_or_else(|| {
                RecipeError::Unproved(format!("packet {} is at {:?}, no frame's time", packets.len(), packet.pts()))
            })?,
            key: packet.is_key(),
            bytes: u32::try_from(packet.data().len()).unwrap_or(u32::MAX),
            digest: canonical_digest(packet.data(), sets.as_ref()).map_err(unread)?,
        });
    }
    if packets.first().is_some_and(|first| !first.key) {
        return Err(RecipeError::Unproved("the chunk does not start with a key frame".into()));
    }
    let digest = sets.map_or_else(String::new, |sets| sets.digest());
    Ok((digest, PicturePackets { version: 1, packets }))
}

fn reading(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "proving the chunk", source }
}
