//! The frame table from packets alone, where they can be trusted: decoding a long upload costs a hundred times as much.
//!
//! Packets are not frames (field pairs, hidden frames, frames that lack what they refer to), so they are believed only in
//! wrappers that time every packet, for codecs whose headers FFmpeg reads without decoding, when each holds one whole
//! progressive picture of one size with a time of its own, and when the first of them decode to exactly those frames. Any
//! doubt ends in `None`, and the picture is decoded. What lies damaged further in is then met by who decodes it.

use std::path::Path;

use bookend_jobs::work::InspectLimits;
use bookend_media::{
    Damage, DecodeOptions, Demuxer, Frame, MediaError, OpenOptions, Packet, PictureParser, Track, TrackReader,
};
use bookend_timeline::{FrameKind, ShownFrame};

use super::clock::longest_gap;
use super::decoded::{FoundFrames, refuse_too_long};
use super::picture::Seen;
use crate::{Progress, RecipeError};

/// Codecs whose parsers tell size and scan of every packet.
const CODECS: [&str; 2] = ["h264", "hevc"];
/// Wrappers that give every packet its time.
const WRAPPERS: [&str; 2] = ["mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"];
/// How far codecs show a frame from where they code it, in frames (H.264 A.3.1, H.265 A.4.1).
const MOST_REORDERED: usize = 16;
/// Frames that are decoded to see that packets are what they say: where a file begins in the middle of a group, or shows
/// other frames than its packets, it does so from the start.
const DECODED: usize = 32;

/// Reads a track's packets; `None` when they leave any doubt.
pub(super) fn read(
    source: &Path,
    wrapper: &str,
    track: &Track,
    limits: &InspectLimits,
    progress: Progress<'_>,
) -> Result<Option<FoundFrames>, RecipeError> {
    if !CODECS.contains(&track.codec.as_str()) || !WRAPPERS.contains(&wrapper) {
        return Ok(None);
    }
    let Some(mut frames) = times(source, track, limits, progress).or_else(doubt)? else { return Ok(None) };
    if !put_in_order(&mut frames, longest_gap(track.time_base)) {
        return Ok(None);
    }
    let span = frames.last().zip(frames.first()).map_or(0, |(last, first)| last.ticks.saturating_sub(first.ticks));
    refuse_too_long(frames.len() as u64, span, track, limits)?;
    let seen = first_frames(source, track, &frames).or_else(doubt)?;
    Ok(seen.map(|seen| FoundFrames { frames, seen, seekable: true }))
}

/// Puts frames from the order of decoding into that of showing; `false` when they say that their times cannot be trusted: two
/// alike, a leap, or a frame further from its place than codecs reorder.
fn put_in_order(frames: &mut [ShownFrame], longest_gap: i64) -> bool {
    let mut places: Vec<usize> = (0..frames.len()).collect();
    places.sort_by_key(|place| frames[*place].ticks);
    let in_reach = places.iter().enumerate().all(|(shown, decoded)| shown.abs_diff(*decoded) <= MOST_REORDERED);
    frames.sort_by_key(|frame| frame.ticks);
    let steps = |pair: &[ShownFrame]| (1..=longest_gap).contains(&pair[1].ticks.saturating_sub(pair[0].ticks));
    in_reach && frames.windows(2).all(steps)
}

/// Takes everything but a wish to stop for a doubt: decoding will tell what is wrong.
fn doubt<T>(error: MediaError) -> Result<Option<T>, RecipeError> {
    match error {
        MediaError::Cancelled => Err(RecipeError::Media { doing: "reading the packets", source: error }),
        _ => Ok(None),
    }
}

/// Reads every packet's time and headers, in the order of decoding; not many more than the limit.
fn times(
    source: &Path,
    track: &Track,
    limits: &InspectLimits,
    progress: Progress<'_>,
) -> Result<Option<Vec<ShownFrame>>, MediaError> {
    let mut demuxer = Demuxer::open(source, &OpenOptions::default())?;
    let Some(mut parser) = PictureParser::on(&demuxer, track.index)? else { return Ok(None) };
    demuxer.keep_only(&[track.index]);
    let mut packet = Packet::empty()?;
    let (mut frames, mut first) = (Vec::new(), None);
    while frames.len() as u64 <= limits.frames && demuxer.read(&mut packet)? {
        if packet.track() != track.index {
            continue;
        }
        let (Some(ticks), Some(head)) = (packet.pts(), parser.look(&packet)) else { return Ok(None) };
        let like_the_first = *first.get_or_insert(head) == head;
        let opens = !frames.is_empty() || packet.is_key();
        if packet.is_hidden() || packet.is_corrupt() || !head.progressive || !like_the_first || !opens {
            return Ok(None);
        }
        frames.push(ShownFrame {
            ticks,
            duration_ticks: u32::try_from(packet.duration()).unwrap_or(0),
            key: packet.is_key(),
            kind: FrameKind::Progressive,
        });
        if frames.len().is_multiple_of(1024) {
            progress(frames.len() as u64, frames.len() as u64);
        }
    }
    Ok((!frames.is_empty()).then_some(frames))
}

