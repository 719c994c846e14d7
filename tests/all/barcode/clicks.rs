//! The clicks: bursts over a quiet tone, at every second and once in between, nowhere twice at the same distance.

use std::f64::consts::PI;
use std::path::Path;

use super::deliverable::Checked;
use super::episode::{Episode, Placed};
use super::exact::{Exact, sample_of};
use super::ffmpeg;
use super::piece::Sound;

/// Half a burst, in seconds.
const HALF: f64 = 0.000_2;
const CLICK: f64 = 0.6;
/// The tone that gives pieces a loudness, so that clicks are not levelled into the limiter.
const TONE: f64 = 0.1;
const TONE_HZ: f64 = 441.0;
/// What is a click in a mix.
const THRESHOLD: f32 = 0.25;
/// Samples at 48 kHz within which all of a burst lies.
const REACH: i128 = 12;
/// The fade at either end of an item.
const RAMP: i128 = 96;
/// Samples at the beginning of an AAC track that PROGRAMME 3 exempts.
const EXEMPT: i128 = 1024;

/// When clicks are centred, in hundredths of a second: every whole second but the first instant, and once between two.
fn times(until: i128) -> impl Iterator<Item = i128> {
    let second = |k: i128| [100 * k, 100 * k + 10 + 37 * k % 80];
    (0..=until / 100).flat_map(second).filter(move |time| (1..until).contains(time))
}

/// Draws `hundredths` of a second of stereo sound at `rate`.
pub fn draw(rate: u32, hundredths: i128) -> Vec<f32> {
    let rate = i128::from(rate);
    let mut mono: Vec<f64> =
        (0..hundredths * rate / 100).map(|n| TONE * (2.0 * PI * TONE_HZ * n as f64 / rate as f64).sin()).collect();
    for time in times(hundredths) {
        let centre = time * rate / 100;
        let reach = (HALF * rate as f64) as i128;
        for n in centre - reach..=centre + reach {
            if let Some(sample) = usize::try_from(n).ok().and_then(|n| mono.get_mut(n)) {
                *sample += CLICK * (PI / 2.0 * (n - centre) as f64 / rate as f64 / HALF).cos().powi(2);
            }
        }
    }
    mono.iter().flat_map(|sample| [*sample as f32; 2]).collect()
}

/// Where an item's clicks are wholly outside its fades: programme samples.
fn wanted(placed: &Placed<'_>, rate: Exact) -> Vec<i128> {
    let Sound::Clicks(_) = placed.piece.sound else { return Vec::new() };
    let (from, to) = (sample_of(placed.first, rate), sample_of(placed.first + placed.frames, rate));
    // PROGRAMME 3: which source sample, counted at 48 kHz from source zero, is heard at programme sample S(n).
    let offset =
        placed.start * Exact::whole(48_000) + Exact::whole(from) - Exact::whole(placed.first * 48_000).over(rate);
    let heard = offset.round_half_up();
    times(placed.piece.hundredths())
        .map(|time| time * 480 - heard + from)
        .filter(|at| (from + RAMP + REACH..to - RAMP - REACH).contains(at))
        .collect()
}

/// Compares the clicks of each item, and the silence of silent ones, with what the formula says: within a sample where the
/// sound is stored as it is.
pub fn check(file: &Path, episode: &Episode<'_>, most: i128, checked: &mut Checked) {
    let (samples, channels) = ffmpeg::sound(file);
    assert_eq!(channels, 2, "{}: stereo", file.display());
    let lossless = most <= 1;
    let total = sample_of(episode.frames, episode.rate);
    let whole = if lossless { total } else { (total + 1023) / 1024 * 1024 };
    if samples.len() as i128 != whole * 2 {
        checked.wrong.push(format!("{} samples of sound, wanted {whole}", samples.len() / 2));
    }
    let samples = &samples[..samples.len().min(total as usize * 2)];
    for (number, placed) in episode.items.iter().enumerate() {
        let at = |n: i128| (sample_of(n, episode.rate) as usize).min(samples.len() / 2);
        let (from, to) = (at(placed.first), at(placed.first + placed.frames));
        let part = &samples[2 * from..2 * to];
        let loudest = part.iter().fold(0f32, |most, sample| most.max(sample.abs()));
        if !matches!(placed.piece.sound, Sound::Clicks(_)) {
            checked.silent += 1;
            if lossless && loudest != 0.0 {
                checked.wrong.push(format!("item {number} is silent and has {loudest}"));
            }
            continue;
        }
        let wanted = wanted(placed, episode.rate);
        let found = find(part, from as i128);
        let clear = from as i128 + RAMP + REACH..to as i128 - RAMP - REACH;
        let exempt = |at: i128| !lossless && at < EXEMPT;
        for at in wanted.iter().filter(|at| !exempt(**at)) {
            match found.iter().map(|click| click - at).min_by_key(|distance| distance.abs()) {
                Some(distance) if distance.abs() <= most => {
                    checked.clicks += 1;
                    checked.farthest = checked.farthest.max(distance.abs());
                    checked.last_item_heard = number;
                }
                nearest => checked.wrong.push(format!("item {number} {placed}: click at {at}: nearest {nearest:?}")),
            }
        }
        let astray = found.iter().filter(|at| clear.contains(at) && !exempt(**at));
        for at in astray.filter(|at| !wanted.iter().any(|wanted| (wanted - **at).abs() <= most.max(2))) {
            checked.wrong.push(format!("item {number} {placed}: a click at {at} that nothing explains"));
        }
    }
}

/// Finds the centres of clicks in interleaved stereo that begins at sample `from`.
fn find(part: &[f32], from: i128) -> Vec<i128> {
    let mono: Vec<f32> = part.chunks_exact(2).map(|frame| (frame[0] + frame[1]) / 2.0).collect();
    let mut found = Vec::new();
    let mut n = 0;
    while n < mono.len() {
        if mono[n] < THRESHOLD {
            n += 1;
            continue;
        }
        // The burst that matches best, near where it rises.
        let best = (n.saturating_sub(4)..(n + 24).min(mono.len()))
            .max_by(|a, b| likeness(&mono, *a).total_cmp(&likeness(&mono, *b)));
        found.push(from + best.unwrap_or(n) as i128);
        n += 48;
    }
    found
}

/// How much of a burst centred at `centre` there is.
fn likeness(mono: &[f32], centre: usize) -> f64 {
    let reach = (HALF * 48_000.0) as i64;
    let weight = |k: i64| (PI / 2.0 * k as f64 / 48_000.0 / HALF).cos().powi(2);
    (-reach..=reach)
        .filter_map(|k| Some(weight(k) * f64::from(*mono.get(usize::try_from(centre as i64 + k).ok()?)?)))
        .sum()
}

#[test]
fn drawn_clicks_are_found_at_their_centres() {
    let sound = draw(48_000, 300);
    let wanted: Vec<_> = times(300).map(|time| time * 480).collect();
    assert_eq!(wanted, [10 * 480, 48_000, 147 * 480, 96_000, 284 * 480]);
    assert_eq!(find(&sound, 0), wanted);
}
