//! Examination of files made by the ffmpeg program; without it these tests say that they were skipped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bookend_config::spec::{Colour, House, SoundLayout};
use bookend_jobs::{KnownChunk, KnownSeam};
use bookend_units::Raster;

use super::*;
use crate::picture::frame_hash;
use crate::sound::wave_file::{WaveSample, WaveWriter};

/// FFmpeg's complaints belong to the whole process, so files are examined one at a time.
static ONE: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ffmpeg(arguments: &str, output: &Path) -> bool {
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(output)
        .output();
    match run {
        Ok(run) => {
            assert!(run.status.success(), "ffmpeg {arguments}: {}", String::from_utf8_lossy(&run.stderr));
            true
        }
        Err(error) => {
            eprintln!("skipped: no ffmpeg program ({error})");
            false
        }
    }
}

fn outlet() -> OutletSpec {
    let house = House {
        raster: Raster { width: 1920, height: 1080 },
        rate: FrameRate::of(25, 1),
        sound: SoundLayout::Stereo,
        colour: Colour::Bt709,
    };
    bookend_config::outlet("preview-360p").unwrap().resolve(&house).unwrap()
}

fn examined(path: &Path, known: &Known) -> Result<FileFacts, RecipeError> {
    let _alone = alone();
    let mut last = 0;
    examine_against(path, &outlet(), known, 1, &mut |done, all| {
        assert!(done >= last && done <= all, "{done} of {all} after {last}");
        last = done;
    })
}

/// Six seconds: picture, black from 2 to 4; sound, silent from 2.5 to 6; in `extension`.
fn sample(folder: &Path, extension: &str, more: &str) -> Option<PathBuf> {
    let path = folder.join(format!("sample.{extension}"));
    let arguments = format!(
        "-f lavfi -i testsrc2=size=320x180:rate=25:duration=6 \
         -f lavfi -i sine=frequency=440:sample_rate=48000:duration=6 \
         -vf drawbox=color=black:t=fill:enable='between(n,50,99)',format=yuv420p \
         -af volume=0:enable='gte(t,2.5)' -ac 2 {more}"
    );
    ffmpeg(&arguments, &path).then_some(path)
}

#[test]
fn what_is_seen_and_heard_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = sample(folder.path(), "mp4", "-c:v libx264 -preset superfast -g 12 -bf 2 -c:a aac") else {
        return;
    };
    let facts = examined(&path, &Known::default()).unwrap();
    assert_eq!(facts.decode_errors, Vec::<String>::new());
    assert_eq!(facts.depth, ProofDepth::Full);
    let picture = facts.picture.unwrap();
    assert_eq!((picture.frames, picture.frames_off_time, picture.longest_gop), (150, 0, 12));
    let sound = facts.sound.unwrap();
    assert_eq!((sound.codec.as_str(), sound.channels), ("aac", 2));
    assert!((287_000..290_000).contains(&sound.decoded_samples), "{sound:?}");
    assert!(facts.loudness.unwrap().integrated_lufs.is_some());
    let found: Vec<_> = facts.stretches.iter().map(|stretch| (stretch.kind, stretch.first, stretch.frames)).collect();
    let silence = found.iter().find(|(kind, ..)| *kind == StretchKind::Silence).unwrap();
    assert!((63..=64).contains(&silence.1) && (85..=87).contains(&silence.2), "{found:?}");
    assert!(found.contains(&(StretchKind::Black, 50, 50)), "{found:?}");
    // The second black frame is the first that repeats its predecessor; two seconds of it are no freeze of three.
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((facts.packets_differing, facts.seams.len()), (None, 0));
}

#[test]
fn other_formats_are_examined_too() {
    let folder = tempfile::tempdir().unwrap();
    let coding = "-c:v libx264 -preset superfast -g 10 -bf 3 -b_strategy 0 -sc_threshold 0 -color_range tv";
    for (extension, more) in
        [("mkv", "-c:a pcm_s16le"), ("ts", "-c:a mp2"), ("mp4", "-c:a aac -movflags frag_keyframe+empty_moov")]
    {
        let Some(path) = sample(folder.path(), extension, &format!("{coding} {more}")) else { return };
        let facts = examined(&path, &Known::default()).unwrap();
        assert_eq!(facts.decode_errors, Vec::<String>::new(), "{extension}");
        assert_eq!((facts.wrapper.picture_tracks, facts.wrapper.sound_tracks), (1, 1), "{extension}");
        let picture = facts.picture.unwrap();
        assert_eq!((picture.codec.as_str(), picture.profile.as_str()), ("h264", "High"), "{extension}");
        let wanted = (150, 10, 3, 0);
        assert_eq!(
            (picture.frames, picture.longest_gop, picture.longest_b_run, picture.open_gops),
            wanted,
            "{extension}"
        );
        assert_eq!(picture.rate, Some(FrameRate::of(25, 1)), "{extension}");
        let sound = facts.sound.unwrap();
        assert!(sound.samples.abs_diff(288_000) < 5000 && sound.bit_rate_bps > 1000, "{extension}: {sound:?}");
        assert_eq!(facts.stretches.len(), 2, "{extension}: {:?}", facts.stretches);
    }
}

