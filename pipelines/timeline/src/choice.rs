//! Which source frame a programme frame shows.

use std::ops::Range;

use bookend_units::{FrameRate, Time};

use crate::clock::SourceClock;

/// The source frame, or field of it, that a programme frame shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChosenFrame {
    /// The shown frame's number in its source, from 0.
    pub index: u32,
    /// Which of the frame's fields in time, on a clock of fields; `None` shows the whole frame.
    pub field: Option<Field>,
}

/// A field's place in time within its frame; which lines it has is the frame's kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Field {
    /// The earlier one.
    First,
    /// The later one.
    Second,
}

/// Returns the source frame for programme frame `j` of an item of `[start, end)`: the one on screen for most of
/// `[start + j/R, start + (j+1)/R)` within the item, the earlier one on a tie.
///
/// A window wholly past `end` shows the item's last frame; one past the source's end, the source's last frame.
#[must_use]
pub fn choose(clock: &SourceClock, start: Time, end: Time, house: FrameRate, j: u32) -> ChosenFrame {
    let mut choices = choices(clock, start, end, house, j..j.saturating_add(1));
    choices.chosen(i128::from(j))
}

/// Returns the choices of a run of programme frames, in order, in time linear in the run and the frames it covers.
pub fn choices(clock: &SourceClock, start: Time, end: Time, house: FrameRate, run: Range<u32>) -> Choices<'_> {
    let (step_num, step_den) = (i128::from(clock.step().0), i128::from(clock.step().1));
    let unit = [start.denom(), end.denom(), i128::from(house.num())].into_iter().fold(step_den, num_integer::lcm);
    Choices {
        clock,
        step: step_num * (unit / step_den),
        start: start.numer() * (unit / start.denom()),
        end: end.numer() * (unit / end.denom()),
        frame: i128::from(house.den()) * (unit / i128::from(house.num())),
        on_screen: None,
        run,
    }
}

/// The choices of a run of programme frames; see [`choices`].
///
/// All times are whole numbers of one unit, the common denominator of clock, item and house rate.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    clock: &'a SourceClock,
    step: i128,
    start: i128,
    end: i128,
    frame: i128,
    /// The place on screen when the last window began.
    on_screen: Option<usize>,
    run: Range<u32>,
}

impl Iterator for Choices<'_> {
    type Item = ChosenFrame;

    fn next(&mut self) -> Option<ChosenFrame> {
        let j = self.run.next()?;
        Some(self.chosen(i128::from(j)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.run.size_hint()
    }
}

impl ExactSizeIterator for Choices<'_> {}

impl Choices<'_> {
    fn chosen(&mut self, j: i128) -> ChosenFrame {
        let from = self.start + j * self.frame;
        let to = (from + self.frame).min(self.end);
        let place = if to <= from { self.last_place() } else { self.longest_place(from, to) };
        self.clock.chosen_at(place)
    }

    fn starts(&self, place: usize) -> Option<i128> {
        self.clock.places().get(place).map(|&steps| i128::from(steps) * self.step)
    }

    /// Returns the last place that begins before the item ends.
    fn last_place(&self) -> usize {
        let begun = self.clock.places().partition_point(|&steps| i128::from(steps) * self.step < self.end);
        begun.saturating_sub(1)
    }

    /// Returns the place that is on screen for most of `[from, to)`; the last place never leaves the screen.
    fn longest_place(&mut self, from: i128, to: i128) -> usize {
        let mut place = self.on_screen_at(from);
        let mut longest = (place, i128::MIN);
        let mut begins = from;
        loop {
            let next = self.starts(place + 1).filter(|&next| next < to);
            let shown = next.unwrap_or(to) - begins;
            if shown > longest.1 {
                longest = (place, shown);
            }
            match next {
                None => return longest.0,
                Some(next) => (place, begins) = (place + 1, next),
            }
        }
    }

    /// Returns the last place that has begun at `time` (the first, before any has), walking on from the window before.
    fn on_screen_at(&mut self, time: i128) -> usize {
        let mut place = self.on_screen.unwrap_or_else(|| {
            let begun = self.clock.places().partition_point(|&steps| i128::from(steps) * self.step <= time);
            begun.saturating_sub(1)
        });
        while self.starts(place + 1).is_some_and(|next| next <= time) {
            place += 1;
        }
        self.on_screen = Some(place);
        place
    }
}
