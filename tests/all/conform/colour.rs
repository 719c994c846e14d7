//! What colours become: depth, range, matrix, RGB, high dynamic range, alpha.

use std::path::Path;
use std::sync::LazyLock;

use super::drawn::Canvas;
use super::reel::{Case, HEIGHT, Reel, WIDTH};
use super::shown::{Colour, assert_colour, assert_near};
use crate::barcode::exact::Exact;
use crate::barcode::ffmpeg;

const FRAMES: usize = 2;
const CANVAS: (usize, usize) = (256, 144);
/// A warm orange in BT.601 and in BT.709 numbers alike: only the matrix says what it is.
const ORANGE: [u16; 3] = [140, 90, 170];
const TEAL: [u16; 3] = [110, 150, 80];
const RGB: [f64; 3] = [200.0, 80.0, 40.0];

/// Luma weights of red and blue.
const BT601: (f64, f64) = (0.299, 0.114);
const BT709: (f64, f64) = (0.2126, 0.0722);

const BT709_TAGS: &str = "-color_range tv -colorspace bt709 -color_trc bt709 -color_primaries bt709";
const BT601_TAGS: &str = "-color_range tv -colorspace smpte170m -color_trc smpte170m -color_primaries smpte170m";

/// R'G'B' from 0 to 1 of limited-range numbers of eight bits.
fn decoded([y, cb, cr]: [f64; 3], (red, blue): (f64, f64)) -> [f64; 3] {
    let (luma, b, r) = ((y - 16.0) / 219.0, (cb - 128.0) / 224.0, (cr - 128.0) / 224.0);
    let (r, b) = (luma + 2.0 * (1.0 - red) * r, luma + 2.0 * (1.0 - blue) * b);
    [r, (luma - red * r - blue * b) / (1.0 - red - blue), b]
}

/// BT.709 limited-range numbers of eight bits.
fn coded([r, g, b]: [f64; 3]) -> Colour {
    let (red, blue) = BT709;
    let luma = red * r + (1.0 - red - blue) * g + blue * b;
    let part = |value: f64, weight: f64| 128.0 + 224.0 * (value - luma) / 2.0 / (1.0 - weight);
    [16.0 + 219.0 * luma, part(b, blue), part(r, red)]
}

fn real(colour: [u16; 3]) -> [f64; 3] {
    colour.map(f64::from)
}

/// Curves of ITU-R BT.2100: the signal for a brightness in cd/m².
fn pq(nits: f64) -> f64 {
    let y = (nits / 10_000.0).powf(0.159_301_757_812_5);
    ((0.835_937_5 + 18.851_562_5 * y) / (1.0 + 18.687_5 * y)).powf(78.843_75)
}

struct Source {
    name: &'static str,
    file: &'static str,
    format: &'static str,
    planes: Vec<u16>,
    options: String,
}

