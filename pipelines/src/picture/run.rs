//! Makes all chunks of one Picture job.

use std::collections::BTreeMap;

use bookend_jobs::facts::{Facts, SourceFacts, SourcePicture};
use bookend_jobs::work::{Composition, Picture, Work};
use bookend_jobs::{Key, MadeResult, WantedResult};
use bookend_media::Frame;
use bookend_timeline::{FrameTable, SourceClock, choices};

use super::bars::{bars, black};
use super::conform::Shape;
use super::lane::Lane;
use super::slate::slate;
use super::source::{Run, SourceFrames, runs};
use super::{PACKETS, chunk_name, proof, still};
use crate::inspect::FRAME_TABLE;
use crate::{JobFolder, Progress, RecipeError};

/// Makes all results of a Picture job from one decode, each proved.
pub(crate) fn make(
    results: &[WantedResult],
    job: &JobFolder<'_>,
    progress: Progress<'_>,
) -> Result<BTreeMap<Key, MadeResult>, RecipeError> {
    let works = works(results)?;
    let (_, one) = works.first().ok_or_else(|| RecipeError::Malformed("a Picture job without results".into()))?;
    let mut lanes = Vec::new();
    for (key, work) in &works {
        lanes.push((*key, Lane::create(&job.result_folder(*key)?, &work.encoding, job.threads())?));
    }
    // Encoding is most of the work, proving the rest: progress counts frames of both.
    let total = u64::from(one.frames) * 2;
    let shown = fill(one, job, &mut lanes, &mut |done| progress(done, total))?;
    let mut made = BTreeMap::new();
    for (key, lane) in lanes {
        let folder = job.result_folder(key)?;
        let (path, encoding) = (lane.path().to_owned(), lane.encoding().clone());
        let chunk = lane.finish()?;
        let expected = one.frames as usize;
        if chunk.looks.len() != expected {
            return Err(RecipeError::Unproved(format!("{} frames were encoded of {expected}", chunk.looks.len())));
        }
        let (mut facts, packets) = proof::prove(&path, &encoding, &chunk.looks, job.threads())?;
        facts.shown.clone_from(&shown);
        facts.conform = chunk.words;
        let list = folder.join(PACKETS);
        let text = serde_json::to_vec(&packets).map_err(|error| RecipeError::Malformed(error.to_string()))?;
        std::fs::write(&list, text).map_err(|source| RecipeError::File { path: list, doing: "written", source })?;
        let files = vec![chunk_name(&encoding).to_owned(), PACKETS.to_owned()];
        made.insert(key, MadeResult { files, facts: Facts::Picture(Box::new(facts)) });
    }
    progress(total, total);
    Ok(made)
}

fn works(results: &[WantedResult]) -> Result<Vec<(Key, &Picture)>, RecipeError> {
    let mut works: Vec<(Key, &Picture)> = Vec::new();
    for wanted in results {
        let Work::Picture(work) = &wanted.work else {
            return Err(RecipeError::Malformed("a Picture job holds another kind".into()));
        };
        if let Some((_, first)) = works.first() {
            let same = first.composition == work.composition
                && (first.first, first.frames, first.rate) == (work.first, work.frames, work.rate);
            if !same {
                return Err(RecipeError::Malformed("the results of a Picture job show different frames".into()));
            }
        }
        if work.frames == 0 || work.encoding.rate() != work.rate {
            return Err(RecipeError::Malformed("a chunk has no frames, or another rate than its programme".into()));
        }
        works.push((wanted.key, work));
    }
    Ok(works)
}

/// Shows the chunk's frames in every lane; returns which source frames they were.
fn fill(
    work: &Picture,
    job: &JobFolder<'_>,
    lanes: &mut [(Key, Lane)],
    done: &mut dyn FnMut(u64),
) -> Result<Vec<(u32, u32)>, RecipeError> {
    let generated = |lanes: &mut [(Key, Lane)], draw: &dyn Fn(&Lane) -> Result<Frame, RecipeError>| {
        for (_, lane) in lanes.iter_mut() {
            let frame = draw(lane)?;
            lane.encode(frame, work.frames)?;
        }
        Ok(Vec::new())
    };
    let mut shown = Vec::new();
    let mut frames_done = 0u64;
    match &work.composition {
        Composition::Black => generated(lanes, &|lane| black(lane.encoding())),
        Composition::Bars => generated(lanes, &|lane| bars(lane.encoding())),
        Composition::Slate { lines } => generated(lanes, &|lane| slate(lane.encoding(), lines)),
        Composition::Still => {
            let (path, facts, table) = source(job)?;
            still::show(path, &facts, &table, work.frames, job.threads(), &mut |frame, shape, run| {
                show_all(lanes, frame, shape, run)
            })?;
            Ok(vec![(0, work.frames)])
        }
        Composition::Source { start, end } => {
            let (path, facts, table) = source(job)?;
            let clock = SourceClock::from_table(&table, work.rate)
                .map_err(|error| RecipeError::refused("picture-times", error.to_string()))?;
            let wanted = work.first..work.first + work.frames;
            let wanted = runs(choices(&clock, *start, *end, work.rate, wanted));
            let mut frames = SourceFrames::open(path, &facts, &table, job.threads())?;
            frames.each(&wanted, &mut |frame, shape, run| {
                shown.push((run.chosen.index, run.count));
                frames_done += u64::from(run.count);
                done(frames_done);
                show_all(lanes, frame, shape, run)
            })?;
            if frames.deinterlaced() {
                lanes.iter_mut().for_each(|(_, lane)| lane.note("deinterlaced"));
            }
            if let Some(words) = frames.damage() {
                lanes.iter_mut().for_each(|(_, lane)| lane.note(&words));
            }
            Ok(shown)
        }
    }
}

fn show_all(lanes: &mut [(Key, Lane)], frame: &Frame, shape: Shape, run: Run) -> Result<(), RecipeError> {
    lanes.iter_mut().try_for_each(|(_, lane)| lane.show(frame, shape, run.count))
}

fn source<'a>(job: &'a JobFolder<'_>) -> Result<(&'a std::path::Path, SourcePicture, FrameTable), RecipeError> {
    let Facts::Inspect(facts) = job.facts("inspect")? else {
        return Err(RecipeError::Malformed("input `inspect` is of another kind".into()));
    };
    let SourceFacts { picture: Some(picture), .. } = facts.as_ref() else {
        return Err(RecipeError::Malformed("the source has no picture".into()));
    };
    let path = job.file("inspect", FRAME_TABLE)?;
    let bytes =
        std::fs::read(path).map_err(|source| RecipeError::File { path: path.to_owned(), doing: "read", source })?;
    let table = FrameTable::decode(&bytes)
        .map_err(|error| RecipeError::Unproved(format!("the frame table does not read: {error}")))?;
    Ok((job.source("source")?, picture.clone(), table))
}
