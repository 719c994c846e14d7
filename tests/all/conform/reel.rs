//! A rundown of cases, rendered once, and what each case shows.

use std::path::Path;

use crate::barcode::exact::{Exact, sample_of};
use crate::barcode::{ffmpeg, program};

use super::shown::{Frame, Shown};

/// The house raster of all reels.
pub const WIDTH: usize = 320;
pub const HEIGHT: usize = 180;

/// One item to be judged.
pub struct Case {
    pub name: &'static str,
    /// What the item is in the rundown: `source = …` and the rest.
    pub item: String,
    /// How many programme frames it must last.
    pub frames: i128,
}

impl Case {
    /// A whole file.
    pub fn of(name: &'static str, file: &Path, frames: i128) -> Self {
        Case { name, item: format!("source = \"{}\"", file.display()), frames }
    }

    /// With more fields.
    pub fn with(self, fields: &str) -> Self {
        Case { item: format!("{}\n{fields}", self.item), ..self }
    }
}

/// What came of the cases.
pub struct Reel(Vec<(&'static str, Shown)>);

impl Reel {
    /// Makes the cases' sources in a folder and renders them; `None` when there is no ffmpeg.
    pub fn render(name: &str, rate: Exact, cases: impl FnOnce(&Path) -> Vec<Case>) -> Option<Reel> {
        if !ffmpeg::is_here(name) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for the test");
        let cases = cases(folder.path());
        let items: String = cases.iter().map(|case| format!("[[segment.item]]\n{}\n", case.item)).collect();
        let rundown = format!(
            "id = \"{name}\"\nramp = \"0\"\n[house]\nraster = \"{WIDTH}x{HEIGHT}\"\nrate = \"{}/{}\"\n[[segment]]\n{items}",
            rate.0, rate.1
        );
        let file = program::render(folder.path(), &rundown, &["master-prores"]).remove(0);
        assert_tagged(&file);
        Some(Reel(split(&file, rate, &cases)))
    }

    /// What one case shows.
    pub fn case(&self, name: &str) -> &Shown {
        let found = self.0.iter().find(|(case, _)| *case == name);
        found.map(|(_, shown)| shown).unwrap_or_else(|| panic!("there is no case {name}"))
    }
}

/// Whatever went in, the master says BT.709, limited range.
fn assert_tagged(file: &Path) {
    let asked = "-select_streams v:0 -show_entries stream=color_range,color_space,color_transfer,color_primaries";
    assert_eq!(ffmpeg::probe(asked, file), "tv,bt709,bt709,bt709");
}

fn split(file: &Path, rate: Exact, cases: &[Case]) -> Vec<(&'static str, Shown)> {
    let mut frames = Vec::new();
    ffmpeg::each_frame(file, "yuv422p10le", WIDTH * HEIGHT * 4, |bytes| frames.push(Frame::from_bytes(bytes)));
    let wanted: i128 = cases.iter().map(|case| case.frames).sum();
    assert_eq!(frames.len() as i128, wanted, "frames of all cases together");
    let (sound, channels) = ffmpeg::sound(file);
    assert_eq!((sound.len() as i128, channels), (2 * sample_of(wanted, rate), 2), "samples of all cases together");
    let mut frames = frames.into_iter();
    let mut first = 0;
    let mut shown = Vec::new();
    for case in cases {
        let (from, to) = (sample_of(first, rate) as usize, sample_of(first + case.frames, rate) as usize);
        let frames = frames.by_ref().take(case.frames as usize).collect();
        shown.push((case.name, Shown { frames, sound: sound[2 * from..2 * to].to_vec() }));
        first += case.frames;
    }
    shown
}
