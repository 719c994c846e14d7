//! Where the picture lies: turning, sample aspect, bars, odd sizes, sizes that change.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::drawn::{Canvas, QUARTERS, quarters};
use super::mp4::{Turn, set_matrix, set_orientation};
use super::reel::{Case, HEIGHT, Reel, WIDTH};
use super::shown::{Frame, assert_near};
use crate::barcode::exact::Exact;
use crate::barcode::ffmpeg;

/// Frames of every case.
const FRAMES: usize = 4;

const X264: &str = "-c:v libx264 -preset veryfast -qp 12 -pix_fmt yuv420p";

/// A landscape and its eight ways of being shown.
const TURNS: [(&str, Turn); 8] = [
    ("upright", Turn { a: 1, b: 0, c: 0, d: 1 }),
    ("turned 90", Turn { a: 0, b: 1, c: -1, d: 0 }),
    ("turned 180", Turn { a: -1, b: 0, c: 0, d: -1 }),
    ("turned 270", Turn { a: 0, b: -1, c: 1, d: 0 }),
    ("mirrored", Turn { a: -1, b: 0, c: 0, d: 1 }),
    ("mirrored, turned 90", Turn { a: 0, b: -1, c: -1, d: 0 }),
    ("mirrored, turned 180", Turn { a: 1, b: 0, c: 0, d: -1 }),
    ("mirrored, turned 270", Turn { a: 0, b: 1, c: 1, d: 0 }),
];

/// EXIF 2.32, 4.6.4 A, Orientation: which edges of the shown picture row 0 and column 0 are.
const EXIF: [(&str, Turn); 8] = [
    ("exif 1: top, left", Turn { a: 1, b: 0, c: 0, d: 1 }),
    ("exif 2: top, right", Turn { a: -1, b: 0, c: 0, d: 1 }),
    ("exif 3: bottom, right", Turn { a: -1, b: 0, c: 0, d: -1 }),
    ("exif 4: bottom, left", Turn { a: 1, b: 0, c: 0, d: -1 }),
    ("exif 5: left, top", Turn { a: 0, b: 1, c: 1, d: 0 }),
    ("exif 6: right, top", Turn { a: 0, b: 1, c: -1, d: 0 }),
    ("exif 7: right, bottom", Turn { a: 0, b: -1, c: -1, d: 0 }),
    ("exif 8: left, bottom", Turn { a: 0, b: -1, c: 1, d: 0 }),
];

/// Width against height.
type Aspect = (f64, f64);

/// Name, size, sample aspect, and the aspect that is shown.
const ASPECTS: [(&str, usize, usize, &str, Aspect); 6] = [
    ("square samples", 256, 144, "1/1", (16.0, 9.0)),
    ("anamorphic wide", 192, 144, "4/3", (16.0, 9.0)),
    ("anamorphic narrow", 180, 144, "16/15", (4.0, 3.0)),
    ("letterboxed", 240, 100, "1/1", (240.0, 100.0)),
    ("pillarboxed", 192, 144, "1/1", (4.0, 3.0)),
    ("portrait", 90, 160, "1/1", (9.0, 16.0)),
];

const ODD: [(&str, usize, usize, &str); 4] = [
    ("odd 4:2:0", 321, 181, "-c:v ffv1 -pix_fmt yuv420p"),
    ("odd 4:2:0 full range", 321, 181, "-vf scale=out_range=full -c:v ffv1 -pix_fmt yuv420p -color_range pc"),
    ("odd vp9", 161, 91, "-c:v libvpx-vp9 -crf 10 -b:v 0 -cpu-used 8 -deadline realtime -pix_fmt yuv420p"),
    ("odd 4:2:2", 159, 89, "-c:v ffv1 -pix_fmt yuv422p"),
];

static REEL: LazyLock<Option<Reel>> = LazyLock::new(|| Reel::render("shape", Exact(30_000, 1001), cases));

fn cases(folder: &Path) -> Vec<Case> {
    let grey = |width, height| Canvas::new(width, height, "yuv420p");
    let make = |file: &Path, canvas: Canvas, options: &str| {
        ffmpeg::make(&format!("{} {options}", canvas.input("30000/1001")), file, &quarters(canvas, FRAMES));
    };
    let mut cases = Vec::new();
    let frames = FRAMES as i128;
    for (number, (name, turn)) in TURNS.into_iter().enumerate() {
        let file = folder.join(format!("turn{number}.mp4"));
        make(&file, grey(256, 144), X264);
        set_matrix(&file, turn);
        cases.push(Case::of(name, &file, frames));
    }
    for (number, (name, _)) in EXIF.into_iter().enumerate() {
        let file = folder.join(format!("exif{number}.jpg"));
        make(&file, grey(256, 144), "-frames:v 1 -c:v mjpeg -q:v 2 -pix_fmt yuvj420p");
        set_orientation(&file, number as u8 + 1);
        cases.push(Case::of(name, &file, frames).with("duration = \"4f\""));
    }
    for (name, width, height, aspect, _) in ASPECTS {
        let file = folder.join(format!("{name}.mkv"));
        make(&file, grey(width, height), &format!("{X264} -vf setsar={aspect}"));
        cases.push(Case::of(name, &file, frames));
    }
    for (name, width, height, options) in ODD {
        let file = folder.join(format!("{}.mkv", name.replace(':', "")));
        make(&file, grey(width, height), options);
        cases.push(Case::of(name, &file, frames));
    }
    let png = folder.join("odd.png");
    make(&png, grey(161, 91), "-frames:v 1 -c:v png -pix_fmt rgb24");
    cases.push(Case::of("odd still", &png, frames).with("duration = \"4f\""));
    let (stream, wrapped) = of_two_sizes(folder);
    cases.push(Case::of("size changes ts", &stream, 30));
    cases.push(Case::of("size changes mkv", &wrapped, 30));
    cases
}

