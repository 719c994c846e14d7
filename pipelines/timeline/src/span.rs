//! The span of a source that an item shows: in and out points, resolved against the source.

use bookend_units::{FrameRate, Time, Timecode, TimecodeError, TimecodeFormat};

use crate::clock::SourceClock;
use crate::point::{Decimal, Length, Point};

/// A half-open stretch `[start, end)` of a source's own time, counted from its first shown frame (or first sample, where
/// there is no picture); never empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The time of its first instant.
    pub start: Time,
    /// The time after its last.
    pub end: Time,
}

/// What in and out points are resolved against.
#[derive(Clone, Copy, Debug)]
pub enum SourceExtent<'a> {
    /// A source with picture; longer sound is cut.
    Picture {
        /// The times of its frames.
        clock: &'a SourceClock,
        /// The label of its first shown frame, when it carries one.
        start_timecode: Option<Timecode>,
    },
    /// A source with sound alone.
    Sound {
        /// When the sound ends.
        end: Time,
    },
}

/// In point, out point and duration as an item or a piece states them, each with a default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cut {
    /// Where to begin; the source's start when absent.
    pub start: Option<Point>,
    /// Where to end; the source's end when absent.
    pub end: Option<Point>,
    /// How long, instead of where to end: until `start` + `duration`, or the source's end if that is sooner.
    pub duration: Option<Length>,
}

/// Why points do not fit their source; each message ends with what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// An in point at or past the end, or an out point past it.
    #[error("`{point}` lies outside the source, which ends at `{}s`{}; choose a point inside it", Decimal(*end), counted(*frames))]
    OutsideSource {
        /// The point as written.
        point: Point,
        /// When the source ends.
        end: Time,
        /// How many frames it shows; 0 without picture.
        frames: u32,
    },
    /// A timecode before the source's start timecode, or so long after it that it is past the end.
    #[error("`{point}` lies outside the source, whose timecode runs from `{first}` to `{end}`; choose one inside it")]
    OutsideTimecode {
        /// The point as written.
        point: Point,
        /// The first frame's label.
        first: Timecode,
        /// The label after the last frame.
        end: Timecode,
    },
    /// Timecode on a source whose frames are on no regular grid.
    #[error(
        "the source's frame rate varies, so timecode `{point}` names no frame of it; write frames (`36f`) or seconds (`1.5s`)"
    )]
    VariableRateTimecode {
        /// The point as written.
        point: Point,
    },
    /// Frames or timecode on a source without picture.
    #[error("the source has no picture, so `{point}` counts nothing in it; write seconds (`1.5s`)")]
    FramesWithoutPicture {
        /// The point as written.
        point: Point,
    },
    /// The out point is not after the in point.
    #[error("in (`{}s`) is not before out (`{}s`); the out point is exclusive: move one of them", Decimal(*start), Decimal(*end))]
    InNotBeforeOut {
        /// The in point's time.
        start: Time,
        /// The out point's time.
        end: Time,
    },
    /// Timecode that the source's or the house's rate cannot count, drop-frame against non-drop-frame included.
    #[error(transparent)]
    Timecode(#[from] TimecodeError),
    /// Both an out point and a duration.
    #[error("both out and duration are given; remove one of them")]
    OutAndDuration,
}

fn counted(frames: u32) -> String {
    if frames == 0 { String::new() } else { format!(" after {frames} frames (`{frames}f`)") }
}

impl SourceExtent<'_> {
    /// Returns the span that a cut takes of this source, for a programme of the `house` rate.
    ///
    /// # Errors
    /// When a point lies outside the source, counts something that it has not, or leaves nothing between in and out.
    pub fn span(&self, cut: &Cut, house: FrameRate) -> Result<Span, PointError> {
        let source_end = self.end();
        let start = cut.start.map_or(Ok(Time::ZERO), |point| self.time(point))?;
        if let Some(point) = cut.start.filter(|_| start >= source_end) {
            return Err(self.outside(point));
        }
        let end = match (cut.end, cut.duration) {
            (Some(_), Some(_)) => return Err(PointError::OutAndDuration),
            (Some(point), None) => {
                let end = self.time(point)?;
                if end > source_end {
                    return Err(self.outside(point));
                }
                end
            }
            (None, Some(duration)) => (start + duration.time(house)?).min(source_end),
            (None, None) => source_end,
        };
        if start < end { Ok(Span { start, end }) } else { Err(PointError::InNotBeforeOut { start, end }) }
    }

    /// Returns when the source ends: its picture, or its sound where there is none.
    #[must_use]
    pub fn end(&self) -> Time {
        match self {
            SourceExtent::Picture { clock, .. } => clock.end(),
            SourceExtent::Sound { end } => *end,
        }
    }

    /// Returns a point's time, which may lie past the end.
    fn time(&self, point: Point) -> Result<Time, PointError> {
        match (point, self) {
            (Point::Seconds(seconds), _) => Ok(seconds),
            (_, SourceExtent::Sound { .. }) => Err(PointError::FramesWithoutPicture { point }),
            (Point::Frame(frame), SourceExtent::Picture { clock, .. }) => {
                if frame > clock.len() {
                    Err(self.outside(point))
                } else {
                    Ok(clock.time(frame))
                }
            }
            (Point::Timecode(timecode), SourceExtent::Picture { clock, start_timecode }) => {
                timecode_time(timecode, clock, *start_timecode)
            }
        }
    }

    fn outside(&self, point: Point) -> PointError {
        let frames = match self {
            SourceExtent::Picture { clock, .. } => clock.len(),
            SourceExtent::Sound { .. } => 0,
        };
        PointError::OutsideSource { point, end: self.end(), frames }
    }
}

/// Returns the time of a label: from the source's own start label on, across midnight too, or else from zero.
fn timecode_time(timecode: Timecode, clock: &SourceClock, start: Option<Timecode>) -> Result<Time, PointError> {
    let point = Point::Timecode(timecode);
    let rate = clock.rate().ok_or(PointError::VariableRateTimecode { point })?;
    let drop_frame = start.map_or(timecode.is_drop_frame(), Timecode::is_drop_frame);
    let format = TimecodeFormat::new(rate, drop_frame)?;
    let label = timecode.frame_number(format)?;
    let Some(start) = start else {
        return Ok(rate.time_of(i64::from(label)));
    };
    let first = start.frame_number(format)?;
    let day = format.frames_per_day();
    let place = (label + day - first) % day;
    let time = rate.time_of(i64::from(place));
    if time <= clock.end() {
        return Ok(time);
    }
    let end_place = u64::try_from(rate.frames_in(clock.end())).unwrap_or(0);
    let end = Timecode::from_frame(u64::from(first) + end_place, format);
    Err(PointError::OutsideTimecode { point, first: start, end })
}
