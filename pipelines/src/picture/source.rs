//! Finds, in a source, the frames that the timeline names.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use bookend_jobs::facts::{Scan, SourcePicture};
use bookend_media::{DecodeOptions, Demuxer, Frame, Graph, MediaError, OpenOptions, Track, TrackReader};
use bookend_timeline::{ChosenFrame, Field, FrameKind, FrameTable};

use super::conform::Shape;
use crate::RecipeError;
use crate::inspect::{FirstFrame, assume, decoder_for};

/// Frames of context that temporal filters get on either side.
const CONTEXT: u32 = 2;

/// A chosen frame and how many programme frames in a row show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub chosen: ChosenFrame,
    pub count: u32,
}

/// Gathers equal neighbours.
pub(super) fn runs(choices: impl Iterator<Item = ChosenFrame>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for chosen in choices {
        match runs.last_mut() {
            Some(last) if last.chosen == chosen => last.count += 1,
            _ => runs.push(Run { chosen, count: 1 }),
        }
    }
    runs
}

/// A source being read for its chosen frames.
pub(super) struct SourceFrames<'a> {
    path: &'a Path,
    facts: &'a SourcePicture,
    table: &'a FrameTable,
    track: Track,
    threads: u32,
    deinterlaced: bool,
    damage: RefCell<Vec<Range<u32>>>,
}

impl<'a> SourceFrames<'a> {
    pub(super) fn open(
        path: &'a Path,
        facts: &'a SourcePicture,
        table: &'a FrameTable,
        threads: u32,
    ) -> Result<Self, RecipeError> {
        let demuxer = Demuxer::open(path, &OpenOptions::default()).map_err(reading)?;
        let track = demuxer
            .tracks()
            .into_iter()
            .find(|track| track.index == facts.track as usize)
            .ok_or_else(|| RecipeError::Unproved("the source has lost the track that was inspected".into()))?;
        Ok(SourceFrames { path, facts, table, track, threads, deinterlaced: false, damage: RefCell::default() })
    }

    /// Tells whether any frame was deinterlaced.
    pub(super) fn deinterlaced(&self) -> bool {
        self.deinterlaced
    }

    /// Tells of frames that were damaged: decoded in part, or shown by the one before.
    pub(super) fn damage(&self) -> Option<String> {
        let mut runs: Vec<Range<u32>> = Vec::new();
        for lost in self.damage.borrow().iter() {
            match runs.last_mut() {
                Some(run) if run.end >= lost.start => run.end = run.end.max(lost.end),
                _ => runs.push(lost.clone()),
            }
        }
        let named = runs.iter().map(|run| match run.len() {
            1 => format!("{}f", run.start),
            _ => format!("{}f to {}f", run.start, run.end - 1),
        });
        let named = named.collect::<Vec<_>>().join(", ");
        (!runs.is_empty()).then(|| format!("damaged in the source, repaired or held: {named}"))
    }

