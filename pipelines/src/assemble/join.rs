//! Writes the deliverable: packets copied, times set anew, nothing encoded.

use std::path::Path;

use bookend_config::spec::{PictureEncoding, Wrapper};
use bookend_jobs::work::Assemble;
use bookend_media::{Demuxer, MediaError, Muxer, OpenOptions, Packet};

use super::parts::{Bus, Chunk};
use crate::structure::{ParameterSets, idr_pic_id, with_idr_pic_id};
use crate::{Progress, RecipeError};

/// Room in the movie header for each packet: its size, time, place and key entries, with a margin; and for the rest.
const HEADER_BYTES_PER_PACKET: u64 = 40;
const HEADER_BYTES: u64 = 64 * 1024;

/// Digest over all sound packets, to be compared with what is read back.
pub(super) struct Written {
    pub sound: blake3::Hash,
}

/// Writes the file.
pub(super) fn write(
    work: &Assemble,
    chunks: &[Chunk],
    bus: &Bus,
    path: &Path,
    progress: Progress<'_>,
) -> Result<Written, RecipeError> {
    let total = chunks.iter().map(|chunk| chunk.packets.len() as u64).sum::<u64>();
    let mut sound = SoundPackets::open(&bus.delivered)?;
    let first = Demuxer::open(&chunks[0].file, &OpenOptions::default()).map_err(joining)?;
    let format = match work.wrapper {
        Wrapper::Mp4 => "mp4",
        Wrapper::Mov => "mov",
    };
    let rate = work.picture.rate();
    let mut muxer = Muxer::create(path, format).map_err(joining)?;
    muxer.add_copied(&first, 0).map_err(joining)?;
    muxer.set_clock(0, (rate.den(), rate.num()), Some((rate.num(), rate.den()))).map_err(joining)?;
    muxer.add_copied(&sound.demuxer, 0).map_err(joining)?;
    let room = (HEADER_BYTES + (total + bus.facts.samples / 512) * HEADER_BYTES_PER_PACKET).to_string();
    let timescale = rate.num().to_string();
    let mut options = crate::picture::wrapper_options(&timescale).to_vec();
    options.push(("moov_size", &room));
    muxer.start(&options).map_err(joining)?;

    let mut picture = PicturePackets::new(work, &first)?;
    // Half a second of picture, then its sound: readers find both near each other.
    let step = u64::from(rate.num().div_ceil(rate.den() * 2));
    let mut done = 0;
    for chunk in chunks {
        let mut demuxer = Demuxer::open(&chunk.file, &OpenOptions::header_only()).map_err(joining)?;
        while let Some(packet) = picture.next(&mut demuxer, chunk)? {
            muxer.write(0, packet, (rate.den(), rate.num())).map_err(joining)?;
            done += 1;
            if done % step == 0 {
                let until = rate.sample_of(i64::try_from(done).unwrap_or(i64::MAX));
                sound.copy_until(until, &mut muxer)?;
                progress(done, total * 2);
            }
        }
    }
    sound.copy_until(i64::MAX, &mut muxer)?;
    muxer.finish().map_err(joining)?;
    if done != total {
        return Err(RecipeError::Unproved(format!("{done} packets were copied of {total}")));
    }
    Ok(Written { sound: sound.digest.finalize() })
}

/// Picture packets in their new places.
struct PicturePackets {
    reorder: i64,
    sets: Option<ParameterSets>,
    last_idr: Option<u32>,
    packet: Packet,
    rewritten: Packet,
    position: i64,
    in_chunk: usize,
    chunk_first: u64,
}

impl PicturePackets {
    fn new(work: &Assemble, first: &Demuxer) -> Result<Self, RecipeError> {
        let unread = |damage| RecipeError::Unproved(format!("the chunks' header does not read: {damage}"));
        let sets = match &work.picture {
            PictureEncoding::H264(_) => Some(ParameterSets::from_extradata(&first.header(0)).map_err(unread)?),
            PictureEncoding::ProRes(_) => None,
        };
        let reorder = sets.as_ref().and_then(ParameterSets::picture).and_then(|picture| picture.reorder_frames);
        Ok(PicturePackets {
            reorder: i64::from(reorder.unwrap_or_else(|| work.picture.reorder_frames())),
            sets,
            last_idr: None,
            packet: Packet::empty().map_err(joining)?,
            rewritten: Packet::empty().map_err(joining)?,
            position: 0,
            in_chunk: 0,
            chunk_first: 0,
        })
    }

