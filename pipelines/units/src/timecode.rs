//! SMPTE timecode: a label of hours, minutes, seconds and frames, with and without drop-frame.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rate::FrameRate;

/// How a frame rate counts timecode: whole frames a second, and whether numbers are dropped (SMPTE ST 12-1, clause 5.2).
///
/// Fits 24, 25, 30, 48, 50, 60 and their ×1000/1001 forms; 23.976 counts as 24. Only 30000/1001 and 60000/1001 drop: two
/// (four) numbers at the start of every minute but each tenth, which makes 17,982 (35,964) frames in ten minutes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TimecodeFormat {
    base: u32,
    drop: u32,
}

impl TimecodeFormat {
    /// Returns the format of a rate.
    ///
    /// # Errors
    /// When timecode does not count at that rate, or `drop_frame` is asked of a rate that does not drop.
    pub fn new(rate: FrameRate, drop_frame: bool) -> Result<Self, TimecodeError> {
        let base = match (rate.num(), rate.den()) {
            (base @ (24 | 25 | 30 | 48 | 50 | 60), 1) => base,
            (num @ (24_000 | 30_000 | 48_000 | 60_000), 1001) => num / 1000,
            _ => return Err(TimecodeError::RateTakesNoTimecode { rate }),
        };
        let drop = match (drop_frame, rate.den(), base) {
            (false, _, _) => 0,
            (true, 1001, 30) => 2,
            (true, 1001, 60) => 4,
            (true, _, _) => return Err(TimecodeError::RateTakesNoDropFrame { rate }),
        };
        Ok(TimecodeFormat { base, drop })
    }

    /// Returns the numbers in a second: 30 for 29.97.
    #[must_use]
    pub const fn base(self) -> u32 {
        self.base
    }

    /// Returns whether numbers are dropped.
    #[must_use]
    pub const fn is_drop_frame(self) -> bool {
        self.drop != 0
    }

    /// Returns the frames in ten minutes of timecode: 17,982 at 29.97 drop-frame.
    #[must_use]
    pub const fn frames_per_ten_minutes(self) -> u32 {
        self.base * 600 - self.drop * 9
    }

    /// Returns the frames after which timecode starts again from zero.
    #[must_use]
    pub const fn frames_per_day(self) -> u32 {
        self.frames_per_ten_minutes() * 144
    }
}

/// A timecode label, `HH:MM:SS:FF`, or `HH:MM:SS;FF` when drop-frame. Serialised as that text.
///
/// Hours are below 24, minutes and seconds below 60; whether the frames fit depends on the rate and is checked by
/// [`Timecode::frame_number`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timecode {
    hours: u8,
    minutes: u8,
    seconds: u8,
    frames: u8,
    drop_frame: bool,
}

impl Timecode {
    /// Returns the label of frame `number`, counted from 00:00:00:00 and wrapping at 24 hours.
    #[must_use]
    pub fn from_frame(number: u64, format: TimecodeFormat) -> Self {
        let (base, drop) = (u64::from(format.base), u64::from(format.drop));
        let ten_minutes = u64::from(format.frames_per_ten_minutes());
        let number = number % u64::from(format.frames_per_day());
        let (tens, rest) = (number / ten_minutes, number % ten_minutes);
        let dropped_in_rest = if rest < drop { 0 } else { drop * ((rest - drop) / (base * 60 - drop)) };
        let label = number + drop * 9 * tens + dropped_in_rest;
        let part = |value: u64| u8::try_from(value).expect("each part of a label within a day is below 60 or the base");
        Timecode {
            hours: part(label / (base * 3600)),
            minutes: part(label / (base * 60) % 60),
            seconds: part(label / base % 60),
            frames: part(label % base),
            drop_frame: drop != 0,
        }
    }