    /// Gives every run's frame, in order, to `show`.
    pub(super) fn each(
        &mut self,
        runs: &[Run],
        show: &mut dyn FnMut(&Frame, Shape, Run) -> Result<(), RecipeError>,
    ) -> Result<(), RecipeError> {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Ok(()) };
        let frames = u32::try_from(self.table.frames.len()).unwrap_or(u32::MAX);
        let from = first.chosen.index.saturating_sub(CONTEXT);
        let to = last.chosen.index.saturating_add(CONTEXT + 1).min(frames);
        let kinds = &self.table.frames[from as usize..to as usize];
        let interlaced = self.facts.scan != Scan::Progressive
            || kinds.iter().any(|frame| frame.kind != FrameKind::Progressive)
            || runs.iter().any(|run| run.chosen.field.is_some());
        self.deinterlaced |= interlaced;
        let mut selector = Selector { runs, at: 0, show };
        if !interlaced {
            let end = last.chosen.index + 1;
            self.decode(first.chosen.index, end, &mut |index, frame| {
                let shape = self.shape(frame);
                selector.offer(ChosenFrame { index, field: None }, frame, shape)
            })?;
            return selector.all_shown();
        }
        let fields = runs.iter().any(|run| run.chosen.field.is_some());
        let mut weaver = Deinterlacer { graph: None, shape: None, fields, threads: self.threads };
        self.decode(from, to, &mut |index, frame| {
            let shape = self.shape(frame);
            weaver.push(index, frame, shape, &mut |chosen, frame, shape| selector.offer(chosen, frame, shape))
        })?;
        weaver.drain(&mut |chosen, frame, shape| selector.offer(chosen, frame, shape))?;
        selector.all_shown()
    }

    fn shape(&self, frame: &Frame) -> Shape {
        let track = &self.track;
        let aspect = if track.sample_aspect == (1, 1) { frame.sample_aspect() } else { track.sample_aspect };
        let first = FirstFrame { raster: frame.raster(), format: frame.pixel_format(), colour: frame.colour(), aspect };
        let (colour, _) = assume(frame.colour(), track, &first);
        Shape {
            raster: first.raster,
            format: first.format,
            colour,
            aspect,
            degrees: self.facts.rotation,
            mirrored: self.facts.mirrored,
        }
    }

    /// Decodes shown frames `from..to`, in order, numbered. One that cannot be decoded shows the one before it, as a gap in the
    /// source would.
    fn decode(
        &self,
        from: u32,
        to: u32,
        each: &mut dyn FnMut(u32, &Frame) -> Result<(), RecipeError>,
    ) -> Result<(), RecipeError> {
        let mut reader = self.reader()?;
        let mut frame = Frame::empty().map_err(reading)?;
        let mut next = 0;
        if let Some(landed) = self.try_seek(&mut reader, &mut frame, from)? {
            if landed >= from {
                each(landed, &frame)?;
            }
            next = landed + 1;
        } else {
            reader = self.reader()?;
        }
        let mut held = 0;
        while next < to {
            let before = if next == 0 { None } else { Some(frame.share().map_err(reading)?) };
            let found = self.next_known(&mut reader, &mut frame, next)?;
            // What is lost before the first wanted frame harms nobody.
            let lost = next.max(from)..found.unwrap_or(to).min(to);
            if !lost.is_empty() {
                held += lost.len();
                let before = before.filter(|_| held <= self.most_lost());
                let before = before.ok_or_else(|| self.refuse_lost(&lost))?;
                lost.clone().try_for_each(|number| each(number, &before))?;
                self.damage.borrow_mut().push(lost);
            }
            let Some(found) = found else { break };
            if (from..to).contains(&found) {
                if frame.is_damaged() {
                    self.damage.borrow_mut().push(found..found + 1);
                }
                each(found, &frame)?;
            }
            next = found + 1;
        }
        Ok(())
    }

    /// Decodes the next frame that the table knows, into `frame`; returns its number: by its time where times can be trusted,
    /// else by counting. `None` after the last.
    fn next_known(&self, reader: &mut TrackReader, frame: &mut Frame, next: u32) -> Result<Option<u32>, RecipeError> {
        let rest = self.table.frames.get(next as usize..).unwrap_or_default();
        while reader.next(frame).map_err(reading)? {
            let ticks = frame.ticks().unwrap_or(i64::MIN);
            match rest.binary_search_by_key(&ticks, |shown| shown.ticks) {
                _ if !self.facts.seekable => return Ok(Some(next)),
                Ok(place) => return Ok(Some(next + u32::try_from(place).unwrap_or(u32::MAX))),
                // Damage can give a frame a time that is no frame's.
                Err(_) => {}
            }
        }
        if !self.facts.seekable {
            return Err(RecipeError::Unproved(format!(
                "the source gave {next} frames where its table has {}: it changed, or decodes differently each time",
                self.table.frames.len()
            )));
        }
        Ok(None)
    }

    /// Most frames that may be lost for one chunk: half a second of them, as is too short to be told of as a freeze.
    fn most_lost(&self) -> usize {
        self.facts.rate.map_or(1, |rate| rate.timecode_base() as usize / 2)
    }

    fn refuse_lost(&self, lost: &Range<u32>) -> RecipeError {
        RecipeError::refused(
            "picture-damaged",
            format!(
                "frames {}f to {}f of the source (of {}) cannot be decoded: leave them out with `in` and `out`, or send the file again",
                lost.start,
                lost.end - 1,
                self.table.frames.len()
            ),
        )
    }

    fn reader(&self) -> Result<TrackReader, RecipeError> {
        let options = DecodeOptions { threads: self.threads, times_only: false, decoder: decoder_for(&self.track) };
        TrackReader::open(self.path, self.track.index, &OpenOptions::default(), &options).map_err(reading)
    }

    /// Seeks to a key frame before shown frame `wanted` and decodes up to the first frame that is whole and known by its
    /// time; returns its number, with the frame itself in `frame`. `None`: the reader is to start again from the beginning.
    fn try_seek(&self, reader: &mut TrackReader, frame: &mut Frame, wanted: u32) -> Result<Option<u32>, RecipeError> {
        let keys = |upto: usize| self.table.frames[..upto].iter().rposition(|frame| frame.key);
        // One key frame more than needed: leading pictures of an open group hang on the group before.
        let Some(near) = keys(wanted as usize + 1) else { return Ok(None) };
        let Some(key) = keys(near) else { return Ok(None) };
        if !self.facts.seekable || key == 0 {
            return Ok(None);
        }
        let target = self.table.frames[key].ticks;
        if reader.seek_before(target).is_err() {
            return Ok(None);
        }
        // Frames before the first key frame after a seek may hang on frames that were never read.
        for _ in 0..self.table.frames.len() {
            if !reader.next(frame).map_err(reading)? {
                return Ok(None);
            }
            let Some(ticks) = frame.ticks() else { return Ok(None) };
            let found = self.table.frames.binary_search_by_key(&ticks, |shown| shown.ticks);
            match found {
                Ok(place) if place > wanted as usize => return Ok(None),
                Ok(place) if self.table.frames[place].key && frame.is_key() => {
                    return Ok(Some(u32::try_from(place).unwrap_or(u32::MAX)));
                }
                Ok(_) => {}
                // A frame from before the first shown one, or one the table does not know.
                Err(0) => {}
                Err(_) => return Ok(None),
            }
        }
        Ok(None)
    }
}