    /// Reads the chunk's next packet and gives it its time: shown where the proof says, decoded in its place less the
    /// reorder depth (copies of a one-frame chunk's own decoding times would not join).
    fn next(&mut self, demuxer: &mut Demuxer, chunk: &Chunk) -> Result<Option<&mut Packet>, RecipeError> {
        if self.chunk_first != chunk.first {
            (self.chunk_first, self.in_chunk) = (chunk.first, 0);
        }
        if !demuxer.read(&mut self.packet).map_err(joining)? {
            return if self.in_chunk == chunk.packets.len() {
                Ok(None)
            } else {
                Err(RecipeError::Unproved(format!("a chunk gave {} packets of {}", self.in_chunk, chunk.packets.len())))
            };
        }
        let known = chunk.packets.get(self.in_chunk).ok_or_else(|| {
            RecipeError::Unproved(format!("a chunk has more than its {} proved packets", chunk.packets.len()))
        })?;
        let first = i64::try_from(chunk.first).unwrap_or(i64::MAX);
        let (pts, dts) = (first + i64::from(known.shown), self.position - self.reorder);
        self.position += 1;
        self.in_chunk += 1;
        let packet = match distinct_idr(&self.packet, self.sets.as_ref(), &mut self.last_idr)? {
            Some(bytes) => {
                self.rewritten = Packet::from_bytes(&bytes).map_err(joining)?;
                &mut self.rewritten
            }
            None => &mut self.packet,
        };
        packet.set_times(pts, dts, 1);
        packet.set_key(known.key);
        Ok(Some(packet))
    }
}

/// Returns the packet's bytes with another `idr_pic_id` where it would repeat its predecessor's (H.264 7.4.3).
fn distinct_idr(
    packet: &Packet,
    sets: Option<&ParameterSets>,
    last: &mut Option<u32>,
) -> Result<Option<Vec<u8>>, RecipeError> {
    let Some(sets) = sets.filter(|_| packet.is_key()) else { return Ok(None) };
    let unread = |damage| RecipeError::Unproved(format!("a key frame does not read: {damage}"));
    let Some(id) = idr_pic_id(packet.data(), sets).map_err(unread)? else { return Ok(None) };
    if *last != Some(id) {
        *last = Some(id);
        return Ok(None);
    }
    let other = if id == 0 { 1 } else { 0 };
    *last = Some(other);
    with_idr_pic_id(packet.data(), sets, other).map(|bytes| Some(bytes.into_owned())).map_err(unread)
}

/// The sound's packets, one ahead.
struct SoundPackets {
    demuxer: Demuxer,
    packet: Packet,
    waiting: bool,
    digest: blake3::Hasher,
}

impl SoundPackets {
    fn open(path: &Path) -> Result<Self, RecipeError> {
        let mut demuxer = Demuxer::open(path, &OpenOptions::default()).map_err(joining)?;
        let mut packet = Packet::empty().map_err(joining)?;
        let waiting = demuxer.read(&mut packet).map_err(joining)?;
        Ok(SoundPackets { demuxer, packet, waiting, digest: blake3::Hasher::new() })
    }

    /// Copies packets that begin before sample `until`.
    fn copy_until(&mut self, until: i64, muxer: &mut Muxer) -> Result<(), RecipeError> {
        while self.waiting && self.packet.pts().unwrap_or(0) < until {
            self.digest.update(self.packet.data());
            let (at, length) = (self.packet.pts().unwrap_or(0), self.packet.duration());
            self.packet.set_times(at, at, length);
            muxer.write(1, &mut self.packet, (1, bookend_units::PROGRAMME_SAMPLE_RATE)).map_err(joining)?;
            self.waiting = self.demuxer.read(&mut self.packet).map_err(joining)?;
        }
        Ok(())
    }
}

fn joining(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "joining the deliverable", source }
}
