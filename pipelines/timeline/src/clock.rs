//! The source clock: when each shown frame, or field, of a source begins, counted from its first shown frame.

mod grid;

use std::ops::Range;

use bookend_units::{FrameRate, Time};

use crate::choice::{ChosenFrame, Field};
use crate::frame_table::{FrameKind, FrameTable, MAX_TABLE_FRAMES, ShownFrame};

/// The longest source: beyond it times in a file are taken for damage.
const MAX_SOURCE_HOURS: i64 = 1000;

/// Exact times of a source's shown frames, counted from the first.
///
/// A clock with a [`SourceClock::rate`] is a grid: frame times are places i/r, and a gap in the source is a gap between
/// places. One without is variable: its frames stand where the source has them. A frame stays on screen until the next one
/// begins; one that begins when its successor does (a repeated time) keeps its number but is never on screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceClock {
    /// Length of a step in seconds.
    step: (u64, u64),
    /// Where each place begins, in steps, never falling: one place a frame, or two (its fields) when `fields`.
    places: Vec<i64>,
    /// For a clock of fields, whether each frame is one picture all the same; else empty.
    whole: Vec<bool>,
    fields: bool,
    end: Time,
    rate: Option<FrameRate>,
}

/// Why a frame table makes no clock: the source has no usable picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The table has no frame.
    #[error("the source shows no frame; use one with picture, or its sound alone")]
    NoFrames,
    /// The table has more frames than [`MAX_TABLE_FRAMES`].
    #[error("the source has {frames} frames, more than {MAX_TABLE_FRAMES}; split it")]
    TooManyFrames {
        /// How many.
        frames: usize,
    },
    /// The time base has a zero part.
    #[error("the source's time base {num}/{den} is no length; remux it")]
    TimeBase {
        /// Numerator of the time base.
        num: u32,
        /// Denominator of the time base.
        den: u32,
    },
    /// A frame is shown before its predecessor.
    #[error("frame {frame} of the source is timed before the one it follows; remux it with rising times")]
    Unordered {
        /// The frame's number, from 0.
        frame: usize,
    },
    /// The frames span more than 1,000 hours.
    #[error("the source's frames span more than {MAX_SOURCE_HOURS} hours; its times are damaged: remux it")]
    TooLong,
}

impl SourceClock {
    /// Makes the clock of a source for a programme at the `house` rate, which decides whether an interlaced source counts
    /// fields, and how long a lone frame lasts.
    ///
    /// # Errors
    /// When the table has no frames, too many, falling times, or a span that no source has.
    pub fn from_table(table: &FrameTable, house: FrameRate) -> Result<Self, ClockError> {
        let ticks = checked_ticks(table)?;
        let grid = grid::find(&ticks, table.time_base, table.declared_rate);
        let interlaced = is_interlaced(&table.frames);
        let mut clock = match grid {
            Some(grid) => {
                let last = *grid.places.last().expect("a grid has a place for each frame, and there is one");
                let end = grid.rate.time_of(last + 1);
                let fields = interlaced && house.time_of(1) < grid.rate.time_of(1);
                let step = (u64::from(grid.rate.den()), u64::from(grid.rate.num()));
                let intervals = grid.places.iter().map(|_| 1);
                SourceClock::lay(grid.places.as_slice(), intervals, step, fields, end, Some(grid.rate))
            }
            None => {
                let (num, den) = table.time_base;
                let median = median_interval(&ticks);
                let container = table.frames.last().map_or(0, |frame| i64::from(frame.duration_ticks));
                let last = *ticks.last().expect("an empty table was refused");
                let tail = match (container, median) {
                    (0, None) => house.time_of(1),
                    (0, Some(median)) => Time::from_ticks(median, num, den),
                    (duration, _) => Time::from_ticks(duration, num, den),
                };
                let interval = median.map_or(tail, |median| Time::from_ticks(median, num, den));
                let fields = interlaced && house.time_of(1) < interval;
                let step = (u64::from(num), u64::from(den));
                let intervals = table.frames.iter().map(|frame| match frame.duration_ticks {
                    0 => median.unwrap_or(1),
                    duration => i64::from(duration),
                });
                SourceClock::lay(&ticks, intervals, step, fields, Time::from_ticks(last, num, den) + tail, None)
            }
        };
        if clock.fields {
            clock.whole = table.frames.iter().map(|frame| frame.kind == FrameKind::Progressive).collect();
        }
        if clock.end > Time::from_seconds(MAX_SOURCE_HOURS * 3600) { Err(ClockError::TooLong) } else { Ok(clock) }
    }

    /// Lays frames, or their fields, on the clock. The second field begins in the middle of its frame's own length, the
    /// shorter of `intervals` (in steps) and the time to the next frame.
    fn lay(
        frames: &[i64],
        intervals: impl Iterator<Item = i64>,
        step: (u64, u64),
        fields: bool,
        end: Time,
        rate: Option<FrameRate>,
    ) -> Self {
        if !fields {
            return SourceClock { step, places: frames.to_vec(), whole: Vec::new(), fields, end, rate };
        }
        let mut places = Vec::with_capacity(frames.len() * 2);
        for (n, interval) in intervals.enumerate() {
            let until_next = frames.get(n + 1).map_or(interval, |next| next - frames[n]);
            places.push(2 * frames[n]);
            places.push(2 * frames[n] + interval.min(until_next));
        }
        SourceClock { step: (step.0, step.1 * 2), places, whole: Vec::new(), fields, end, rate }
    }

