//! Interlaced sources: an edge that moves from field to field shows which field a frame is, and combing shows at once.

use std::path::Path;
use std::sync::LazyLock;

use super::drawn::Canvas;
use super::reel::{Case, HEIGHT, Reel, WIDTH};
use super::shown::assert_near;
use crate::barcode::exact::Exact;
use crate::barcode::ffmpeg;

const FRAMES: usize = 12;
/// The edge's place in field 0, and how far it moves from field to field.
const START: usize = 40;
const STEP: usize = 8;

/// Name, the top field is first, file, options.
const SOURCES: [(&str, bool, &str, &str); 4] = [
    ("h264 tff", true, "tff.mp4", "-c:v libx264 -preset veryfast -qp 8 -flags +ildct+ilme -vf setfield=tff"),
    ("h264 bff", false, "bff.mkv", "-c:v libx264 -preset veryfast -qp 8 -flags +ildct+ilme -vf setfield=bff"),
    ("mpeg2 tff", true, "tff.ts", "-c:v mpeg2video -q:v 2 -bf 2 -flags +ildct+ilme -vf setfield=tff"),
    ("mpeg2 bff", false, "bff.ts", "-c:v mpeg2video -q:v 2 -bf 2 -flags +ildct+ilme -vf setfield=bff"),
];

static FIELDS: LazyLock<Option<Reel>> =
    LazyLock::new(|| Reel::render("fields", Exact(60_000, 1001), |folder| cases(folder, 2 * FRAMES as i128)));
static FRAMES_ONLY: LazyLock<Option<Reel>> =
    LazyLock::new(|| Reel::render("frames", Exact(30_000, 1001), |folder| cases(folder, FRAMES as i128)));

fn cases(folder: &Path, frames: i128) -> Vec<Case> {
    let canvas = Canvas::new(WIDTH, HEIGHT, "yuv420p");
    let case = |(name, top_first, file, options): (&'static str, bool, &str, &str)| {
        let picture = canvas.draw(FRAMES, |frame, plane, x, y| {
            let field = 2 * frame + usize::from((y % 2 == 0) != top_first);
            match plane {
                0 if x < START + STEP * field => 40,
                0 => 200,
                _ => 128,
            }
        });
        let file = folder.join(file);
        ffmpeg::make(&format!("{} {options}", canvas.input("30000/1001")), &file, &picture);
        Case::of(name, &file, frames)
    };
    SOURCES.into_iter().map(case).collect()
}

/// Every line of frame n has its edge where field n × `fields` has it.
fn assert_edges(reel: &Option<Reel>, name: &str, fields: usize) {
    let Some(reel) = reel.as_ref() else { return };
    for (n, frame) in reel.case(name).frames.iter().enumerate() {
        let wanted = START + STEP * n * fields;
        for y in 0..HEIGHT {
            let found = frame.edge_in_line(y, 120.0).unwrap_or(WIDTH);
            assert_near(found as f64, wanted as f64, 3.0, &format!("{name}: frame {n}, line {y}"));
        }
    }
}

#[test]
fn top_field_first_becomes_a_frame_of_each_field() {
    assert_edges(&FIELDS, "h264 tff", 1);
    assert_edges(&FIELDS, "mpeg2 tff", 1);
}

#[test]
fn bottom_field_first_becomes_a_frame_of_each_field() {
    assert_edges(&FIELDS, "h264 bff", 1);
    assert_edges(&FIELDS, "mpeg2 bff", 1);
}

#[test]
fn at_their_own_rate_interlaced_frames_show_no_combing() {
    for (name, ..) in SOURCES {
        assert_edges(&FRAMES_ONLY, name, 2);
    }
}
