//! Decodes every frame and looks at it.

use std::path::Path;

use bookend_jobs::facts::{FileFacts, StretchKind};
use bookend_media::{DecodeOptions, Fields, Frame, Graph, MediaError, OpenOptions, PixelFormat, Track, TrackReader};
use bookend_units::Raster;

use super::runs::Runs;
use super::seams::SeamFrames;
use super::{Wanted, stretches};
use crate::picture::{Look, frame_hash};
use crate::{Progress, RecipeError};
use bookend_jobs::Known;

/// Frames between two reports of progress.
const PROGRESS_STEP: u64 = 16;

/// Decodes the picture whole and adds what is seen to `facts`.
pub(super) fn picture(
    file: &Path,
    track: &Track,
    threads: u32,
    wanted: &Wanted,
    known: &Known,
    facts: &mut FileFacts,
    progress: Progress<'_>,
) -> Result<(), RecipeError> {
    let options = DecodeOptions { threads, ..DecodeOptions::default() };
    let mut reader = match TrackReader::open(file, track.index, &OpenOptions::default(), &options) {
        Ok(reader) => reader,
        Err(error @ MediaError::Cancelled) => return Err(decoding(error)),
        Err(error) => {
            facts.decode_errors.push(format!("the picture cannot be decoded: {error}"));
            return Ok(());
        }
    };
    let mut seen = Seen::new(wanted, known);
    let mut frame = Frame::empty().map_err(decoding)?;
    let packets = facts.picture.as_ref().map_or(0, |picture| picture.frames);
    while reader.next(&mut frame).map_err(decoding)? {
        seen.push(&frame)?;
        if seen.frames.is_multiple_of(PROGRESS_STEP) {
            let all = packets.max(seen.frames);
            progress(all + seen.frames, 3 * all);
        }
    }
    let damage = reader.damage();
    if damage.packets > 0 {
        facts.decode_errors.push(format!("{} packets of the picture could not be decoded", damage.packets));
    }
    if damage.cut_short {
        facts.decode_errors.push("reading the picture stopped before the file's end".to_owned());
    }
    seen.finish(packets, facts);
    Ok(())
}

/// What was seen so far.
struct Seen<'a> {
    frames: u64,
    damaged: u64,
    interlaced: bool,
    raster: Option<Raster>,
    other_raster: Option<Raster>,
    format: Option<PixelFormat>,
    before: Option<Frame>,
    plain: Plain,
    black: Runs,
    frozen: Runs,
    seams: SeamFrames<'a>,
}

impl<'a> Seen<'a> {
    fn new(wanted: &Wanted, known: &'a Known) -> Self {
        Seen {
            frames: 0,
            damaged: 0,
            interlaced: false,
            raster: None,
            other_raster: None,
            format: None,
            before: None,
            plain: Plain::default(),
            black: Runs::new(wanted.black),
            frozen: Runs::new(wanted.freeze),
            seams: SeamFrames::new(known),
        }
    }

    fn push(&mut self, frame: &Frame) -> Result<(), RecipeError> {
        self.damaged += u64::from(frame.is_damaged());
        self.interlaced |= frame.fields() != Fields::None;
        let raster = frame.raster();
        if *self.raster.get_or_insert(raster) != raster {
            self.other_raster.get_or_insert(raster);
        }
        self.format.get_or_insert(frame.pixel_format());
        self.seams.push(self.frames, || frame_hash(frame));
        let plain = self.plain.of(frame).map_err(decoding)?;
        let look = Look::at(&plain, self.before.as_ref());
        self.black.push(look.black);
        self.frozen.push(look.frozen);
        self.before = Some(plain);
        self.frames += 1;
        Ok(())
    }

    fn finish(self, packets: u64, facts: &mut FileFacts) {
        let Seen { frames, damaged, interlaced, raster, other_raster, format, black, frozen, seams, .. } = self;
        if damaged > 0 {
            facts.decode_errors.push(format!("{damaged} frames were decoded with errors"));
        }
        // An edit list hides frames on purpose; without one, every packet is a frame.
        if frames < packets && facts.wrapper.edit_lists == 0 {
            facts.decode_errors.push(format!("{packets} packets give {frames} frames"));
        }
        if let Some(picture) = &mut facts.picture {
            picture.progressive &= !interlaced;
            // A picture that changes its size has none of the wanted one; else the decoder has the last word.
            picture.raster = other_raster.or(raster).or(picture.raster);
            // What is coded has the last word: FFmpeg decodes monochrome as 4:2:0, for one.
            if let Some(format) = format.filter(|_| picture.pixel_format.is_empty()) {
                picture.pixel_format = format.to_string();
            }
        }
        facts.stretches.extend(stretches(StretchKind::Black, black.finish()));
        facts.stretches.extend(stretches(StretchKind::Freeze, frozen.finish()));
        seams.finish(&mut facts.seams);
    }
}

/// Makes frames plain enough to look at: planar, luma first, 8 to 16 bits.
#[derive(Default)]
struct Plain(Option<(Graph, Raster, PixelFormat)>);

impl Plain {
    fn of(&mut self, frame: &Frame) -> Result<Frame, MediaError> {
        let format = frame.pixel_format();
        if is_plain(&format.to_string()) {
            return frame.share();
        }
        let shape = (frame.raster(), format);
        if self.0.as_ref().is_none_or(|(_, raster, format)| (*raster, *format) != shape) {
            self.0 = Some((Graph::new(frame, (1, 1), "format=yuv420p", 1)?, shape.0, shape.1));
        }
        let mut plain = Frame::empty()?;
        if let Some((graph, ..)) = &mut self.0 {
            graph.push(Some(frame))?;
            if graph.pull(&mut plain)? {
                return Ok(plain);
            }
        }
        frame.share()
    }
}

fn is_plain(format: &str) -> bool {
    let planar = ["yuv4", "yuvj4", "yuva4", "gray", "nv12", "nv16"].iter().any(|start| format.starts_with(start));
    planar && !format.ends_with("be") && !format.contains('f')
}

fn decoding(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "decoding the picture", source }
}
