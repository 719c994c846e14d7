//! Examines any finished file in full, whoever made it: structure, every frame, every sample.
//!
//! What needs no decoding comes from [`crate::structure`], the same eyes that Assemble has; black, freeze and frame hashes
//! from Picture's; loudness and lag from Sound's. What only its making knows of a file is given as [`Known`].

mod demuxed;
mod hear;
mod look;
mod packets;
mod runs;
mod seams;

use std::path::Path;

use bookend_config::spec::{Check, OutletSpec};
use bookend_jobs::Known;
use bookend_jobs::facts::{FileFacts, ProofDepth, Stretch, StretchKind};
use bookend_media::{Demuxer, MediaError, Medium, OpenOptions, Track, bridge_log, take_complaints};
use bookend_units::FrameRate;

use crate::structure::{StructureFacts, survey};
use crate::{Progress, RecipeError};

pub(crate) use seams::SeamSound;

/// Most tracks of a file that is worth examining.
const MOST_TRACKS: u32 = 256;

/// Examines a file in full: structure, every frame, every sample.
///
/// # Errors
/// When the file cannot be read as media at all.
pub fn examine(
    file: &Path,
    outlet: &OutletSpec,
    threads: u32,
    progress: Progress<'_>,
) -> Result<FileFacts, RecipeError> {
    examine_against(file, outlet, &Known::default(), threads, progress)
}

/// Examines a file in full and compares it with what is known from its making.
///
/// `progress` counts frames, each three times: surveyed, decoded, and heard. Damage inside the file is a fact; FFmpeg's
/// log is bridged for the whole process, because its complaints are part of the facts.
///
/// # Errors
/// Refused: `empty-file`; `not-media` when FFmpeg cannot open it; `damaged-wrapper` when its boxes make no sense;
/// `nothing-to-show-or-hear` when it has neither picture nor sound. A file that cannot be read is an error of its own.
pub fn examine_against(
    file: &Path,
    outlet: &OutletSpec,
    known: &Known,
    threads: u32,
    progress: Progress<'_>,
) -> Result<FileFacts, RecipeError> {
    let unread = |source| RecipeError::File { path: file.to_owned(), doing: "read", source };
    let bytes = std::fs::metadata(file).map_err(unread)?.len();
    if bytes == 0 {
        return Err(RecipeError::refused("empty-file", format!("{}: the file has no bytes", file.display())));
    }
    std::fs::File::open(file).map_err(unread)?;
    bridge_log();
    drop(take_complaints());
    let demuxer = open(file)?;
    let tracks = demuxer.tracks();
    let picture_track = tracks.iter().find(|track| track.medium == Medium::Picture && !track.cover);
    let sound_track = tracks.iter().find(|track| track.medium == Medium::Sound);
    if picture_track.is_none() && sound_track.is_none() {
        return Err(RecipeError::refused(
            "nothing-to-show-or-hear",
            format!("{}: the file has neither picture nor sound", file.display()),
        ));
    }

    let mut compare = packets::Compare::new(&known.chunks);
    let structure = structure(file, &demuxer, &tracks, &mut compare, progress)?;
    drop(demuxer);
    let mut facts = FileFacts {
        depth: ProofDepth::Full,
        bytes,
        wrapper: structure.wrapper,
        picture: structure.picture,
        sound: structure.sound,
        packets_differing: compare.finish(),
        decode_errors: structure.damage,
        seams: seams::unseen(known),
        ..FileFacts::default()
    };
    let rate = facts.picture.as_ref().and_then(|picture| picture.rate).unwrap_or(outlet.picture.rate());
    let wanted = Wanted::of(outlet, rate);
    if let Some(track) = picture_track {
        look::picture(file, track, threads, &wanted, known, &mut facts, progress)?;
    }
    if let Some(track) = sound_track {
        hear::sound(file, track, rate, &wanted, known, &mut facts, progress)?;
    }
    facts.decode_errors.extend(take_complaints().iter().map(|line| without_address(line)));
    facts.stretches.sort_by_key(|stretch| (stretch.first, stretch.frames));
    Ok(facts)
}

fn open(file: &Path) -> Result<Demuxer, RecipeError> {
    let options = OpenOptions { most_tracks: MOST_TRACKS, ..OpenOptions::default() };
    Demuxer::open(file, &options).map_err(|error| match error {
        MediaError::Cancelled => RecipeError::Media { doing: "opening the file", source: MediaError::Cancelled },
        other => RecipeError::refused("not-media", other.to_string()),
    })
}

/// Returns what needs no decoding: from the bytes where they are ours to read, else from FFmpeg's demuxer.
fn structure(
    file: &Path,
    demuxer: &Demuxer,
    tracks: &[Track],
    compare: &mut packets::Compare<'_>,
    progress: Progress<'_>,
) -> Result<StructureFacts, RecipeError> {
    let mut seen = 0;
    let surveyed = survey(file, &mut |packet| {
        compare.push(&packet);
        seen += 1;
        progress(seen, seen.saturating_mul(3));
        Ok(())
    })?;
    match surveyed {
        Some(facts) if !facts.fragmented => Ok(facts),
        other => {
            let found = demuxed::survey(file, demuxer, tracks)?;
            Ok(match other {
                Some(facts) => StructureFacts { picture: found.picture, sound: found.sound, ..facts },
                None => found,
            })
        }
    }
}

/// FFmpeg's log lines name contexts by address, which says nothing and differs each time: `[h264 @ 0x55…] …`.
fn without_address(line: &str) -> String {
    match line.split_once(" @ 0x") {
        Some((before, after)) => match after.split_once(']') {
            Some((_, after)) => format!("{before}]{after}"),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    }
}

/// Which stretches the outlet asks about: the shortest that counts, in frames.
struct Wanted {
    black: Option<u64>,
    freeze: Option<u64>,
    silence: Option<u64>,
}

impl Wanted {
    fn of(outlet: &OutletSpec, rate: FrameRate) -> Self {
        let mut wanted = Wanted { black: None, freeze: None, silence: None };
        for clause in &outlet.clauses {
            let (place, min_ms) = match clause.check {
                Check::Black { min_ms } => (&mut wanted.black, min_ms),
                Check::Freeze { min_ms } => (&mut wanted.freeze, min_ms),
                Check::Silence { min_ms } => (&mut wanted.silence, min_ms),
                _ => continue,
            };
            // At most one frame short: the clause itself judges the exact length.
            let frames = u128::from(min_ms) * u128::from(rate.num()) / (1000 * u128::from(rate.den()));
            let frames = u64::try_from(frames).unwrap_or(u64::MAX).max(1);
            *place = Some(place.map_or(frames, |least: u64| least.min(frames)));
        }
        wanted
    }
}

/// Turns runs of frames into stretches that nothing explains yet.
fn stretches(kind: StretchKind, runs: Vec<(u64, u64)>) -> impl Iterator<Item = Stretch> {
    runs.into_iter().map(move |(first, frames)| Stretch { kind, first, frames, explained: None })
}

#[cfg(test)]
pub(crate) mod tests;
