//! Channels, sample rates and lengths of sound.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, PI};
use std::path::Path;
use std::sync::LazyLock;

use super::drawn::{Canvas, sine, wave};
use super::reel::{Case, Reel};
use super::shown::{Shown, assert_near, tone};
use crate::barcode::exact::Exact;
use crate::barcode::ffmpeg;

const RATES: [u32; 11] = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 88_200, 96_000, 192_000];
const RATE_NAMES: [&str; 11] =
    ["8000", "11025", "12000", "16000", "22050", "24000", "32000", "44100", "88200", "96000", "192000"];
/// A tone for each channel of 7.1, in FFmpeg's order, and what of it belongs left and right (ITU-R BS.775-3, annex 4).
const CHANNELS: [(&str, f64, f64, f64); 8] = [
    ("left", 400.0, 1.0, 0.0),
    ("right", 600.0, 0.0, 1.0),
    ("centre", 800.0, FRAC_1_SQRT_2, FRAC_1_SQRT_2),
    ("low frequencies", 100.0, 0.0, 0.0),
    ("back left", 1200.0, FRAC_1_SQRT_2, 0.0),
    ("back right", 1600.0, 0.0, FRAC_1_SQRT_2),
    ("side left", 2000.0, FRAC_1_SQRT_2, 0.0),
    ("side right", 2500.0, 0.0, FRAC_1_SQRT_2),
];
/// Length of the source of a sample rate: half a frame short of 25 frames, which rounds up.
fn samples(rate: u32) -> usize {
    (rate as usize * 49).div_ceil(50)
}

static REEL: LazyLock<Option<Reel>> = LazyLock::new(|| Reel::render("sound", Exact(25, 1), cases));

fn cases(folder: &Path) -> Vec<Case> {
    let grey = Canvas::new(256, 144, "yuv420p");
    let with_picture = |name: &'static str, frames: usize, sound: Option<&Path>, options: &str| {
        let file = folder.join(format!("{name}.mov"));
        let heard = sound.map(|sound| format!("-i '{}'", sound.display())).unwrap_or_default();
        let options = format!("{} {heard} -c:v libx264 -preset veryfast {options}", grey.input("25"));
        ffmpeg::make(&options, &file, &grey.solid(frames, &[100, 128, 128]));
        Case::of(name, &file, frames as i128)
    };
    let tones: Vec<_> = CHANNELS.iter().map(|channel| sine(channel.1)).collect();
    let all: Vec<&dyn Fn(f64) -> f64> = tones.iter().map(|tone| tone as &dyn Fn(f64) -> f64).collect();
    let mono = wave(folder, "mono.wav", 48_000, 48_000, &all[..1]);
    let six = wave(folder, "5.1.wav", 48_000, 48_000, &all[..6]);
    let eight = wave(folder, "7.1.wav", 48_000, 48_000, &all);
    let long = wave(folder, "long.wav", 48_000, 3 * 48_000, &all[..2]);
    let short = wave(folder, "short.wav", 48_000, 24_000, &[&|_| 0.1, &|_| 0.1]);
    let mut cases = vec![
        with_picture("none", 25, None, ""),
        Case::of("mono", &mono, 25),
        Case::of("5.1", &six, 25),
        Case::of("7.1", &eight, 25),
        with_picture("5.1 aac", 25, Some(&six), "-c:a aac -b:a 768k"),
        with_picture("longer", 25, Some(&long), "-c:a pcm_s24le"),
        with_picture("shorter", 50, Some(&short), "-c:a pcm_s24le"),
    ];
    for (rate, name) in RATES.into_iter().zip(RATE_NAMES) {
        // A step at either end marks where the sound begins and ends.
        let end = samples(rate) as f64 / f64::from(rate);
        let marked = move |time: f64| if time < 0.002 || time > end - 0.004 { 0.15 } else { sine(1000.0)(time) };
        let file = wave(folder, &format!("{name}.wav"), rate, samples(rate), &[&marked, &marked]);
        cases.push(Case::of(name, &file, 25));
    }
    cases
}

