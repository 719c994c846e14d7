//! What a finished file shows, read by other programs.

use std::fmt;
use std::path::Path;

use super::episode::Episode;
use super::exact::Exact;
use super::{code, ffmpeg};

/// What was found in a file.
#[derive(Default)]
pub struct Checked {
    pub frames: i128,
    pub frames_wrong: usize,
    pub clicks: usize,
    /// Samples between a click and its place, at most.
    pub farthest: i128,
    pub last_item_heard: usize,
    pub silent: usize,
    /// In words.
    pub wrong: Vec<String>,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} frames, {} wrong; {} clicks, at most {} samples off, the last in item {}; {} silent items; {} complaints",
            self.frames,
            self.frames_wrong,
            self.clicks,
            self.farthest,
            self.last_item_heard,
            self.silent,
            self.wrong.len()
        )?;
        self.wrong.iter().take(12).try_for_each(|wrong| write!(f, "\n  {wrong}"))
    }
}

/// Every frame's barcode is the one that the formula names.
pub fn check_frames(file: &Path, episode: &Episode<'_>, checked: &mut Checked) {
    ffmpeg::each_grey_frame(file, |frame| {
        let n = checked.frames;
        checked.frames += 1;
        let found = code::read(frame);
        let Some((item, wanted)) = episode.shown(n) else { return };
        if found != Some(code::Mark { piece: item.piece.number, frame: wanted }) {
            checked.frames_wrong += 1;
            checked.wrong.push(format!("frame {n}: {found:?}, wanted {wanted} of item {item}"));
        }
    });
    if checked.frames != episode.frames {
        checked.wrong.push(format!("{} frames, wanted {}", checked.frames, episode.frames));
    }
}

/// Frame n is shown at n/R, from zero.
pub fn check_times(file: &Path, episode: &Episode<'_>, checked: &mut Checked) {
    let base = ffmpeg::probe("-select_streams v:0 -show_entries stream=time_base", file);
    let (num, den) = base.split_once('/').expect("a time base is a fraction");
    let tick = Exact::new(num.parse().expect("a number"), den.trim().parse().expect("a number"));
    let listed = ffmpeg::probe("-select_streams v:0 -show_entries packet=pts", file);
    let mut times: Vec<i128> =
        listed.lines().map(|line| line.trim_matches(',').parse().expect("every packet has a time")).collect();
    times.sort_unstable();
    let wrong = times
        .iter()
        .enumerate()
        .find(|(n, ticks)| Exact::whole(**ticks) * tick != Exact::whole(*n as i128).over(episode.rate));
    if let Some((n, ticks)) = wrong {
        checked.wrong.push(format!("frame {n} is shown at {ticks} × {base} s"));
    }
    if times.len() as i128 != episode.frames {
        checked.wrong.push(format!("{} packets, wanted {}", times.len(), episode.frames));
    }
}
