//! Proof of the deliverable: read back from its own bytes against the proofs of its parts.

use std::path::Path;

use bookend_jobs::facts::{FileFacts, FrameRun, ProofDepth, SeamFacts, Stretch, StretchKind};
use bookend_jobs::work::Assemble;
use bookend_media::{
    Choice, DecodeOptions, Demuxer, Frame, MediaError, Medium, OpenOptions, Packet, Resampler, SoundShape, TrackReader,
};

use super::join::Written;
use super::parts::{Bus, Chunk};
use super::seams::Seams;
use crate::RecipeError;
use crate::examine::SeamSound;
use crate::structure::{StructureFacts, canonical_digest, survey};

/// Shortest stretch of black or freeze that is kept, in frames of the programme's clock: half a second.
fn shortest(work: &Assemble) -> u64 {
    u64::from(work.picture.rate().timecode_base()).div_ceil(2)
}

/// Reads the file back, on `threads` threads and two at least: one parses and listens, the others look at the seams, and so
/// does the first once it is done.
pub(super) fn prove(
    work: &Assemble,
    chunks: &[Chunk],
    bus: &Bus,
    path: &Path,
    written: &Written,
    threads: u32,
) -> Result<FileFacts, RecipeError> {
    let seams = Seams::new(work, chunks, path);
    let (read, mut seams) = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(2)).map(|_| scope.spawn(|| seams.look())).collect();
        let read = read_back(chunks, path).and_then(|read| Ok((read, listen(work, bus, path, written)?)))?;
        let mut found = seams.look()?;
        for other in others {
            found.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok::<_, RecipeError>((read, found))
    })?;
    let ((structure, differing), (lags, decoded)) = read;
    let mut sound = structure.sound;
    if let Some(sound) = sound.as_mut() {
        sound.decoded_samples = decoded;
    }
    seams.sort_by_key(|(number, _)| *number);
    let with_lag = |((_, seam), sound_lag_us)| SeamFacts { sound_lag_us, ..seam };
    let mut stretches = runs(chunks, StretchKind::Black, shortest(work));
    stretches.extend(runs(chunks, StretchKind::Freeze, shortest(work)));
    stretches.extend(bus.facts.silence.iter().cloned());
    Ok(FileFacts {
        depth: ProofDepth::Parts,
        bytes: structure.bytes,
        wrapper: structure.wrapper,
        picture: structure.picture,
        sound,
        loudness: Some(bus.facts.measured.clone()),
        gave_way: bus.facts.gave_way.clone(),
        stretches,
        seams: seams.into_iter().zip(lags).map(with_lag).collect(),
        packets_differing: Some(differing),
        decode_errors: bookend_media::take_complaints(),
    })
}

/// Parses every picture packet: what the file's structure is, and how many packets are not what the chunks' proofs say.
fn read_back(chunks: &[Chunk], path: &Path) -> Result<(StructureFacts, u32), RecipeError> {
    let mut expected = chunks.iter().flat_map(|chunk| &chunk.packets);
    let mut differing = 0u32;
    let structure = survey(path, &mut |packet| {
        let digest = canonical_digest(packet.bytes, packet.parameter_sets).ok();
        if expected.next().map(|known| &known.digest) != digest.as_ref() {
            differing += 1;
        }
        Ok(())
    })?
    .ok_or_else(|| RecipeError::Unproved("what was written is not an MP4 or QuickTime file".into()))?;
    differing += u32::try_from(expected.count()).unwrap_or(u32::MAX);
    if !structure.damage.is_empty() {
        return Err(RecipeError::Unproved(format!("the file reads back damaged: {}", structure.damage.join(" · "))));
    }
    Ok((structure, differing))
}

fn sound_track(demuxer: &Demuxer) -> Result<usize, RecipeError> {
    let tracks = demuxer.tracks();
    let sound = tracks.iter().find(|track| track.medium == Medium::Sound);
    sound.map(|track| track.index).ok_or_else(|| RecipeError::Unproved("the file has no sound track".into()))
}

