//! Decodes a source's sound from its first packet and keeps an item's span of it.

use std::path::Path;

use bookend_jobs::facts::{Facts, SoundFacts, SourceSound};
use bookend_jobs::work::Sound;
use bookend_jobs::{Key, MadeResult};
use bookend_media::{DecodeOptions, Frame, MediaError, OpenOptions, TrackReader};

use super::conform::Conform;
use super::keep::Keep;
use super::notes::Notes;
use super::plan::{SoundPlan, sample_at};
use super::wave_file::WaveReader;
use crate::{JobFolder, Progress, RecipeError};

/// File that holds the PCM in a Sound result.
const SOUND_FILE: &str = "sound.wav";
/// Frames between two reports of progress.
const PROGRESS_STEP: u64 = 256;

/// Makes the one result of a Sound job.
///
/// # Errors
/// Refuses a source of whose sound nothing can be decoded.
pub(crate) fn make(
    work: &Sound,
    key: Key,
    job: &JobFolder<'_>,
    progress: Progress<'_>,
) -> Result<MadeResult, RecipeError> {
    let Facts::Inspect(source) = job.facts("inspect")? else {
        return Err(RecipeError::Malformed("input `inspect` is not an Inspect result".into()));
    };
    let track =
        source.sound.as_ref().ok_or_else(|| RecipeError::Malformed("a Sound job for a source without sound".into()))?;
    let file = job.result_folder(key)?.join(SOUND_FILE);
    let facts = conform(work, track, job.source("source")?, &file, job.threads(), progress)?;
    prove(&facts, &file, work)?;
    Ok(MadeResult { files: vec![SOUND_FILE.to_owned()], facts: Facts::Sound(facts) })
}

fn conform(
    work: &Sound,
    track: &SourceSound,
    source: &Path,
    file: &Path,
    threads: u32,
    progress: Progress<'_>,
) -> Result<SoundFacts, RecipeError> {
    let plan = SoundPlan::of(work);
    let mut notes = Notes::default();
    let mut keep = Keep::start(&plan, work.layout.channels(), file)?;
    let options = DecodeOptions { threads, ..DecodeOptions::default() };
    let mut reader = TrackReader::open(source, track.track as usize, &OpenOptions::default(), &options)
        .map_err(|error| undecodable(track, &error))?;
    let time_base = reader
        .demuxer()
        .tracks()
        .get(track.track as usize)
        .map(|found| found.time_base)
        .ok_or_else(|| undecodable(track, &"the track is gone"))?;
    let mut conform = Conform::new(work.layout, time_base, track.start);
    let wanted = if plan.measures_source { sample_at(track.end) } else { plan.keep.end };
    let total = u64::try_from(wanted - sample_at(track.start)).unwrap_or(0).max(1);
    let (mut frames, mut decoded) = (0_u64, 0_u64);
    let mut cut_off = false;
    loop {
        let mut frame = Frame::empty().map_err(decoding)?;
        if !reader.next(&mut frame).map_err(decoding)? {
            break;
        }
        if frame.samples() == 0 || frame.sample_rate() == 0 {
            continue;
        }
        frames += 1;
        decoded += frame.samples() as u64 * 48_000 / u64::from(frame.sample_rate());
        conform.push(frame, &mut keep, &mut notes)?;
        if keep.is_complete() {
            cut_off = true;
            break;
        }
        if frames.is_multiple_of(PROGRESS_STEP) {
            progress(decoded.min(total), total);
        }
    }
    if frames == 0 {
        return Err(undecodable(track, &"nothing in it can be decoded"));
    }
    if !cut_off {
        conform.finish(&mut keep, &mut notes)?;
    }
    if reader.damage().packets > 0 {
        notes.once(format!("{} packets could not be decoded and were passed over", reader.damage().packets));
    }
    if reader.damage().cut_short {
        notes.once("the file ends in the middle: what came before its end is used".into());
    }
    let kept = keep.finish()?;
    if kept.mended > 0 {
        notes.once(format!("{} samples were no numbers or absurdly large and were mended", kept.mended));
    }
    let end = if cut_off { kept.end.max(sample_at(track.end)) } else { kept.end };
    progress(total, total);
    Ok(SoundFacts {
        file: SOUND_FILE.to_owned(),
        first_sample: kept.first_sample,
        samples: kept.samples,
        span_lufs: kept.span_lufs,
        source_lufs: kept.source_lufs,
        source_samples: u64::try_from(end - sample_at(track.start)).unwrap_or(0),
        peak: kept.peak,
        conform: notes.into_lines(),
    })
}

/// Opens what was written and compares it with what is said of it.
fn prove(facts: &SoundFacts, file: &Path, work: &Sound) -> Result<(), RecipeError> {
    let reader = WaveReader::open(file)?;
    let bytes = std::fs::metadata(file)
        .map_err(|source| RecipeError::File { path: file.to_owned(), doing: "read", source })?
        .len();
    if reader.samples() != facts.samples || u32::from(reader.channels()) != work.layout.channels() {
        return Err(RecipeError::Unproved(format!(
            "{SOUND_FILE} holds {} samples of {} channels, {} of {} were written",
            reader.samples(),
            reader.channels(),
            facts.samples,
            work.layout.channels()
        )));
    }
    if bytes < facts.samples * u64::from(work.layout.channels()) * 4 {
        return Err(RecipeError::Unproved(format!(
            "{SOUND_FILE} has {bytes} bytes, too few for {} samples",
            facts.samples
        )));
    }
    Ok(())
}

fn undecodable(track: &SourceSound, why: &dyn std::fmt::Display) -> RecipeError {
    RecipeError::refused(
        "sound-undecodable",
        format!(
            "sound track {} ({}): {why}; export the file again, or choose another track with `audio_track`",
            track.track, track.codec
        ),
    )
}

fn decoding(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "decoding sound", source }
}

#[cfg(test)]
mod tests;
