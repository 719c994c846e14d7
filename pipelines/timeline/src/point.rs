//! In and out points and lengths as people write them.

use std::fmt;
use std::str::FromStr;

use bookend_units::{FrameRate, Time, Timecode, TimecodeError, TimecodeFormat};

use crate::length::item_length;

/// The most digits of a number in a point, on either side of the decimal point: nanoseconds, and 115 days.
const MAX_WHOLE_DIGITS: usize = 7;
const MAX_FRACTION_DIGITS: usize = 9;

/// Where a span begins or ends in a source, as written: `36f`, `1.5s` or timecode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// `36f`: the 37th shown frame; as an out point, after 36 frames.
    Frame(u32),
    /// `1.5s`: exact seconds from the first shown frame.
    Seconds(Time),
    /// `HH:MM:SS:FF` or, drop-frame, `HH:MM:SS;FF`.
    Timecode(Timecode),
}

/// A length, as written: `12f` in programme frames, `5s`, or timecode at the house rate; never zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Length(Point);

/// The text is neither frames, seconds nor timecode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a point in time; write frames (`36f`), seconds (`1.5s`) or timecode (`00:00:01:12`)")]
pub struct ParsePointError {
    /// What was written.
    pub text: String,
}

/// The text is not a length above zero.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a length; write programme frames (`12f`), seconds (`5s`) or timecode (`00:00:05:00`), above zero"
)]
pub struct ParseLengthError {
    /// What was written.
    pub text: String,
}

impl Length {
    /// The length of a still without `duration`: 5 s.
    pub const DEFAULT_STILL: Length = Length(Point::Seconds(Time::whole(5)));

    /// Returns the length in exact seconds, in a programme of the `house` rate.
    ///
    /// # Errors
    /// When timecode does not count at the house rate as it is written.
    pub fn time(self, house: FrameRate) -> Result<Time, TimecodeError> {
        match self.0 {
            Point::Frame(frames) => Ok(house.time_of(i64::from(frames))),
            Point::Seconds(seconds) => Ok(seconds),
            Point::Timecode(timecode) => {
                let format = TimecodeFormat::new(house, timecode.is_drop_frame())?;
                Ok(house.time_of(i64::from(timecode.frame_number(format)?)))
            }
        }
    }

    /// Returns the length in programme frames: at least 1, rounded half up.
    ///
    /// # Errors
    /// When timecode does not count at the house rate as it is written.
    pub fn frames(self, house: FrameRate) -> Result<u32, TimecodeError> {
        Ok(item_length(Time::ZERO, self.time(house)?, house))
    }
}

impl FromStr for Point {
    type Err = ParsePointError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParsePointError { text: text.to_owned() };
        if let Some(frames) = text.strip_suffix('f') {
            return whole_number(frames).map(Point::Frame).ok_or_else(wrong);
        }
        if let Some(seconds) = text.strip_suffix('s') {
            return exact_decimal(seconds).map(Point::Seconds).ok_or_else(wrong);
        }
        text.parse().map(Point::Timecode).map_err(|_| wrong())
    }
}

impl FromStr for Length {
    type Err = ParseLengthError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseLengthError { text: text.to_owned() };
        let point = text.parse().map_err(|_| wrong())?;
        let is_zero = match point {
            Point::Frame(frames) => frames == 0,
            Point::Seconds(seconds) => seconds == Time::ZERO,
            Point::Timecode(timecode) => timecode.parts() == (0, 0, 0, 0),
        };
        if is_zero { Err(wrong()) } else { Ok(Length(point)) }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Point::Frame(frames) => write!(f, "{frames}f"),
            Point::Seconds(seconds) => write!(f, "{}s", Decimal(*seconds)),
            Point::Timecode(timecode) => timecode.fmt(f),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Writes seconds as a decimal, rounded down to a nanosecond, without trailing zeros.
pub(crate) struct Decimal(pub(crate) Time);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.count_floor(1_000_000_000, 1);
        let (whole, fraction) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{fraction:09}").trim_end_matches('0'))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn whole_number(text: &str) -> Option<u32> {
    (is_digits(text) && text.len() <= MAX_FRACTION_DIGITS).then(|| text.parse().ok()).flatten()
}

fn exact_decimal(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fits = whole.len() <= MAX_WHOLE_DIGITS && fraction.len() <= MAX_FRACTION_DIGITS;
    if !fits || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some(Time::new(whole.parse::<i128>().ok()? * scale + fraction.parse::<i128>().ok()?, scale))
}
