//! What a survey says of files that the ffmpeg program made.

use std::path::Path;

use bookend_units::{FrameRate, Raster};

use super::ffmpeg;
use crate::structure::{StructureFacts, survey};

fn facts(path: &Path) -> StructureFacts {
    survey(path, &mut |_| Ok(())).unwrap().unwrap()
}

#[test]
fn an_mp4_is_surveyed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.mp4");
    let arguments = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=30000/1001:duration=2",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=500:sample_rate=48000:duration=2",
        "-vf",
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-x264-params",
        "keyint=15:bframes=2:scenecut=0:b-adapt=0",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-colorspace",
        "bt709",
        "-color_range",
        "tv",
        "-ac",
        "2",
        "-c:a",
        "aac",
        "-b:a",
        "128k",
        "-movflags",
        "+faststart",
    ];
    if !ffmpeg(&arguments, &path) {
        return;
    }
    let found = facts(&path);
    assert_eq!(found.damage, Vec::<String>::new());
    assert_eq!(found.wrapper.brand, "isom");
    assert!(found.wrapper.moov_first);
    assert_eq!((found.wrapper.edit_lists, found.wrapper.picture_tracks, found.wrapper.sound_tracks), (2, 1, 1));
    let picture = found.picture.unwrap();
    assert_eq!((picture.codec.as_str(), picture.profile.as_str()), ("h264", "High"));
    assert_eq!(picture.raster, Some(Raster { width: 320, height: 180 }));
    assert_eq!(picture.pixel_format, "yuv420p");
    assert_eq!((picture.wrapper_colour, picture.coded_colour), (Some((1, 1, 1)), Some((1, 1, 1))));
    assert_eq!(picture.rate, Some(FrameRate::of(30_000, 1001)));
    // The edit list starts the picture at zero, B-frames or not.
    assert_eq!((picture.frames, picture.frames_off_time, picture.first_off_time), (60, 0, None));
    assert_eq!((picture.longest_gop, picture.open_gops, picture.longest_b_run, picture.idr_id_repeats), (15, 0, 2, 0));
    assert!(picture.progressive && !picture.full_range);
    let sound = found.sound.unwrap();
    assert_eq!((sound.codec.as_str(), sound.profile.as_str(), sound.channels, sound.rate_hz), ("aac", "LC", 2, 48_000));
    assert!(sound.samples >= 96_000 && sound.bit_rate_bps > 60_000, "{sound:?}");
}

#[test]
fn a_quicktime_master_is_surveyed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.mov");
    let arguments = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=25:duration=1",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=500:sample_rate=48000:duration=1",
        "-vf",
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv,format=yuv422p10le",
        "-c:v",
        "prores_ks",
        "-profile:v",
        "3",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-colorspace",
        "bt709",
        "-ac",
        "2",
        "-c:a",
        "pcm_s24le",
    ];
    if !ffmpeg(&arguments, &path) {
        return;
    }
    let found = facts(&path);
    assert_eq!(found.damage, Vec::<String>::new());
    assert_eq!(found.wrapper.brand, "qt");
    assert!(!found.wrapper.moov_first);
    let picture = found.picture.unwrap();
    assert_eq!(
        (picture.codec.as_str(), picture.profile.as_str(), picture.pixel_format.as_str()),
        ("prores", "HQ", "yuv422p10le")
    );
    assert_eq!((picture.wrapper_colour, picture.coded_colour), (Some((1, 1, 1)), Some((1, 1, 1))));
    assert_eq!((picture.frames, picture.frames_off_time, picture.longest_gop), (25, 0, 1));
    let sound = found.sound.unwrap();
    assert_eq!((sound.codec.as_str(), sound.channels, sound.rate_hz, sound.samples), ("pcm_s24le", 2, 48_000, 48_000));
    assert_eq!(sound.bit_rate_bps, 2 * 24 * 48_000);
}

#[test]
fn open_groups_long_runs_and_fields_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let survey_of = |parameters: &str| {
        let path = folder.path().join("one.mp4");
        let arguments = [
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=192x112:rate=25:duration=2",
            "-pix_fmt",
            "yuv420p",
            "-c:v",
            "libx264",
            "-x264-params",
            parameters,
        ];
        ffmpeg(&arguments, &path).then(|| facts(&path).picture.unwrap())
    };
    let Some(open) = survey_of("keyint=10:open-gop=1:bframes=2:scenecut=0:b-adapt=0") else { return };
    assert!(open.open_gops >= 3, "{open:?}");
    let run = survey_of("keyint=20:bframes=5:scenecut=0:b-adapt=0").unwrap();
    assert_eq!((run.longest_b_run, run.open_gops, run.longest_gop), (5, 0, 20));
    assert!(!survey_of("interlaced=1").unwrap().progressive);
}

#[test]
fn other_formats_are_not_surveyed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.mkv");
    std::fs::write(&path, b"\x1a\x45\xdf\xa3 something else").unwrap();
    assert!(survey(&path, &mut |_| Ok(())).unwrap().is_none());
    std::fs::write(&path, b"").unwrap();
    assert!(survey(&path, &mut |_| Ok(())).unwrap().is_none());
}