fn reading(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "reading the source", source }
}

/// Hands the frames that runs name to their taker.
struct Selector<'a> {
    runs: &'a [Run],
    at: usize,
    show: &'a mut dyn FnMut(&Frame, Shape, Run) -> Result<(), RecipeError>,
}

impl Selector<'_> {
    fn offer(&mut self, found: ChosenFrame, frame: &Frame, shape: Shape) -> Result<(), RecipeError> {
        while let Some(run) = self.runs.get(self.at) {
            // A frame that was coded whole inside an interlaced source stands for both its fields.
            let same = run.chosen.index == found.index && (run.chosen.field == found.field || found.field.is_none());
            if !same {
                return Ok(());
            }
            (self.show)(frame, shape, *run)?;
            self.at += 1;
        }
        Ok(())
    }

    fn all_shown(&self) -> Result<(), RecipeError> {
        match self.runs.get(self.at) {
            None => Ok(()),
            Some(run) => Err(RecipeError::Unproved(format!("source frame {} was never seen", run.chosen.index))),
        }
    }
}

/// Makes whole frames of fields, with bwdif; frames that are not interlaced pass.
struct Deinterlacer {
    graph: Option<Graph>,
    shape: Option<Shape>,
    fields: bool,
    threads: u32,
}

type Offer<'a> = &'a mut dyn FnMut(ChosenFrame, &Frame, Shape) -> Result<(), RecipeError>;

impl Deinterlacer {
    fn push(&mut self, index: u32, frame: &Frame, shape: Shape, offer: Offer<'_>) -> Result<(), RecipeError> {
        if self.shape != Some(shape) {
            self.drain(offer)?;
            let mode = if self.fields { "send_field" } else { "send_frame" };
            let filters = format!("bwdif=mode={mode}:parity=auto:deint=interlaced");
            self.graph = Some(Graph::new(frame, (1, 1), &filters, self.threads).map_err(weaving)?);
            self.shape = Some(shape);
        }
        let mut input = frame.share().map_err(weaving)?;
        input.set_pts(i64::from(index));
        if let Some(graph) = self.graph.as_mut() {
            graph.push(Some(&input)).map_err(weaving)?;
        }
        self.pull(offer)
    }

    fn drain(&mut self, offer: Offer<'_>) -> Result<(), RecipeError> {
        if let Some(graph) = self.graph.as_mut() {
            graph.push(None).map_err(weaving)?;
            self.pull(offer)?;
        }
        self.graph = None;
        Ok(())
    }

    /// bwdif counts in half ticks: frame n comes out at 2n, its second field at 2n + 1.
    fn pull(&mut self, offer: Offer<'_>) -> Result<(), RecipeError> {
        let (Some(graph), Some(shape)) = (self.graph.as_mut(), self.shape) else { return Ok(()) };
        let mut out = Frame::empty().map_err(weaving)?;
        while graph.pull(&mut out).map_err(weaving)? {
            let Some(pts) = out.pts().and_then(|pts| u32::try_from(pts).ok()) else { continue };
            let field = match (self.fields, pts % 2) {
                (false, _) => None,
                (true, 0) => Some(Field::First),
                (true, _) => Some(Field::Second),
            };
            offer(ChosenFrame { index: pts / 2, field }, &out, shape)?;
        }
        Ok(())
    }
}

fn weaving(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "deinterlacing the source", source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_are_one_run() {
        let chosen = |index| ChosenFrame { index, field: None };
        let runs = runs([chosen(3), chosen(3), chosen(4)].into_iter());
        assert_eq!(runs, [Run { chosen: chosen(3), count: 2 }, Run { chosen: chosen(4), count: 1 }]);
    }
}
