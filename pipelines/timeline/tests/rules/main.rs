//! The programme's timing rules, each against its formula written a second time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod choice;
mod clock;
mod frame_table;
mod grid;
mod outlet;
mod rundown;
mod span;

use bookend_timeline::{FrameKind, FrameTable, ShownFrame, SourceClock};
use bookend_units::FrameRate;

const FILM: FrameRate = FrameRate::of(24_000, 1001);
const PAL: FrameRate = FrameRate::of(25, 1);
const NTSC: FrameRate = FrameRate::of(30_000, 1001);
const NTSC_FAST: FrameRate = FrameRate::of(60_000, 1001);

/// The rates of the corpus, house and source.
const RATES: [FrameRate; 8] = [
    FILM,
    FrameRate::of(24, 1),
    PAL,
    NTSC,
    FrameRate::of(30, 1),
    FrameRate::of(50, 1),
    NTSC_FAST,
    FrameRate::of(60, 1),
];

fn table(time_base: (u32, u32), declared: Option<FrameRate>, ticks: impl IntoIterator<Item = i64>) -> FrameTable {
    let frame = |ticks| ShownFrame { ticks, duration_ticks: 0, key: false, kind: FrameKind::Progressive };
    FrameTable { time_base, declared_rate: declared, frames: ticks.into_iter().map(frame).collect() }
}

/// A table whose places have times rounded to ticks, as a muxer writes them, from a first time of `offset` ticks.
fn rounded(
    time_base: (u32, u32),
    rate: FrameRate,
    declared: Option<FrameRate>,
    places: &[i64],
    offset: i64,
) -> FrameTable {
    let (num, den) = (i128::from(time_base.0), i128::from(time_base.1));
    let ticks = places.iter().map(|&place| {
        let exact = rate.time_of(place);
        let ticks = (2 * exact.numer() * den + exact.denom() * num).div_euclid(2 * exact.denom() * num);
        offset + i64::try_from(ticks).unwrap()
    });
    table(time_base, declared, ticks)
}

fn clock(table: &FrameTable, house: FrameRate) -> SourceClock {
    SourceClock::from_table(table, house).unwrap()
}
