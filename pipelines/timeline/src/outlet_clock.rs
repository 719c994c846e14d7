//! The outlet clock: which house frames, or fields of them, fill each frame of an outlet.

use std::ops::Range;

use bookend_units::FrameRate;

/// How an outlet's frames are scanned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OutletScan {
    /// One picture a frame.
    Progressive,
    /// Two fields a frame.
    Interlaced,
}

/// How house frames become outlet frames.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cadence {
    /// Each house frame is an outlet frame.
    OneToOne,
    /// Each house frame is both fields of an outlet frame (progressive segmented frame).
    SegmentedFrame,
    /// Each house frame is two outlet frames: 25p to 50p.
    Doubled,
    /// Every second house frame is an outlet frame: 50p to 25p.
    Halved,
    /// Two house frames are the two fields of an outlet frame: 50p to 50i, 59.94p to 59.94i.
    ByField,
    /// Four house frames are ten fields, two and three in turn: 23.976p to 59.94i.
    PulldownFields,
    /// Four house frames are ten frames, two and three in turn: 23.976p to 59.94p.
    PulldownFrames,
}

/// The house frames that fill an outlet frame, by number from the file's first frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OutletFrame {
    /// The house frame of the whole frame, or of the field that is first in time.
    pub first: u32,
    /// The house frame of the second field in time; equal to `first` where the frame is one picture.
    pub second: u32,
}

/// No cadence leads from the house rate to the outlet's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a house of {house} frames a second cannot fill an outlet of {outlet} {} frames; {}",
    if *scan == OutletScan::Progressive { "progressive" } else { "interlaced" },
    remedy(*house)
)]
pub struct CadenceError {
    /// The house rate.
    pub house: FrameRate,
    /// The outlet's frame rate.
    pub outlet: FrameRate,
    /// The outlet's scan.
    pub scan: OutletScan,
}

fn remedy(house: FrameRate) -> String {
    let frames = |rate: FrameRate| format!("{rate}p");
    let times = |num, den| {
        let rate = FrameRate::new(house.num().saturating_mul(num), house.den().saturating_mul(den));
        rate.unwrap_or(house)
    };
    let mut choices = vec![frames(house), frames(times(2, 1)), frames(times(1, 2))];
    if house == FILM {
        choices.push("30000/1001i".to_owned());
        choices.push("60000/1001p".to_owned());
    }
    format!("choose an outlet of {}, or set the rundown's house rate to the outlet's", choices.join(", "))
}

const FILM: FrameRate = FrameRate::of(24_000, 1001);
const NTSC: FrameRate = FrameRate::of(30_000, 1001);
const NTSC_FAST: FrameRate = FrameRate::of(60_000, 1001);
const PAL: FrameRate = FrameRate::of(25, 1);
const PAL_FAST: FrameRate = FrameRate::of(50, 1);

impl Cadence {
    /// Returns the cadence from a house rate (progressive) to an outlet's frame rate: 25 for what is called 50i.
    ///
    /// # Errors
    /// When there is none; the message names outlets that this house can fill.
    pub fn between(house: FrameRate, outlet: FrameRate, scan: OutletScan) -> Result<Self, CadenceError> {
        let is_double = |slow: FrameRate, fast: FrameRate| slow.time_of(1) == fast.time_of(2);
        let cadence = match scan {
            OutletScan::Progressive if house == outlet => Cadence::OneToOne,
            OutletScan::Progressive if is_double(house, outlet) => Cadence::Doubled,
            OutletScan::Progressive if is_double(outlet, house) => Cadence::Halved,
            OutletScan::Progressive if (house, outlet) == (FILM, NTSC_FAST) => Cadence::PulldownFrames,
            OutletScan::Interlaced if house == outlet => Cadence::SegmentedFrame,
            OutletScan::Interlaced if [(PAL_FAST, PAL), (NTSC_FAST, NTSC)].contains(&(house, outlet)) => {
                Cadence::ByField
            }
            OutletScan::Interlaced if (house, outlet) == (FILM, NTSC) => Cadence::PulldownFields,
            _ => return Err(CadenceError { house, outlet, scan }),
        };
        Ok(cadence)
    }

    /// Returns what fills outlet frame `k`, when `item` gives the house frames of the item that a house frame belongs to.
    ///
    /// The frame belongs wholly to the item on screen at its first field: a second field past that item's last frame shows
    /// that last frame.
    #[must_use]
    pub fn fill(self, k: u32, item: impl FnOnce(u32) -> Range<u32>) -> OutletFrame {
        let k = u64::from(k);
        let (first, second) = match self {
            Cadence::OneToOne | Cadence::SegmentedFrame => (k, k),
            Cadence::Doubled => (k / 2, k / 2),
            Cadence::Halved => (2 * k, 2 * k),
            Cadence::ByField => (2 * k, 2 * k + 1),
            Cadence::PulldownFields => (pulldown(2 * k), pulldown(2 * k + 1)),
            Cadence::PulldownFrames => (pulldown(k), pulldown(k)),
        };
        let house = |frame: u64| u32::try_from(frame).unwrap_or(u32::MAX);
        let (first, second) = (house(first), house(second));
        if second == first {
            return OutletFrame { first, second };
        }
        let last = item(first).end.saturating_sub(1).max(first);
        OutletFrame { first, second: second.min(last) }
    }

    /// Returns how many outlet frames a programme of `house_frames` fills: those whose first field it owns.
    #[must_use]
    pub fn outlet_frames(self, house_frames: u32) -> u32 {
        let n = u64::from(house_frames);
        let frames = match self {
            Cadence::OneToOne | Cadence::SegmentedFrame => n,
            Cadence::Doubled => 2 * n,
            Cadence::Halved | Cadence::ByField => n.div_ceil(2),
            Cadence::PulldownFields => (5 * n).saturating_sub(1).div_ceil(4),
            Cadence::PulldownFrames => (5 * n).saturating_sub(1).div_ceil(2),
        };
        u32::try_from(frames).unwrap_or(u32::MAX)
    }

    /// Returns the outlet frames whose first field belongs to a run of house frames; empty for a frame that owns none.
    #[must_use]
    pub fn outlet_run(self, house: Range<u32>) -> Range<u32> {
        self.outlet_frames(house.start)..self.outlet_frames(house.end)
    }

    /// Returns the house frames after which the cadence repeats. A chunk's first house frame modulo this is its phase, part of
    /// its key.
    #[must_use]
    pub fn period(self) -> u32 {
        match self {
            Cadence::OneToOne | Cadence::SegmentedFrame | Cadence::Doubled => 1,
            Cadence::Halved | Cadence::ByField => 2,
            Cadence::PulldownFields | Cadence::PulldownFrames => 4,
        }
    }
}

/// Returns the house frame at place `f` of AABBBCCDDD.
fn pulldown(f: u64) -> u64 {
    (2 * f + 1) / 5
}