fn sources() -> Vec<Source> {
    let source = |name, file, format, planes: &[u16], options: &str| Source {
        name,
        file,
        format,
        planes: planes.to_vec(),
        options: options.to_owned(),
    };
    let ffv1 = |tags: &str| format!("-c:v ffv1 {tags}");
    let x264 = |tags: &str| format!("-c:v libx264 -preset veryfast -qp 4 {tags}");
    let times = |colour: [u16; 3], by: u16| colour.map(|value| value * by);
    let hdr =
        |curve: &str| ffv1(&format!("-color_range tv -colorspace bt2020nc -color_primaries bt2020 -color_trc {curve}"));
    let ten = |signal: f64| (64.0 + 876.0 * signal).round() as u16;
    vec![
        source("8 bits", "8.mp4", "yuv420p", &ORANGE, &x264(BT709_TAGS)),
        source("10 bits", "10.mp4", "yuv420p10le", &times(ORANGE, 4), &x264(BT709_TAGS)),
        source("10 bits 4:2:2", "10.mkv", "yuv422p10le", &times(TEAL, 4), &ffv1(BT709_TAGS)),
        source("12 bits", "12.mkv", "yuv422p12le", &times(ORANGE, 16), &ffv1(BT709_TAGS)),
        source("12 bits 4:4:4", "12444.mkv", "yuv444p12le", &times(TEAL, 16), &ffv1(BT709_TAGS)),
        source(
            "full range",
            "full.mkv",
            "yuv420p",
            &ORANGE,
            &ffv1("-color_range pc -colorspace bt709 -color_trc bt709 -color_primaries bt709"),
        ),
        source(
            "full range 10 bits",
            "full10.mkv",
            "yuv420p10le",
            &times(TEAL, 4),
            &ffv1("-color_range pc -colorspace bt709 -color_trc bt709 -color_primaries bt709"),
        ),
        source("601", "601.mp4", "yuv420p", &ORANGE, &x264(BT601_TAGS)),
        source("601 teal", "601t.mkv", "yuv422p10le", &times(TEAL, 4), &ffv1(BT601_TAGS)),
        source("untagged sd", "sd.mkv", "yuv420p", &TEAL, "-c:v ffv1"),
        source("rgb", "rgb.mkv", "gbrp", &[80, 40, 200], "-c:v ffv1"),
        source("rgb 10 bits", "rgb10.mkv", "gbrp10le", &[321, 160, 802], "-c:v ffv1"),
        source("pq white", "pqw.mkv", "yuv420p10le", &[ten(pq(203.0)), 512, 512], &hdr("smpte2084")),
        source("pq grey", "pqg.mkv", "yuv420p10le", &[ten(pq(26.0)), 512, 512], &hdr("smpte2084")),
        source("pq highlight", "pqh.mkv", "yuv420p10le", &[ten(pq(1000.0)), 512, 512], &hdr("smpte2084")),
        source("pq black", "pqb.mkv", "yuv420p10le", &[64, 512, 512], &hdr("smpte2084")),
        // ITU-R BT.2408 table 1: 75 % is diffuse white, 38 % a grey card of 18 %.
        source("hlg white", "hlgw.mkv", "yuv420p10le", &[ten(0.75), 512, 512], &hdr("arib-std-b67")),
        source("hlg grey", "hlgg.mkv", "yuv420p10le", &[ten(0.38), 512, 512], &hdr("arib-std-b67")),
        source("hlg black", "hlgb.mkv", "yuv420p10le", &[64, 512, 512], &hdr("arib-std-b67")),
        source("alpha png", "alpha.png", "gbrap", &[80, 40, 200, 128], "-frames:v 1 -c:v png -pix_fmt rgba"),
        source(
            "alpha vp9",
            "alpha.webm",
            "yuva420p",
            &[140, 90, 170, 128],
            &format!("-c:v libvpx-vp9 -crf 4 -b:v 0 -cpu-used 8 -deadline realtime {BT709_TAGS}"),
        ),
        source(
            "opaque vp9",
            "opaque.webm",
            "yuva420p",
            &[140, 90, 170, 255],
            &format!("-c:v libvpx-vp9 -crf 4 -b:v 0 -cpu-used 8 -deadline realtime {BT709_TAGS}"),
        ),
    ]
}

static REEL: LazyLock<Option<Reel>> = LazyLock::new(|| {
    Reel::render("colour", Exact(25, 1), |folder: &Path| {
        let sources = sources();
        let case = |source: &Source| {
            let canvas = Canvas::new(CANVAS.0, CANVAS.1, source.format);
            let file = folder.join(source.file);
            let picture = canvas.solid(FRAMES, &source.planes);
            ffmpeg::make(&format!("{} {}", canvas.input("25"), source.options), &file, &picture);
            let case = Case::of(source.name, &file, FRAMES as i128);
            if source.file.ends_with("png") { case.with("duration = \"2f\"") } else { case }
        };
        sources.iter().map(case).collect()
    })
});