/// Decodes the first frames; `None` unless they are those that the packets name.
fn first_frames(source: &Path, track: &Track, frames: &[ShownFrame]) -> Result<Option<Seen>, MediaError> {
    let options = DecodeOptions { times_only: true, ..DecodeOptions::default() };
    let mut reader = TrackReader::open(source, track.index, &OpenOptions::default(), &options)?;
    let (mut frame, mut seen) = (Frame::empty()?, Seen::default());
    for named in frames.iter().take(DECODED) {
        if !reader.next(&mut frame)? {
            return Ok(None);
        }
        let found = ShownFrame {
            ticks: frame.pts().unwrap_or(i64::MIN),
            duration_ticks: u32::try_from(frame.duration_ticks()).unwrap_or(0),
            key: frame.is_key(),
            kind: seen.look(&frame, track.sample_aspect),
        };
        if found != *named {
            return Ok(None);
        }
    }
    // A file this short is decoded whole: nothing may follow.
    let ended = frames.len() > DECODED || !reader.next(&mut frame)?;
    Ok((ended && reader.damage() == Damage::default() && !seen.changes).then_some(seen))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use bookend_jobs::work::InspectLimits;
    use bookend_media::{Demuxer, Medium, OpenOptions};

    use super::super::decoded;
    use super::put_in_order;
    use bookend_timeline::{FrameKind, ShownFrame};

    fn orders(ticks: &[i64]) -> bool {
        let frame =
            |ticks: &i64| ShownFrame { ticks: *ticks, duration_ticks: 1, key: false, kind: FrameKind::Progressive };
        let mut frames: Vec<_> = ticks.iter().map(frame).collect();
        put_in_order(&mut frames, 1000)
    }

    #[test]
    fn times_that_reorder_as_codecs_do_are_believed_and_no_others() {
        assert!(orders(&[0, 3, 1, 2, 6, 4, 5]), "as coded with two B-frames");
        assert!(orders(&[0, 1, 2, 900]), "a gap");
        assert!(!orders(&[0, 1, 1, 2]), "two at one time");
        assert!(!orders(&[0, 1, 2, 1500]), "a leap");
        let twice: Vec<i64> = (0..100).map(|at| 2 * at).chain((0..100).map(|at| 101 + 2 * at)).collect();
        assert!(!orders(&twice), "a clock that starts again in the middle");
    }

    /// Decoding a large file takes long and shows no more than a small one's.
    const MOST_BYTES: u64 = 400_000;

    fn files(folder: PathBuf) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let small = |path: &PathBuf| path.is_dir() || path.metadata().is_ok_and(|file| file.len() <= MOST_BYTES);
        paths.filter(small).flat_map(|path| if path.is_dir() { files(path) } else { vec![path] }).collect()
    }

    #[test]
    fn believed_packets_name_the_frames_that_decode() {
        let media = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/media");
        if !media.is_dir() {
            eprintln!("skipped: no shared media beside this checkout");
            return;
        }
        // Broken media make decoders complain, which other tests count.
        let _turn = crate::examine::tests::alone();
        let limits = InspectLimits { pixels: 1 << 24, frames: 20_000, seconds: 600, tracks: 64 };
        let mut believed = 0;
        for path in files(media) {
            let Ok(demuxer) = Demuxer::open(&path, &OpenOptions::default()) else { continue };
            let tracks = demuxer.tracks();
            let Some(track) = tracks.iter().find(|track| track.medium == Medium::Picture) else { continue };
            let found = super::read(&path, &demuxer.format(), track, &limits, &mut |_, _| {});
            let Ok(Some(found)) = found else { continue };
            let mut notes = Vec::new();
            let decoded = decoded::read(&path, track, &limits, 1, false, &mut |_, _| {}, &mut notes).unwrap();
            assert!(decoded.frames == found.frames, "{} decodes to other frames: {notes:?}", path.display());
            believed += 1;
        }
        assert!(believed >= 20, "only {believed} files were believed");
    }
}