/// Decodes the file's sound whole, packets as they were written: how far it lags behind the mix at every cut, and how many
/// samples came out.
fn listen(work: &Assemble, bus: &Bus, path: &Path, written: &Written) -> Result<(Vec<Option<i64>>, u64), RecipeError> {
    let demuxer = Demuxer::open(path, &OpenOptions::header_only()).map_err(reading)?;
    let track = sound_track(&demuxer)?;
    let mut reader = TrackReader::on(demuxer, track, &DecodeOptions::default()).map_err(reading)?;
    let cuts = work.cuts.iter().map(|&cut| u64::from(cut));
    let mut seams = SeamSound::open(&bus.pcm, cuts, work.picture.rate())?;
    let mut frame = Frame::empty().map_err(reading)?;
    let (mut decoded, mut interleaved, mut floats) = (0u64, Vec::new(), None);
    let mut digest = blake3::Hasher::new();
    let mut digested = |packet: &Packet| {
        digest.update(packet.data());
        Choice::Decode
    };
    while reader.next_of(&mut frame, &mut digested).map_err(reading)? {
        decoded += frame.samples() as u64;
        let shape = SoundShape::of(&frame);
        let channels = shape.speakers.len();
        let floats = match &mut floats {
            Some(floats) => floats,
            // Nothing is mixed or resampled: whatever the sample format, the same samples as floats.
            none => none.insert(
                Resampler::new(&shape, &identity(channels), bookend_units::PROGRAMME_SAMPLE_RATE).map_err(reading)?,
            ),
        };
        interleaved.clear();
        floats.push(&frame, 0, &mut interleaved).map_err(reading)?;
        seams.push(&interleaved, channels)?;
    }
    if digest.finalize() != written.sound {
        return Err(RecipeError::Unproved("the sound reads back different from what was written".into()));
    }
    if reader.damage() != bookend_media::Damage::default() {
        return Err(RecipeError::Unproved("the sound of the file does not decode cleanly".into()));
    }
    Ok((seams.finish()?, decoded))
}

fn identity(channels: usize) -> Vec<Vec<f64>> {
    (0..channels).map(|row| (0..channels).map(|column| if row == column { 1.0 } else { 0.0 }).collect()).collect()
}

/// Joins the runs of black or frozen frames of all chunks into stretches of the programme.
fn runs(chunks: &[Chunk], kind: StretchKind, shortest: u64) -> Vec<Stretch> {
    let mut stretches: Vec<(u64, u64, bool)> = Vec::new();
    let mut before: Option<&Chunk> = None;
    for chunk in chunks {
        let found: &[FrameRun] = if kind == StretchKind::Black { &chunk.facts.black } else { &chunk.facts.frozen };
        for run in found {
            let first = chunk.first + u64::from(run.first);
            // The first frame of a chunk is not compared with the chunk before: their coarse luma is.
            let joins = run.first == 1 && kind == StretchKind::Freeze && same_luma(before, chunk);
            match stretches.last_mut() {
                Some((start, length, source))
                    if *start + *length == first || joins && *start + *length + 1 == first =>
                {
                    *length = first + u64::from(run.frames) - *start;
                    *source &= run.in_source;
                }
                _ => stretches.push((first, run.frames.into(), run.in_source)),
            }
        }
        before = Some(chunk);
    }
    stretches
        .into_iter()
        .filter(|(_, frames, _)| *frames >= shortest)
        .map(|(first, frames, in_source)| Stretch {
            kind,
            first,
            frames,
            explained: in_source.then(|| "the piece itself shows it".to_owned()),
        })
        .collect()
}

fn same_luma(before: Option<&Chunk>, chunk: &Chunk) -> bool {
    before.is_some_and(|before| {
        before.facts.last_luma.iter().zip(&chunk.facts.first_luma).all(|(a, b)| a.abs_diff(*b) <= 1)
    })
}

fn reading(source: MediaError) -> RecipeError {
    RecipeError::Media { doing: "reading the deliverable back", source }
}
