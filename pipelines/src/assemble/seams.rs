//! The frames either side of every cut, decoded from the finished file and kept as small pictures.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use bookend_config::spec::PictureEncoding;
use bookend_jobs::facts::SeamFacts;
use bookend_jobs::work::Assemble;
use bookend_media::{
    Choice, DecodeOptions, Demuxer, Frame, Graph, MediaError, Medium, OpenOptions, Packet, TrackReader,
};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::parts::Chunk;
use crate::RecipeError;
use crate::picture::frame_hash;
use crate::structure::{ParameterSets, is_reference};

/// Width of a seam picture, in samples.
const WIDTH: u32 = 320;
/// JPEG quality of a seam picture, 1 to 100.
const QUALITY: u8 = 80;

/// The seams of a finished file. Any number of threads may look at once: each takes the next seam that none has taken.
pub(super) struct Seams<'a> {
    work: &'a Assemble,
    chunks: &'a [Chunk],
    path: &'a Path,
    taken: AtomicUsize,
}

impl<'a> Seams<'a> {
    pub(super) fn new(work: &'a Assemble, chunks: &'a [Chunk], path: &'a Path) -> Self {
        Seams { work, chunks, path, taken: AtomicUsize::new(0) }
    }

    /// Decodes both frames at every seam that is left, compares them with the chunks' proofs, and writes their pictures
    /// beside the file. Returns what was found here, by the seam's number from 0.
    pub(super) fn look(&self) -> Result<Vec<(usize, SeamFacts)>, RecipeError> {
        let mut found = Vec::new();
        let mut eyes: Option<(SeamReader, Stills)> = None;
        loop {
            let number = self.taken.fetch_add(1, Ordering::Relaxed);
            let Some(&cut) = self.work.cuts.get(number) else { return Ok(found) };
            let (file, stills) = match &mut eyes {
                Some(eyes) => eyes,
                none => none.insert((SeamReader::open(self.work, self.path)?, Stills::default())),
            };
            found.push((number, self.look_at(number, u64::from(cut), file, stills)?));
        }
    }

    fn look_at(
        &self,
        number: usize,
        cut: u64,
        file: &mut SeamReader,
        stills: &mut Stills,
    ) -> Result<SeamFacts, RecipeError> {
        let after =
            self.chunks.iter().position(|chunk| chunk.first == cut).filter(|&place| place > 0).ok_or_else(|| {
                RecipeError::Malformed(format!("the cut at frame {cut} is not where two chunks meet"))
            })?;
        let group = last_group(&self.chunks[after - 1]);
        let (before, after) = (&self.chunks[after - 1].facts, &self.chunks[after].facts);
        let (left, right) = file.pair(cut, group)?;
        let (left_hash, right_hash) = (frame_hash(&left), frame_hash(&right));
        let names = (format!("seam-{:04}-before.jpg", number + 1), format!("seam-{:04}-after.jpg", number + 1));
        let folder = self.path.parent().unwrap_or(Path::new("."));
        stills.write(&left, &folder.join(&names.0))?;
        stills.write(&right, &folder.join(&names.1))?;
        Ok(SeamFacts {
            frame: cut,
            before_matches: Some(left_hash == before.last_frame),
            after_matches: Some(right_hash == after.first_frame),
            cut_seen: Some(left_hash != right_hash || before.last_frame == after.first_frame),
            sound_lag_us: None,
            pictures: Some(names),
        })
    }
}

/// Returns the programme frame that a chunk's last group of pictures begins with: decoding from there is the least that
/// shows its last frame.
fn last_group(chunk: &Chunk) -> u64 {
    let key = chunk.packets.iter().rev().find(|packet| packet.key);
    chunk.first + key.map_or(0, |packet| u64::from(packet.shown))
}

/// The picture of the finished file, read a few frames at a time.
struct SeamReader {
    reader: TrackReader,
    ticks_per_frame: i64,
    /// For H.264.
    sets: Option<ParameterSets>,
}

