use std::collections::BTreeMap;

use bookend_config::spec::SoundLayout;
use bookend_jobs::LocalInput;
use bookend_jobs::facts::SourceFacts;
use bookend_media::{Encoder, Muxer, Packet};
use bookend_units::{FrameRate, Time};

use super::*;
use crate::sound::made::noise;

/// Samples that AAC begins with before those it was given.
const PRIMING: i64 = 1024;
const RATE: FrameRate = FrameRate::of(25, 1);

/// A float WAV file of any rate; `channels` are of one length.
fn wav(channels: &[Vec<f32>], rate_hz: u32) -> Vec<u8> {
    let count = channels.len() as u32;
    let data = channels[0].len() as u32 * count * 4;
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x03\0");
    bytes.extend_from_slice(&(count as u16).to_le_bytes());
    bytes.extend_from_slice(&rate_hz.to_le_bytes());
    bytes.extend_from_slice(&(rate_hz * count * 4).to_le_bytes());
    bytes.extend_from_slice(&(count as u16 * 4).to_le_bytes());
    bytes.extend_from_slice(b"\x20\0data");
    bytes.extend_from_slice(&data.to_le_bytes());
    for place in 0..channels[0].len() {
        for channel in channels {
            bytes.extend_from_slice(&channel[place].to_le_bytes());
        }
    }
    bytes
}

/// Encodes stereo AAC; `times` may move or drop packets by their number and time.
fn aac(file: &Path, format: &str, mono: &[f32], times: impl Fn(i64, i64) -> Option<i64>) {
    let mut encoder = Encoder::sound("aac", 48_000, 2, 256_000, &[]).unwrap();
    let mut muxer = Muxer::create(file, format).unwrap();
    let track = muxer.add_encoded(&encoder).unwrap();
    muxer.start(&[]).unwrap();
    let mut packet = Packet::empty().unwrap();
    let mut number = 0;
    let mut drain = |encoder: &mut Encoder| {
        while encoder.receive(&mut packet).unwrap() {
            let (pts, duration) = (packet.pts().unwrap(), packet.duration());
            if let Some(pts) = times(number, pts) {
                packet.set_times(pts, pts, duration);
                muxer.write(track, &mut packet, (1, 48_000)).unwrap();
            }
            number += 1;
        }
    };
    for (index, part) in mono.chunks(1024).enumerate() {
        let mut frame = Frame::sound(part.len() as u32, 2, 48_000).unwrap();
        frame.channel_mut(0).unwrap().copy_from_slice(part);
        frame.channel_mut(1).unwrap().copy_from_slice(part);
        frame.set_pts(index as i64 * 1024);
        encoder.send(Some(&frame)).unwrap();
        drain(&mut encoder);
    }
    encoder.send(None).unwrap();
    drain(&mut encoder);
    muxer.finish().unwrap();
}

