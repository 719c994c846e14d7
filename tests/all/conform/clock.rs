//! Time stamps of every kind of oddity: offsets between sound and picture, edit lists, negative and absurd times.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::drawn::{Canvas, numbered, sine, wave};
use super::reel::{Case, HEIGHT, Reel, WIDTH};
use super::shown::{Shown, assert_near};
use crate::barcode::code::Mark;
use crate::barcode::exact::Exact;
use crate::barcode::ffmpeg;

/// The flash is frame 20 of 50 at 25 frames a second, at 0.8 s; the click is heard with it.
const FLASH: usize = 20;
const CLICK: f64 = 0.8;
/// One millisecond.
const MS: f64 = 48.0;

/// Name, file, how many frames later than the picture the sound's track begins, coding, samples the click
/// may be off: lossy codings smear it, and times in whole milliseconds or 90 kHz ticks round it.
const OFFSETS: [(&str, &str, i32, &str, f64); 9] = [
    ("together mp4", "together.mp4", 0, "-c:a aac -b:a 192k", MS),
    ("late mp4", "late.mp4", 8, "-c:a aac -b:a 192k", MS),
    ("late mov", "late.mov", 8, "-c:a pcm_s16le", 1.0),
    ("late mkv", "late.mkv", 8, "-c:a pcm_s16le", 1.0),
    ("late ts", "late.ts", 8, "-c:a aac -b:a 192k", MS),
    ("early mp4", "early.mp4", -8, "-c:a aac -b:a 192k", MS),
    ("early mov", "early.mov", -8, "-c:a pcm_s16le", 1.0),
    ("early mkv", "early.mkv", -8, "-c:a pcm_s16le", 1.0),
    ("early ts", "early.ts", -8, "-c:a aac -b:a 192k", MS),
];

const X264: &str = "-c:v libx264 -preset veryfast -qp 12 -bf 2 -g 100 -pix_fmt yuv420p";

static REEL: LazyLock<Option<Reel>> = LazyLock::new(|| Reel::render("clock", Exact(25, 1), cases));

/// A click at `at` seconds over `seconds` of a tone that gives the programme its loudness.
fn click(folder: &Path, name: &str, at: f64, seconds: usize) -> PathBuf {
    let click = move |time: f64| if (at..at + 0.001).contains(&(time + 1e-9)) { 0.5 } else { sine(440.0)(time) / 2.0 };
    wave(folder, name, 48_000, 48_000 * seconds, &[&click, &click])
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut cases: Vec<Case> = OFFSETS.iter().map(|offset| flash_and_click(folder, *offset)).collect();
    let sound = click(folder, "one.wav", 1.0, 2);
    let with_sound = |name: &str, options: &str| {
        let heard = format!("-i '{}' -map 0:v -map 1:a {X264} -c:a aac -b:a 192k {options}", sound.display());
        numbered(folder, name, 50, "25", &heard)
    };
    // Copying from the middle of a group: an edit list hides what came before.
    let whole = with_sound("whole.mp4", "");
    let cut = folder.join("cut.mp4");
    ffmpeg::make(&format!("-ss 0.72 -i '{}' -c copy", whole.display()), &cut, &[]);
    cases.push(Case::of("edit list", &cut, 32));
    // The 33 bits of a transport stream's clock run over after 95,443.7 s; what comes before then has negative times.
    let wrapped = with_sound("wrapped.ts", "-muxdelay 0 -output_ts_offset 95443");
    let first = ffmpeg::probe("-select_streams v:0 -show_entries packet=pts", &wrapped);
    assert!(first.starts_with('-'), "the first time stamp is negative: {:?}", first.lines().next());
    cases.push(Case::of("wrapped", &wrapped, 50));
    cases.push(Case::of("leap", &leap(folder, "leap", [10, 18_010]), 50));
    cases.push(Case::of("restart", &leap(folder, "restart", [18_010, 10]), 50));
    cases
}