#[test]
fn damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let more = "-c:v libx264 -preset superfast -g 12 -c:a aac -movflags +faststart";
    let Some(path) = sample(folder.path(), "mp4", more) else { return };
    let good = std::fs::read(&path).unwrap();

    std::fs::write(&path, &good[..good.len() * 2 / 3]).unwrap();
    let facts = examined(&path, &Known::default()).unwrap();
    assert!(!facts.decode_errors.is_empty());
    assert_eq!(facts.picture.unwrap().frames, 150);

    // One changed byte in each of many places of the picture: some decoder must complain.
    let mut bytes = good.clone();
    let media = bytes.windows(4).position(|window| window == b"mdat").unwrap();
    for at in (media + 3000..bytes.len()).step_by(977) {
        bytes[at] ^= 0x55;
    }
    std::fs::write(&path, &bytes).unwrap();
    let facts = examined(&path, &Known::default()).unwrap();
    assert!(!facts.decode_errors.is_empty());
    assert!(facts.decode_errors.iter().all(|line| !line.contains("0x")), "{:?}", facts.decode_errors);
}

#[test]
fn what_is_no_media_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let code = |bytes: &[u8]| {
        let path = folder.path().join("file.mp4");
        std::fs::write(&path, bytes).unwrap();
        examined(&path, &Known::default()).unwrap_err().reason().code
    };
    assert_eq!(code(b""), "empty-file");
    assert_eq!(code(b"plain words, and not many of them\n"), "not-media");
    assert_eq!(code(&[0; 5000]), "not-media");
    let missing = examined(&folder.path().join("none"), &Known::default()).unwrap_err();
    assert_eq!(missing.reason().code, "file-failed");
}

#[test]
fn a_file_without_picture_or_without_sound_has_facts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.wav");
    if !ffmpeg("-f lavfi -i sine=duration=1:sample_rate=44100", &path) {
        return;
    }
    let facts = examined(&path, &Known::default()).unwrap();
    assert_eq!((facts.picture, facts.sound.unwrap().decoded_samples), (None, 44_100));
    assert!(facts.loudness.is_some());
    let path = folder.path().join("picture.mov");
    ffmpeg("-f lavfi -i testsrc=duration=1:size=128x96 -pix_fmt rgb24 -c:v qtrle", &path);
    let facts = examined(&path, &Known::default()).unwrap();
    assert_eq!((facts.sound, facts.loudness), (None, None));
    assert_eq!(facts.decode_errors, Vec::<String>::new());
}

#[test]
fn a_file_is_compared_with_what_is_known_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.mov");
    let arguments = "-f lavfi -i testsrc2=size=128x72:rate=25:duration=3 \
         -f lavfi -i anoisesrc=d=3:r=48000:a=0.2:seed=5 -ac 2 -pix_fmt yuv422p10le -c:v prores_ks -c:a pcm_s16le";
    if !ffmpeg(arguments, &path) {
        return;
    }
    let mut known = Known {
        seams: [1, 2, 40].map(|frame| KnownSeam { frame, ..KnownSeam::default() }).into(),
        chunks: vec![
            KnownChunk { frames: 40, ..KnownChunk::default() },
            KnownChunk { frames: 35, ..KnownChunk::default() },
        ],
        mix: Some(folder.path().join("mix.wav")),
        tone: Vec::new(),
    };
    // What is known is found out by other means here: one pass over packets, one over frames, one over samples.
    let mut digests = Vec::new();
    survey(&path, &mut |packet| {
        digests.push(crate::structure::canonical_digest(packet.bytes, None).unwrap());
        Ok(())
    })
    .unwrap();
    let digest = |range: std::ops::Range<usize>| blake3::hash(digests[range].concat().as_bytes()).to_hex().to_string();
    known.chunks[0].packets = digest(0..40);
    known.chunks[1].packets = digest(40..75);
    let options = (OpenOptions::default(), bookend_media::DecodeOptions::default());
    let mut reader = bookend_media::TrackReader::open(&path, 0, &options.0, &options.1).unwrap();
    let mut frame = bookend_media::Frame::empty().unwrap();
    let mut hashes = Vec::new();
    while reader.next(&mut frame).unwrap() {
        hashes.push(frame_hash(&frame));
    }
    for seam in &mut known.seams {
        seam.before.clone_from(&hashes[seam.frame as usize - 1]);
        seam.after.clone_from(&hashes[seam.frame as usize]);
    }
    let raw = folder.path().join("raw");
    let late = 96;
    ffmpeg(&format!("-i {} -map 0:a -f f32le", path.display()), &raw);
    let samples: Vec<f32> =
        std::fs::read(&raw).unwrap().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let write = |samples: &[f32]| {
        let mut writer = WaveWriter::create(known.mix.as_ref().unwrap(), 2, WaveSample::Float32).unwrap();
        writer.write_floats(samples).unwrap();
        writer.finish().unwrap();
    };
    write(&samples);

    let facts = examined(&path, &known).unwrap();
    assert_eq!(facts.packets_differing, Some(0));
    for seam in &facts.seams {
        assert_eq!((seam.before_matches, seam.after_matches, seam.cut_seen), (Some(true), Some(true), Some(true)));
        assert_eq!(seam.sound_lag_us, Some(0));
    }

    // The file's sound is late against a mix that starts later in it.
    write(&samples[2 * late..]);
    known.chunks[1].packets = digest(40..74);
    known.seams[2].after.clone_from(&hashes[41]);
    known.seams[1].before.clone_from(&hashes[0]);
    let facts = examined(&path, &known).unwrap();
    assert_eq!(facts.packets_differing, Some(35));
    assert_eq!(facts.seams.iter().map(|seam| seam.sound_lag_us).collect::<Vec<_>>(), [Some(2000); 3]);
    let matches: Vec<_> = facts.seams.iter().map(|seam| (seam.before_matches, seam.after_matches)).collect();
    assert_eq!(matches, [(Some(true), Some(true)), (Some(false), Some(true)), (Some(true), Some(false))]);
}
