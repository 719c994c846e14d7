//! Which tracks of a file are the programme's.

use bookend_jobs::facts::{TrackFacts, TrackKind};
use bookend_jobs::work::Inspect;
use bookend_media::{Medium, Track};

use crate::RecipeError;

/// The chosen tracks, and a note for each choice that could have been another.
#[derive(Debug, Default)]
pub(super) struct Chosen<'a> {
    pub picture: Option<&'a Track>,
    pub sound: Option<&'a Track>,
    pub notes: Vec<String>,
}

/// Chooses the first track marked default, else the first, of picture and of sound; the request may name others.
pub(super) fn choose<'a>(tracks: &'a [Track], work: &Inspect) -> Result<Chosen<'a>, RecipeError> {
    let mut chosen = Chosen::default();
    let pictures: Vec<&Track> = tracks.iter().filter(|track| kind(track) == TrackKind::Picture).collect();
    let sounds: Vec<&Track> = tracks.iter().filter(|track| kind(track) == TrackKind::Sound).collect();
    chosen.picture = choose_one("picture", &pictures, work.picture_track, &mut chosen.notes)?;
    chosen.sound = choose_one("sound", &sounds, work.sound_track, &mut chosen.notes)?;
    if chosen.picture.is_none() && chosen.sound.is_none() {
        let what = if tracks.is_empty() { "no track at all" } else { "neither a picture nor a sound track" };
        return Err(RecipeError::refused(
            "nothing-to-show-or-hear",
            format!("the file has {what}: use a file with picture or sound"),
        ));
    }
    for track in [chosen.picture, chosen.sound].into_iter().flatten() {
        if track.encrypted {
            return Err(RecipeError::refused(
                "encrypted",
                format!("track {} is encrypted: ask for a file without copy protection", track.index),
            ));
        }
    }
    Ok(chosen)
}

fn choose_one<'a>(
    what: &str,
    candidates: &[&'a Track],
    wanted: Option<u32>,
    notes: &mut Vec<String>,
) -> Result<Option<&'a Track>, RecipeError> {
    if let Some(place) = wanted {
        let found = candidates.get(place as usize).copied().ok_or_else(|| {
            RecipeError::refused(
                "no-such-track",
                format!("the file has {} {what} tracks, there is no track {place}: count from 0", candidates.len()),
            )
        })?;
        return Ok(Some(found));
    }
    let chosen = candidates.iter().position(|track| track.default).or((!candidates.is_empty()).then_some(0));
    if let (Some(place), true) = (chosen, candidates.len() > 1) {
        notes.push(format!(
            "{} {what} tracks: number {place} is used, the first marked as default; `{}` chooses another",
            candidates.len(),
            if what == "picture" { "video_track" } else { "audio_track" }
        ));
    }
    Ok(chosen.map(|place| candidates[place]))
}

fn kind(track: &Track) -> TrackKind {
    match track.medium {
        Medium::Picture if track.cover => TrackKind::Cover,
        Medium::Picture => TrackKind::Picture,
        // A sound track without channels or rate before decoding still is one: the decoder will know.
        Medium::Sound => TrackKind::Sound,
        Medium::Subtitle => TrackKind::Subtitle,
        Medium::Data => TrackKind::Data,
        Medium::Attachment => TrackKind::Attachment,
    }
}

/// Returns the facts of all tracks.
pub(super) fn facts(tracks: &[Track]) -> Vec<TrackFacts> {
    tracks
        .iter()
        .map(|track| TrackFacts {
            index: u32::try_from(track.index).unwrap_or(u32::MAX),
            kind: kind(track),
            codec: track.codec.clone(),
            language: track.tags.get("language").filter(|language| *language != "und").cloned(),
            default: track.default,
        })
        .collect()
}

/// Returns the start timecode: the chosen picture's, else the file's, else a timecode track's.
pub(super) fn timecode(tracks: &[Track], picture: Option<&Track>, file: Option<&String>) -> Option<String> {
    picture
        .and_then(|track| track.tags.get("timecode"))
        .or(file)
        .or_else(|| tracks.iter().find_map(|track| track.tags.get("timecode")))
        .cloned()
}
