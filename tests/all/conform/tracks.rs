//! Which tracks are used, and what is shown where there is no picture.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::drawn::{Canvas, sine, wave};
use super::reel::{Case, HEIGHT, Reel, WIDTH};
use super::shown::{Shown, assert_near, tone};
use crate::barcode::exact::Exact;
use crate::barcode::ffmpeg;

/// Luma and tone of each file's tracks.
const LUMA: [u16; 2] = [60, 180];
const HERTZ: [f64; 2] = [500.0, 900.0];
const GREY: Canvas = Canvas::new(256, 144, "yuv420p");

static REEL: LazyLock<Option<Reel>> = LazyLock::new(|| Reel::render("tracks", Exact(25, 1), cases));

fn cases(folder: &Path) -> Vec<Case> {
    let sounds =
        HERTZ.map(|hertz| wave(folder, &format!("{hertz}.wav"), 48_000, 48_000, &[&sine(hertz), &sine(hertz)]));
    let pictures = LUMA.map(|luma| picture(folder, &format!("{luma}.mkv"), luma, 25, "-c:v libx264 -preset veryfast"));
    let still = picture(folder, "still.png", 150, 1, "-c:v png -pix_fmt rgb24");
    let inputs: String = pictures.iter().chain(&sounds).map(|file| format!("-i '{}' ", file.display())).collect();
    let both = |name: &str, dispositions: &str| {
        let file = folder.join(name);
        let all = format!("{inputs} -map 0 -map 1 -map 2 -map 3 -c copy -default_mode passthrough {dispositions}");
        ffmpeg::make(&all, &file, &[]);
        file
    };
    let second =
        both("second.mkv", "-disposition:v:0 0 -disposition:a:0 0 -disposition:v:1 default -disposition:a:1 default");
    let none = both("none.mkv", "-disposition:v:0 0 -disposition:a:0 0 -disposition:v:1 0 -disposition:a:1 0");
    let cover = folder.join("cover.flac");
    ffmpeg::make(
        &format!(
            "-i '{}' -i '{}' -map 0 -map 1 -c:v copy -disposition:v attached_pic -c:a flac",
            sounds[0].display(),
            still.display()
        ),
        &cover,
        &[],
    );
    vec![
        Case::of("default", &second, 25),
        Case::of("first", &none, 25),
        Case::of("overridden", &second, 25).with("video_track = 0\naudio_track = 0"),
        Case::of("picture of one, sound of the other", &none, 25).with("video_track = 0\naudio_track = 1"),
        Case::of("still", &sounds[0], 25).with(&format!("picture = \"{}\"", still.display())),
        Case::of("black", &sounds[0], 25).with("picture = \"black\""),
        Case::of("nothing said", &sounds[1], 25),
        Case::of("cover", &cover, 25),
    ]
}

fn picture(folder: &Path, name: &str, luma: u16, frames: usize, options: &str) -> PathBuf {
    let file = folder.join(name);
    ffmpeg::make(&format!("{} {options}", GREY.input("25")), &file, &GREY.solid(frames, &[luma, 128, 128]));
    file
}

fn assert_shows(name: &str, luma: u16, hertz: f64) {
    let Some(reel) = REEL.as_ref() else { return };
    let shown: &Shown = reel.case(name);
    for frame in &shown.frames {
        assert_near(frame.luma_at(WIDTH / 2, HEIGHT / 2), f64::from(luma), 2.0, name);
    }
    for wanted in HERTZ {
        let loud = tone(&shown.channel(0)[4800..43_200], wanted).0 > 0.01;
        assert_eq!(loud, wanted == hertz, "{name}: {wanted} Hz");
    }
}

#[test]
fn tracks_marked_default_are_used() {
    assert_shows("default", LUMA[1], HERTZ[1]);
}

#[test]
fn without_a_mark_the_first_tracks_are_used() {
    assert_shows("first", LUMA[0], HERTZ[0]);
}

#[test]
fn the_rundown_chooses_tracks() {
    assert_shows("overridden", LUMA[0], HERTZ[0]);
    assert_shows("picture of one, sound of the other", LUMA[0], HERTZ[1]);
}

#[test]
fn sound_alone_is_seen_with_its_still() {
    assert_shows("still", 150, HERTZ[0]);
}

#[test]
fn sound_alone_is_seen_as_black() {
    assert_shows("black", 16, HERTZ[0]);
    assert_shows("nothing said", 16, HERTZ[1]);
}

#[test]
fn a_cover_is_not_a_picture() {
    assert_shows("cover", 16, HERTZ[0]);
}
