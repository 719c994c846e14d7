//! The frames either side of every cut, decoded from the finished file and kept as small pictures.

use std::path::Path;

use bookend_jobs::facts::SeamFacts;
use bookend_jobs::work::Assemble;
use bookend_media::{DecodeOptions, Demuxer, Frame, Graph, MediaError, Medium, OpenOptions, TrackReader};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::parts::Chunk;
use crate::RecipeError;
use crate::picture::frame_hash;

/// Width of a seam picture, in samples.
const WIDTH: u32 = 320;
/// JPEG quality of a seam picture, 1 to 100.
const QUALITY: u8 = 80;

/// Decodes both frames at every cut, compares them with the chunks' proofs, and writes their pictures beside the file.
pub(super) fn look(work: &Assemble, chunks: &[Chunk], path: &Path) -> Result<Vec<SeamFacts>, RecipeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut facts = Vec::with_capacity(work.cuts.len());
    let mut file = SeamReader::open(work, path)?;
    for (number, &cut) in work.cuts.iter().enumerate() {
        let cut = u64::from(cut);
        let after =
            chunks.iter().position(|chunk| chunk.first == cut).filter(|&place| place > 0).ok_or_else(|| {
                RecipeError::Malformed(format!("the cut at frame {cut} is not where two chunks meet"))
            })?;
        let group = last_group(&chunks[after - 1]);
        let (before, after) = (&chunks[after - 1].facts, &chunks[after].facts);
        let (left, right) = file.pair(cut, group)?;
        let (left_hash, right_hash) = (frame_hash(&left), frame_hash(&right));
        let names = (format!("seam-{:04}-before.jpg", number + 1), format!("seam-{:04}-after.jpg", number + 1));
        picture(&left, &folder.join(&names.0))?;
        picture(&right, &folder.join(&names.1))?;
        facts.push(SeamFacts {
            frame: cut,
            before_matches: Some(left_hash == before.last_frame),
            after_matches: Some(right_hash == after.first_frame),
            cut_seen: Some(left_hash != right_hash || before.last_frame == after.first_frame),
            sound_lag_us: None,
            pictures: Some(names),
        });
    }
    Ok(facts)
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
}

impl SeamReader {
    fn open(work: &Assemble, path: &Path) -> Result<Self, RecipeError> {
        let demuxer = Demuxer::open(path, &OpenOptions::default()).map_err(seeing)?;
        let tracks = demuxer.tracks();
        let track = tracks
            .iter()
            .find(|track| track.medium == Medium::Picture)
            .ok_or_else(|| RecipeError::Unproved("the file has no picture track".into()))?;
        let rate = work.picture.rate();
        let (num, den) = track.time_base;
        let ticks = i64::from(rate.den()) * i64::from(den) / (i64::from(rate.num()) * i64::from(num));
        let reader = TrackReader::on(demuxer, track.index, &DecodeOptions::default()).map_err(seeing)?;
        Ok(SeamReader { reader, ticks_per_frame: ticks })
    }

    /// Decodes the frames before and after a cut, from the closed group that begins at programme frame `group`.
    fn pair(&mut self, cut: u64, group: u64) -> Result<(Frame, Frame), RecipeError> {
        let cut = i64::try_from(cut).unwrap_or(i64::MAX);
        let wanted = [cut - 1, cut].map(|frame| frame * self.ticks_per_frame);
        // Seeking goes by decoding time, which for the first frame of a closed group is never after its showing, and for the
        // next group's a whole group later.
        let group = i64::try_from(group).unwrap_or(i64::MAX);
        self.reader.seek_before(group * self.ticks_per_frame).map_err(seeing)?;
        let mut left = None;
        let mut frame = Frame::empty().map_err(seeing)?;
        while self.reader.next(&mut frame).map_err(seeing)? {
            if frame.ticks() == Some(wanted[0]) {
                left = Some(frame.share().map_err(seeing)?);
            } else if frame.ticks() == Some(wanted[1]) {
                let right = frame.share().map_err(seeing)?;
                return left
                    .map(|left| (left, right))
                    .ok_or_else(|| RecipeError::Unproved(format!("the frame before the cut at {cut} is missing")));
            }
        }
        Err(RecipeError::Unproved(format!("the frame after the cut at {cut} is missing from the file")))
    }
}

fn picture(frame: &Frame, path: &Path) -> Result<(), RecipeError> {
    let filters = format!("scale=w={WIDTH}:h=-2:flags=bicubic:in_color_matrix=bt709:in_range=limited,format=rgb24");
    let mut graph = Graph::new(frame, (1, 1), &filters, 1).map_err(seeing)?;
    let mut small = Frame::empty().map_err(seeing)?;
    graph.push(Some(frame)).map_err(seeing)?;
    if !graph.pull(&mut small).map_err(seeing)? {
        return Err(RecipeError::Malformed("the seam picture's filter gave no frame".into()));
    }
    let (samples, stride) = small.plane(0);
    let raster = small.raster();
    let line = raster.width as usize * 3;
    let packed: Vec<u8> = samples.chunks(stride).flat_map(|row| row[..line].iter().copied()).collect();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .write_image(&packed, raster.width, raster.height, ExtendedColorType::Rgb8)
        .map_err(|error| RecipeError::Malformed(format!("a seam picture could not be coded: {error}")))?;
    std::fs::write(path, bytes).map_err(|source| RecipeError::File { path: path.to_owned(), doing: "written", source })
}

fn seeing(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "looking at the seams", source }
}