fn colour(name: &str) -> Option<Colour> {
    let reel = REEL.as_ref()?;
    let frames = &reel.case(name).frames;
    let middle = frames[0].colour(WIDTH / 2, HEIGHT / 2);
    for (x, y) in [(8, 8), (WIDTH - 8, 8), (8, HEIGHT - 8), (WIDTH - 8, HEIGHT - 8)] {
        assert_colour(frames[0].colour(x, y), middle, &format!("{name}: the corner at {x}, {y} is as the middle"));
    }
    assert_colour(
        frames[1].colour(WIDTH / 2, HEIGHT / 2),
        middle,
        &format!("{name}: the second frame is as the first"),
    );
    Some(middle)
}

fn becomes(name: &str, wanted: Colour) {
    if let Some(found) = colour(name) {
        assert_colour(found, wanted, name);
    }
}

#[test]
fn eight_ten_and_twelve_bits_keep_their_colour() {
    becomes("8 bits", real(ORANGE));
    becomes("10 bits", real(ORANGE));
    becomes("10 bits 4:2:2", real(TEAL));
    becomes("12 bits", real(ORANGE));
    becomes("12 bits 4:4:4", real(TEAL));
}

#[test]
fn full_range_becomes_limited() {
    let limited = |[y, cb, cr]: [u16; 3]| {
        let chroma = |value: u16| 128.0 + (f64::from(value) - 128.0) * 224.0 / 255.0;
        [16.0 + f64::from(y) * 219.0 / 255.0, chroma(cb), chroma(cr)]
    };
    becomes("full range", limited(ORANGE));
    becomes("full range 10 bits", limited(TEAL));
}

#[test]
fn bt601_becomes_bt709_by_its_matrix() {
    becomes("601", coded(decoded(real(ORANGE), BT601)));
    becomes("601 teal", coded(decoded(real(TEAL), BT601)));
}

#[test]
fn untagged_small_pictures_are_taken_for_bt601() {
    becomes("untagged sd", coded(decoded(real(TEAL), BT601)));
}

#[test]
fn rgb_becomes_bt709() {
    let wanted = coded(RGB.map(|value| value / 255.0));
    becomes("rgb", wanted);
    becomes("rgb 10 bits", wanted);
}

/// Diffuse white of HDR is nearly the white of SDR, a grey card is mid-grey, black is black, and none has a colour.
fn assert_sane(white: &str, grey: &str, black: &str) {
    let percent = |name: &str| {
        let [luma, blue, red] = colour(name)?;
        assert_near(blue, 128.0, 1.0, name);
        assert_near(red, 128.0, 1.0, name);
        Some((luma - 16.0) / 2.19)
    };
    let (Some(white), Some(grey), Some(black)) = (percent(white), percent(grey), percent(black)) else { return };
    println!("white {white:.1} %, grey {grey:.1} %, black {black:.1} %");
    assert!((75.0..=101.0).contains(&white), "diffuse white is {white} %");
    assert!((30.0..=50.0).contains(&grey), "a grey card is {grey} %");
    assert_near(black, 0.0, 1.0, "black");
}

#[test]
fn pq_becomes_standard_range() {
    assert_sane("pq white", "pq grey", "pq black");
    let (Some([white, ..]), Some([highlight, ..])) = (colour("pq white"), colour("pq highlight")) else { return };
    assert!(highlight > white + 3.0 && highlight < 240.0, "a highlight of {highlight} is brighter than white, {white}");
}

#[test]
fn hlg_becomes_standard_range() {
    assert_sane("hlg white", "hlg grey", "hlg black");
}

#[test]
fn alpha_is_shown_over_black() {
    let half = 128.0 / 255.0;
    becomes("alpha png", coded(RGB.map(|value| value / 255.0 * half)));
    becomes("alpha vp9", coded(decoded(real(ORANGE), BT709).map(|value| value * half)));
    becomes("opaque vp9", real(ORANGE));
}
