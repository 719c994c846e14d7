//! Reads a source once, from first packet to last.

use std::path::Path;

use bookend_jobs::facts::{Facts, SourceFacts, SourceSound};
use bookend_jobs::work::{Inspect, InspectLimits};
use bookend_jobs::{Key, MadeResult};
use bookend_media::{
    DecodeOptions, Demuxer, Frame, MediaError, Medium, OpenOptions, Track, TrackReader, take_complaints,
};
use bookend_timeline::FrameTable;
use bookend_units::Time;

use super::decoded::{self, FoundFrames};
use super::{packets, picture, tracks};
use crate::{JobFolder, Progress, RecipeError};

/// File that holds the frame table in an Inspect result.
pub(crate) const FRAME_TABLE: &str = "frames.table";

/// Makes the one result of an Inspect job.
pub(crate) fn make(
    work: &Inspect,
    key: Key,
    job: &JobFolder<'_>,
    progress: Progress<'_>,
) -> Result<MadeResult, RecipeError> {
    let source = job.source("source")?;
    let folder = job.result_folder(key)?;
    let (facts, table) = inspect(source, work, job.threads(), progress)?;
    let mut files = Vec::new();
    if let Some(table) = table {
        let path = folder.join(FRAME_TABLE);
        std::fs::write(&path, table.encode()).map_err(|source| RecipeError::File { path, doing: "written", source })?;
        files.push(FRAME_TABLE.to_owned());
    }
    Ok(MadeResult { files, facts: Facts::Inspect(Box::new(facts)) })
}

/// Inspects a file.
pub(crate) fn inspect(
    source: &Path,
    work: &Inspect,
    threads: u32,
    progress: Progress<'_>,
) -> Result<(SourceFacts, Option<FrameTable>), RecipeError> {
    let bytes = std::fs::metadata(source)
        .map_err(|error| RecipeError::File { path: source.to_owned(), doing: "read", source: error })?
        .len();
    if bytes == 0 {
        return Err(RecipeError::refused("empty-file", "the file has no bytes: send it again"));
    }
    let open = OpenOptions::default();
    let demuxer = Demuxer::open(source, &open).map_err(unreadable)?;
    let all = demuxer.tracks();
    if all.len() > work.limits.tracks as usize {
        return Err(RecipeError::refused(
            "too-many-tracks",
            format!(
                "the file has {} tracks, the limit is {}: keep those that are needed",
                all.len(),
                work.limits.tracks
            ),
        ));
    }
    let chosen = tracks::choose(&all, work)?;
    let file_tags = demuxer.tags();
    let mut facts = SourceFacts {
        wrapper: demuxer.format(),
        bytes,
        claimed_duration: demuxer.claimed_duration_us().map(|us| Time::new(i128::from(us), 1_000_000)),
        tracks: tracks::facts(&all),
        timecode: tracks::timecode(&all, chosen.picture, file_tags.get("timecode")),
        notes: chosen.notes,
        ..SourceFacts::default()
    };
    let still = is_still(&facts.wrapper, file_tags.get("major_brand").map(String::as_str));
    drop(demuxer);

    let mut table = None;
    let mut zero = None;
    if let Some(track) = chosen.picture {
        let found = read_picture(source, track, work, threads, still, progress, &mut facts)?;
        zero = found.1.frames.first().map(|frame| ticks_to_time(frame.ticks, track.time_base));
        facts.picture = Some(found.0);
        table = Some(found.1);
    }
    if let Some(track) = chosen.sound {
        facts.sound = read_sound(source, track, zero, &work.limits, &mut facts.notes)?;
    }
    if facts.picture.is_none() && facts.sound.is_none() {
        return Err(RecipeError::refused(
            "sound-undecodable",
            "nothing of the sound could be decoded and there is no picture: the file is damaged or incomplete",
        ));
    }
    if let Some(note) = cut_short(&facts) {
        facts.notes.push(note);
    }
    let complaints = take_complaints();
    if !complaints.is_empty() {
        facts.notes.push(format!("the decoder complained: {}", complaints.join(" · ")));
    }
    Ok((facts, table))
}

/// Tells when a file holds much less than its header claims, as one does whose upload was broken off.
fn cut_short(facts: &SourceFacts) -> Option<String> {
    let claimed = facts.claimed_duration?;
    let picture = facts.picture.as_ref().filter(|picture| !picture.still).map(|picture| picture.end);
    let held = picture.into_iter().chain(facts.sound.as_ref().map(|sound| sound.end)).max()?;
    let second = Time::new(1, 1);
    (claimed * 10 > held * 11 + second * 10).then(|| {
        format!(
            "the file claims {:.1} s and holds {:.1} s: it may have been cut short",
            claimed.to_seconds_lossy(),
            held.to_seconds_lossy()
        )
    })
}

fn unreadable(error: MediaError) -> RecipeError {
    match error {
        MediaError::Open { cause, .. } => RecipeError::refused(
            "not-media",
            format!("it is not a media file of a known kind, or too damaged to open ({cause}): check the file"),
        ),
        other => RecipeError::Media { doing: "opening the source", source: other },
    }
}

fn sound_undecodable(track: &Track, why: &str) -> RecipeError {
    let remedy = "export the file again, or choose another track with `audio_track`";
    RecipeError::refused("sound-undecodable", format!("sound track {} ({}): {why}; {remedy}", track.index, track.codec))
}

