//! The laid-out programme: where each item begins, in frames and in samples.

use std::ops::Range;

use bookend_units::FrameRate;

/// The longest programme, in frames: 19 hours at 60 frames a second.
pub const MAX_PROGRAMME_FRAMES: u32 = 1 << 22;

/// Items laid one after the other on the house clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Programme {
    rate: FrameRate,
    leader: u32,
    items: Vec<PlacedItem>,
}

/// An item's place in the programme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlacedItem {
    /// Its programme frames, counted from the file's first frame.
    pub frames: Range<u32>,
    /// Its samples at 48 kHz, `S(n)` to `S(n + len)`, counted from the file's first sample.
    pub samples: Range<i64>,
}

impl PlacedItem {
    /// Returns its first programme frame.
    #[must_use]
    pub fn first_frame(&self) -> u32 {
        self.frames.start
    }

    /// Returns its length in programme frames.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.frames.end - self.frames.start
    }

    /// Returns whether it has no frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

/// The programme is longer than [`MAX_PROGRAMME_FRAMES`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {} passes the {MAX_PROGRAMME_FRAMES} frames that a programme may have; split the rundown", item + 1)]
pub struct ProgrammeTooLong {
    /// The item that passes the limit, from 0, over all segments.
    pub item: usize,
}

impl Programme {
    /// Lays items of the given lengths (in programme frames) one after the other, the first at frame `leader`.
    ///
    /// # Errors
    /// When the programme is longer than [`MAX_PROGRAMME_FRAMES`].
    pub fn lay(rate: FrameRate, leader: u32, lengths: impl IntoIterator<Item = u32>) -> Result<Self, ProgrammeTooLong> {
        let mut first = leader;
        let mut items = Vec::new();
        for (item, length) in lengths.into_iter().enumerate() {
            let end = first.checked_add(length).filter(|&end| end <= MAX_PROGRAMME_FRAMES);
            let end = end.ok_or(ProgrammeTooLong { item })?;
            let samples = rate.sample_of(i64::from(first))..rate.sample_of(i64::from(end));
            items.push(PlacedItem { frames: first..end, samples });
            first = end;
        }
        Ok(Programme { rate, leader, items })
    }

    /// Returns the house rate.
    #[must_use]
    pub fn rate(&self) -> FrameRate {
        self.rate
    }

    /// Returns the items in order.
    #[must_use]
    pub fn items(&self) -> &[PlacedItem] {
        &self.items
    }

    /// Returns the frame after the last item's last: all frames of the file, leader included.
    #[must_use]
    pub fn total_frames(&self) -> u32 {
        self.items.last().map_or(self.leader, |item| item.frames.end)
    }

    /// Returns the sample after the programme's last.
    #[must_use]
    pub fn total_samples(&self) -> i64 {
        self.rate.sample_of(i64::from(self.total_frames()))
    }

    /// Returns the number of the item that a programme frame belongs to, from 0; `None` in the leader or past the end.
    #[must_use]
    pub fn item_at(&self, frame: u32) -> Option<usize> {
        let item = self.items.partition_point(|item| item.frames.end <= frame);
        self.items.get(item).filter(|placed| placed.frames.contains(&frame)).map(|_| item)
    }
}