/// 256×144 and then 192×144, half a second each, in a transport stream and in Matroska.
fn of_two_sizes(folder: &Path) -> (PathBuf, PathBuf) {
    let mut joined = Vec::new();
    for (part, width) in [(0, 256), (1, 192)] {
        let canvas = Canvas::new(width, 144, "yuv420p");
        let file = folder.join(format!("size{part}.ts"));
        let at = 15.0 * f64::from(part) * 1001.0 / 30_000.0;
        let options = format!("{} {X264} -bf 0 -output_ts_offset {at:.6}", canvas.input("30000/1001"));
        ffmpeg::make(&options, &file, &quarters(canvas, 15));
        joined.extend(std::fs::read(file).expect("the part is read"));
    }
    let stream = folder.join("sizes.ts");
    std::fs::write(&stream, joined).expect("the joined file is written");
    let wrapped = folder.join("sizes.mkv");
    ffmpeg::make(&format!("-i '{}' -c copy", stream.display()), &wrapped, &[]);
    (stream, wrapped)
}

/// Compares the four quarters and where the picture ends with a picture of `aspect` in the middle, shown as `turn` says.
fn assert_placed(frame: &Frame, (wide, high): Aspect, turn: Turn, what: &str) {
    let scale = (WIDTH as f64 / wide).min(HEIGHT as f64 / high);
    let (width, height) = (wide * scale, high * scale);
    let (left, top) = ((WIDTH as f64 - width) / 2.0, (HEIGHT as f64 - height) / 2.0);
    let (columns, lines) = frame.lit(33.0);
    let found = [columns[0], columns[1], lines[0], lines[1]];
    // Sizes and places are even: up to two pixels of rounding, and the scaler's slope.
    for (found, wanted) in found.iter().zip([left, left + width, top, top + height]) {
        assert_near(*found as f64, wanted, 2.5, &format!("{what}: edges {found:?}"));
    }
    for (quarter, stored) in [(-1, -1), (1, -1), (-1, 1), (1, 1)].into_iter().enumerate() {
        let (x, y) = turn.shown(stored);
        let at = |middle: f64, sign: i32, size: f64| (middle + f64::from(sign) * size / 4.0) as usize;
        let (x, y) = (at(WIDTH as f64 / 2.0, x, width), at(HEIGHT as f64 / 2.0, y, height));
        assert_near(frame.luma_at(x, y), f64::from(QUARTERS[quarter]), 2.0, &format!("{what}: quarter {quarter}"));
    }
    // Bars are black.
    for (x, y) in [(4, HEIGHT / 2), (WIDTH - 4, HEIGHT / 2)]
        .into_iter()
        .filter(|_| left > 12.0)
        .chain([(WIDTH / 2, 4), (WIDTH / 2, HEIGHT - 4)].into_iter().filter(|_| top > 12.0))
    {
        assert_near(frame.luma_at(x, y), 16.0, 0.5, &format!("{what}: bar at {x}, {y}"));
    }
}

fn shown(name: &str, aspect: Aspect, turn: Turn) {
    let Some(reel) = REEL.as_ref() else { return };
    for frame in &reel.case(name).frames {
        assert_placed(frame, aspect, turn, name);
    }
}

fn turned((name, turn): (&str, Turn)) {
    let aspect = if turn.a == 0 { (9.0, 16.0) } else { (16.0, 9.0) };
    shown(name, aspect, turn);
}

fn fitted(name: &str) {
    let (_, _, _, _, aspect) = ASPECTS.into_iter().find(|case| case.0 == name).expect("the case is in the list");
    shown(name, aspect, TURNS[0].1);
}

fn odd(name: &str) {
    shown(name, (16.0, 9.0), TURNS[0].1);
}

#[test]
fn an_upright_picture_stays_upright() {
    turned(TURNS[0]);
}

#[test]
fn a_picture_turned_by_90_is_turned() {
    turned(TURNS[1]);
}

#[test]
fn a_picture_turned_by_180_is_turned() {
    turned(TURNS[2]);
}

#[test]
fn a_picture_turned_by_270_is_turned() {
    turned(TURNS[3]);
}

#[test]
fn mirrored_pictures_are_mirrored() {
    TURNS[4..].iter().copied().for_each(turned);
}

#[test]
fn stills_are_shown_as_their_exif_orientation_says() {
    EXIF.into_iter().for_each(turned);
}

#[test]
fn sample_aspect_is_applied() {
    ["square samples", "anamorphic wide", "anamorphic narrow"].into_iter().for_each(fitted);
}

#[test]
fn a_wide_picture_lies_between_bars_above_and_below() {
    fitted("letterboxed");
}

#[test]
fn a_narrow_picture_lies_between_bars_at_its_sides() {
    ["pillarboxed", "portrait"].into_iter().for_each(fitted);
}

#[test]
fn odd_sizes_fill_the_house() {
    ODD.into_iter().for_each(|(name, ..)| odd(name));
}

#[test]
fn an_odd_still_fills_the_house() {
    odd("odd still");
}

#[test]
fn each_part_of_a_picture_whose_size_changes_is_fitted_for_itself() {
    let Some(reel) = REEL.as_ref() else { return };
    for name in ["size changes ts", "size changes mkv"] {
        for (n, frame) in reel.case(name).frames.iter().enumerate() {
            let aspect = if n < 15 { (16.0, 9.0) } else { (4.0, 3.0) };
            assert_placed(frame, aspect, TURNS[0].1, &format!("{name}: frame {n}"));
        }
    }
}