    /// Returns how many shown frames the source has, at least 1.
    #[must_use]
    pub fn len(&self) -> u32 {
        let frames = if self.fields { self.places.len() / 2 } else { self.places.len() };
        u32::try_from(frames).expect("a table holds at most 20,000,000 frames")
    }

    /// Returns false: a source without frames has no clock.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Returns when shown frame `n` begins; [`SourceClock::end`] for any `n` beyond the last.
    #[must_use]
    pub fn time(&self, n: u32) -> Time {
        let place = if self.fields { n as usize * 2 } else { n as usize };
        self.places.get(place).map_or(self.end, |&steps| self.time_at(steps))
    }

    /// Returns when the last shown frame ends.
    #[must_use]
    pub fn end(&self) -> Time {
        self.end
    }

    /// Returns the frame rate of the grid on which the frames lie; `None` when the source is variable.
    #[must_use]
    pub fn rate(&self) -> Option<FrameRate> {
        self.rate
    }

    /// Returns whether choices name fields: the source is interlaced and the house rate above its frame rate.
    #[must_use]
    pub fn is_field_clock(&self) -> bool {
        self.fields
    }

    /// Returns the shown frames that are on screen at some time in `[start, end)`; empty when that is empty.
    #[must_use]
    pub fn span_frames(&self, start: Time, end: Time) -> Range<u32> {
        if end <= start {
            return 0..0;
        }
        let first = self.places.partition_point(|&steps| self.time_at(steps) <= start).saturating_sub(1);
        let last = self.places.partition_point(|&steps| self.time_at(steps) < end).max(first + 1) - 1;
        self.frame_of(first)..self.frame_of(last) + 1
    }

    /// Returns when a place beginning at `steps` begins.
    fn time_at(&self, steps: i64) -> Time {
        Time::new(i128::from(steps) * i128::from(self.step.0), i128::from(self.step.1))
    }

    /// Returns the starts of all places, in steps.
    pub(crate) fn places(&self) -> &[i64] {
        &self.places
    }

    /// Returns the length of a step in seconds, as numerator and denominator.
    pub(crate) fn step(&self) -> (u64, u64) {
        self.step
    }

    /// Returns what a programme frame shows when it shows a place.
    pub(crate) fn chosen_at(&self, place: usize) -> ChosenFrame {
        let index = self.frame_of(place);
        let field = match (self.fields, place % 2) {
            (false, _) => None,
            _ if self.whole[place / 2] => None,
            (true, 0) => Some(Field::First),
            (true, _) => Some(Field::Second),
        };
        ChosenFrame { index, field }
    }

    /// Returns the shown frame that a place belongs to.
    fn frame_of(&self, place: usize) -> u32 {
        let frame = if self.fields { place / 2 } else { place };
        u32::try_from(frame).expect("a table holds at most 20,000,000 frames")
    }
}

/// Returns each frame's ticks from the first frame, once they are known to be sane.
fn checked_ticks(table: &FrameTable) -> Result<Vec<i64>, ClockError> {
    let (num, den) = table.time_base;
    if num == 0 || den == 0 {
        return Err(ClockError::TimeBase { num, den });
    }
    if table.frames.len() > MAX_TABLE_FRAMES {
        return Err(ClockError::TooManyFrames { frames: table.frames.len() });
    }
    let first = table.frames.first().ok_or(ClockError::NoFrames)?.ticks;
    if let Some(at) = table.frames.windows(2).position(|pair| pair[1].ticks < pair[0].ticks) {
        return Err(ClockError::Unordered { frame: at + 1 });
    }
    let last = table.frames.last().ok_or(ClockError::NoFrames)?.ticks;
    let span = last.checked_sub(first).ok_or(ClockError::TooLong)?;
    if i128::from(span) * i128::from(num) > i128::from(MAX_SOURCE_HOURS) * 3600 * i128::from(den) {
        return Err(ClockError::TooLong);
    }
    Ok(table.frames.iter().map(|frame| frame.ticks - first).collect())
}

/// Returns whether more than half of the frames are two fields: one wrong flag does not turn a source into fields.
fn is_interlaced(frames: &[ShownFrame]) -> bool {
    let interlaced = frames.iter().filter(|frame| frame.kind != FrameKind::Progressive).count();
    interlaced * 2 > frames.len()
}

/// Returns the median time between frames that differ in time, the lower one of an even count; `None` without any.
fn median_interval(ticks: &[i64]) -> Option<i64> {
    let mut intervals: Vec<i64> = ticks.windows(2).map(|pair| pair[1] - pair[0]).filter(|&ticks| ticks > 0).collect();
    let middle = intervals.len().checked_sub(1)? / 2;
    Some(*intervals.select_nth_unstable(middle).1)
}
