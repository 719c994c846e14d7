//! What conforming did to a source's sound, in plain words.

use bookend_media::SoundShape;
use bookend_units::PROGRAMME_SAMPLE_RATE;

use super::clock::Flicks;

/// Gaps and overlaps told one by one; more are counted.
const TOLD: usize = 8;

/// Collects notes, each once.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    lines: Vec<String>,
    told: usize,
    untold: usize,
}

impl Notes {
    /// Tells of missing sound.
    pub(crate) fn gap(&mut self, at: Flicks, length: Flicks) {
        self.event(format!("filled a gap of {} at {} with silence", seconds(length), seconds(at)));
    }

    /// Tells of sound that the file holds twice.
    pub(crate) fn overlap(&mut self, at: Flicks, length: Flicks) {
        self.event(format!("dropped {} that overlap at {}", seconds(length), seconds(at)));
    }

    /// Tells of times that leap.
    pub(crate) fn set_anew(&mut self, at: Flicks) {
        self.event(format!("the file's clock is set anew at {}: sound goes on by counting", seconds(at)));
    }

    /// Tells of a change of format on the way.
    pub(crate) fn shape_changed(&mut self, at: Flicks) {
        self.event(format!("the sound's format changes at {}", seconds(at)));
    }

    /// Tells what had to be done to a shape.
    pub(crate) fn shape(&mut self, shape: &SoundShape, mix: Option<String>) {
        if let Some(mix) = mix {
            self.once(mix);
        }
        if shape.rate_hz != PROGRAMME_SAMPLE_RATE {
            self.once(format!("resampled from {} Hz", shape.rate_hz));
        }
    }

    /// Adds a line unless it is there already.
    pub(crate) fn once(&mut self, line: String) {
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }

    fn event(&mut self, line: String) {
        if self.told < TOLD {
            self.told += 1;
            self.lines.push(line);
        } else {
            self.untold += 1;
        }
    }

    /// Returns the lines in the order of their causes.
    pub(crate) fn into_lines(mut self) -> Vec<String> {
        if self.untold > 0 {
            self.lines.push(format!("… and {} more gaps, overlaps or changes", self.untold));
        }
        self.lines
    }
}

fn seconds(time: Flicks) -> String {
    format!("{:.3} s", time.seconds_lossy())
}