    /// Returns the frames from 00:00:00:00 to this label, the reverse of [`Timecode::from_frame`].
    ///
    /// # Errors
    /// When drop-frame and the format disagree, the frames do not fit the rate, or the label is one that drop-frame leaves out.
    pub fn frame_number(self, format: TimecodeFormat) -> Result<u32, TimecodeError> {
        if self.drop_frame != format.is_drop_frame() {
            return Err(TimecodeError::DropFrameMismatch { timecode: self, drop_frame: format.is_drop_frame() });
        }
        let frames = u32::from(self.frames);
        if frames >= format.base {
            return Err(TimecodeError::FramesBeyondRate { timecode: self, last: format.base - 1 });
        }
        if self.seconds == 0 && !self.minutes.is_multiple_of(10) && frames < format.drop {
            let next = Timecode { frames: if format.drop == 2 { 2 } else { 4 }, ..self };
            return Err(TimecodeError::DroppedNumber { timecode: self, next });
        }
        let minutes = u32::from(self.hours) * 60 + u32::from(self.minutes);
        let label = (minutes * 60 + u32::from(self.seconds)) * format.base + frames;
        Ok(label - format.drop * (minutes - minutes / 10))
    }

    /// Returns whether the label is written with `;` before its frames.
    #[must_use]
    pub const fn is_drop_frame(self) -> bool {
        self.drop_frame
    }

    /// Returns hours, minutes, seconds and frames.
    #[must_use]
    pub const fn parts(self) -> (u8, u8, u8, u8) {
        (self.hours, self.minutes, self.seconds, self.frames)
    }

    /// Returns the same label with `:` or `;` before its frames.
    #[must_use]
    pub const fn with_drop_frame(self, drop_frame: bool) -> Self {
        Timecode { drop_frame, ..self }
    }
}

impl fmt::Display for Timecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.drop_frame { ';' } else { ':' };
        write!(f, "{:02}:{:02}:{:02}{mark}{:02}", self.hours, self.minutes, self.seconds, self.frames)
    }
}

/// Why a text or label is not a timecode at a rate; each message ends with what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimecodeError {
    /// The text does not read `HH:MM:SS:FF`.
    #[error("`{text}` is not a timecode; write HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame, below 24 hours")]
    Syntax {
        /// What was written.
        text: String,
    },
    /// Timecode does not count at this rate.
    #[error("timecode does not count at {rate} frames a second; write frames (`36f`) or seconds (`1.5s`)")]
    RateTakesNoTimecode {
        /// The rate.
        rate: FrameRate,
    },
    /// Drop-frame exists only at 30000/1001 and 60000/1001.
    #[error("{rate} frames a second has no drop-frame timecode; write `:` before the frames")]
    RateTakesNoDropFrame {
        /// The rate.
        rate: FrameRate,
    },
    /// The label and the rate's counting disagree about drop-frame.
    #[error(
        "`{timecode}` does not count as its source does ({}); write `{}`",
        if *drop_frame { "drop-frame" } else { "non-drop-frame" },
        timecode.with_drop_frame(*drop_frame)
    )]
    DropFrameMismatch {
        /// The label as written.
        timecode: Timecode,
        /// Whether the source counts drop-frame.
        drop_frame: bool,
    },
    /// The frames are not below the rate.
    #[error("`{timecode}` has frames beyond its rate; write frames from 00 to {last:02}")]
    FramesBeyondRate {
        /// The label as written.
        timecode: Timecode,
        /// The last frame number in a second.
        last: u32,
    },
    /// Drop-frame counting leaves this label out.
    #[error("`{timecode}` does not exist in drop-frame timecode; the next frame is `{next}`")]
    DroppedNumber {
        /// The label as written.
        timecode: Timecode,
        /// The first label that exists after it.
        next: Timecode,
    },
}

impl FromStr for Timecode {
    type Err = TimecodeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || TimecodeError::Syntax { text: text.to_owned() };
        let bytes: &[u8; 11] = text.as_bytes().try_into().map_err(|_| wrong())?;
        let pair = |at: usize| match (bytes[at], bytes[at + 1]) {
            (tens @ b'0'..=b'9', ones @ b'0'..=b'9') => Ok((tens - b'0') * 10 + ones - b'0'),
            _ => Err(wrong()),
        };
        let drop_frame = match (bytes[2], bytes[5], bytes[8]) {
            (b':', b':', b':') => false,
            (b':', b':', b';') => true,
            _ => return Err(wrong()),
        };
        let timecode = Timecode { hours: pair(0)?, minutes: pair(3)?, seconds: pair(6)?, frames: pair(9)?, drop_frame };
        let in_range = timecode.hours < 24 && timecode.minutes < 60 && timecode.seconds < 60;
        if in_range { Ok(timecode) } else { Err(wrong()) }
    }
}

impl Serialize for Timecode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timecode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