fn shown(name: &str) -> Option<&'static Shown> {
    Some(REEL.as_ref()?.case(name))
}

/// Amplitudes of a tone, left and right, from the middle of an item's second.
fn loudness(shown: &Shown, hertz: f64) -> [f64; 2] {
    [0, 1].map(|channel| tone(&shown.channel(channel)[9600..38_400], hertz).0)
}

fn assert_mixed(name: &str, channels: usize, within: f64) {
    let Some(shown) = shown(name) else { return };
    let unit = loudness(shown, CHANNELS[0].1)[0];
    assert!(unit > 0.01, "{name}: the left channel is heard");
    for (channel, hertz, left, right) in CHANNELS.into_iter().take(channels) {
        let found = loudness(shown, hertz).map(|amplitude| amplitude / unit);
        assert_near(found[0], left, within, &format!("{name}: {channel} on the left"));
        assert_near(found[1], right, within, &format!("{name}: {channel} on the right"));
    }
}

#[test]
fn a_source_without_sound_is_silent() {
    let Some(shown) = shown("none") else { return };
    assert_eq!(shown.peak(), 0.0);
}

#[test]
fn mono_is_heard_on_both_sides() {
    let Some(shown) = shown("mono") else { return };
    let [left, right] = loudness(shown, 400.0);
    assert!(left > 0.01);
    assert_near(right / left, 1.0, 0.001, "right against left");
}

#[test]
fn five_one_is_mixed_by_bs_775() {
    assert_mixed("5.1", 6, 0.002);
    assert_mixed("5.1 aac", 6, 0.03);
}

#[test]
fn seven_one_is_mixed_by_bs_775() {
    assert_mixed("7.1", 8, 0.002);
}

#[test]
fn every_sample_rate_keeps_its_tone_its_place_and_its_length() {
    for (rate, name) in RATES.into_iter().zip(RATE_NAMES) {
        let Some(shown) = shown(name) else { return };
        let left = shown.channel(0);
        let (_, early) = tone(&left[4800..24_000], 1000.0);
        let (_, late) = tone(&left[24_000..43_200], 1000.0);
        // 0.4 s apart, 400 periods: a tone of another pitch has another phase.
        let turned = (late - early + PI).rem_euclid(2.0 * PI) - PI;
        assert_near(turned / (2.0 * PI * 0.4), 0.0, 0.01, &format!("{rate} Hz: the tone is off by Hz"));
        let lag = (early + FRAC_PI_2 + PI).rem_euclid(2.0 * PI) - PI;
        assert_near(lag / (2.0 * PI * 1000.0) * 48_000.0, 0.0, 0.5, &format!("{rate} Hz: the tone is off by samples"));
        let (first, end) = shown.heard();
        // A step can be placed only as finely as the source samples it.
        let within = f64::from(48_000 / rate + 1);
        assert_near(first as f64, 0.0, within, &format!("{rate} Hz: first sample"));
        assert_near(end as f64, samples(rate) as f64 / f64::from(rate) * 48_000.0, within, &format!("{rate} Hz: end"));
    }
}

#[test]
fn sound_longer_than_picture_is_cut() {
    let Some(shown) = shown("longer") else { return };
    let tail: Vec<f64> = shown.channel(0)[46_800..].to_vec();
    assert!(tone(&tail, 400.0).0 > 0.01, "the sound goes on to the end of the picture");
}

#[test]
fn sound_shorter_than_picture_ends_in_silence() {
    let Some(shown) = shown("shorter") else { return };
    assert_near(shown.heard().1 as f64, 24_000.0, 1.0, "end of the sound");
    assert!(shown.sound[2 * 24_100..].iter().all(|sample| *sample == 0.0), "after it there is nothing");
}