pub(super) fn undecodable(track: &Track) -> impl Fn(MediaError) -> RecipeError + '_ {
    move |error| match error {
        MediaError::UnsupportedCodec { codec } => RecipeError::refused(
            "unsupported-codec",
            format!(
                "track {} is {codec}, which cannot be decoded here: send H.264, HEVC, ProRes or the like",
                track.index
            ),
        ),
        MediaError::Cancelled => RecipeError::Media { doing: "decoding the source", source: MediaError::Cancelled },
        other => RecipeError::refused(
            "undecodable",
            format!("track {} ({}) could not be opened for decoding: {other}", track.index, track.codec),
        ),
    }
}

/// Tells whether a file is one picture without a clock.
fn is_still(wrapper: &str, brand: Option<&str>) -> bool {
    wrapper.ends_with("_pipe") || brand.is_some_and(|brand| ["avif", "heic", "heix", "mif1"].contains(&brand.trim()))
}

pub(super) fn ticks_to_time(ticks: i64, (num, den): (u32, u32)) -> Time {
    Time::from_ticks(ticks, num, den)
}

/// Decoder to use where FFmpeg's own choice would lose something: its VP8 and VP9 pass over alpha.
pub(crate) fn decoder_for(track: &Track) -> Option<&'static str> {
    let alpha = track.tags.iter().any(|(name, value)| name.eq_ignore_ascii_case("alpha_mode") && value == "1");
    match (track.codec.as_str(), alpha) {
        ("vp9", true) => Some("libvpx-vp9"),
        ("vp8", true) => Some("libvpx"),
        _ => None,
    }
}

fn read_picture(
    source: &Path,
    track: &Track,
    work: &Inspect,
    threads: u32,
    still: bool,
    progress: Progress<'_>,
    of: &mut SourceFacts,
) -> Result<(bookend_jobs::facts::SourcePicture, FrameTable), RecipeError> {
    let limits = &work.limits;
    decoded::refuse_too_large(u64::from(track.width) * u64::from(track.height), limits)?;
    let named = if still { None } else { packets::read(source, &of.wrapper, track, limits, progress)? };
    let found = match named {
        Some(found) => found,
        None => decoded::read(source, track, limits, threads, still, progress, &mut of.notes)?,
    };
    let FoundFrames { frames, seen, seekable } = found;
    let table = FrameTable { time_base: track.time_base, declared_rate: picture::declared_rate(track), frames };
    let still = still || (table.frames.len() == 1 && matches!(track.codec.as_str(), "gif" | "apng" | "webp"));
    let facts = picture::facts(track, &seen, &table, still, seekable, &mut of.notes)?;
    Ok((facts, table))
}

/// Finds where the sound begins and ends, by decoding it: packets lie about priming and padding.
fn read_sound(
    source: &Path,
    track: &Track,
    zero: Option<Time>,
    limits: &InspectLimits,
    notes: &mut Vec<String>,
) -> Result<Option<SourceSound>, RecipeError> {
    debug_assert_eq!(track.medium, Medium::Sound);
    let opened = TrackReader::open(source, track.index, &OpenOptions::default(), &DecodeOptions::default());
    let mut reader = match (opened, zero) {
        (Ok(reader), _) => reader,
        (Err(MediaError::UnsupportedCodec { codec }), _) => {
            return Err(undecodable(track)(MediaError::UnsupportedCodec { codec }));
        }
        // Not left out: a picture on air without its sound is nobody's wish, and nobody would be told.
        (Err(error), Some(_)) => return Err(sound_undecodable(track, &error.to_string())),
        (Err(error), None) => return Err(undecodable(track)(error)),
    };
    let mut frame = Frame::empty().map_err(undecodable(track))?;
    let (mut start, mut samples, mut shape) = (None, 0u64, None);
    while reader.next(&mut frame).map_err(undecodable(track))? {
        if frame.sample_rate() == 0 || frame.samples() == 0 {
            continue;
        }
        start = start.or(Some(frame.ticks().map_or(Time::ZERO, |ticks| ticks_to_time(ticks, track.time_base))));
        let (rate, _) = *shape.get_or_insert((frame.sample_rate(), frame.channels()));
        let (num, den) = (u64::from(rate), u64::from(frame.sample_rate()));
        samples += frame.samples() as u64 * num / den;
        if samples / u64::from(rate.max(1)) > limits.seconds {
            return Err(RecipeError::refused(
                "too-long",
                format!("the sound is longer than {} seconds: split it", limits.seconds),
            ));
        }
    }
    let damaged = reader.damage().packets;
    let (Some(start), Some((rate, channels))) = (start, shape) else {
        if zero.is_some() && damaged > 0 {
            return Err(sound_undecodable(track, &format!("none of its {damaged} packets decodes")));
        }
        if zero.is_some() {
            notes.push(format!("the sound track ({}) is empty: the item is silent", track.codec));
        }
        return Ok(None);
    };
    if reader.damage().packets > 0 {
        notes.push(format!(
            "{} packets of the sound could not be decoded and were passed over",
            reader.damage().packets
        ));
    }
    let begin = zero.map_or(Time::ZERO, |zero| start - zero);
    Ok(Some(SourceSound {
        track: u32::try_from(track.index).unwrap_or(u32::MAX),
        codec: track.codec.clone(),
        rate_hz: rate,
        channels,
        layout: track.layout.clone(),
        start: begin,
        end: begin + Time::new(i128::from(samples), i128::from(rate)),
    }))
}