struct Made {
    facts: SoundFacts,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Made {
    /// The source sample at 48 kHz of the loudest sample kept, on the left.
    fn loudest(&self) -> i64 {
        let place = (0..self.left.len()).max_by(|a, b| self.left[*a].abs().total_cmp(&self.left[*b].abs())).unwrap();
        self.facts.first_sample + place as i64
    }

    fn at(&self, sample: i64) -> f32 {
        self.left[(sample - self.facts.first_sample) as usize]
    }
}

fn try_make(source: &Path, sound: SourceSound, start: Time, frames: u32) -> Result<Made, RecipeError> {
    let facts = SourceFacts { sound: Some(sound), ..SourceFacts::default() };
    let inspect = LocalInput::Result { files: BTreeMap::new(), facts: Box::new(Facts::Inspect(Box::new(facts))) };
    let inputs = BTreeMap::from([
        ("source".to_owned(), LocalInput::Source { path: source.to_owned() }),
        ("inspect".to_owned(), inspect),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let job = JobFolder::new(&inputs, folder.path(), 1);
    let key = Key::from_bytes([3; 32]);
    let work = Sound { start, frames, rate: RATE, layout: SoundLayout::Stereo };
    let made = make(&work, key, &job, &mut |done, total| assert!(done <= total))?;
    let Facts::Sound(facts) = made.facts else { panic!("not a sound") };
    let mut reader = WaveReader::open(&job.result_folder(key).unwrap().join(&made.files[0])).unwrap();
    assert_eq!(reader.samples(), facts.samples);
    let mut samples = vec![0.0; facts.samples as usize * 2];
    reader.read_at(0, &mut samples).unwrap();
    let (left, right) = samples.chunks(2).map(|frame| (frame[0], frame[1])).unzip();
    Ok(Made { facts, left, right })
}

fn sound(start: Time, seconds: i64) -> SourceSound {
    SourceSound {
        track: 0,
        codec: "any".into(),
        rate_hz: 48_000,
        channels: 2,
        layout: "stereo".into(),
        start,
        end: start + Time::from_seconds(seconds),
    }
}

fn of_wav(channels: &[Vec<f32>], rate_hz: u32, start: Time, from: Time, frames: u32) -> Result<Made, RecipeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source.wav");
    std::fs::write(&path, wav(channels, rate_hz)).unwrap();
    let seconds = channels[0].len() as i64 / i64::from(rate_hz);
    try_make(&path, sound(start, seconds), from, frames)
}

fn of_aac(format: &str, mono: &[f32], times: impl Fn(i64, i64) -> Option<i64>, from: Time, frames: u32) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source");
    aac(&path, format, mono, times);
    try_make(&path, sound(Time::ZERO, mono.len() as i64 / 48_000), from, frames).unwrap()
}

#[test]
fn clicks_lie_where_the_source_has_them_at_every_rate() {
    for rate_hz in [8_000_u32, 22_050, 44_100, 48_000, 96_000, 192_000] {
        let mut mono = noise(rate_hz as usize * 10, 0.05, 1);
        let place = rate_hz as usize * 7 + 1234;
        mono[place] = 1.0;
        let made = of_wav(&[mono.clone(), mono], rate_hz, Time::ZERO, Time::from_seconds(6), 75).unwrap();
        let wanted = (place as f64 * 48_000.0 / f64::from(rate_hz)).round() as i64;
        assert!((made.loudest() - wanted).abs() <= 1, "{rate_hz}: {} is not {wanted}", made.loudest());
        assert_eq!((made.facts.first_sample, made.facts.samples), (6 * 48_000 - 1920, 77 * 1920));
        assert_eq!(made.facts.conform.iter().any(|line| line.contains("resampled")), rate_hz != 48_000);
        assert_eq!(made.facts.source_samples, 480_000);
    }
}

#[test]
fn the_house_rate_passes_bit_for_bit() {
    let mono = noise(480_000, 0.9, 2);
    let made = of_wav(&[mono.clone(), mono.clone()], 48_000, Time::ZERO, Time::from_seconds(2), 100).unwrap();
    assert_eq!(made.left, mono[96_000 - 1920..96_000 + 101 * 1920]);
    assert_eq!(made.right, made.left);
    assert!(made.facts.conform.is_empty(), "{:?}", made.facts.conform);
    assert!((made.facts.span_lufs.unwrap() + 2.0).abs() < 3.0);
    assert_eq!(made.facts.source_lufs, None);
}

#[test]
fn aac_is_on_the_sample_whatever_the_wrapper_says_of_priming() {
    let mut mono = noise(480_000, 0.02, 3);
    mono[300_000] = 1.0;
    for format in ["mp4", "mov", "matroska", "mpegts", "adts"] {
        // Only MP4 and MOV say how much of the start is priming; elsewhere it is sound, and lies before the picture.
        let priming = if matches!(format, "mp4" | "mov") { 0 } else { PRIMING };
        let made = of_aac(format, &mono, |_, pts| Some(pts), Time::from_seconds(5), 100);
        assert_eq!(made.loudest(), 300_000 + priming, "{format}");
        assert_eq!(made.facts.conform, Vec::<String>::new(), "{format}");
    }
}

#[test]
fn missing_sound_is_silence_and_what_follows_stays_in_place() {
    let mut mono = noise(480_000, 0.02, 4);
    mono[300_000] = 1.0;
    // Packets 100 to 199 are missing from the file.
    let missing = |number: i64, pts: i64| (!(100..200).contains(&number)).then_some(pts);
    for format in ["mp4", "matroska"] {
        let made = of_aac(format, &mono, missing, Time::ZERO, 200);
        // Matroska counts milliseconds: the gap is known to half of one, at either end.
        let (wanted, exact) = if format == "matroska" { (300_000 + PRIMING, 48) } else { (300_000, 0) };
        assert!((made.loudest() - wanted).abs() <= exact, "{format}: {}", made.loudest());
        assert!((103_000..202_000).all(|sample| made.at(sample) == 0.0));
        assert!(
            made.facts.conform.iter().any(|line| line.starts_with("filled a gap of 2.13")),
            "{:?}",
            made.facts.conform
        );
    }
    // Sound that is late by 400 ms from packet 200 on.
    let made = of_aac("mp4", &mono, |number, pts| Some(if number < 200 { pts } else { pts + 19_200 }), Time::ZERO, 200);
    assert_eq!(made.loudest(), 319_200);
}

#[test]
fn sound_that_is_stated_twice_is_dropped() {
    let mut mono = noise(480_000, 0.02, 5);
    mono[300_000] = 1.0;
    // Two transport streams, one after the other, of which the second begins 0.2 s before the first one's end.
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    aac(&first, "mpegts", &mono[..240_640], |_, pts| Some(pts));
    aac(&second, "mpegts", &mono[240_640..], |_, pts| Some(pts + 240_640 - 9600));
    let both = [std::fs::read(first).unwrap(), std::fs::read(second).unwrap()].concat();
    let path = folder.path().join("both");
    std::fs::write(&path, both).unwrap();
    let made = try_make(&path, sound(Time::ZERO, 10), Time::ZERO, 200).unwrap();
    // The first stream's times were moved up by its priming, so that none is negative; the second's were not.
    assert!((made.loudest() - 290_400).abs() <= 1, "{}", made.loudest());
    assert!(made.facts.conform.iter().any(|line| line.starts_with("dropped 0.2")), "{:?}", made.facts.conform);
}

#[test]
fn rounded_and_jittering_times_change_nothing() {
    let mut mono = noise(480_000, 0.02, 6);
    mono[300_000] = 1.0;
    let jitter = |number: i64, pts: i64| Some(pts + if number % 7 == 3 { 1000 } else { 0 });
    let made = of_aac("matroska", &mono, jitter, Time::ZERO, 200);
    assert_eq!(made.loudest(), 300_000 + PRIMING);
    assert!(made.facts.conform.is_empty(), "{:?}", made.facts.conform);
}

#[test]
fn a_clock_that_leaps_is_passed_over() {
    let mut mono = noise(480_000, 0.02, 7);
    mono[300_000] = 1.0;
    let leap = |number: i64, pts: i64| Some(if number < 200 { pts } else { pts + 48_000 * 3600 * 10 });
    let made = of_aac("matroska", &mono, leap, Time::ZERO, 200);
    assert_eq!(made.loudest(), 300_000 + PRIMING);
    assert!(made.facts.conform.iter().any(|line| line.contains("set anew")), "{:?}", made.facts.conform);
}

#[test]
fn sound_may_begin_before_or_after_the_picture() {
    let mut mono = noise(480_000, 0.1, 8);
    mono[0] = 0.9;
    let late = of_wav(&[mono.clone()], 48_000, Time::new(1, 10), Time::ZERO, 50).unwrap();
    assert_eq!((late.facts.first_sample, late.loudest()), (4800, 4800));
    let early = of_wav(&[mono.clone()], 48_000, Time::new(-1, 10), Time::ZERO, 50).unwrap();
    assert_eq!((early.facts.first_sample, early.at(0)), (-1920, mono[4800]));
    let none = of_wav(&[mono], 48_000, Time::ZERO, Time::from_seconds(20), 100).unwrap();
    assert_eq!((none.facts.samples, none.facts.span_lufs), (0, None));
}

#[test]
fn surround_and_mono_come_to_two_speakers() {
    let silent = vec![0.0; 96_000];
    let tone = vec![0.25; 96_000];
    let mono = of_wav(std::slice::from_ref(&tone), 48_000, Time::ZERO, Time::ZERO, 25).unwrap();
    assert_eq!((mono.left[100], mono.right[100]), (0.25, 0.25));
    let half = 0.25 * std::f32::consts::FRAC_1_SQRT_2;
    for (channel, left, right) in [(0, 0.25, 0.0), (2, half, half), (3, 0.0, 0.0), (4, half, 0.0), (5, 0.0, half)] {
        let mut channels = vec![silent.clone(); 6];
        channels[channel] = tone.clone();
        let made = of_wav(&channels, 48_000, Time::ZERO, Time::ZERO, 25).unwrap();
        assert!((made.left[100] - left).abs() < 1e-6 && (made.right[100] - right).abs() < 1e-6, "channel {channel}");
        assert!(made.facts.conform[0].contains("BS.775"), "{:?}", made.facts.conform);
    }
}

#[test]
fn a_short_item_is_measured_by_its_whole_source() {
    let mut mono = vec![0.0; 480_000];
    for (sample, noise) in mono.iter_mut().zip(noise(240_000, 0.3, 9)) {
        *sample = noise;
    }
    let made = of_wav(&[mono], 48_000, Time::ZERO, Time::from_seconds(6), 25).unwrap();
    assert_eq!(made.facts.span_lufs, None);
    assert!(made.facts.source_lufs.is_some());
    assert_eq!(made.facts.source_samples, 480_000);
}

#[test]
fn what_cannot_be_decoded_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source.wav");
    for bytes in [wav(&[vec![]], 48_000), b"RIFF\0\0\0\0WAVE".to_vec(), vec![0x55; 5000]] {
        std::fs::write(&path, bytes).unwrap();
        let Err(error) = try_make(&path, sound(Time::ZERO, 1), Time::ZERO, 25) else { panic!("made") };
        assert_eq!(error.reason().code, "sound-undecodable");
        assert!(error.reason().message.contains("`audio_track`"), "{error}");
    }
}
