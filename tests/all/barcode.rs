//! Barcoded, clicking pieces of every rate, cut at random: each programme frame shows the source frame that PROGRAMME 1
//! names, and each click is heard where PROGRAMME 3 puts it.
//!
//! The formulas are written here a second time, from the times that the test gave its pieces; nothing of the project but
//! its program is used. Without the ffmpeg program the test says that it was skipped. `BOOKEND_BARCODE_SEED` cuts anew.

mod clicks;
pub mod code;
mod deliverable;
mod episode;
pub mod exact;
pub mod ffmpeg;
mod piece;
pub mod program;
pub mod random;

use std::path::Path;

use deliverable::Checked;
use episode::Episode;
use piece::Piece;
use random::Random;

/// Items in the episode.
const ITEMS: usize = 200;
/// Cuts are these unless the environment says otherwise.
const SEED: u64 = 0x0b00_4e2d;

#[test]
fn every_frame_and_every_click_of_200_random_cuts_is_where_the_formula_puts_it() {
    if !ffmpeg::is_here("every_frame_and_every_click_of_200_random_cuts") {
        return;
    }
    let seed = std::env::var("BOOKEND_BARCODE_SEED").map_or(SEED, |text| text.parse().expect("a seed is a number"));
    println!("seed {seed}: BOOKEND_BARCODE_SEED={seed} cuts the same again");
    let folder = tempfile::tempdir().expect("a folder for the test");
    let pieces = piece::make_all(folder.path());
    pieces.iter().for_each(Piece::assert_is_as_made);
    let episode = Episode::random(&pieces, ITEMS, &mut Random::new(seed));
    episode.assert_is_telling();
    let files = program::render(folder.path(), &episode.rundown(), &["master-prores", "preview-360p"]);

    // A sample in the master, a millisecond in the coded file.
    let master = check(&files[0], &episode, 1);
    let preview = check(&files[1], &episode, 48);
    for (name, checked) in [("master-prores", &master), ("preview-360p", &preview)] {
        println!("{name}: {checked}");
        assert_eq!(checked.frames_wrong, 0, "seed {seed}, {name}: {checked}");
        assert!(checked.wrong.is_empty(), "seed {seed}, {name}: {checked}");
    }
    // Cutting into short items leaves some without a click; most of the longer ones have several.
    assert!(master.clicks > ITEMS && preview.clicks > ITEMS, "too few clicks were heard to tell anything");
    assert!(master.last_item_heard + ITEMS / 4 > ITEMS, "the last seams went unheard");
}

fn check(file: &Path, episode: &Episode<'_>, within_samples: i128) -> Checked {
    let mut checked = Checked::default();
    deliverable::check_frames(file, episode, &mut checked);
    deliverable::check_times(file, episode, &mut checked);
    clicks::check(file, episode, within_samples, &mut checked);
    checked
}

impl Piece {
    /// It is what the test believes it to be, before Bookend sees it: decoded alone, frame n carries number n.
    fn assert_is_as_made(&self) {
        let mut found = Vec::new();
        ffmpeg::each_grey_frame(&self.path, |frame| found.push(code::read(frame).map(|mark| mark.frame)));
        let wanted: Vec<_> = (0..self.frames).map(Some).collect();
        assert_eq!(found, wanted, "{}", self.path.display());
    }
}
