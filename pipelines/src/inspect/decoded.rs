//! The frame table by decoding every frame.

use std::path::Path;

use bookend_jobs::work::InspectLimits;
use bookend_media::{DecodeOptions, Frame, OpenOptions, Track, TrackReader};
use bookend_timeline::ShownFrame;

use super::clock::FrameTimes;
use super::picture::{Seen, declared_rate};
use super::run::{decoder_for, ticks_to_time, undecodable};
use crate::{Progress, RecipeError};

/// The frames of a picture in the order of showing.
pub(super) struct FoundFrames {
    pub frames: Vec<ShownFrame>,
    pub seen: Seen,
    /// Whether a reader may find frames by their times.
    pub seekable: bool,
}

/// Decodes a picture from beginning to end; of a still, the first frame.
pub(super) fn read(
    source: &Path,
    track: &Track,
    limits: &InspectLimits,
    threads: u32,
    still: bool,
    progress: Progress<'_>,
    notes: &mut Vec<String>,
) -> Result<FoundFrames, RecipeError> {
    let declared = declared_rate(track);
    let (base_num, base_den) = track.time_base;
    let usual_step = declared.map_or(1, |rate| {
        i64::from(rate.den()) * i64::from(base_den) / (i64::from(rate.num()) * i64::from(base_num)).max(1)
    });
    let total = declared
        .zip(track.duration)
        .map_or(0, |(rate, ticks)| rate.frames_in(ticks_to_time(ticks, track.time_base)).max(0).unsigned_abs());
    let options = DecodeOptions { threads, times_only: true, decoder: decoder_for(track) };
    let mut reader =
        TrackReader::open(source, track.index, &OpenOptions::default(), &options).map_err(undecodable(track))?;
    let mut times = FrameTimes::new(track.time_base, usual_step);
    let (mut seen, mut all_timed, mut first_ticks) = (Seen::default(), true, None);
    let mut frame = Frame::empty().map_err(undecodable(track))?;
    while reader.next(&mut frame).map_err(undecodable(track))? {
        let kind = seen.look(&frame, track.sample_aspect);
        let raster = frame.raster();
        refuse_too_large(u64::from(raster.width) * u64::from(raster.height), limits)?;
        all_timed &= frame.pts().is_some() && frame.pts() == frame.ticks();
        let duration_ticks = u32::try_from(frame.duration_ticks()).unwrap_or(0);
        times.push(frame.ticks(), ShownFrame { ticks: 0, duration_ticks, key: frame.is_key(), kind });
        let count = times.len() as u64;
        first_ticks = first_ticks.or(frame.ticks());
        let span = frame.ticks().zip(first_ticks).map_or(0, |(now, first)| now.saturating_sub(first));
        refuse_too_long(count, if times.is_sound_so_far() { span } else { 0 }, track, limits)?;
        if count.is_multiple_of(64) {
            progress(count, total.max(count));
        }
        if still {
            break;
        }
    }
    let damage = reader.damage();
    if damage.packets > 0 {
        notes.push(format!("{} packets of the picture could not be decoded and were passed over", damage.packets));
    }
    if damage.cut_short {
        notes.push("the file ends in the middle: what came before its end is used".into());
    }
    notes.extend(times.notes());
    let seekable = all_timed && times.is_sound() && damage.packets == 0;
    Ok(FoundFrames { frames: times.into_frames(), seen, seekable })
}

/// Refuses pictures of more samples than the limit.
pub(super) fn refuse_too_large(pixels: u64, limits: &InspectLimits) -> Result<(), RecipeError> {
    if pixels <= limits.pixels {
        return Ok(());
    }
    let words = format!("a picture has {pixels} samples, the limit is {}: send a smaller one", limits.pixels);
    Err(RecipeError::refused("picture-too-large", words))
}

/// Refuses pictures of more frames, or of a longer span in ticks, than the limits.
pub(super) fn refuse_too_long(
    frames: u64,
    span: i64,
    track: &Track,
    limits: &InspectLimits,
) -> Result<(), RecipeError> {
    let (num, den) = track.time_base;
    let longest = limits.seconds.saturating_mul(u64::from(den)) / u64::from(num.max(1));
    if frames <= limits.frames && span.max(0).unsigned_abs() <= longest {
        return Ok(());
    }
    let words = format!("the picture is longer than {} frames or {} seconds: split it", limits.frames, limits.seconds);
    Err(RecipeError::refused("too-long", words))
}