impl SeamReader {
    fn open(work: &Assemble, path: &Path) -> Result<Self, RecipeError> {
        let demuxer = Demuxer::open(path, &OpenOptions::header_only()).map_err(seeing)?;
        let tracks = demuxer.tracks();
        let track = tracks
            .iter()
            .find(|track| track.medium == Medium::Picture)
            .ok_or_else(|| RecipeError::Unproved("the file has no picture track".into()))?;
        let rate = work.picture.rate();
        let (num, den) = track.time_base;
        let ticks = i64::from(rate.den()) * i64::from(den) / (i64::from(rate.num()) * i64::from(num));
        let sets = match &work.picture {
            PictureEncoding::H264(_) => Some(parameter_sets(&demuxer, track.index)?),
            PictureEncoding::ProRes(_) => None,
        };
        let reader = TrackReader::on(demuxer, track.index, &DecodeOptions::default()).map_err(seeing)?;
        Ok(SeamReader { reader, ticks_per_frame: ticks, sets })
    }

    /// Decodes the frames before and after a cut, from the closed group that begins at programme frame `group`: of it
    /// the frame wanted and those that others refer to, which is all that decides what it looks like.
    fn pair(&mut self, cut: u64, group: u64) -> Result<(Frame, Frame), RecipeError> {
        let cut = i64::try_from(cut).unwrap_or(i64::MAX);
        let [last, first] = [cut - 1, cut].map(|frame| frame * self.ticks_per_frame);
        // Seeking goes by decoding time, which for the first frame of a closed group is never after its showing, and for the
        // next group's a whole group later.
        let group = i64::try_from(group).unwrap_or(i64::MAX);
        self.reader.seek_before(group * self.ticks_per_frame).map_err(seeing)?;
        let sets = self.sets.as_ref();
        let mut choose = |packet: &Packet| match packet.pts() {
            Some(shown) if shown == first => Choice::DecodeLast,
            Some(shown) if shown == last => Choice::Decode,
            _ if sets.is_none_or(|sets| is_reference(packet.data(), sets)) => Choice::Decode,
            _ => Choice::PassOver,
        };
        let (mut left, mut frame) = (None, Frame::empty().map_err(seeing)?);
        while self.reader.next_of(&mut frame, &mut choose).map_err(seeing)? {
            if frame.ticks() == Some(last) {
                left = Some(frame.share().map_err(seeing)?);
            } else if frame.ticks() == Some(first) {
                return left
                    .map(|left| (left, frame))
                    .ok_or_else(|| RecipeError::Unproved(format!("the frame before the cut at {cut} is missing")));
            }
        }
        Err(RecipeError::Unproved(format!("the frame after the cut at {cut} is missing from the file")))
    }
}

fn parameter_sets(demuxer: &Demuxer, track: usize) -> Result<ParameterSets, RecipeError> {
    ParameterSets::from_extradata(&demuxer.header(track))
        .map_err(|damage| RecipeError::Unproved(format!("the file's decoder configuration does not read: {damage}")))
}

/// Makes small pictures; the frames of a file are all of one shape, so one graph serves them all.
#[derive(Default)]
struct Stills {
    graph: Option<Graph>,
}

impl Stills {
    fn write(&mut self, frame: &Frame, path: &Path) -> Result<(), RecipeError> {
        let small = self.shrink(frame)?;
        let (samples, stride) = small.plane(0);
        let raster = small.raster();
        let line = raster.width as usize * 3;
        let packed: Vec<u8> = samples.chunks(stride).flat_map(|row| row[..line].iter().copied()).collect();
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .write_image(&packed, raster.width, raster.height, ExtendedColorType::Rgb8)
            .map_err(|error| RecipeError::Malformed(format!("a seam picture could not be coded: {error}")))?;
        std::fs::write(path, bytes).map_err(|source| RecipeError::File {
            path: path.to_owned(),
            doing: "written",
            source,
        })
    }

    fn shrink(&mut self, frame: &Frame) -> Result<Frame, RecipeError> {
        let graph = match &mut self.graph {
            Some(graph) => graph,
            none => {
                let filters =
                    format!("scale=w={WIDTH}:h=-2:flags=bicubic:in_color_matrix=bt709:in_range=limited,format=rgb24");
                none.insert(Graph::new(frame, (1, 1), &filters, 1).map_err(seeing)?)
            }
        };
        let mut small = Frame::empty().map_err(seeing)?;
        graph.push(Some(frame)).map_err(seeing)?;
        if !graph.pull(&mut small).map_err(seeing)? {
            return Err(RecipeError::Malformed("the seam picture's filter gave no frame".into()));
        }
        Ok(small)
    }
}

fn seeing(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "looking at the seams", source }
}