fn flash_and_click(folder: &Path, (name, file, frames, coding, _): (&'static str, &str, i32, &str, f64)) -> Case {
    let canvas = Canvas::new(256, 144, "yuv420p");
    let picture = canvas.draw(50, |frame, plane, _, _| match plane {
        0 if frame == FLASH => 200,
        0 => 40,
        _ => 128,
    });
    let sound = click(folder, &format!("{file}.wav"), CLICK - f64::from(frames) / 25.0, 2);
    let later = |frames: i32| frames.max(0);
    let options = format!(
        "{} -itsoffset 0.{:02} -i '{}' -map 0:v -map 1:a -vf setpts=N+{} -fps_mode passthrough {X264} {coding}",
        canvas.input("25"),
        4 * later(frames),
        sound.display(),
        later(-frames)
    );
    let file = folder.join(file);
    ffmpeg::make(&options, &file, &picture);
    Case::of(name, &file, 50)
}

/// Two seconds, stamped as if they began so many seconds after the clock did.
fn leap(folder: &Path, name: &str, offsets: [u32; 2]) -> PathBuf {
    let mut joined = Vec::new();
    for (part, offset) in (0..).zip(offsets) {
        let mut picture = Vec::new();
        (0..25).for_each(|frame| Mark { piece: 1, frame: 25 * part + frame }.draw(256, 144, &mut picture));
        let sound = click(folder, &format!("{name}{part}.wav"), 0.5, 1);
        let file = folder.join(format!("{name}{part}.ts"));
        let input = format!("-f rawvideo -pix_fmt gray -s 256x144 -r 25 -i pipe:0 -i '{}'", sound.display());
        ffmpeg::make(&format!("{input} {X264} -c:a mp2 -b:a 256k -output_ts_offset {offset}"), &file, &picture);
        joined.extend(std::fs::read(file).expect("the part is read"));
    }
    let file = folder.join(format!("{name}.ts"));
    std::fs::write(&file, joined).expect("the joined file is written");
    file
}

fn shown(name: &str) -> Option<&'static Shown> {
    Some(REEL.as_ref()?.case(name))
}

fn assert_together(names: &[&str]) {
    for (name, .., within) in OFFSETS.into_iter().filter(|offset| names.contains(&offset.0)) {
        let Some(shown) = shown(name) else { return };
        let flashes: Vec<_> = (0..50).filter(|n| shown.frames[*n].luma_at(WIDTH / 2, HEIGHT / 2) > 120.0).collect();
        assert_eq!(flashes, [FLASH], "{name}");
        assert_near(shown.heard().0 as f64, CLICK * 48_000.0, within, name);
    }
}

fn assert_numbers(shown: &Shown, from: u32, to: u32) {
    assert_eq!(shown.numbers(), (from..to).map(Some).collect::<Vec<_>>());
}

#[test]
fn sound_that_begins_with_the_picture_stays_with_it() {
    assert_together(&["together mp4"]);
}

#[test]
fn sound_that_begins_later_is_heard_later() {
    assert_together(&["late mp4", "late mov", "late mkv", "late ts"]);
}

#[test]
fn sound_that_begins_before_the_picture_loses_its_beginning() {
    assert_together(&["early mp4", "early mov", "early mkv", "early ts"]);
}

#[test]
fn an_edit_list_hides_what_it_cuts() {
    let Some(shown) = shown("edit list") else { return };
    assert_numbers(shown, 18, 50);
    assert_near(shown.heard().0 as f64, (1.0 - 0.72) * 48_000.0, MS, "the click");
}

#[test]
fn negative_time_stamps_count_like_others_and_a_clock_that_runs_over_goes_on() {
    let Some(shown) = shown("wrapped") else { return };
    assert_numbers(shown, 0, 50);
    assert_near(shown.heard().0 as f64, 48_000.0, MS, "the click");
}

/// Both seconds of a joined file, one after the other, each with its click.
fn assert_closed(name: &str) {
    let Some(shown) = shown(name) else { return };
    assert_numbers(shown, 0, 50);
    let (first, last) = shown.heard();
    assert_near(first as f64, 24_000.0, MS, "the first click");
    // Each part's sound is padded to whole packets; what lies beyond the leap may be that much late.
    assert_near(last as f64, 72_000.0, 60.0 * MS, "the second click");
}

#[test]
fn a_leap_of_hours_is_closed() {
    assert_closed("leap");
}

#[test]
fn a_clock_that_starts_again_goes_on() {
    assert_closed("restart");
}
