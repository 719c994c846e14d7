//! How many programme frames an item lasts.

use bookend_units::{FrameRate, Time};

/// Returns how many programme frames an item of `[start, end)` lasts: `max(1, round_half_up((end − start) × R))`.
#[must_use]
pub fn item_length(start: Time, end: Time, house: FrameRate) -> u32 {
    let frames = house.frames_in(end - start).max(1);
    u32::try_from(frames).unwrap_or(u32::MAX)
}
